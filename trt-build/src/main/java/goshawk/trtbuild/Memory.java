package goshawk.trtbuild;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What is free of this machine's memory. Read from the kernel's own files: the Java runtime's figures are in a module that
 * a small runtime lacks.
 */
final class Memory {

    private static final Path MACHINE = Path.of("/");
    private static final Pattern AVAILABLE = Pattern.compile("(?m)^MemAvailable:\\s+(\\d+) kB$");
    private static final Pattern BYTES = Pattern.compile("\\d{1,18}");

    /** Of {@code /proc/self/cgroup}: number, controllers, group. Version 2 has number 0 and names no controller. */
    private static final Pattern GROUP = Pattern.compile("(?m)^\\d+:([^:]*):/(.*)$");

    private Memory() {}

    /**
     * Memory that can be taken without swapping, as the kernel estimates it; less where a container allows less. {@link
     * Long#MAX_VALUE} where there is no such kernel.
     */
    static long availableBytes() {
        return availableBytes(MACHINE);
    }

    /** @param root folder of {@code proc} and {@code sys} */
    static long availableBytes(Path root) {
        Matcher available = AVAILABLE.matcher(text(root.resolve("proc/meminfo")));
        long bytes = available.find() ? Long.parseLong(available.group(1)) << 10 : Long.MAX_VALUE;
        Matcher group = GROUP.matcher(text(root.resolve("proc/self/cgroup")));
        while (group.find()) {
            List<String> controllers = List.of(group.group(1).split(","));
            if (group.group(1).isEmpty()) {
                bytes = Math.min(bytes, limit(root.resolve("sys/fs/cgroup"), group.group(2), "memory.max"));
            } else if (controllers.contains("memory")) {
                bytes = Math.min(
                        bytes, limit(root.resolve("sys/fs/cgroup/memory"), group.group(2), "memory.limit_in_bytes"));
            }
        }
        return bytes;
    }

    /** The least that the group and those around it allow. A container sees its own group as the outermost. */
    private static long limit(Path outermost, String group, String file) {
        long least = Long.MAX_VALUE;
        @Nullable Path folder = outermost.resolve(group).normalize();
        while (folder != null && folder.startsWith(outermost)) {
            String allowed = text(folder.resolve(file)).strip();
            if (BYTES.matcher(allowed).matches()) { // else "max", or a number near 2^63, which says the same
                least = Math.min(least, Long.parseLong(allowed));
            }
            folder = folder.getParent();
        }
        return least;
    }

    /** Empty where there is no such file. */
    private static String text(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }
}
