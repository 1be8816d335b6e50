package goshawk.camera.aravis;

import java.nio.ByteBuffer;
import java.util.Optional;

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
     */
    record Picture(ByteBuffer pixels, int at, long bytes, int width, int height, int padding, int format, Stamp stamp)
            implements Arrival {}

    /**
     * A picture that must not be judged.
     *
     * @param stamp as a whole one's, as well as it is known; empty before the first whole picture
     */
    record Torn(Optional<Stamp> stamp, String why) implements Arrival {}

    /**
     * What the camera says of a picture.
     *
     * @param frameId extended to 64 bits
     * @param nanos the camera's clock
     */
    record Stamp(long frameId, long nanos) {}

    /** A picture that was there already. */
    record Repeated() implements Arrival {}
}
