package goshawk.appliance.bench;

import java.time.Duration;
import java.util.OptionalLong;

/** What a device tells of itself while it works; empty where it does not. */
public interface Gauge {

    /** A machine without a device that tells. */
    Gauge NONE = new Gauge() {
        @Override
        public OptionalLong millijoules() {
            return OptionalLong.empty();
        }

        @Override
        public OptionalLong usedBytes() {
            return OptionalLong.empty();
        }

        @Override
        public Duration countFor() {
            return Duration.ZERO;
        }
    };

    /** How long energy must be counted for to say something: a counter moves in steps. */
    Duration countFor();

    /** Energy taken since some time in the past, in mJ. */
    OptionalLong millijoules();

    /** Memory that is taken, in bytes. */
    OptionalLong usedBytes();
}
