package goshawk.camera;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Makes triggers where no sensor does: one a period, or whenever somebody asks. */
final class Pace {

    private final long periodNanos;
    private long dueNanos;
    private boolean isStarted;

    /** @param period zero: whenever somebody asks */
    Pace(Duration period) {
        this.periodNanos = period.toNanos();
    }

    /**
     * Waits until the next trigger is due; a period that passed while nobody asked is left out, not made up for.
     *
     * @return {@link System#nanoTime()} of the trigger
     */
    long await() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException("the camera was stopped");
        }
        long now = System.nanoTime();
        if (!isStarted || dueNanos - now < 0) {
            isStarted = true;
            dueNanos = now;
        }
        while (dueNanos - now > 0) {
            TimeUnit.NANOSECONDS.sleep(dueNanos - now);
            now = System.nanoTime();
        }
        dueNanos += periodNanos;
        return now;
    }
}
