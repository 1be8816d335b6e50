package goshawk.camera;

import java.time.Duration;

/**
 * How long a camera's connection is waited for.
 *
 * @param opening from the first try to the first picture, which of a network camera begins with its next key frame
 * @param stalled without a picture, after which a connection is given up
 * @param firstRetry wait before a lost camera is connected again; doubles with each try
 * @param lastRetry longest wait
 */
record Patience(Duration opening, Duration stalled, Duration firstRetry, Duration lastRetry) {

    Patience {
        if (!opening.isPositive() || !stalled.isPositive() || !firstRetry.isPositive()) {
            throw new IllegalArgumentException("waits must be above 0: opening %s, stalled %s, first retry %s"
                    .formatted(opening, stalled, firstRetry));
        }
        if (lastRetry.compareTo(firstRetry) < 0) {
            throw new IllegalArgumentException(
                    "the longest retry %s is shorter than the first %s".formatted(lastRetry, firstRetry));
        }
    }
}
