package goshawk.appliance;

import goshawk.appliance.domain.Deadline;
import goshawk.appliance.domain.DecisionPolicy;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.InspectionException;
import goshawk.appliance.domain.Inspector;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.recipe.RecipeFile;
import goshawk.camera.CameraException;
import goshawk.camera.Cause;
import goshawk.camera.PartFiles;
import goshawk.camera.Views;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "inspect",
        mixinStandardHelpOptions = true,
        description = "Judges pictures from files, one JSON line each. Nothing is recorded, published or released.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:every picture was read",
            "2:the recipe, the model or the folder cannot be used; nothing is written",
            "3:a picture could not be read; its line is NOT_INSPECTED and says why"
        })
final class InspectCommand implements Callable<Integer> {

    private static final int UNREADABLE = 3;
    /** No part waits at a gate here: an answer is never late. */
    private static final Duration NO_HURRY = Duration.ofDays(1);

    @Option(names = "--recipe", required = true, description = "Recipe file.")
    private Path recipe = Path.of("");

    @Option(
            names = "--images",
            required = true,
            description = "A picture, or a folder of pictures, judged in name order.")
    private Path images = Path.of("");

    @Option(names = "--out", required = true, description = "File for the JSON lines; it appears when all are written.")
    private Path out = Path.of("");

    @Option(names = "--data", description = "Data folder whose store knows the recipe's verification (var).")
    private Optional<Path> data = Optional.empty();

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Override
    public Integer call() {
        Recipe asked = RecipeFile.read(recipe);
        List<PartFiles> parts = parts(images, asked.viewNames());
        Path unfinished = out.resolveSibling(out.getFileName() + ".part");
        int unreadable;
        try {
            unreadable = judge(asked, parts, unfinished);
            Files.move(unfinished, out, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new CommandException("cannot write %s (%s); name a file that you may write".formatted(out, e), e);
        }
        System.out.printf("%d pictures judged, verdicts in %s%n", parts.size(), out);
        if (unreadable == 0) {
            return 0;
        }
        System.err.printf(
                "goshawk: %d of %d pictures could not be read; their lines say why%n", unreadable, parts.size());
        return UNREADABLE;
    }

    /** @return how many could not be read */
    private int judge(Recipe asked, List<PartFiles> parts, Path file) throws IOException {
        int unreadable = 0;
        var engine = model.engine();
        Path folder = data.orElseGet(() -> Home.path().resolve("var"));
        var clearance = Clearance.of(folder, asked, ModelOptions.provenance(engine, asked));
        if (!clearance.isGiven()) {
            System.err.println("goshawk: " + clearance.refusal());
        }
        var opened = model.open(engine, asked);
        try (Inspector inspector = opened.inspector();
                var writer = Files.newBufferedWriter(file);
                var progress = Progress.start("Inspecting", parts.size())) {
            var lines = new VerdictLines(writer, opened.engine());
            var policy = new DecisionPolicy();
            for (PartFiles part : parts) {
                Inspection inspection = look(inspector, part);
                if (inspection instanceof Inspection.Failed(var cause, var _) && cause == Cause.UNREADABLE) {
                    unreadable++;
                }
                lines.write(part, inspection, policy.decide(inspection));
                progress.step();
            }
        }
        return unreadable;
    }

    /** What an inspector sees in a part's files; a picture that is missing or cannot be read is a failed inspection. */
    static Inspection look(Inspector inspector, PartFiles part) {
        if (!part.missing().isEmpty()) {
            return new Inspection.Failed(Cause.UNREADABLE, String.join("; ", part.missing()));
        }
        try (Views views = part.read()) {
            return inspector.inspect(views, Deadline.of(System.nanoTime(), NO_HURRY, System::nanoTime));
        } catch (CameraException e) {
            return new Inspection.Failed(Cause.UNREADABLE, String.valueOf(e.getMessage()));
        } catch (InspectionException e) {
            return new Inspection.Failed(e.reason(), String.valueOf(e.getMessage()));
        }
    }

    /**
     * A picture, or those of a folder in name order, part by part.
     *
     * @param views of the recipe, by name: where it names some, a part has a picture {@code PART.VIEW.png} of each
     */
    static List<PartFiles> parts(Path images, List<String> views) {
        if (Files.isRegularFile(images)) {
            return List.of(PartFiles.of(images, List.of(Views.ONLY)));
        }
        if (!Files.isDirectory(images)) {
            throw new CommandException(
                    Files.exists(images)
                            ? "%s is neither a picture nor a folder".formatted(images)
                            : "cannot read %s; does it exist, and may you read it?".formatted(images));
        }
        return PartFiles.in(images, views);
    }
}
