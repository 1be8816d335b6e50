package goshawk.camera;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * How fast a film's pictures become frames; run by {@code camera/bench/decode.sh}. Prints lines of a Markdown table. A
 * station runs for months, so what the first pictures cost, while Java compiles, is not in it.
 */
final class DecodeBench {

    private static final int FIRST = 500;

    private DecodeBench() {}

    private interface Run {
        long pictures(Path film, FramePool pool, long most) throws InterruptedException;
    }

    public static void main(String[] args) throws Exception {
        Path film = Path.of(args[0]);
        measure("Goshawk: decoded, looked at by nobody", film, DecodeBench::decoded);
        measure("Goshawk: decoded, to RGB, copied into frames of the pool", film, DecodeBench::copied);
    }

    private static void measure(String name, Path film, Run run) throws InterruptedException {
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        var machine = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        try (var pool = new FramePool(2, 1280 * 720 * 3)) {
            run.pictures(film, pool, FIRST);
            long cpu = machine.getProcessCpuTime();
            long allocated = threads.getCurrentThreadAllocatedBytes();
            long started = System.nanoTime();
            long pictures = run.pictures(film, pool, Long.MAX_VALUE);
            double seconds = (System.nanoTime() - started) / 1e9;
            System.out.printf(
                    "| %s | %.0f | %.1f | %d bytes of heap |%n",
                    name,
                    pictures / seconds,
                    (machine.getProcessCpuTime() - cpu) / 1e9,
                    (threads.getCurrentThreadAllocatedBytes() - allocated) / pictures);
        }
    }

    private static long decoded(Path film, FramePool pool, long most) {
        try (var stream =
                FfmpegPictureStream.open("film", film.toString(), "", Map.of(), FfmpegPictureStream.Kind.FILM)) {
            long pictures = 0;
            while (pictures < most && stream.advance()) {
                pictures++;
            }
            return pictures;
        }
    }

    private static long copied(Path film, FramePool pool, long most) throws InterruptedException {
        try (var source = VideoFrameSource.open(film, pool, Duration.ZERO)) {
            long pictures = 0;
            for (Optional<Capture> next = source.next(); next.isPresent(); next = source.next()) {
                ((Capture.Image) next.get()).frame().close();
                pictures++;
                if (pictures == most) {
                    break;
                }
            }
            return pictures;
        }
    }
}
