package goshawk.appliance.evaluate;

import static org.bytedeco.opencv.global.opencv_core.BORDER_REPLICATE;
import static org.bytedeco.opencv.global.opencv_core.CV_32FC1;
import static org.bytedeco.opencv.global.opencv_core.minMaxLoc;
import static org.bytedeco.opencv.global.opencv_imgproc.INTER_LINEAR;
import static org.bytedeco.opencv.global.opencv_imgproc.TM_CCOEFF_NORMED;
import static org.bytedeco.opencv.global.opencv_imgproc.getRotationMatrix2D;
import static org.bytedeco.opencv.global.opencv_imgproc.matchTemplate;
import static org.bytedeco.opencv.global.opencv_imgproc.warpAffine;

import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Point;
import org.bytedeco.opencv.opencv_core.Point2f;
import org.bytedeco.opencv.opencv_core.Rect;
import org.bytedeco.opencv.opencv_core.Scalar;
import org.bytedeco.opencv.opencv_core.Size;

/**
 * The label of a flat part, shifted and turned to lie on a pattern as well as it can: labels are stuck on by hand.
 *
 * @param relief {@link #WIDTH} × {@link #HEIGHT} pixels
 * @param likeness correlation with the pattern, in [-1, 1]
 * @param degrees the turn that was needed
 * @param shiftPx the shift that was needed
 */
record FlatLabel(float[] relief, double likeness, double degrees, double shiftPx) {

    static final int WIDTH = 228;
    static final int HEIGHT = 68;

    private static final int REACH_PX = 9;
    private static final double LARGEST_TURN = 2.5;
    private static final double TURN_STEP = 0.5;

    private static final int CENTRE_X = (int) BracketLayout.x(0);
    private static final int CENTRE_Y = (int) BracketLayout.y(8.5);

    /** The label where it is, to begin a pattern with. */
    static float[] asItLies(FlatPart part) {
        float[] label = new float[WIDTH * HEIGHT];
        for (int y = 0; y < HEIGHT; y++) {
            System.arraycopy(
                    part.relief(),
                    (CENTRE_Y - HEIGHT / 2 + y) * BracketLayout.WIDTH + CENTRE_X - WIDTH / 2,
                    label,
                    y * WIDTH,
                    WIDTH);
        }
        return label;
    }

    static FlatLabel on(float[] pattern, FlatPart part) {
        var best = new FlatLabel(new float[0], -2, 0, 0);
        try (var plate = mat(part.relief(), BracketLayout.WIDTH, BracketLayout.HEIGHT);
                var wanted = mat(pattern, WIDTH, HEIGHT);
                var turned = new Mat();
                var centre = new Point2f(CENTRE_X, CENTRE_Y);
                var size = new Size(BracketLayout.WIDTH, BracketLayout.HEIGHT);
                var black = new Scalar(0)) {
            for (double degrees = -LARGEST_TURN; degrees <= LARGEST_TURN; degrees += TURN_STEP) {
                try (var turn = getRotationMatrix2D(centre, degrees, 1)) {
                    warpAffine(plate, turned, turn, size, INTER_LINEAR, BORDER_REPLICATE, black);
                }
                best = better(best, turned, wanted, degrees);
            }
        }
        return best;
    }

    private static FlatLabel better(FlatLabel best, Mat turned, Mat wanted, double degrees) {
        int left = CENTRE_X - WIDTH / 2 - REACH_PX;
        int top = CENTRE_Y - HEIGHT / 2 - REACH_PX;
        try (var around = new Rect(left, top, WIDTH + 2 * REACH_PX, HEIGHT + 2 * REACH_PX);
                var window = new Mat(turned, around);
                var likeness = new Mat();
                var most = new DoublePointer(1);
                var place = new Point()) {
            matchTemplate(window, wanted, likeness, TM_CCOEFF_NORMED);
            minMaxLoc(likeness, null, most, null, place, null);
            if (most.get() <= best.likeness()) {
                return best;
            }
            try (var here = new Rect(left + place.x(), top + place.y(), WIDTH, HEIGHT);
                    var cut = new Mat(turned, here);
                    var copy = cut.clone();
                    var values = new FloatPointer(copy.data())) {
                float[] relief = new float[WIDTH * HEIGHT];
                values.get(relief);
                return new FlatLabel(
                        relief, most.get(), degrees, Math.hypot(place.x() - REACH_PX, place.y() - REACH_PX));
            }
        }
    }

    private static Mat mat(float[] values, int width, int height) {
        var mat = new Mat(height, width, CV_32FC1);
        try (var data = new FloatPointer(mat.data())) {
            data.put(values);
        }
        return mat;
    }
}
