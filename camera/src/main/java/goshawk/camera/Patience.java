package goshawk.camera;

import java.time.Duration;

/**
 * How long a camera's connection is waited for.
 *
 * @param silence when a connection without pictures is given up
 * @param firstRetry wait before a lost camera is connected again; doubles with each try
 * @param lastRetry longest wait
 */
record Patience(Silence silence, Duration firstRetry, Duration lastRetry) {

    Patience {
        if (!firstRetry.isPositive()) {
            throw new IllegalArgumentException("the first retry's wait must be above 0: " + firstRetry);
        }
        if (lastRetry.compareTo(firstRetry) < 0) {
            throw new IllegalArgumentException(
                    "the longest retry %s is shorter than the first %s".formatted(lastRetry, firstRetry));
        }
    }
}
