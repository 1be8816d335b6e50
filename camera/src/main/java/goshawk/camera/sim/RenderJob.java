package goshawk.camera.sim;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * Writes a folder of simulated parts: {@code part-000000.png …} and, last of all and in one move, {@code truth.csv}. A folder with
 * {@code truth.csv} is complete; a run that is killed leaves none.
 *
 * @param seed of the shift
 * @param count number of parts, at least 1
 * @param out made when missing; refused when it already holds a {@code truth.csv}
 * @param threads at least 1; the pictures do not depend on it
 */
public record RenderJob(long seed, int count, Path out, RenderOptions options, int threads) {

    private static final String TRUTH = "truth.csv";

    public RenderJob {
        if (count < 1) {
            throw new IllegalArgumentException("count must be 1 or more: " + count);
        }
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be 1 or more: " + threads);
        }
    }

    /**
     * Renders all parts, on {@link #threads()} threads of its own.
     *
     * @param progress told the number of finished pictures, from any of those threads
     * @throws IllegalArgumentException when the folder already holds parts
     * @throws IOException when a file cannot be written
     * @throws InterruptedException when interrupted; no truth is then written
     */
    public void run(IntConsumer progress) throws IOException, InterruptedException {
        Path truth = out.resolve(TRUTH);
        if (Files.exists(truth)) {
            throw new IllegalArgumentException(
                    "%s already holds parts: name another folder or delete it".formatted(out));
        }
        Files.createDirectories(out);
        var rows = new String[count];
        var next = new AtomicInteger();
        var done = new AtomicInteger();
        Callable<Void> worker = () -> {
            for (int i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
                SimulatedPart part = BracketRenderer.render(seed, i, options);
                String file = String.format(Locale.ROOT, "part-%06d.png", i);
                PngFile.write(out.resolve(file), part.rgb(), part.width(), part.height());
                rows[i] = part.truth().csvRow(file);
                progress.accept(done.incrementAndGet());
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
            }
            return null;
        };
        allOf(worker);
        Path unfinished = out.resolve(TRUTH + ".part");
        String text = PartTruth.CSV_HEADER + "\n" + String.join("\n", rows) + "\n";
        Files.writeString(unfinished, text, StandardCharsets.UTF_8);
        Files.move(unfinished, truth, StandardCopyOption.ATOMIC_MOVE);
    }

    private void allOf(Callable<Void> worker) throws IOException, InterruptedException {
        try (var pool = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().name("render-", 0).factory())) {
            List<Future<Void>> futures = IntStream.range(0, threads)
                    .mapToObj(_ -> pool.submit(worker))
                    .toList();
            try {
                for (Future<Void> future : futures) {
                    future.get();
                }
            } catch (ExecutionException e) {
                if (e.getCause() instanceof IOException io) {
                    throw io;
                }
                throw new IllegalStateException("rendering failed", e.getCause());
            } finally {
                pool.shutdownNow();
            }
        }
    }
}
