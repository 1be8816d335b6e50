package goshawk.camera.sim;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.IntConsumer;

/**
 * Writes a folder of clips of the assembly station: {@code clip-000000/frame-000.png …} and, last of all, {@code truth.csv}. One
 * clip a thread is in memory.
 *
 * @param count number of clips, at least 1
 * @param out made when missing; refused when it already holds a {@code truth.csv}
 * @param threads at least 1; the pictures do not depend on it
 */
public record ClipJob(long seed, int count, Path out, ClipOptions options, int threads) implements FolderJob {

    public ClipJob {
        RenderThreads.check(threads, count);
    }

    @Override
    public void run(IntConsumer progress) throws IOException, InterruptedException {
        Path truth = TruthTable.in(out);
        var rows = new String[count];
        RenderThreads.run(threads, count, progress, i -> {
            SimulatedClip clip = AssemblyRenderer.render(seed, i, options);
            String name = String.format(Locale.ROOT, "clip-%06d", i);
            Path folder = Files.createDirectories(out.resolve(name));
            for (int k = 0; k < clip.frames().size(); k++) {
                Path file = folder.resolve(String.format(Locale.ROOT, "frame-%03d.png", k));
                PngFile.write(file, clip.frames().get(k), options.width(), options.height());
            }
            rows[i] = clip.csvRow(name);
        });
        TruthTable.write(truth, SimulatedClip.CSV_HEADER, rows);
    }
}
