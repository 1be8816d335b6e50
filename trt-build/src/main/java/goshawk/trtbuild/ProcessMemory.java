package goshawk.trtbuild;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Memory of the machine that a process has, in bytes, as Linux tells it; 0 elsewhere, or when the process has ended.
 *
 * @param own pages of the process itself, and memory that it shares with others: the machine must have it
 * @param mapped pages of files that the process looks into: where memory is short, the kernel drops them and reads them again
 */
public record ProcessMemory(long own, long mapped) {

    static final ProcessMemory NONE = new ProcessMemory(0, 0);

    /** What this process has now. */
    public static ProcessMemory here() {
        return of("self");
    }

    /** What another process has now. */
    public static ProcessMemory of(long pid) {
        return of(Long.toString(pid));
    }

    /** All that this process has now. */
    public static long resident() {
        return here().all();
    }

    /** All that another process has now. */
    public static long resident(long pid) {
        return of(pid).all();
    }

    public long all() {
        return own + mapped;
    }

    ProcessMemory plus(ProcessMemory other) {
        return new ProcessMemory(own + other.own, mapped + other.mapped);
    }

    private static ProcessMemory of(String process) {
        return in(Path.of("/proc/%s/status".formatted(process)));
    }

    /** A process may end when its file is open and not read yet. */
    static ProcessMemory in(Path status) {
        Map<String, Long> fields = new HashMap<>();
        try (var lines = Files.lines(status)) {
            lines.filter(line -> line.startsWith("Rss")).forEach(line -> {
                int colon = line.indexOf(':');
                fields.put(line.substring(0, colon), Long.parseLong(line.replaceAll("\\D", "")) << 10);
            });
        } catch (IOException | UncheckedIOException e) {
            return NONE;
        }
        return new ProcessMemory(
                fields.getOrDefault("RssAnon", 0L) + fields.getOrDefault("RssShmem", 0L),
                fields.getOrDefault("RssFile", 0L));
    }
}
