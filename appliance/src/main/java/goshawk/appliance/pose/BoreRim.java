package goshawk.appliance.pose;

import goshawk.appliance.domain.Point;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A bore's rim measured to a fraction of a pixel: along rays from a rough centre, the place where dark turns bright, and
 * the circle through most of them. Oil, glare and a cover spoil some rays; they do not pull the circle.
 *
 * @param centre in the picture
 * @param radiusPx radius of the circle
 * @param support share of all rays that agree with the circle, in [0, 1]
 */
record BoreRim(Point centre, double radiusPx, double support) {

    private static final int RAYS = 72;

    /** How far inside and outside of the expected rim it is looked for, as a share of the radius. */
    private static final double REACH = 0.3;

    private static final double STEP_PX = 0.5;

    /** Half the distance over which a rise in level is measured: blur makes the rim about this wide. */
    private static final double HALF_RISE_PX = 1.5;

    /** A rise below this is no rim; noise is under 3 levels. */
    private static final double LEAST_RISE = 12;

    /** A ray agrees with a circle that passes this close. */
    private static final double AGREES_PX = 1.0;

    private static final int ROUNDS = 12;

    /** Empty when too few rays show a rim. */
    static Optional<BoreRim> around(GreyPicture picture, Point rough, double radiusPx) {
        Point centre = rough;
        Optional<BoreRim> rim = Optional.empty();
        // Rays from a centre that is off by a few pixels meet the rim at a slant: measure again from the better one.
        for (int pass = 0; pass < 2; pass++) {
            rim = circle(edges(picture, centre, radiusPx), centre, radiusPx);
            if (rim.isEmpty()) {
                return rim;
            }
            centre = rim.get().centre();
        }
        return rim;
    }

    private static List<Point> edges(GreyPicture picture, Point centre, double radiusPx) {
        int steps = (int) Math.ceil(2 * REACH * radiusPx / STEP_PX);
        double[] rise = new double[steps + 1];
        List<Point> edges = new ArrayList<>(RAYS);
        for (int ray = 0; ray < RAYS; ray++) {
            double angle = 2 * Math.PI * ray / RAYS;
            double cos = Math.cos(angle);
            double sin = Math.sin(angle);
            int steepest = 0;
            for (int i = 0; i <= steps; i++) {
                double r = radiusPx * (1 - REACH) + i * STEP_PX;
                double inner = r - HALF_RISE_PX;
                double outer = r + HALF_RISE_PX;
                rise[i] = picture.at(centre.x() + outer * cos, centre.y() + outer * sin)
                        - picture.at(centre.x() + inner * cos, centre.y() + inner * sin);
                if (rise[i] > rise[steepest]) {
                    steepest = i;
                }
            }
            if (rise[steepest] >= LEAST_RISE && steepest > 0 && steepest < steps) {
                double bend = rise[steepest - 1] - 2 * rise[steepest] + rise[steepest + 1];
                double offset = bend < 0 ? 0.5 * (rise[steepest - 1] - rise[steepest + 1]) / bend : 0;
                double r = radiusPx * (1 - REACH) + (steepest + offset) * STEP_PX;
                edges.add(new Point(centre.x() + r * cos, centre.y() + r * sin));
            }
        }
        return edges;
    }

    /** The circle that most edges agree with, by iteratively reweighted least squares from a wide tolerance to a narrow one. */
    private static Optional<BoreRim> circle(List<Point> edges, Point rough, double radiusPx) {
        if (edges.size() < RAYS / 4) {
            return Optional.empty();
        }
        double[] distances =
                edges.stream().mapToDouble(rough::distanceTo).sorted().toArray();
        double x = rough.x();
        double y = rough.y();
        double r = Math.clamp(distances[distances.length / 2], radiusPx * 0.94, radiusPx * 1.1);
        for (int round = 0; round < ROUNDS; round++) {
            double width = Math.max(AGREES_PX, 6.0 - round);
            // Normal equations of the step (dx, dy, dr) that moves the circle onto the edges.
            double[][] normal = new double[3][4];
            for (Point edge : edges) {
                double dx = edge.x() - x;
                double dy = edge.y() - y;
                double distance = Math.hypot(dx, dy);
                double off = distance - r;
                double share = off / width;
                double weight = Math.abs(share) < 1 ? (1 - share * share) * (1 - share * share) : 0;
                double[] row = {dx / distance, dy / distance, 1};
                for (int i = 0; i < 3; i++) {
                    for (int j = 0; j < 3; j++) {
                        normal[i][j] += weight * row[i] * row[j];
                    }
                    normal[i][3] += weight * row[i] * off;
                }
            }
            // The radius is known well; this keeps an arc that is seen from one side only from trading it for a shift.
            normal[2][2] += 8;
            normal[2][3] += 8 * (radiusPx * KNOWN_RADIUS - r);
            double[] step = solve(normal);
            if (step.length == 0) {
                return Optional.empty();
            }
            x += step[0];
            y += step[1];
            r += step[2];
        }
        var centre = new Point(x, y);
        double radius = r;
        long agreeing = edges.stream()
                .filter(edge -> Math.abs(edge.distanceTo(centre) - radius) < AGREES_PX)
                .count();
        return Optional.of(new BoreRim(centre, r, (double) agreeing / RAYS));
    }

    /** The steepest rise is at the chamfer's foot, a little outside of the nominal radius when blurred. */
    private static final double KNOWN_RADIUS = 1.0;

    /** Solves three equations by elimination with pivots; empty when they do not determine the unknowns. */
    private static double[] solve(double[][] rows) {
        for (int column = 0; column < 3; column++) {
            int pivot = column;
            for (int i = column + 1; i < 3; i++) {
                if (Math.abs(rows[i][column]) > Math.abs(rows[pivot][column])) {
                    pivot = i;
                }
            }
            if (Math.abs(rows[pivot][column]) < 1e-9) {
                return new double[0];
            }
            double[] swapped = rows[column];
            rows[column] = rows[pivot];
            rows[pivot] = swapped;
            for (int i = 0; i < 3; i++) {
                if (i != column) {
                    double factor = rows[i][column] / rows[column][column];
                    for (int j = column; j < 4; j++) {
                        rows[i][j] -= factor * rows[column][j];
                    }
                }
            }
        }
        return Arrays.stream(new int[] {0, 1, 2})
                .mapToDouble(i -> rows[i][3] / rows[i][i])
                .toArray();
    }
}
