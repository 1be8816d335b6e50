package goshawk.appliance;

import goshawk.appliance.domain.Deadline;
import goshawk.camera.Trigger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.LongSupplier;

/**
 * The line's two clocks: the wall's for what is written, the monotonic one for everything that is decided.
 *
 * @param nanoTime in the terms of {@link Trigger#atNanos()}
 */
record LineClock(Clock wall, LongSupplier nanoTime) {

    static LineClock system() {
        return new LineClock(Clock.systemUTC(), System::nanoTime);
    }

    Instant now() {
        return wall.instant();
    }

    Duration since(Trigger trigger) {
        return Duration.ofNanos(nanoTime.getAsLong() - trigger.atNanos());
    }

    Deadline deadline(Trigger trigger, Duration takt) {
        return Deadline.of(trigger.atNanos(), takt, nanoTime);
    }
}
