package goshawk.camera.calibration;

import goshawk.camera.CameraException;
import goshawk.camera.PixelScale;
import goshawk.camera.calibration.CameraCalibration.Evidence;
import java.util.List;
import java.util.Optional;

/** The scale from lengths that somebody has measured on the part. */
public final class KnownDistances {

    /** Shorter ones are measured too badly by pixels. */
    private static final double SHORTEST_PX = 20;

    /** Directions less different than this do not tell x from y. */
    private static final double LEAST_TURN = 0.2;

    private KnownDistances() {}

    /**
     * A length on the part and where it is in the picture.
     *
     * @param millimetres above 0
     */
    public record Distance(double millimetres, double x1, double y1, double x2, double y2) {

        private double dx() {
            return x2 - x1;
        }

        private double dy() {
            return y2 - y1;
        }
    }

    /**
     * Of one distance the scale of square pixels; of two or more in different directions that of x and y.
     *
     * @throws CameraException when a distance is none, or the distances do not tell
     */
    public static CameraCalibration calibrate(int widthPx, int heightPx, List<Distance> distances) {
        for (Distance one : distances) {
            boolean isInside = inside(one.x1(), widthPx)
                    && inside(one.x2(), widthPx)
                    && inside(one.y1(), heightPx)
                    && inside(one.y2(), heightPx);
            if (!(one.millimetres() > 0) || !isInside || Math.hypot(one.dx(), one.dy()) < SHORTEST_PX) {
                throw new CameraException(
                        "%s mm between %s,%s and %s,%s: give more than 0 mm between two places of the picture of %d×%d, at least %.0f px apart"
                                .formatted(
                                        one.millimetres(),
                                        one.x1(),
                                        one.y1(),
                                        one.x2(),
                                        one.y2(),
                                        widthPx,
                                        heightPx,
                                        SHORTEST_PX));
            }
        }
        PixelScale scale = distances.size() == 1 ? square(distances.getFirst()) : solved(distances);
        double sum = 0;
        double worst = 0;
        for (Distance one : distances) {
            double millimetres = Math.hypot(scale.millimetresX(one.dx()), scale.millimetresY(one.dy()));
            double pixels =
                    Math.abs(millimetres - one.millimetres()) / one.millimetres() * Math.hypot(one.dx(), one.dy());
            sum += pixels * pixels;
            worst = Math.max(worst, pixels);
        }
        return new CameraCalibration(
                widthPx,
                heightPx,
                scale,
                Optional.empty(),
                new Evidence("known distances", 1, Math.sqrt(sum / distances.size()), worst));
    }

    private static boolean inside(double at, int size) {
        return at >= 0 && at <= size;
    }

    private static PixelScale square(Distance one) {
        return new PixelScale(one.millimetres() * 1_000 / Math.hypot(one.dx(), one.dy()));
    }

    /** (sx dx)² + (sy dy)² = d² is linear in the squares of the scales: least squares, each distance by its own length. */
    private static PixelScale solved(List<Distance> distances) {
        double xx = 0;
        double xy = 0;
        double yy = 0;
        double x = 0;
        double y = 0;
        for (Distance one : distances) {
            double u = one.dx() * one.dx() / (one.millimetres() * one.millimetres());
            double v = one.dy() * one.dy() / (one.millimetres() * one.millimetres());
            xx += u * u;
            xy += u * v;
            yy += v * v;
            x += u;
            y += v;
        }
        double determinant = xx * yy - xy * xy;
        double squareX = (x * yy - y * xy) / determinant;
        double squareY = (y * xx - x * xy) / determinant;
        if (!(determinant > LEAST_TURN * LEAST_TURN * xx * yy) || !(squareX > 0 && squareY > 0)) {
            throw new CameraException(
                    "these distances do not tell x from y; give one along the rows and one down the columns of the picture");
        }
        return new PixelScale(Math.sqrt(squareX) * 1_000, Math.sqrt(squareY) * 1_000);
    }
}
