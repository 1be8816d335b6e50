package goshawk.appliance.checkup;

import java.util.Arrays;
import java.util.Locale;

/**
 * How durations are distributed, in ms, by nearest rank.
 *
 * @param count how many there were, at least 1
 * @param p1 one in a hundred is as short
 */
public record Spread(int count, double least, double p1, double p50, double p99, double most) {

    /** @param nanos at least one */
    static Spread of(long[] nanos) {
        long[] sorted = nanos.clone();
        Arrays.sort(sorted);
        return new Spread(
                sorted.length,
                sorted[0] / 1e6,
                ranked(sorted, 0.01),
                ranked(sorted, 0.5),
                ranked(sorted, 0.99),
                sorted[sorted.length - 1] / 1e6);
    }

    private static double ranked(long[] sorted, double share) {
        return sorted[Math.max(0, (int) Math.ceil(share * sorted.length) - 1)] / 1e6;
    }

    /** For people. Of fewer than a hundred the 99th percentile is the longest, and is not told twice. */
    String words() {
        String tail = count < 100 ? "" : ", P99 " + ms(p99);
        return "P50 %s%s, longest %s, of %d".formatted(ms(p50), tail, ms(most), count);
    }

    /** Three digits or so. */
    static String ms(double ms) {
        return String.format(Locale.ROOT, ms < 10 ? "%.2f ms" : "%.1f ms", ms);
    }
}
