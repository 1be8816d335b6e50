package goshawk.appliance.checkup;

import java.util.Arrays;
import java.util.Optional;

/** Moments in the order in which they were told; keeps the first million. Of one thread at a time. */
final class Times {

    private static final int MOST = 1_000_000;

    private long[] nanos = new long[1_024];
    private int count;

    void add(long atNanos) {
        if (count == MOST) {
            return;
        }
        if (count == nanos.length) {
            nanos = Arrays.copyOf(nanos, Math.min(MOST, 2 * count));
        }
        nanos[count++] = atNanos;
    }

    int count() {
        return count;
    }

    /** From each moment to the next; empty when there are not two. */
    Optional<Spread> intervals() {
        if (count < 2) {
            return Optional.empty();
        }
        long[] between = new long[count - 1];
        for (int i = 1; i < count; i++) {
            between[i - 1] = nanos[i] - nanos[i - 1];
        }
        return Optional.of(Spread.of(between));
    }

    /** Of the values themselves, where they are durations; empty when there is none. */
    Optional<Spread> values() {
        return count == 0 ? Optional.empty() : Optional.of(Spread.of(Arrays.copyOf(nanos, count)));
    }
}
