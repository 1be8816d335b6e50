package goshawk.appliance.evaluate;

import static org.bytedeco.opencv.global.opencv_core.BORDER_REFLECT_101;
import static org.bytedeco.opencv.global.opencv_core.CV_32FC1;
import static org.bytedeco.opencv.global.opencv_imgproc.filter2D;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Point;

/**
 * How much a plate-sized map looks like a straight line of one length through each pixel, less what lies beside the line:
 * the largest over all directions. Cracks and scratches are lines; dust is not.
 */
final class LineFilter {

    private static final int DIRECTIONS = 12;

    private LineFilter() {}

    /**
     * The largest answer on the functional surface for dark lines and that for bright ones, in standard deviations of
     * the surface's own answers: milling marks along one direction raise the bar in that direction.
     */
    static double[] strongest(float[] map, int lengthPx) {
        double[] strongest = new double[2];
        float[] answer = new float[map.length];
        try (var from = new Mat(BracketLayout.HEIGHT, BracketLayout.WIDTH, CV_32FC1);
                var to = new Mat(BracketLayout.HEIGHT, BracketLayout.WIDTH, CV_32FC1);
                var in = new FloatPointer(from.data());
                var out = new FloatPointer(to.data());
                var middle = new Point(-1, -1)) {
            in.put(map);
            for (int direction = 0; direction < DIRECTIONS; direction++) {
                try (var kernel = kernel(Math.PI * direction / DIRECTIONS, lengthPx)) {
                    filter2D(from, to, -1, kernel, middle, 0, BORDER_REFLECT_101);
                }
                out.get(answer);
                double squares = 0;
                int count = 0;
                double dark = 0;
                double bright = 0;
                for (int i = 0; i < answer.length; i++) {
                    if (BracketLayout.ZONES[i] == BracketLayout.SURFACE) {
                        squares += answer[i] * answer[i];
                        count++;
                        dark = Math.max(dark, -answer[i]);
                        bright = Math.max(bright, answer[i]);
                    }
                }
                double usual = Math.sqrt(squares / count) + 1e-9;
                strongest[0] = Math.max(strongest[0], dark / usual);
                strongest[1] = Math.max(strongest[1], bright / usual);
            }
        }
        return strongest;
    }

    /** A line of this length about one pixel wide, with half of its weight taken off on each side of it. */
    private static Mat kernel(double angle, int lengthPx) {
        int side = lengthPx + 8 | 1;
        int half = side / 2;
        float[] weights = new float[side * side];
        double plus = 0;
        double minus = 0;
        for (int y = -half; y <= half; y++) {
            for (int x = -half; x <= half; x++) {
                double along = Math.abs(x * Math.cos(angle) + y * Math.sin(angle));
                double across = Math.abs(y * Math.cos(angle) - x * Math.sin(angle));
                if (along <= lengthPx / 2.0) {
                    double line = Math.exp(-across * across / (2 * 0.8 * 0.8));
                    double beside = across > 2 && across < 4 ? 1 : 0;
                    weights[(y + half) * side + x + half] = (float) (beside > 0 ? -1 : line);
                    plus += beside > 0 ? 0 : line;
                    minus += beside;
                }
            }
        }
        for (int i = 0; i < weights.length; i++) {
            weights[i] /= (float) (weights[i] > 0 ? plus : minus);
        }
        var kernel = new Mat(side, side, CV_32FC1);
        try (var data = new FloatPointer(kernel.data())) {
            data.put(weights);
        }
        return kernel;
    }
}
