package goshawk.camera;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait before the next try: doubled each time up to a limit, and anywhere in the upper half of it, so that the
 * stations of a hall do not come back to their switch in step.
 */
final class Backoff {

    private final Patience patience;
    private final RandomGenerator random;
    private Duration step;

    Backoff(Patience patience, RandomGenerator random) {
        this.patience = patience;
        this.random = random;
        this.step = patience.firstRetry();
    }

    Duration next() {
        long nanos = step.toNanos();
        Duration doubled = step.multipliedBy(2);
        step = doubled.compareTo(patience.lastRetry()) > 0 ? patience.lastRetry() : doubled;
        return Duration.ofNanos(random.nextLong(nanos / 2, nanos + 1));
    }

    void reset() {
        step = patience.firstRetry();
    }
}
