package goshawk.appliance.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How much a plate-sized map looks like a straight line of one length through each pixel, less what lies beside the line:
 * the largest over all directions. Cracks and scratches are lines; dust is not.
 *
 * <p>Sums over a row at a time rather than by OpenCV's {@code filter2D}, which transforms such kernels to frequencies and
 * takes five times as long.
 */
final class LineFilter {

    private static final int DIRECTIONS = 12;

    /** How far beside the line the surroundings are taken. */
    private static final double BESIDE_PX = 3;

    /** The functional surface keeps farther away from the map's edge than a line reaches. */
    private static final int MARGIN = 20;

    private record Tap(int dx, int dy, float weight) {}

    private LineFilter() {}

    /**
     * The largest answer on the functional surface for dark lines and that for bright ones, in standard deviations of
     * the surface's own answers: milling marks along one direction raise the bar in that direction.
     *
     * @param map slightly blurred, so that a line between two rows of pixels is seen as well
     * @param lengthPx up to 30
     */
    static double[] strongest(float[] map, int lengthPx) {
        double[] strongest = new double[2];
        for (int direction = 0; direction < DIRECTIONS; direction++) {
            double[] answers = answers(map, taps(Math.PI * direction / DIRECTIONS, lengthPx));
            double usual = Math.sqrt(answers[2]) + 1e-9;
            strongest[0] = Math.max(strongest[0], answers[0] / usual);
            strongest[1] = Math.max(strongest[1], answers[1] / usual);
        }
        return strongest;
    }

    /** Darkest, brightest and mean square on the functional surface. */
    private static double[] answers(float[] map, List<Tap> taps) {
        float dark = 0;
        float bright = 0;
        double squares = 0;
        int count = 0;
        float[] row = new float[BracketLayout.WIDTH];
        for (int y = MARGIN; y < BracketLayout.HEIGHT - MARGIN; y++) {
            Arrays.fill(row, 0);
            for (Tap tap : taps) {
                int from = (y + tap.dy()) * BracketLayout.WIDTH + tap.dx();
                float weight = tap.weight();
                for (int x = MARGIN; x < BracketLayout.WIDTH - MARGIN; x++) {
                    row[x] += weight * map[from + x];
                }
            }
            for (int x = MARGIN; x < BracketLayout.WIDTH - MARGIN; x++) {
                if (BracketLayout.ZONES[y * BracketLayout.WIDTH + x] == BracketLayout.SURFACE) {
                    dark = Math.max(dark, -row[x]);
                    bright = Math.max(bright, row[x]);
                    squares += row[x] * row[x];
                    count++;
                }
            }
        }
        return new double[] {dark, bright, squares / count};
    }

    private static List<Tap> taps(double angle, int lengthPx) {
        double alongX = Math.cos(angle);
        double alongY = Math.sin(angle);
        List<Tap> taps = new ArrayList<>();
        for (int i = 0; i < lengthPx; i++) {
            double x = (i - (lengthPx - 1) / 2.0) * alongX;
            double y = (i - (lengthPx - 1) / 2.0) * alongY;
            taps.add(tap(x, y, 1f / lengthPx));
            taps.add(tap(x - BESIDE_PX * alongY, y + BESIDE_PX * alongX, -0.5f / lengthPx));
            taps.add(tap(x + BESIDE_PX * alongY, y - BESIDE_PX * alongX, -0.5f / lengthPx));
        }
        return taps;
    }

    private static Tap tap(double x, double y, float weight) {
        return new Tap((int) Math.round(x), (int) Math.round(y), weight);
    }
}
