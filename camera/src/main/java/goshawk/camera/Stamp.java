package goshawk.camera;

import java.util.Optional;

/**
 * When the picture at hand was taken, by the two clocks there are: one object for all pictures, filled anew for each, so that none is made for a
 * picture that nobody keeps. Whoever keeps what it says makes a {@link FrameStamp} of it. Of one thread at a time.
 */
final class Stamp {

    private long arrivedNanos;
    private boolean isTold;
    private long frameId;
    private long deviceNanos;

    /** The next picture arrived; what the camera says of it is not known yet. */
    void arrived(long nanos) {
        arrivedNanos = nanos;
        isTold = false;
    }

    /** What the camera says of it, as {@link DeviceStamp} has it. */
    void told(long id, long nanos) {
        isTold = true;
        frameId = id;
        deviceNanos = nanos;
    }

    void set(Stamp other) {
        arrivedNanos = other.arrivedNanos;
        isTold = other.isTold;
        frameId = other.frameId;
        deviceNanos = other.deviceNanos;
    }

    /** Another that stays as it is while this one is filled anew. */
    Stamp copy() {
        var copy = new Stamp();
        copy.set(this);
        return copy;
    }

    /** As a value that stays. */
    FrameStamp kept() {
        return new FrameStamp(
                arrivedNanos, isTold ? Optional.of(new DeviceStamp(frameId, deviceNanos)) : Optional.empty());
    }

    /** {@link System#nanoTime()} when the picture was there as a whole. */
    long arrivedNanos() {
        return arrivedNanos;
    }

    /** Whether the camera said anything; only then do the two below mean something. */
    boolean isTold() {
        return isTold;
    }

    long frameId() {
        return frameId;
    }

    long deviceNanos() {
        return deviceNanos;
    }

    /** As {@link FrameStamp#setSinceNanos}. */
    long setSinceNanos(Stamp earlier) {
        return isTold && earlier.isTold
                ? FrameStamp.set(deviceNanos - earlier.deviceNanos, arrivedNanos - earlier.arrivedNanos)
                : 0;
    }
}
