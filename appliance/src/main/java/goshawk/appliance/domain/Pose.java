package goshawk.appliance.domain;

import goshawk.camera.Region;

/**
 * How a part lies in a picture compared with the recipe's nominal picture: turned about {@code centre}, then shifted.
 *
 * @param centre what the part turns about, in the nominal picture
 * @param dxPx shift to the right, in pixels
 * @param dyPx shift downwards, in pixels
 * @param degrees turn from the x axis towards the y axis: clockwise to who looks at the picture
 */
public record Pose(Point centre, double dxPx, double dyPx, double degrees) {

    /** The part lies as in the nominal picture: what a recipe without a pose reference takes for granted. */
    public static Pose nominal(int widthPx, int heightPx) {
        return new Pose(new Point(widthPx / 2.0, heightPx / 2.0), 0, 0, 0);
    }

    /** Where a place of the nominal picture is in this picture. */
    public Point toActual(Point nominal) {
        double radians = Math.toRadians(degrees);
        double x = nominal.x() - centre.x();
        double y = nominal.y() - centre.y();
        return new Point(
                centre.x() + dxPx + x * Math.cos(radians) - y * Math.sin(radians),
                centre.y() + dyPx + x * Math.sin(radians) + y * Math.cos(radians));
    }

    /** Where a place of this picture would be in the nominal picture. */
    public Point toNominal(Point actual) {
        double radians = Math.toRadians(degrees);
        double x = actual.x() - centre.x() - dxPx;
        double y = actual.y() - centre.y() - dyPx;
        return new Point(
                centre.x() + x * Math.cos(radians) + y * Math.sin(radians),
                centre.y() - x * Math.sin(radians) + y * Math.cos(radians));
    }

    /**
     * The upright rectangle around where a region of the nominal picture is in this picture.
     *
     * @param widthPx width of the picture: the answer is cut to it, and is at least one pixel at its edge
     * @param heightPx height of the picture
     */
    public Region toActual(Region nominal, int widthPx, int heightPx) {
        return around(
                toActual(new Point(nominal.left(), nominal.top())),
                toActual(new Point(nominal.right(), nominal.top())),
                toActual(new Point(nominal.right(), nominal.bottom())),
                toActual(new Point(nominal.left(), nominal.bottom())),
                widthPx,
                heightPx);
    }

    /** As {@link #toActual(Region, int, int)}, from this picture to the nominal one. */
    public Region toNominal(Region actual, int widthPx, int heightPx) {
        return around(
                toNominal(new Point(actual.left(), actual.top())),
                toNominal(new Point(actual.right(), actual.top())),
                toNominal(new Point(actual.right(), actual.bottom())),
                toNominal(new Point(actual.left(), actual.bottom())),
                widthPx,
                heightPx);
    }

    private static Region around(Point a, Point b, Point c, Point d, int widthPx, int heightPx) {
        double left = Math.min(Math.min(a.x(), b.x()), Math.min(c.x(), d.x()));
        double right = Math.max(Math.max(a.x(), b.x()), Math.max(c.x(), d.x()));
        double top = Math.min(Math.min(a.y(), b.y()), Math.min(c.y(), d.y()));
        double bottom = Math.max(Math.max(a.y(), b.y()), Math.max(c.y(), d.y()));
        int x0 = Math.clamp((long) Math.floor(left + ROUNDING), 0, widthPx - 1);
        int y0 = Math.clamp((long) Math.floor(top + ROUNDING), 0, heightPx - 1);
        return new Region(
                x0,
                y0,
                Math.clamp((long) Math.ceil(right - ROUNDING), x0 + 1, widthPx),
                Math.clamp((long) Math.ceil(bottom - ROUNDING), y0 + 1, heightPx));
    }

    /** An edge this close to a whole pixel is on it: the rounding of sine and cosine must not widen a region. */
    private static final double ROUNDING = 1e-6;
}
