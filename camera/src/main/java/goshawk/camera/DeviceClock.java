package goshawk.camera;

import java.util.Optional;
import java.util.OptionalLong;

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
    private Optional<FrameStamp> newest = Optional.empty();

    /** Forgets: the camera was connected anew, and may have been switched off. */
    void reset() {
        seen = 0;
        newest = Optional.empty();
    }

    /** True when {@link #at} has an answer. */
    boolean isKnown() {
        return seen >= WARM_UP;
    }

    /** Takes note of a picture; one that shows that the camera's clock was set begins anew. */
    void heard(FrameStamp stamp) {
        if (stamp.device().isEmpty()) {
            return;
        }
        if (newest.filter(it -> stamp.setSinceNanos(it) != 0).isPresent()) {
            reset();
        }
        newest = Optional.of(stamp);
        int slot = (int) (seen++ % REMEMBERED);
        arrivedNanos[slot] = stamp.arrivedNanos();
        offsetNanos[slot] = stamp.arrivedNanos() - stamp.device().get().nanos();
    }

    /** {@link System#nanoTime()} at the moment of a stamp, plus the least time that a picture is under way. */
    OptionalLong at(FrameStamp stamp) {
        if (stamp.device().isEmpty()) {
            return OptionalLong.of(stamp.arrivedNanos());
        }
        if (!isKnown()) {
            return OptionalLong.empty();
        }
        long least = Long.MAX_VALUE;
        for (int i = 0; i < Math.min(seen, REMEMBERED); i++) {
            long age = Math.abs(stamp.arrivedNanos() - arrivedNanos[i]);
            least = Math.min(least, offsetNanos[i] + age / 1_000_000 * DRIFT_PPM);
        }
        return OptionalLong.of(stamp.device().get().nanos() + least);
    }
}
