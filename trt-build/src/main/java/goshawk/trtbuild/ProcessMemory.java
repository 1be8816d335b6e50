package goshawk.trtbuild;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Memory of the machine that a process has, in bytes, as Linux tells it; 0 elsewhere, or when the process has ended. */
public final class ProcessMemory {

    private ProcessMemory() {}

    /** What this process has now. */
    public static long resident() {
        return field("self", "VmRSS:");
    }

    /** What another process has now. */
    public static long resident(long pid) {
        return field(Long.toString(pid), "VmRSS:");
    }

    /** The most that this process had. */
    public static long peak() {
        return field("self", "VmHWM:");
    }

    private static long field(String process, String name) {
        try (var lines = Files.lines(Path.of("/proc/%s/status".formatted(process)))) {
            return lines.filter(line -> line.startsWith(name))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            return 0;
        }
    }
}
