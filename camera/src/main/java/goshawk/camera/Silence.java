package goshawk.camera;

import java.time.Duration;

/** What is made of a connection that gives no pictures. */
public sealed interface Silence {

    /** With 8 s to the first picture, and a stall seen within 3 s. */
    Stall USUAL = new Stall(Duration.ofSeconds(8), Duration.ofMillis(2_500));

    /**
     * The camera gives pictures all the time, so it stalled.
     *
     * @param opening from the first try to the first picture, which of a network camera begins with its next key frame
     * @param stalled without a picture, after which a connection is given up
     */
    record Stall(Duration opening, Duration stalled) implements Silence {

        public Stall {
            if (!opening.isPositive() || !stalled.isPositive()) {
                throw new IllegalArgumentException(
                        "waits must be above 0: opening %s, stalled %s".formatted(opening, stalled));
            }
        }
    }

    /** The camera is silent until it is triggered; its connection is watched otherwise. */
    record Waiting() implements Silence {}
}
