package goshawk.appliance;

import goshawk.camera.sim.ClipJob;
import goshawk.camera.sim.ClipOptions;
import goshawk.camera.sim.FolderJob;
import goshawk.camera.sim.KindMix;
import goshawk.camera.sim.Render;
import goshawk.camera.sim.RenderJob;
import goshawk.camera.sim.RenderOptions;
import goshawk.camera.sim.SimulatedLight;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "render",
        mixinStandardHelpOptions = true,
        description = "Draws simulated parts or clips: PNG files and truth.csv.")
final class RenderCommand implements Callable<Integer> {

    @Option(
            names = "--seed",
            defaultValue = "1",
            description = "Number of the shift; the same seed, the same pictures (${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--count", description = "Number of parts or clips (the sum of --kinds, else 100).")
    private Optional<Integer> count = Optional.empty();

    @Option(names = "--out", required = true, description = "Folder for the pictures; it must not hold parts yet.")
    private Path out = Path.of("");

    @Option(
            names = "--kinds",
            description = "How many of each, e.g. good=1000,missing_bolt=1000 (half good, the rest even).")
    private Optional<String> kinds = Optional.empty();

    @Option(names = "--no-nuisance", description = "Without oil, glare, swarf, dust and water marks.")
    private boolean withoutNuisance;

    @Option(names = "--writing", description = "Share of the parts with words written or stuck on them (0.03).")
    private Optional<Double> writing = Optional.empty();

    @Option(
            names = "--lights",
            paramLabel = "LIGHT,...",
            description =
                    "Each part under each of these lights, as PART.LIGHT.png: bright, dark (bright alone, as PART.png).")
    private Optional<String> lights = Optional.empty();

    @Option(
            names = "--station",
            defaultValue = Render.BRACKET,
            description = "bracket: parts to inspect; assembly: clips of their bolts being fitted (${DEFAULT-VALUE}).")
    private String station = Render.BRACKET;

    @Option(names = "--frames", defaultValue = "32", description = "Frames of a clip (${DEFAULT-VALUE}).")
    private int frames;

    @Option(names = "--fps", defaultValue = "4", description = "Frames a second (${DEFAULT-VALUE}).")
    private int framesPerSecond;

    @Option(names = "--size", defaultValue = "224x160", description = "Pixels of a frame (${DEFAULT-VALUE}).")
    private String size = "";

    @Override
    public Integer call() throws IOException, InterruptedException {
        try {
            FolderJob job = job();
            try (var progress = Progress.start("Rendering", job.count())) {
                job.run(progress::at);
            }
            System.out.printf("%d %s in %s%n", job.count(), job instanceof ClipJob ? "clips" : "parts", out);
            return 0;
        } catch (IllegalArgumentException e) {
            throw new CommandException(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            throw new CommandException(
                    "cannot write to %s (%s); name a folder that you may write to".formatted(out, e), e);
        }
    }

    private List<SimulatedLight> lights() {
        return lights.stream()
                .flatMap(it -> Arrays.stream(it.split(",", -1)))
                .map(SimulatedLight::named)
                .distinct()
                .toList();
    }

    private FolderJob job() {
        int threads = FolderJob.usualThreads();
        return switch (station) {
            case Render.ASSEMBLY -> {
                int[] pixels = ClipOptions.size(size);
                var options = new ClipOptions(frames, framesPerSecond, pixels[0], pixels[1]);
                yield new ClipJob(seed, count.orElse(100), out, options, threads);
            }
            case Render.BRACKET -> {
                KindMix mix = kinds.map(KindMix::parse).orElse(KindMix.USUAL);
                int parts = count.orElse(kinds.isPresent() ? mix.block() : 100);
                var usual = new RenderOptions(mix, !withoutNuisance);
                var options = new RenderOptions(mix, !withoutNuisance, writing.orElse(usual.writing()));
                yield new RenderJob(seed, parts, out, options, lights(), threads);
            }
            default ->
                throw new IllegalArgumentException(
                        "no such station: %s; name %s or %s".formatted(station, Render.BRACKET, Render.ASSEMBLY));
        };
    }
}
