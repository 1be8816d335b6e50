package goshawk.appliance.publish;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait before the next try: doubled each time up to a limit, and anywhere in the upper half of it, so that a
 * hall of stations does not come back to its broker in step.
 */
final class Backoff {

    private final Duration first;
    private final Duration longest;
    private final RandomGenerator random;
    private Duration step;

    Backoff(Duration first, Duration longest, RandomGenerator random) {
        this.first = first;
        this.longest = longest;
        this.random = random;
        this.step = first;
    }

    Duration next() {
        long micros = step.toNanos() / 1_000;
        Duration wait = Duration.ofNanos(1_000 * random.nextLong(micros / 2, micros + 1));
        Duration doubled = step.multipliedBy(2);
        step = doubled.compareTo(longest) > 0 ? longest : doubled;
        return wait;
    }

    void reset() {
        step = first;
    }
}
