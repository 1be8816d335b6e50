package goshawk.appliance.web;

import java.time.Duration;
import java.time.temporal.ChronoUnit;

/** Durations as the page reads them. */
final class Milliseconds {

    private Milliseconds() {}

    /** Milliseconds, to the microsecond. */
    static double of(Duration took) {
        return took.truncatedTo(ChronoUnit.MICROS).toNanos() / 1e6;
    }
}
