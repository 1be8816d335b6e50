package goshawk.appliance.machine;

import goshawk.trtbuild.Gpu;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One of NVIDIA's modules, whose GPU shares the machine's memory.
 *
 * @param model as the device tree has it
 * @param l4t release of its Linux, {@code 36.4.3}; empty where it is not NVIDIA's
 * @param jetpack version of the package {@code nvidia-jetpack}, {@code 6.2}; empty where it is not installed
 * @param powerMode as {@code nvpmodel} calls it, {@code MAXN}; empty where it does not say
 */
public record Jetson(String model, String l4t, Optional<String> jetpack, Optional<String> powerMode) {

    private static final Pattern RELEASE = Pattern.compile("# R(\\d+) \\(release\\), REVISION: ([\\d.]+)");
    private static final Pattern JETPACK = Pattern.compile("^(\\d+(?:\\.\\d+)*)");
    private static final Pattern MODE = Pattern.compile("NV Power Mode: (\\S+)");
    private static final Pattern TOTAL = Pattern.compile("MemTotal:\\s+(\\d+) kB");
    private static final Pattern AVAILABLE = Pattern.compile("MemAvailable:\\s+(\\d+) kB");

    /** Empty on any other machine. */
    static Optional<Jetson> ask(MachineSource source) {
        String model = source.file("/proc/device-tree/model")
                .orElse("")
                .replace("\0", "")
                .strip();
        if (!model.contains("Jetson")) {
            return Optional.empty();
        }
        Matcher release = RELEASE.matcher(source.file("/etc/nv_tegra_release").orElse(""));
        return Optional.of(new Jetson(
                model,
                release.find() ? release.group(1) + "." + release.group(2) : "",
                first(JETPACK, source.output("dpkg-query", "-W", "-f=${Version}", "nvidia-jetpack")),
                first(MODE, source.output("nvpmodel", "-q"))));
    }

    /** Its GPU, by the module's name: the driver does not say. Empty for a module that we do not know. */
    Optional<Gpu> gpu(MachineSource source) {
        int capability = model.contains("Orin") ? 87 : model.contains("Thor") ? 110 : model.contains("Xavier") ? 72 : 0;
        String memory = source.file("/proc/meminfo").orElse("");
        long total = first(TOTAL, Optional.of(memory)).map(Long::parseLong).orElse(0L) << 10;
        long free = first(AVAILABLE, Optional.of(memory)).map(Long::parseLong).orElse(0L) << 10;
        return capability == 0
                ? Optional.empty()
                : Optional.of(new Gpu(model, capability / 10, capability % 10, total, free, true));
    }

    private static Optional<String> first(Pattern pattern, Optional<String> text) {
        return text.map(pattern::matcher).filter(Matcher::find).map(found -> found.group(1));
    }
}
