package goshawk.camera.sim;

/** The drawing of the part, in mm of the part frame. */
final class Bracket {

    static final double HALF_WIDTH = 22.5;
    static final double HALF_HEIGHT = 15;
    static final double CORNER_RADIUS = 3;
    static final double THICKNESS = 8;

    static final double BORE_RADIUS = 2.5;
    static final double[][] BORES = {{-9, -4}, {9, -4}};

    static final double[][] BOLTS = {{-17.5, -10}, {17.5, -10}, {-17.5, 10}, {17.5, 10}};
    static final double HEAD_RADIUS = 3.5;
    static final double HEAD_HEIGHT = 4;
    static final double WASHER_RADIUS = 4.4;
    static final double WASHER_HEIGHT = 0.8;
    static final double HOLE_RADIUS = 2.05;

    static final double LABEL_X = 0;
    static final double LABEL_Y = 8.5;
    static final double LABEL_HALF_WIDTH = 10;
    static final double LABEL_HALF_HEIGHT = 2.75;

    private Bracket() {}

    /** Signed distance to a rectangle with round corners, negative inside. */
    static double roundedBox(double x, double y, double halfWidth, double halfHeight, double radius) {
        double across = Math.abs(x) - halfWidth + radius;
        double down = Math.abs(y) - halfHeight + radius;
        double outsideX = Math.max(across, 0);
        double outsideY = Math.max(down, 0);
        return Math.sqrt(outsideX * outsideX + outsideY * outsideY) + Math.min(Math.max(across, down), 0) - radius;
    }

    static double outline(double x, double y) {
        return roundedBox(x, y, HALF_WIDTH, HALF_HEIGHT, CORNER_RADIUS);
    }

    /** How far (x, y) lies inside the bare metal of the plate, mm: negative in bores, under bolts and the label and outside. */
    static double bare(double x, double y) {
        double inside = -outline(x, y);
        for (double[] bore : BORES) {
            inside = Math.min(inside, distance(x, y, bore[0], bore[1]) - BORE_RADIUS);
        }
        for (double[] bolt : BOLTS) {
            inside = Math.min(inside, distance(x, y, bolt[0], bolt[1]) - WASHER_RADIUS);
        }
        return Math.min(
                inside, roundedBox(x - LABEL_X, y - LABEL_Y, LABEL_HALF_WIDTH + 0.4, LABEL_HALF_HEIGHT + 0.4, 0.1));
    }

    /** Whether (x, y) lies over a bore, where nothing wets. */
    static boolean openBelow(double x, double y) {
        for (double[] bore : BORES) {
            if (distance(x, y, bore[0], bore[1]) < BORE_RADIUS + 0.1) {
                return true;
            }
        }
        return false;
    }

    /**
     * How far (x, y) lies inside the functional surface, mm: bare metal off the plate's margin and half a millimetre off everything
     * else. What counts there as a scratch or a dent is scrap; elsewhere it is nobody's concern.
     */
    static double functional(double x, double y) {
        return Math.min(-outline(x, y) - DefectLimits.MARGIN_MM, bare(x, y) - 0.5);
    }

    static double distance(double x, double y, double otherX, double otherY) {
        double dx = x - otherX;
        double dy = y - otherY;
        return Math.sqrt(dx * dx + dy * dy);
    }

    /** Distance from (x, y) to the segment a–b. */
    static double toSegment(double x, double y, double ax, double ay, double bx, double by) {
        double alongX = bx - ax;
        double alongY = by - ay;
        double length = alongX * alongX + alongY * alongY;
        double t = length == 0 ? 0 : Math.clamp(((x - ax) * alongX + (y - ay) * alongY) / length, 0, 1);
        return distance(x, y, ax + t * alongX, ay + t * alongY);
    }
}
