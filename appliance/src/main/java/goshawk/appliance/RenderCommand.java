package goshawk.appliance;

import goshawk.camera.sim.KindMix;
import goshawk.camera.sim.RenderJob;
import goshawk.camera.sim.RenderOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "render",
        mixinStandardHelpOptions = true,
        description = "Draws simulated parts: PNG files and truth.csv (file, label, defects, pose).")
final class RenderCommand implements Callable<Integer> {

    @Option(
            names = "--seed",
            defaultValue = "1",
            description = "Number of the shift; the same seed, the same pictures (${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--count", description = "Number of parts (the sum of --kinds, else 100).")
    private Optional<Integer> count = Optional.empty();

    @Option(names = "--out", required = true, description = "Folder for the pictures; it must not hold parts yet.")
    private Path out = Path.of("");

    @Option(
            names = "--kinds",
            description = "How many of each, e.g. good=1000,missing_bolt=1000 (half good, the rest even).")
    private Optional<String> kinds = Optional.empty();

    @Option(names = "--no-nuisance", description = "Without oil, glare, swarf, dust and water marks.")
    private boolean withoutNuisance;

    @Override
    public Integer call() throws IOException, InterruptedException {
        try {
            KindMix mix = kinds.map(KindMix::parse).orElse(KindMix.USUAL);
            int parts = count.orElse(kinds.isPresent() ? mix.block() : 100);
            var job = new RenderJob(
                    seed,
                    parts,
                    out,
                    new RenderOptions(mix, !withoutNuisance),
                    Runtime.getRuntime().availableProcessors());
            try (var progress = Progress.start("Rendering", parts)) {
                job.run(progress::at);
            }
            System.out.printf("%d parts in %s%n", parts, out);
            return 0;
        } catch (IllegalArgumentException e) {
            throw new CommandException(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            throw new CommandException(
                    "cannot write to %s (%s); name a folder that you may write to".formatted(out, e), e);
        }
    }
}
