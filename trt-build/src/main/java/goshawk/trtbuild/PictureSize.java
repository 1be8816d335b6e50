package goshawk.trtbuild;

/** Width and height in pixels, at least 1. */
public record PictureSize(int width, int height) {

    /** @throws IllegalArgumentException when one side is over 200 times the other, or a side is 0 */
    static void requireNoSliver(int width, int height) {
        if (width < 1 || height < 1 || (double) Math.max(width, height) / Math.min(width, height) > 200) {
            throw new IllegalArgumentException(
                    "a picture's longer side may be 200 times the shorter one, got %d×%d".formatted(width, height));
        }
    }
}
