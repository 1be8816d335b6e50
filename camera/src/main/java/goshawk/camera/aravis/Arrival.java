package goshawk.camera.aravis;

import java.nio.ByteBuffer;
import java.util.Optional;

/** What came from a camera. */
sealed interface Arrival {

    Arrival NONE = new None();
    Arrival REPEATED = new Repeated();

    /** Nothing, within the time. */
    record None() implements Arrival {}

    /** A picture, as the camera sent it. */
    record Picture(Pixels pixels) implements Arrival {}

    /**
     * A picture that must not be judged.
     *
     * @param seen what came of it, 0 where nothing did; empty before the first whole picture
     */
    record Torn(String why, Optional<Pixels> seen) implements Arrival {}

    /**
     * A picture's memory, valid until the stream is asked for the next.
     *
     * @param buffer holds the picture from index {@code at} on
     * @param bytes of the picture
     * @param padding bytes after each row
     * @param format the pixel format's code
     */
    record Pixels(ByteBuffer buffer, int at, long bytes, int width, int height, int padding, int format) {

        /** True of a picture in this place, of this size and kind. */
        boolean isAlike(int otherAt, long otherBytes, int otherWidth, int otherHeight, int otherPadding, int other) {
            return at == otherAt
                    && bytes == otherBytes
                    && width == otherWidth
                    && height == otherHeight
                    && padding == otherPadding
                    && format == other;
        }

        /** A picture of the same kind in other memory. */
        Pixels in(ByteBuffer memory) {
            return new Pixels(memory, at, bytes, width, height, padding, format);
        }
    }

    /** A picture that was there already. */
    record Repeated() implements Arrival {}
}
