package goshawk.trtbuild;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Whether a model fits into this machine. */
final class Memory {

    /** Sessions, activations of a picture and the process itself, beside the weights. */
    private static final long BESIDE_WEIGHTS = 300L << 20;

    private static final Path MEMINFO = Path.of("/proc/meminfo");
    private static final Pattern AVAILABLE = Pattern.compile("MemAvailable:\\s+(\\d+) kB");

    private Memory() {}

    /**
     * Memory that can be taken without swapping, as the kernel estimates it; less where a container allows less.
     */
    static long availableBytes() {
        long free = Long.MAX_VALUE;
        if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean machine) {
            free = machine.getTotalMemorySize();
        }
        try {
            Matcher found = AVAILABLE.matcher(Files.readString(MEMINFO));
            return found.find() ? Math.min(free, Long.parseLong(found.group(1)) << 10) : free;
        } catch (IOException e) {
            // Not Linux: the size of the machine is all we know.
            return free;
        }
    }

    /** What running a checkpoint takes on a CPU: all weights as FP32. */
    static long estimateBytes(Checkpoint checkpoint) {
        return checkpoint.weightBytesInFp32() + BESIDE_WEIGHTS;
    }

    /** @throws CheckpointException with both numbers if it does not fit */
    static void requireRoomFor(Checkpoint checkpoint, long freeBytes) {
        long needed = estimateBytes(checkpoint);
        if (needed > freeBytes) {
            throw new CheckpointException(
                    "%s needs about %s of memory on a CPU (all weights as FP32), %s are free; use a smaller model or a larger machine"
                            .formatted(checkpoint.folder(), gibibytes(needed), gibibytes(freeBytes)));
        }
    }

    private static String gibibytes(long bytes) {
        return "%.1f GiB".formatted(bytes / (double) (1L << 30));
    }
}
