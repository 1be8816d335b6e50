package goshawk.camera;

/**
 * How much of the part one pixel covers.
 *
 * @param micrometres µm per pixel in the focal plane, greater than 0, from the station's calibration
 */
public record PixelScale(double micrometres) {

    public PixelScale {
        if (!(micrometres > 0)) { // also refuses NaN
            throw new IllegalArgumentException("µm per pixel must be above 0: " + micrometres);
        }
    }

    /** Pixels that {@code millimetres} on the part cover. */
    public double pixels(double millimetres) {
        return millimetres * 1_000 / micrometres;
    }

    /** Millimetres on the part that {@code pixels} cover. */
    public double millimetres(double pixels) {
        return pixels * micrometres / 1_000;
    }
}
