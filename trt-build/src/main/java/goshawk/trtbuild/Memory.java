package goshawk.trtbuild;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What is free of this machine's memory. */
final class Memory {

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
}
