package goshawk.appliance;

import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.Inspector;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.recipe.RecipeFile;
import goshawk.camera.PartFiles;
import goshawk.trtbuild.ActivationRanges;
import goshawk.trtbuild.ActivationScales;
import goshawk.trtbuild.EngineFolder;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "calibrate",
        mixinStandardHelpOptions = true,
        description = {
            "Measures how large the inputs of the model's linear layers become over a recipe's pictures and prompts.",
            "Runs on the CPU. An engine in FP8 takes its activation scales from the file."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:the scales are written",
            "2:the recipe, the model or the pictures cannot be used; nothing is written",
            "3:the scales are written, but without some pictures; standard error says why"
        })
final class EngineCalibrateCommand implements Callable<Integer> {

    private static final int INCOMPLETE = 3;

    /** Rows of a layer's input that count as usual. */
    private static final double SHARE = 0.999;

    private static final int WIDEST = 3;

    @Option(names = "--recipe", required = true, description = "Recipe file.")
    private Path recipe = Path.of("");

    @Option(names = "--images", required = true, description = "A picture, or a folder of pictures, of usual parts.")
    private Path images = Path.of("");

    @Option(names = "--out", defaultValue = "scales.json", description = "The scales (${DEFAULT-VALUE}).")
    private Path out = Path.of("");

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Override
    public Integer call() {
        Recipe asked = RecipeFile.uncalibrated(recipe);
        List<PartFiles> pictures = InspectCommand.parts(images, asked.viewNames());
        EngineFolder engine = model.calibrationEngine();
        var ranges = new ActivationRanges();
        int judged = 0;
        try (Inspector inspector = model.observed(engine, asked, ranges::add);
                var progress = Progress.start("Calibrating", pictures.size())) {
            ranges.clear(); // opening warms up with nothing to see
            for (PartFiles picture : pictures) {
                if (InspectCommand.look(inspector, picture) instanceof Inspection.Failed(var cause, var detail)) {
                    System.err.printf("goshawk: %s is left out, %s: %s%n", picture.first(), cause, detail);
                } else {
                    judged++;
                }
                progress.step();
            }
        }
        if (judged == 0) {
            throw new CommandException("not one picture of %s could be judged; name pictures of parts that %s knows"
                    .formatted(images, asked.id()));
        }
        var scales = new ActivationScales(
                ActivationScales.FORMAT,
                engine.manifest().checkpoint().sha256(),
                new ActivationScales.Recipe(asked.id(), asked.version(), asked.hash()),
                judged,
                SHARE,
                ranges.within(SHARE),
                ranges.means());
        scales.write(out);
        System.out.printf(
                "%d pictures judged, scales of %d layers in %s%nWidest, largest / usual: %s%n",
                judged, scales.linears().size(), out, widest(scales));
        return judged == pictures.size() ? ExitCode.OK : INCOMPLETE;
    }

    /** Where few rows are much larger than all others, and the scale is theirs. */
    private static String widest(ActivationScales scales) {
        Comparator<Map.Entry<String, ActivationScales.Range>> ratio = Comparator.comparingDouble(
                it -> it.getValue().largest() / it.getValue().usual());
        return scales.linears().entrySet().stream()
                .sorted(ratio.reversed())
                .limit(WIDEST)
                .map(it -> "%s %.3g / %.3g"
                        .formatted(
                                it.getKey(),
                                it.getValue().largest(),
                                it.getValue().usual()))
                .toList()
                .toString();
    }
}
