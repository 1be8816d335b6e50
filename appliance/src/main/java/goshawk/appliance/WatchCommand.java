package goshawk.appliance;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import goshawk.appliance.domain.ClipRecipe;
import goshawk.appliance.domain.Fitting;
import goshawk.appliance.engine.EngineIdentity;
import goshawk.appliance.evaluate.AssemblyEvaluation;
import goshawk.appliance.inspect.ClipWatcher;
import goshawk.appliance.recipe.ClipRecipeFile;
import goshawk.camera.CameraException;
import goshawk.camera.Clip;
import goshawk.camera.ClipFile;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "watch",
        mixinStandardHelpOptions = true,
        description = "Says when each part was fitted in clips of an assembly station, one JSON line a clip.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:every clip was watched",
            "2:the recipe, the model or a clip cannot be used; nothing is written"
        })
final class WatchCommand implements Callable<Integer> {

    private static final ObjectMapper JSON = new ObjectMapper();

    @Option(names = "--recipe", required = true, description = "Recipe file with a clip section.")
    private Path recipe = Path.of("");

    @Option(
            names = "--clips",
            required = true,
            description = "A film, a folder of frames, or a folder of such; watched in name order.")
    private Path clips = Path.of("");

    @Option(names = "--out", required = true, description = "File for the JSON lines; it appears when all are written.")
    private Path out = Path.of("");

    @Option(names = "--truth", description = "truth.csv of render --station assembly: reports the errors.")
    private Optional<Path> truth = Optional.empty();

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Override
    public Integer call() {
        ClipRecipe asked = ClipRecipeFile.read(recipe);
        Optional<AssemblyEvaluation.Truth> known = truth.map(AssemblyEvaluation.Truth::read);
        List<Path> places = ClipFile.in(clips);
        Path unfinished = out.resolveSibling(out.getFileName() + ".part");
        Map<String, List<Fitting>> told;
        try {
            told = watch(asked, places, unfinished);
            Files.move(unfinished, out, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new CommandException("cannot write %s (%s); name a file that you may write".formatted(out, e), e);
        }
        System.out.printf("%d clips watched, events in %s%n", places.size(), out);
        known.ifPresent(
                it -> System.out.print("\n" + AssemblyEvaluation.of(told, it).text()));
        return 0;
    }

    private Map<String, List<Fitting>> watch(ClipRecipe asked, List<Path> places, Path file) throws IOException {
        Map<String, List<Fitting>> told = new LinkedHashMap<>();
        var opened = model.open(model.engine(), asked);
        try (ClipWatcher watcher = opened.watcher();
                var writer = Files.newBufferedWriter(file);
                var progress = Progress.start("Watching", places.size())) {
            for (Path place : places) {
                long start = System.nanoTime();
                Clip clip = ClipFile.read(place, asked.framesPerSecond(), asked.frames());
                List<Fitting> fittings = watcher.watch(clip);
                told.put(clip.name(), fittings);
                line(writer, clip, fittings, (System.nanoTime() - start) / 1e6, opened.engine());
                progress.step();
            }
        } catch (CameraException | IllegalArgumentException e) {
            Files.deleteIfExists(file);
            throw new CommandException(String.valueOf(e.getMessage()), e);
        }
        return told;
    }

    /** One clip, {@code docs/assembly.md}. */
    private static void line(Writer out, Clip clip, List<Fitting> fittings, double tookMs, EngineIdentity engine)
            throws IOException {
        ObjectNode line = JSON.createObjectNode();
        line.put("clip", clip.name());
        line.put("seconds", clip.seconds());
        var events = line.putArray("events");
        var never = line.putArray("never");
        for (Fitting fitting : fittings) {
            ObjectNode node = fitting.at().isPresent() ? events.addObject() : never.addObject();
            node.put("part", fitting.part());
            fitting.at().ifPresent(at -> node.put("at", at));
            node.put("score", fitting.score());
        }
        line.put("tookMs", Math.round(tookMs * 1e3) / 1e3);
        ObjectNode by = line.putObject("engine");
        by.put("name", engine.name());
        by.put("hash", engine.hash());
        by.put("precision", engine.precision());
        by.put("runtime", engine.runtime());
        out.write(JSON.writeValueAsString(line));
        out.write('\n');
    }
}
