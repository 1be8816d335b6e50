package goshawk.appliance.bench;

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
    };

    /** Energy taken since some time in the past, in mJ. */
    OptionalLong millijoules();

    /** Memory that is taken, in bytes. */
    OptionalLong usedBytes();
}
