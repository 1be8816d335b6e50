package goshawk.camera;

import java.util.Optional;

/**
 * When a picture was taken, by the two clocks there are.
 *
 * @param arrivedNanos {@link System#nanoTime()} when the picture was there as a whole
 * @param device what the camera says, where it says anything
 */
public record FrameStamp(long arrivedNanos, Optional<DeviceStamp> device) {

    /** Pictures are not under way for longer, and clocks do not run apart by as much from one to the next. */
    private static final long SET_NANOS = 10_000_000_000L;

    /**
     * By how much the camera's clock was set between an earlier picture and this one, in nanoseconds: back, when the camera was switched off, or ahead to
     * the network's time, when its PTP begins to follow; 0 where it was not, or not by more than ten seconds.
     */
    public long setSinceNanos(FrameStamp earlier) {
        if (device.isEmpty() || earlier.device().isEmpty()) {
            return 0;
        }
        return set(device.get().nanos() - earlier.device().get().nanos(), arrivedNanos - earlier.arrivedNanos());
    }

    /** The same, of the time between two pictures by the camera's clock and by ours. */
    static long set(long byCamera, long byUs) {
        long set = byCamera - byUs;
        return Math.abs(set) > SET_NANOS ? set : 0;
    }
}
