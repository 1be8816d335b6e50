package goshawk.camera;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait before the next try: doubled each time up to a limit, and anywhere in the upper half of it, so that the
 * stations of a hall do not come back to their switch or broker in step.
 */
public final class Backoff {

    private final Duration first;
    private final Duration longest;
    private final RandomGenerator random;
    private Duration step;

    public Backoff(Duration first, Duration longest, RandomGenerator random) {
        this.first = first;
        this.longest = longest;
        this.random = random;
        this.step = first;
    }

    public Duration next() {
        long nanos = step.toNanos();
        Duration doubled = step.multipliedBy(2);
        step = doubled.compareTo(longest) > 0 ? longest : doubled;
        return Duration.ofNanos(random.nextLong(nanos / 2, nanos + 1));
    }

    public void reset() {
        step = first;
    }
}
