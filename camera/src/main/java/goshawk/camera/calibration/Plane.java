package goshawk.camera.calibration;

import goshawk.camera.PixelScale;
import goshawk.camera.calibration.CheckerboardCalibrator.Board;

/**
 * The board as a flat grid in the picture: from millimetres on it to pixels, without perspective.
 *
 * @param rmsPx root of the mean square of the corners' distances from the grid, in pixels
 */
record Plane(PixelScale scale, double rmsPx, double worstPx) {

    static Plane fitted(Board board, float[] places) {
        double[] x = line(board, places, 0);
        double[] y = line(board, places, 1);
        // Pixels of a millimetre along the board's axes; its inverse's columns are millimetres of a pixel along the
        // picture's.
        double determinant = x[0] * y[1] - x[1] * y[0];
        double millimetresX = Math.hypot(y[1], y[0]) / Math.abs(determinant);
        double millimetresY = Math.hypot(x[1], x[0]) / Math.abs(determinant);
        double sum = 0;
        double worst = 0;
        for (int i = 0; i < board.corners(); i++) {
            double offX = x[0] * board.xMm(i) + x[1] * board.yMm(i) + x[2] - places[2 * i];
            double offY = y[0] * board.xMm(i) + y[1] * board.yMm(i) + y[2] - places[2 * i + 1];
            sum += offX * offX + offY * offY;
            worst = Math.max(worst, Math.hypot(offX, offY));
        }
        return new Plane(
                new PixelScale(millimetresX * 1_000, millimetresY * 1_000), Math.sqrt(sum / board.corners()), worst);
    }

    /** Least squares of one coordinate: a·x + b·y + c. The board's corners lie on a full grid, so that its axes part. */
    private static double[] line(Board board, float[] places, int coordinate) {
        double meanX = 0;
        double meanY = 0;
        double mean = 0;
        int corners = board.corners();
        for (int i = 0; i < corners; i++) {
            meanX += (double) board.xMm(i) / corners;
            meanY += (double) board.yMm(i) / corners;
            mean += (double) places[2 * i + coordinate] / corners;
        }
        double xx = 0;
        double yy = 0;
        double x = 0;
        double y = 0;
        for (int i = 0; i < corners; i++) {
            double u = board.xMm(i) - meanX;
            double v = board.yMm(i) - meanY;
            xx += u * u;
            yy += v * v;
            x += u * (places[2 * i + coordinate] - mean);
            y += v * (places[2 * i + coordinate] - mean);
        }
        double a = x / xx;
        double b = y / yy;
        return new double[] {a, b, mean - a * meanX - b * meanY};
    }
}
