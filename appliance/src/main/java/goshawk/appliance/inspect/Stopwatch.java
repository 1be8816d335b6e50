package goshawk.appliance.inspect;

import goshawk.appliance.domain.Timings;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** Where the time of one part goes. Steps of a kind add up; they do not nest. */
final class Stopwatch {

    enum Step {
        POSE,
        VISION,
        PREFILL,
        SCORE,
        EXPLAIN
    }

    private final LongSupplier nanoTime;
    private final long started;
    private final Map<Step, Long> nanos = new EnumMap<>(Step.class);

    Stopwatch(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.started = nanoTime.getAsLong();
    }

    <T> T time(Step step, Supplier<T> work) {
        long before = nanoTime.getAsLong();
        T result = work.get();
        nanos.merge(step, nanoTime.getAsLong() - before, Long::sum);
        return result;
    }

    /** {@code total} is from the stopwatch's start to now. */
    Timings timings() {
        return new Timings(
                of(Step.POSE),
                of(Step.VISION),
                of(Step.PREFILL),
                of(Step.SCORE),
                of(Step.EXPLAIN),
                Duration.ofNanos(nanoTime.getAsLong() - started));
    }

    private Duration of(Step step) {
        return Duration.ofNanos(nanos.getOrDefault(step, 0L));
    }
}
