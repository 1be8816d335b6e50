package goshawk.camera.sim;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.IntConsumer;

/**
 * Writes a folder of simulated parts: {@code part-000000.png …}, or {@code
 * part-000000.bright.png} and so on where lights are named, and, last of all and in one move, {@code truth.csv}. A folder with
 * {@code truth.csv} is complete; a run that is killed leaves none.
 *
 * @param seed of the shift
 * @param count number of parts, at least 1
 * @param out made when missing; refused when it already holds a {@code truth.csv}
 * @param lights by name: each part is shown under each of them; empty for one picture under the usual light
 * @param threads at least 1; the pictures do not depend on it
 */
public record RenderJob(long seed, int count, Path out, RenderOptions options, List<SimulatedLight> lights, int threads)
        implements FolderJob {

    /** Under the usual light. */
    public RenderJob(long seed, int count, Path out, RenderOptions options, int threads) {
        this(seed, count, out, options, List.of(), threads);
    }

    public RenderJob {
        lights = List.copyOf(lights);
        RenderThreads.check(threads, count);
    }

    @Override
    public void run(IntConsumer progress) throws IOException, InterruptedException {
        Path truth = TruthTable.in(out);
        var rows = new String[count];
        RenderThreads.run(threads, count, progress, i -> {
            SimulatedPart part = BracketRenderer.render(seed, i, options);
            String file = String.format(Locale.ROOT, "part-%06d.png", i);
            if (lights.isEmpty()) {
                PngFile.write(out.resolve(file), part.rgb(), part.width(), part.height());
            }
            for (SimulatedLight light : lights) {
                SimulatedPart lit = BracketRenderer.under(light, seed, i, options, 0);
                String name = String.format(Locale.ROOT, "part-%06d.%s.png", i, light.code());
                PngFile.write(out.resolve(name), lit.rgb(), lit.width(), lit.height());
            }
            rows[i] = part.truth().csvRow(file);
        });
        TruthTable.write(truth, PartTruth.CSV_HEADER, rows);
    }
}
