package goshawk.camera;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * A trigger every so many counts of a belt's encoder. A belt that runs back and forward again triggers no place twice: only
 * counts beyond the farthest are new belt.
 *
 * <p>Used by one thread, the one that reads the encoder.
 */
public final class EncoderDistance {

    private final long distance;
    private final Signals signals;
    private OptionalLong next = OptionalLong.empty();
    private long farthest;
    private long rollback;

    /**
     * @param distance counts from trigger to trigger, at least 1
     * @param signals are triggered
     */
    public EncoderDistance(long distance, Signals signals) {
        if (distance < 1) {
            throw new IllegalArgumentException("counts from trigger to trigger must be at least 1: " + distance);
        }
        this.distance = distance;
        this.signals = signals;
    }

    /**
     * Where the belt is.
     *
     * @param count the encoder's, extended to 64 bits; the first call's is where counting begins
     * @param atNanos {@link System#nanoTime()} of the reading
     * @return triggers that were due
     */
    public int moved(long count, long atNanos) {
        if (next.isEmpty()) {
            next = OptionalLong.of(count + distance);
            farthest = count;
            return 0;
        }
        farthest = Math.max(farthest, count);
        rollback = Math.max(rollback, farthest - count);
        int due = 0;
        while (count >= next.getAsLong()) {
            next = OptionalLong.of(next.getAsLong() + distance);
            signals.signal(new Signals.Signal(OptionalLong.empty(), Optional.empty(), atNanos));
            due++;
        }
        return due;
    }

    /** The farthest that the belt ever ran back, in counts. */
    public long rollback() {
        return rollback;
    }
}
