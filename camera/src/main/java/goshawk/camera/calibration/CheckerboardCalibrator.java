package goshawk.camera.calibration;

import static org.bytedeco.opencv.global.opencv_calib3d.CALIB_CB_ACCURACY;
import static org.bytedeco.opencv.global.opencv_calib3d.CALIB_CB_EXHAUSTIVE;
import static org.bytedeco.opencv.global.opencv_calib3d.CALIB_FIX_K3;
import static org.bytedeco.opencv.global.opencv_calib3d.CALIB_FIX_PRINCIPAL_POINT;
import static org.bytedeco.opencv.global.opencv_calib3d.CALIB_ZERO_TANGENT_DIST;
import static org.bytedeco.opencv.global.opencv_calib3d.calibrateCamera;
import static org.bytedeco.opencv.global.opencv_calib3d.findChessboardCornersSB;
import static org.bytedeco.opencv.global.opencv_calib3d.projectPoints;
import static org.bytedeco.opencv.global.opencv_calib3d.undistortPoints;
import static org.bytedeco.opencv.global.opencv_core.CV_32FC2;
import static org.bytedeco.opencv.global.opencv_core.CV_32FC3;
import static org.bytedeco.opencv.global.opencv_core.CV_8UC3;
import static org.bytedeco.opencv.global.opencv_imgproc.COLOR_RGB2GRAY;
import static org.bytedeco.opencv.global.opencv_imgproc.cvtColor;

import goshawk.camera.CameraException;
import goshawk.camera.Frame;
import goshawk.camera.calibration.CameraCalibration.Evidence;
import goshawk.camera.calibration.CameraCalibration.Lens;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.MatVector;
import org.bytedeco.opencv.opencv_core.Point2f;
import org.bytedeco.opencv.opencv_core.Point2fVector;
import org.bytedeco.opencv.opencv_core.Point2fVectorVector;
import org.bytedeco.opencv.opencv_core.Point3f;
import org.bytedeco.opencv.opencv_core.Point3fVector;
import org.bytedeco.opencv.opencv_core.Point3fVectorVector;
import org.bytedeco.opencv.opencv_core.Size;
import org.bytedeco.opencv.opencv_core.TermCriteria;

/**
 * Scale and lens from pictures of a checkerboard. In the first picture the board lies where parts lie: the scale is from there. In
 * two more at least it lies elsewhere, tilted this way and that and out to the corners: the lens is from all of them. One or two
 * pictures give the scale alone.
 *
 * <p>Of one thread; holds nothing.
 */
public final class CheckerboardCalibrator {

    /** Worse than this nobody should measure by it. */
    private static final double LARGEST_RMS_PX = 1.0;

    private static final int COEFFICIENTS = 5;
    private static final int LEAST_FOR_LENS = 3;
    private static final int ENOUGH_FOR_CENTRE = 8;

    /** Share of the picture's width and height that the boards together must reach across. */
    private static final double LEAST_REACH = 0.6;

    /** Focal lengths in widths of the picture beyond which the boards did not tell. */
    private static final double LEAST_FOCAL = 0.2;

    private static final double MOST_FOCAL = 100;

    /**
     * @param columns inner corners in a row, at least 3
     * @param rows inner corners in a column, at least 3
     * @param squareMm side of a square, above 0
     */
    public record Board(int columns, int rows, double squareMm) {
        public Board {
            if (columns < 3 || rows < 3 || !(squareMm > 0)) {
                throw new CameraException(
                        "a checkerboard has at least 3×3 inner corners and squares of more than 0 mm, got %d×%d of %s mm"
                                .formatted(columns, rows, squareMm));
            }
        }

        int corners() {
            return columns * rows;
        }

        float xMm(int corner) {
            return (float) (corner % columns * squareMm);
        }

        float yMm(int corner) {
            int row = corner / columns;
            return (float) (row * squareMm);
        }
    }

    /** A picture; the frame stays its owner's. */
    public record Picture(String name, Frame frame) {}

    private final Board board;

    public CheckerboardCalibrator(Board board) {
        this.board = board;
    }

    /** @throws CameraException saying which pictures show no board, or why what came out is too poor to measure by */
    public CameraCalibration calibrate(List<Picture> pictures) {
        Frame first = pictures.getFirst().frame();
        List<float[]> seen = new ArrayList<>();
        List<String> without = new ArrayList<>();
        for (Picture picture : pictures) {
            if (picture.frame().width() != first.width() || picture.frame().height() != first.height()) {
                throw new CameraException("%s is %d×%d, %s is %d×%d: give pictures of one camera at one setting"
                        .formatted(
                                picture.name(),
                                picture.frame().width(),
                                picture.frame().height(),
                                pictures.getFirst().name(),
                                first.width(),
                                first.height()));
            }
            corners(picture.frame()).ifPresentOrElse(seen::add, () -> without.add(picture.name()));
        }
        if (!without.isEmpty()) {
            throw new CameraException(
                    "no board with %d×%d inner corners in %s; count the corners where four squares meet, and show all of the board, evenly lit"
                            .formatted(board.columns(), board.rows(), String.join(", ", without)));
        }
        return seen.size() < LEAST_FOR_LENS ? scaleAlone(first, seen) : withLens(first, seen);
    }

    private Optional<float[]> corners(Frame frame) {
        try (var colour = new Mat(frame.height(), frame.width(), CV_8UC3);
                var grey = new Mat();
                var found = new Mat();
                var size = new Size(board.columns(), board.rows())) {
            colour.data().put(frame.rgb(), 0, frame.width() * frame.height() * 3);
            cvtColor(colour, grey, COLOR_RGB2GRAY);
            if (!findChessboardCornersSB(grey, size, found, CALIB_CB_EXHAUSTIVE | CALIB_CB_ACCURACY)) {
                return Optional.empty();
            }
            return Optional.of(floats(found, 2 * board.corners()));
        }
    }

    private CameraCalibration scaleAlone(Frame picture, List<float[]> seen) {
        Plane plane = Plane.fitted(board, seen.getFirst());
        require(plane, "the lens is not calibrated by fewer than %d pictures, and".formatted(LEAST_FOR_LENS));
        return new CameraCalibration(
                picture.width(),
                picture.height(),
                plane.scale(),
                Optional.empty(),
                new Evidence("checkerboard, scale alone", seen.size(), plane.rmsPx(), plane.worstPx()));
    }

    private static void require(Plane plane, String why) {
        if (plane.rmsPx() > LARGEST_RMS_PX) {
            throw new CameraException(
                    "%s the board in the first picture is not flat to the camera: its corners lie %.2f px from a grid, %.1f px are allowed; lay it where parts lie, the camera upright above it"
                            .formatted(why, plane.rmsPx(), LARGEST_RMS_PX));
        }
    }

    private CameraCalibration withLens(Frame picture, List<float[]> seen) {
        requireReach(picture, seen);
        int flags = CALIB_FIX_K3
                | (seen.size() < ENOUGH_FOR_CENTRE ? CALIB_FIX_PRINCIPAL_POINT | CALIB_ZERO_TANGENT_DIST : 0);
        try (var boards = boards(seen.size());
                var places = places(seen);
                var size = new Size(picture.width(), picture.height());
                var camera = new Mat();
                var distortion = new Mat();
                var turns = new MatVector();
                var shifts = new MatVector();
                var until = new TermCriteria(TermCriteria.COUNT + TermCriteria.EPS, 100, 1e-9)) {
            double rms = calibrateCamera(boards, places, size, camera, distortion, turns, shifts, flags, until);
            Lens lens = lens(camera, distortion);
            double focal = Math.min(lens.focalX(), lens.focalY()) / picture.width();
            if (!(rms <= LARGEST_RMS_PX) || focal < LEAST_FOCAL || focal > MOST_FOCAL) {
                throw new CameraException(
                        "the lens could not be told: corners lie %.2f px from where they should, %.1f px are allowed, and the focal length came out as %.1f widths of the picture; tilt the board by 20 to 40 degrees this way and that, keep it still, and check the size of its squares"
                                .formatted(rms, LARGEST_RMS_PX, focal));
            }
            Plane plane = Plane.fitted(board, undistorted(seen.getFirst(), camera, distortion));
            require(plane, "the lens is known, but");
            double worst = worst(seen, camera, distortion, turns, shifts);
            return new CameraCalibration(
                    picture.width(),
                    picture.height(),
                    plane.scale(),
                    Optional.of(lens),
                    new Evidence("checkerboard", seen.size(), rms, worst));
        } catch (CameraException e) {
            throw e;
        } catch (RuntimeException e) { // OpenCV's own, without a type of its own
            throw new CameraException(
                    "the lens could not be told from these pictures; tilt the board this way and that, and out to the corners",
                    e);
        }
    }

    private static void requireReach(Frame picture, List<float[]> seen) {
        double left = Double.MAX_VALUE;
        double top = Double.MAX_VALUE;
        double right = 0;
        double bottom = 0;
        for (float[] places : seen) {
            for (int i = 0; i < places.length; i += 2) {
                left = Math.min(left, places[i]);
                right = Math.max(right, places[i]);
                top = Math.min(top, places[i + 1]);
                bottom = Math.max(bottom, places[i + 1]);
            }
        }
        double across = (right - left) / picture.width();
        double down = (bottom - top) / picture.height();
        if (across < LEAST_REACH || down < LEAST_REACH) {
            throw new CameraException(
                    "the boards reach across %.0f %% of the picture's width and %.0f %% of its height, %.0f %% are needed to know the lens out there; show the board in the corners too"
                            .formatted(100 * across, 100 * down, 100 * LEAST_REACH));
        }
    }

    private Point3fVectorVector boards(int count) {
        var boards = new Point3fVectorVector(count);
        for (int i = 0; i < count; i++) {
            var corners = new Point3fVector(board.corners());
            for (int corner = 0; corner < board.corners(); corner++) {
                corners.put(corner, new Point3f(board.xMm(corner), board.yMm(corner), 0));
            }
            boards.put(i, corners);
        }
        return boards;
    }

    private static Point2fVectorVector places(List<float[]> seen) {
        var all = new Point2fVectorVector(seen.size());
        for (int i = 0; i < seen.size(); i++) {
            float[] places = seen.get(i);
            var corners = new Point2fVector(places.length / 2);
            for (int corner = 0; corner < places.length / 2; corner++) {
                corners.put(corner, new Point2f(places[2 * corner], places[2 * corner + 1]));
            }
            all.put(i, corners);
        }
        return all;
    }

    private static Lens lens(Mat camera, Mat distortion) {
        DoubleBuffer k = camera.createBuffer(); // row by row
        DoubleBuffer d = distortion.createBuffer();
        return new Lens(
                k.get(0),
                k.get(4),
                k.get(2),
                k.get(5),
                IntStream.range(0, COEFFICIENTS)
                        .mapToObj(i -> i < d.limit() ? d.get(i) : 0.0)
                        .toList());
    }

    private static float[] undistorted(float[] places, Mat camera, Mat distortion) {
        try (var from = mat(places);
                var to = new Mat();
                var none = new Mat()) {
            undistortPoints(from, to, camera, distortion, none, camera);
            return floats(to, places.length);
        }
    }

    private double worst(List<float[]> seen, Mat camera, Mat distortion, MatVector turns, MatVector shifts) {
        double worst = 0;
        try (var corners = new Mat(board.corners(), 1, CV_32FC3)) {
            FloatBuffer put = corners.createBuffer();
            for (int i = 0; i < board.corners(); i++) {
                put.put(board.xMm(i)).put(board.yMm(i)).put(0);
            }
            for (int i = 0; i < seen.size(); i++) {
                try (var projected = new Mat();
                        Mat turn = turns.get(i);
                        Mat shift = shifts.get(i)) {
                    projectPoints(corners, turn, shift, camera, distortion, projected);
                    float[] should = floats(projected, 2 * board.corners());
                    for (int at = 0; at < should.length; at += 2) {
                        worst = Math.max(
                                worst, Math.hypot(should[at] - seen.get(i)[at], should[at + 1] - seen.get(i)[at + 1]));
                    }
                }
            }
        }
        return worst;
    }

    private static Mat mat(float[] places) {
        var mat = new Mat(places.length / 2, 1, CV_32FC2);
        mat.<FloatBuffer>createBuffer().put(places);
        return mat;
    }

    /** Pairs of a matrix of one column. */
    private static float[] floats(Mat mat, int count) {
        float[] all = new float[count];
        mat.<FloatBuffer>createBuffer().get(all);
        return all;
    }
}
