package goshawk.appliance.domain;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * The moment after which an answer about a part is no answer, on the monotonic clock.
 *
 * @param atNanos in the terms of {@code nanoTime}
 */
public record Deadline(long atNanos, LongSupplier nanoTime) {

    /** The part triggered at {@code triggerNanos} must be decided within {@code takt}. */
    public static Deadline of(long triggerNanos, Duration takt, LongSupplier nanoTime) {
        return new Deadline(triggerNanos + takt.toNanos(), nanoTime);
    }

    /** What is left until then; below 0 once it has passed. */
    public long nanosLeft() {
        return atNanos - nanoTime.getAsLong();
    }

    public boolean passed() {
        return nanosLeft() < 0;
    }
}
