package goshawk.camera;

import java.util.Optional;

/**
 * When a picture was taken, by the two clocks there are.
 *
 * @param arrivedNanos {@link System#nanoTime()} when the picture was there as a whole
 * @param device what the camera says, where it says anything
 */
public record FrameStamp(long arrivedNanos, Optional<DeviceStamp> device) {}
