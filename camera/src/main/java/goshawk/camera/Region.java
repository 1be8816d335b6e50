package goshawk.camera;

/**
 * An axis-aligned rectangle in picture pixels, origin top-left; {@code right} and {@code bottom} are exclusive.
 *
 * <p>Pixels, not millimetres: a region means something only for one camera at one resolution. {@link PixelScale} takes
 * it to the part.
 */
public record Region(int left, int top, int right, int bottom) {

    public Region {
        if (left < 0 || top < 0 || right <= left || bottom <= top) {
            throw new IllegalArgumentException(
                    "not a region: x [%d, %d), y [%d, %d)".formatted(left, right, top, bottom));
        }
    }

    public int width() {
        return right - left;
    }

    public int height() {
        return bottom - top;
    }
}
