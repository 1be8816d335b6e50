package goshawk.appliance.pose;

import goshawk.appliance.domain.Point;
import goshawk.appliance.domain.Pose;
import goshawk.appliance.domain.PoseReference.Outline;
import goshawk.camera.PixelScale;

/**
 * How well the part's four straight sides are where a pose says they are.
 *
 * <p>Along each side the change of level across it is averaged with its sign: the texture of what lies around averages
 * out, a side that the pose hits does not, whether the part is brighter or darker than its surroundings.
 */
final class OutlineWitness {

    /** Sides may lie this far from where the pose says: scale and chamfer. */
    private static final double REACH_PX = 3;

    /** Rounded corners and what may stand there do not count. */
    private static final double CORNER_SHARE = 0.12;

    /**
     * How closely to look.
     *
     * @param samples places along a side
     * @param halfChangePx half the distance across the side over which the level changes
     * @param stepPx between the parallels to the side that are tried
     */
    record Look(int samples, double halfChangePx, double stepPx) {
        /** Sees a side from a turn of a degree away. */
        static final Look ROUGH = new Look(32, 2, 1);
        /** Tells a tenth of a degree. */
        static final Look FINE = new Look(64, 1, 0.5);
    }

    private final Point[] corners;

    OutlineWitness(Outline outline, PixelScale scale) {
        double halfWidth = scale.pixelsX(outline.widthMm()) / 2;
        double halfHeight = scale.pixelsY(outline.heightMm()) / 2;
        double x = outline.centre().x();
        double y = outline.centre().y();
        this.corners = new Point[] {
            new Point(x - halfWidth, y - halfHeight),
            new Point(x + halfWidth, y - halfHeight),
            new Point(x + halfWidth, y + halfHeight),
            new Point(x - halfWidth, y + halfHeight)
        };
    }

    /**
     * Change of level across the sides, 0 to 255, as the root of the mean square; the weakest side is left out, it may
     * be covered.
     */
    double strength(GreyPicture picture, Pose pose, Look look) {
        double sum = 0;
        double weakest = Double.MAX_VALUE;
        Point from = pose.toActual(corners[3]);
        for (Point corner : corners) {
            Point to = pose.toActual(corner);
            double change = side(picture, from, to, look);
            sum += change * change;
            weakest = Math.min(weakest, change);
            from = to;
        }
        return Math.sqrt((sum - weakest * weakest) / (corners.length - 1));
    }

    private static double side(GreyPicture picture, Point from, Point to, Look look) {
        double alongX = to.x() - from.x();
        double alongY = to.y() - from.y();
        double length = Math.hypot(alongX, alongY);
        double outX = alongY / length;
        double outY = -alongX / length;
        double acrossX = look.halfChangePx() * outX;
        double acrossY = look.halfChangePx() * outY;
        double best = 0;
        for (double offset = -REACH_PX; offset <= REACH_PX; offset += look.stepPx()) {
            double sum = 0;
            for (int i = 0; i < look.samples(); i++) {
                double t = CORNER_SHARE + (1 - 2 * CORNER_SHARE) * i / (look.samples() - 1);
                double x = from.x() + t * alongX + offset * outX;
                double y = from.y() + t * alongY + offset * outY;
                sum += picture.at(x + acrossX, y + acrossY) - picture.at(x - acrossX, y - acrossY);
            }
            best = Math.max(best, Math.abs(sum) / look.samples());
        }
        return best;
    }
}
