package goshawk.appliance.machine;

import java.util.Arrays;
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
     * Looks where the loader does: in the folders of {@code LD_LIBRARY_PATH}, then in its cache.
     *
     * @param soname for example {@code libnvinfer.so.10}; a pattern
     */
    static Optional<Library> find(MachineSource source, String soname) {
        return inPath(source, soname).or(() -> inCache(source, soname)).map(found -> {
            String file = source.target(found).orElse(found);
            Matcher version = Pattern.compile("\\.so\\.([\\d.]+)$").matcher(file);
            return new Library(version.find() ? version.group(1) : "", file);
        });
    }

    private static Optional<String> inPath(MachineSource source, String soname) {
        return source.output("printenv", "LD_LIBRARY_PATH").stream()
                .flatMap(path -> Arrays.stream(path.strip().split(":", -1)))
                .filter(folder -> !folder.isEmpty())
                .flatMap(folder -> source.output("ls", folder).stream()
                        .flatMap(String::lines)
                        .filter(name -> name.matches(soname))
                        .map(name -> folder + "/" + name))
                .findFirst();
    }

    private static Optional<String> inCache(MachineSource source, String soname) {
        Optional<String> cache = source.output("ldconfig", "-p").or(() -> source.output("/sbin/ldconfig", "-p"));
        Matcher found =
                Pattern.compile("(?m)^\\s*" + soname + " \\(.*\\) => (\\S+)$").matcher(cache.orElse(""));
        return found.find() ? Optional.of(found.group(1)) : Optional.empty();
    }

    /** Whether the version begins with {@code major} and goes on with at least {@code minor}. */
    boolean isFrom(int major, int minor) {
        String[] parts = version.split("\\.", -1);
        return parts.length > 1 && parts[0].equals(Integer.toString(major)) && Integer.parseInt(parts[1]) >= minor;
    }
}
