package goshawk.appliance.domain;

/**
 * A place on a picture, in pixels from its top-left corner: the pixel in column 0 covers x in [0, 1) and has its centre
 * at 0.5, so the centre of a 640×480 picture is (320, 240). The same terms as {@link goshawk.camera.Region}'s edges.
 */
public record Point(double x, double y) {

    public double distanceTo(Point other) {
        return Math.hypot(other.x - x, other.y - y);
    }
}
