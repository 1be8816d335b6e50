package goshawk.camera;

/**
 * How much of the part one pixel covers. The two differ where a line-scan camera's lines do not come as densely as its
 * pixels lie.
 *
 * @param micrometresX µm per pixel along a row in the focal plane, greater than 0, from the station's calibration
 * @param micrometresY µm per pixel down a column, of a line-scan camera along the belt, greater than 0
 */
public record PixelScale(double micrometresX, double micrometresY) {

    /** Sides that differ by no more than this share are taken for a square's: a calibration is no better than that. */
    private static final double SQUARE = 0.01;

    public PixelScale {
        if (!(micrometresX > 0 && micrometresY > 0)) { // also refuses NaN
            throw new IllegalArgumentException(
                    "µm per pixel must be above 0: %s and %s".formatted(micrometresX, micrometresY));
        }
    }

    /** Of square pixels. */
    public PixelScale(double micrometres) {
        this(micrometres, micrometres);
    }

    public boolean isSquare() {
        return Math.abs(micrometresX / micrometresY - 1) <= SQUARE;
    }

    /** Pixels that {@code millimetres} on the part cover along a row. */
    public double pixelsX(double millimetres) {
        return millimetres * 1_000 / micrometresX;
    }

    /** Pixels that {@code millimetres} on the part cover down a column. */
    public double pixelsY(double millimetres) {
        return millimetres * 1_000 / micrometresY;
    }

    /** Millimetres on the part that {@code pixels} cover along a row. */
    public double millimetresX(double pixels) {
        return pixels * micrometresX / 1_000;
    }

    /** Millimetres on the part that {@code pixels} cover down a column. */
    public double millimetresY(double pixels) {
        return pixels * micrometresY / 1_000;
    }

    /** The longer side of {@code region} on the part, in mm. */
    public double extentMillimetres(Region region) {
        return Math.max(millimetresX(region.width()), millimetresY(region.height()));
    }
}
