package goshawk.camera.sim;

/**
 * A rendered picture and what is true of it.
 *
 * @param rgb {@code height × width × 3} bytes, row by row, red first; handed over, not copied: whoever gets it may keep it
 */
public record SimulatedPart(byte[] rgb, int width, int height, PartTruth truth) {

    public SimulatedPart {
        if (rgb.length != width * height * 3) {
            throw new IllegalArgumentException(
                    "%d bytes are no %d×%d RGB picture".formatted(rgb.length, width, height));
        }
    }
}
