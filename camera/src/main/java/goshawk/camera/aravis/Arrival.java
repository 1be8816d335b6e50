package goshawk.camera.aravis;

import java.nio.ByteBuffer;
import java.util.Optional;

/** What came from a camera. */
sealed interface Arrival {

    /** Nothing, within the time. */
    record None() implements Arrival {}

    /** A picture, as the camera sent it. */
    record Picture(Pixels pixels, Stamp stamp) implements Arrival {}

    /**
     * A picture that must not be judged.
     *
     * @param stamp as a whole one's, as well as it is known; empty before the first whole picture
     * @param seen what came of it, 0 where nothing did; empty before the first whole picture
     */
    record Torn(Optional<Stamp> stamp, String why, Optional<Pixels> seen) implements Arrival {}

    /**
     * A picture's memory, valid until the stream is asked for the next.
     *
     * @param buffer holds the picture from index {@code at} on
     * @param bytes of the picture
     * @param padding bytes after each row
     * @param format the pixel format's code
     */
    record Pixels(ByteBuffer buffer, int at, long bytes, int width, int height, int padding, int format) {

        /** A picture of the same kind in other memory. */
        Pixels in(ByteBuffer other) {
            return new Pixels(other, at, bytes, width, height, padding, format);
        }
    }

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
