package goshawk.appliance.machine;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A shared library that the loader finds.
 *
 * @param version as its file is named, {@code 10.3.0}
 * @param file behind all links
 */
public record Library(String version, String file) {

    /**
     * Looks in the loader's cache.
     *
     * @param soname for example {@code libnvinfer.so.10}; a pattern
     */
    static Optional<Library> find(MachineSource source, String soname) {
        Optional<String> cache = source.output("ldconfig", "-p").or(() -> source.output("/sbin/ldconfig", "-p"));
        Matcher found =
                Pattern.compile("(?m)^\\s*" + soname + " \\(.*\\) => (\\S+)$").matcher(cache.orElse(""));
        if (!found.find()) {
            return Optional.empty();
        }
        String file = source.target(found.group(1)).orElse(found.group(1));
        Matcher version = Pattern.compile("\\.so\\.([\\d.]+)$").matcher(file);
        return Optional.of(new Library(version.find() ? version.group(1) : "", file));
    }

    /** Whether the version begins with {@code major} and goes on with at least {@code minor}. */
    boolean isFrom(int major, int minor) {
        String[] parts = version.split("\\.", -1);
        return parts.length > 1 && parts[0].equals(Integer.toString(major)) && Integer.parseInt(parts[1]) >= minor;
    }
}
