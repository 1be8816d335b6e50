package goshawk.camera.calibration;

import goshawk.camera.Frame;
import goshawk.camera.calibration.CameraCalibration.Lens;
import goshawk.camera.calibration.CheckerboardCalibrator.Board;

/**
 * A checkerboard as a camera with a known lens sees it, by going from each pixel back through the lens to the board: independent of
 * what is tested.
 *
 * @param lens in pixels, OpenCV's terms: the first pixel's centre is at 0
 */
record DrawnBoard(int widthPx, int heightPx, Lens lens, Board board) {

    private static final int SAMPLES = 3;

    /** How the board lies: turned about x, y and z in degrees, its middle at (x, y, z) mm from the camera. */
    record Pose(double aboutX, double aboutY, double aboutZ, double x, double y, double z) {}

    Frame seenAt(Pose pose) {
        double[][] turn = turn(pose);
        byte[] rgb = new byte[widthPx * heightPx * 3];
        for (int v = 0; v < heightPx; v++) {
            for (int u = 0; u < widthPx; u++) {
                int level = 0;
                for (int i = 0; i < SAMPLES * SAMPLES; i++) {
                    double offX = (i % SAMPLES + 0.5) / SAMPLES - 0.5;
                    double offY = (Math.floorDiv(i, SAMPLES) + 0.5) / SAMPLES - 0.5;
                    level += level(u + offX, v + offY, pose, turn);
                }
                byte grey = (byte) (level / (SAMPLES * SAMPLES));
                int at = (v * widthPx + u) * 3;
                rgb[at] = grey;
                rgb[at + 1] = grey;
                rgb[at + 2] = grey;
            }
        }
        return Frame.of(widthPx, heightPx, rgb);
    }

    private int level(double u, double v, Pose pose, double[][] turn) {
        double[] ray = ray((u - lens.centreX()) / lens.focalX(), (v - lens.centreY()) / lens.focalY());
        // The board's plane: points p with normal · (p − middle) = 0, the normal being the turn's third column.
        double along = turn[0][2] * ray[0] + turn[1][2] * ray[1] + turn[2][2];
        double to = (turn[0][2] * pose.x() + turn[1][2] * pose.y() + turn[2][2] * pose.z()) / along;
        double dx = to * ray[0] - pose.x();
        double dy = to * ray[1] - pose.y();
        double dz = to - pose.z();
        double x = turn[0][0] * dx + turn[1][0] * dy + turn[2][0] * dz;
        double y = turn[0][1] * dx + turn[1][1] * dy + turn[2][1] * dz;
        double squaresX = x / board.squareMm() + (board.columns() + 1) / 2.0;
        double squaresY = y / board.squareMm() + (board.rows() + 1) / 2.0;
        boolean isOnBoard =
                squaresX >= 0 && squaresY >= 0 && squaresX < board.columns() + 1 && squaresY < board.rows() + 1;
        return isOnBoard && ((int) squaresX + (int) squaresY) % 2 == 0 ? 30 : 220;
    }

    /** Where the light came from before the lens bent it, by the fixed point of the distortion. */
    private double[] ray(double x, double y) {
        double k1 = lens.distortion().get(0);
        double k2 = lens.distortion().get(1);
        double straightX = x;
        double straightY = y;
        for (int i = 0; i < 12; i++) {
            double square = straightX * straightX + straightY * straightY;
            double bent = 1 + square * (k1 + square * k2);
            straightX = x / bent;
            straightY = y / bent;
        }
        return new double[] {straightX, straightY};
    }

    private static double[][] turn(Pose pose) {
        double a = Math.toRadians(pose.aboutX());
        double b = Math.toRadians(pose.aboutY());
        double c = Math.toRadians(pose.aboutZ());
        double[][] x = {{1, 0, 0}, {0, Math.cos(a), -Math.sin(a)}, {0, Math.sin(a), Math.cos(a)}};
        double[][] y = {{Math.cos(b), 0, Math.sin(b)}, {0, 1, 0}, {-Math.sin(b), 0, Math.cos(b)}};
        double[][] z = {{Math.cos(c), -Math.sin(c), 0}, {Math.sin(c), Math.cos(c), 0}, {0, 0, 1}};
        return times(z, times(y, x));
    }

    private static double[][] times(double[][] a, double[][] b) {
        double[][] product = new double[3][3];
        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < 3; j++) {
                for (int k = 0; k < 3; k++) {
                    product[i][j] += a[i][k] * b[k][j];
                }
            }
        }
        return product;
    }
}
