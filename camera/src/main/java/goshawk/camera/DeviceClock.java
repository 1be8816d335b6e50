package goshawk.camera;

/**
 * Reads our clock for a moment of the camera's. A picture arrives some time after it was taken, mostly soon and sometimes
 * late; the pictures that came soonest show how the two clocks stand to each other.
 *
 * <p>The clocks run apart, by {@value #DRIFT_PPM} millionths at most, so a picture tells less the longer ago it was.
 */
final class DeviceClock {

    /** Pictures after which the clock is known: that none of them came soon is not to be expected. */
    static final int WARM_UP = 8;

    private static final long DRIFT_PPM = 100;
    private static final int REMEMBERED = 64;

    private final long[] arrivedNanos = new long[REMEMBERED];
    private final long[] offsetNanos = new long[REMEMBERED];
    private long seen;
    private final Stamp newest = new Stamp();

    /** Forgets: the camera was connected anew, and may have been switched off. */
    void reset() {
        seen = 0;
    }

    /** True when {@link #at} has an answer for what the camera tells. */
    boolean isKnown() {
        return seen >= WARM_UP;
    }

    /** True when {@link #at} has an answer: the clock is known, or the camera tells no time. */
    boolean reads(Stamp stamp) {
        return !stamp.isTold() || isKnown();
    }

    /** Takes note of a picture; one that shows that the camera's clock was set begins anew. */
    void heard(Stamp stamp) {
        if (!stamp.isTold()) {
            return;
        }
        if (seen > 0 && stamp.setSinceNanos(newest) != 0) {
            reset();
        }
        newest.set(stamp);
        int slot = (int) (seen++ % REMEMBERED);
        arrivedNanos[slot] = stamp.arrivedNanos();
        offsetNanos[slot] = stamp.arrivedNanos() - stamp.deviceNanos();
    }

    /**
     * {@link System#nanoTime()} at the moment of a stamp, plus the least time that a picture is under way.
     *
     * @throws IllegalStateException when {@link #reads} is false of it
     */
    long at(Stamp stamp) {
        if (!stamp.isTold()) {
            return stamp.arrivedNanos();
        }
        if (!isKnown()) {
            throw new IllegalStateException("the camera's clock is not known yet");
        }
        long least = Long.MAX_VALUE;
        for (int i = 0; i < Math.min(seen, REMEMBERED); i++) {
            long age = Math.abs(stamp.arrivedNanos() - arrivedNanos[i]);
            least = Math.min(least, offsetNanos[i] + age / 1_000_000 * DRIFT_PPM);
        }
        return stamp.deviceNanos() + least;
    }
}
