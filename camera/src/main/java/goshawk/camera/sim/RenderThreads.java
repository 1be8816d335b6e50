package goshawk.camera.sim;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/** Draws numbered things on several threads. */
final class RenderThreads {

    /** Draws and writes number {@code i}, on any of the threads. */
    interface Work {
        void draw(int i) throws IOException;
    }

    /** A part that is drawn, with all that is thrown away while it is. */
    private static final long DRAWING_BYTES = 40L << 20;

    private RenderThreads() {}

    /** As many as there is work for and room on the heap. */
    static int usual(int cores, long heapBytes) {
        return Math.clamp(heapBytes / DRAWING_BYTES, 1, cores);
    }

    /** @throws IllegalArgumentException when there is nothing to draw, or nobody to draw it */
    static void check(int threads, int count) {
        requireOne("count", count);
        requireOne("threads", threads);
    }

    private static void requireOne(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException("%s must be 1 or more: %d".formatted(name, value));
        }
    }

    /**
     * Does the work for {@code 0 … count - 1} and waits for it.
     *
     * @param progress told how many are done, from any of the threads
     * @throws IOException of the work; what is not begun yet is then left
     * @throws InterruptedException when interrupted
     */
    static void run(int threads, int count, IntConsumer progress, Work work) throws IOException, InterruptedException {
        var next = new AtomicInteger();
        var done = new AtomicInteger();
        Callable<Void> worker = () -> {
            for (int i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
                work.draw(i);
                progress.accept(done.incrementAndGet());
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
            }
            return null;
        };
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
