package goshawk.appliance.machine;

import goshawk.trtbuild.Gpu;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What NVIDIA's driver says.
 *
 * @param driver its version
 * @param cuda the newest CUDA that it runs; empty where it does not say
 * @param gpus those that it knows all about: none where the driver is older than the question
 */
record NvidiaSmi(String driver, String cuda, List<Card> gpus) {

    private static final Pattern DRIVER = Pattern.compile("Driver Version:\\s*([\\d.]+)");
    private static final Pattern CUDA = Pattern.compile("CUDA (?:UMD )?Version:\\s*([\\d.]+)");
    private static final String[] QUESTION = {
        "nvidia-smi",
        "--query-gpu=name,compute_cap,memory.total,memory.free,clocks.sm,clocks.max.sm,power.limit",
        "--format=csv,noheader,nounits"
    };
    private static final int ANSWERS = 7;

    /**
     * @param clock of its multiprocessors now and at most, in MHz, and its power limit in W; for a person, empty where the
     *     driver does not say
     */
    record Card(Gpu gpu, String clock) {}

    /** Empty where there is no driver, or none that answers. */
    static Optional<NvidiaSmi> ask(MachineSource source) {
        return source.output("nvidia-smi").flatMap(page -> {
            Matcher driver = DRIVER.matcher(page);
            if (!driver.find()) {
                return Optional.empty();
            }
            Matcher cuda = CUDA.matcher(page);
            return Optional.of(new NvidiaSmi(
                    driver.group(1),
                    cuda.find() ? cuda.group(1) : "",
                    source.output(QUESTION).map(NvidiaSmi::cards).orElse(List.of())));
        });
    }

    private static List<Card> cards(String csv) {
        var cards = new ArrayList<Card>();
        csv.lines().forEach(line -> {
            String[] values = line.split(",\\s*", -1);
            Matcher capability = Pattern.compile("(\\d+)\\.(\\d+)").matcher(values.length == ANSWERS ? values[1] : "");
            if (capability.matches() && isNumber(values[2]) && isNumber(values[3])) {
                var gpu = new Gpu(
                        values[0],
                        Integer.parseInt(capability.group(1)),
                        Integer.parseInt(capability.group(2)),
                        Long.parseLong(values[2]) << 20,
                        Long.parseLong(values[3]) << 20,
                        false);
                cards.add(new Card(gpu, clock(values[4], values[5], values[6])));
            }
        });
        return cards;
    }

    private static String clock(String now, String most, String power) {
        String clock = isNumber(now) && isNumber(most) ? "at %s of %s MHz".formatted(now, most) : "";
        String limit = isNumber(power) ? "limited to %.0f W".formatted(Double.parseDouble(power)) : "";
        return Stream.of(clock, limit).filter(it -> !it.isEmpty()).collect(Collectors.joining(", "));
    }

    /** Not so on a Jetson, which says {@code [N/A]}. */
    private static boolean isNumber(String text) {
        return text.matches("\\d+(\\.\\d+)?");
    }
}
