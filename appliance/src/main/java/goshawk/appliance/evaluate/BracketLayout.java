package goshawk.appliance.evaluate;

/** The drawing of the bracket on the flat plate of the baseline, 90 µm a pixel; places are indices of pixels. */
final class BracketLayout {

    static final int LEFT = 64;
    static final int TOP = 64;
    static final int WIDTH = 512;
    static final int HEIGHT = 352;

    static final double[][] BOLTS_MM = {{-17.5, -10}, {17.5, -10}, {-17.5, 10}, {17.5, 10}};

    private static final double[][] BORES_MM = {{-9, -4}, {9, -4}};
    private static final double PIXELS_PER_MM = 1 / 0.09;
    private static final double BOLT_RADIUS_MM = 5.2;
    private static final double BORE_RADIUS_MM = 3.1;

    /** What a pixel shows: 0 nothing of the part's functional surface, else one of the constants. */
    static final byte SURFACE = 1;

    static final byte LABEL = 2;
    static final byte BOLT = 3;

    static final byte[] ZONES = zones();

    private BracketLayout() {}

    static double x(double mm) {
        return WIDTH / 2.0 + mm * PIXELS_PER_MM;
    }

    static double y(double mm) {
        return HEIGHT / 2.0 + mm * PIXELS_PER_MM;
    }

    /** Distance of a pixel's centre from a place on the part, in mm. */
    static double awayMm(int column, int row, double xMm, double yMm) {
        return Math.hypot(column + 0.5 - x(xMm), row + 0.5 - y(yMm)) / PIXELS_PER_MM;
    }

    private static byte[] zones() {
        byte[] zones = new byte[WIDTH * HEIGHT];
        for (int row = 0; row < HEIGHT; row++) {
            for (int column = 0; column < WIDTH; column++) {
                zones[row * WIDTH + column] = zone(column, row);
            }
        }
        return zones;
    }

    private static byte zone(int column, int row) {
        double xMm = (column + 0.5 - WIDTH / 2.0) / PIXELS_PER_MM;
        double yMm = (row + 0.5 - HEIGHT / 2.0) / PIXELS_PER_MM;
        for (double[] bolt : BOLTS_MM) {
            if (Math.hypot(xMm - bolt[0], yMm - bolt[1]) < BOLT_RADIUS_MM) {
                return BOLT;
            }
        }
        for (double[] bore : BORES_MM) {
            if (Math.hypot(xMm - bore[0], yMm - bore[1]) < BORE_RADIUS_MM) {
                return 0;
            }
        }
        if (Math.abs(xMm) < 10.8 && Math.abs(yMm - 8.5) < 3.4) {
            return LABEL;
        }
        // Swarf may lie within 1.5 mm of the edge.
        return Math.abs(xMm) < 21 && Math.abs(yMm) < 13.5 ? SURFACE : 0;
    }
}
