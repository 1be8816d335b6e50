package goshawk.camera.aravis;

import java.nio.ByteBuffer;

/** What came from a camera. */
sealed interface Arrival {

    /** Nothing, within the time. */
    record None() implements Arrival {}

    /**
     * A picture, as the camera sent it. Its memory is valid until the stream is asked for the next.
     *
     * @param pixels holds the picture from index {@code at} on
     * @param bytes of the picture
     * @param padding bytes after each row
     * @param format the pixel format's code
     * @param frameId extended to 64 bits
     * @param deviceNanos the camera's clock
     * @param arrivedAtNanos this machine's wall clock, in nanoseconds since 1970, when its first packet came
     */
    record Picture(
            ByteBuffer pixels,
            int at,
            long bytes,
            int width,
            int height,
            int padding,
            int format,
            long frameId,
            long deviceNanos,
            long arrivedAtNanos)
            implements Arrival {}

    /** A picture that must not be judged, and why. */
    record Torn(String why) implements Arrival {}

    /** A picture that was there already. */
    record Repeated() implements Arrival {}
}
