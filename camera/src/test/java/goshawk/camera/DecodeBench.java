package goshawk.camera;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** How fast a film's pictures become frames; run by {@code camera/bench/decode.sh}. Prints a line of a Markdown table. */
final class DecodeBench {

    private DecodeBench() {}

    public static void main(String[] args) throws Exception {
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        var machine = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        try (var pool = new FramePool(2, 1280 * 720 * 3);
                var film = VideoFrameSource.open(Path.of(args[0]), pool, Duration.ZERO)) {
            long frames = 0;
            long started = System.nanoTime();
            long cpu = machine.getProcessCpuTime();
            long allocated = threads.getCurrentThreadAllocatedBytes();
            for (Optional<Capture> next = film.next(); next.isPresent(); next = film.next()) {
                ((Capture.Image) next.get()).frame().close();
                frames++;
            }
            double seconds = (System.nanoTime() - started) / 1e9;
            System.out.printf(
                    "| Goshawk: decoded, to RGB, copied into frames of the pool | %.0f | %.1f | %d bytes of heap |%n",
                    frames / seconds,
                    (machine.getProcessCpuTime() - cpu) / 1e9,
                    (threads.getCurrentThreadAllocatedBytes() - allocated) / frames);
        }
    }
}
