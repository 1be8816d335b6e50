package goshawk.appliance.evaluate;

import static org.bytedeco.opencv.global.opencv_core.BORDER_REFLECT_101;
import static org.bytedeco.opencv.global.opencv_core.BORDER_REPLICATE;
import static org.bytedeco.opencv.global.opencv_core.CV_32FC1;
import static org.bytedeco.opencv.global.opencv_core.CV_64FC1;
import static org.bytedeco.opencv.global.opencv_core.CV_8UC3;
import static org.bytedeco.opencv.global.opencv_imgproc.GaussianBlur;
import static org.bytedeco.opencv.global.opencv_imgproc.INTER_LINEAR;
import static org.bytedeco.opencv.global.opencv_imgproc.WARP_INVERSE_MAP;
import static org.bytedeco.opencv.global.opencv_imgproc.warpAffine;

import goshawk.appliance.domain.Point;
import goshawk.appliance.domain.Pose;
import goshawk.camera.Frame;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Scalar;
import org.bytedeco.opencv.opencv_core.Size;

/**
 * The plate of a bracket, turned to its nominal pose and freed of the light that falls on it: {@link
 * BracketLayout#WIDTH} × {@link BracketLayout#HEIGHT} pixels.
 *
 * @param level logarithm of the grey level, less its mean over the plate
 * @param relief {@code level} less its surroundings of about 1 mm: what is left when lamps, vignetting and shading go
 * @param tint red against blue, in [-1, 1]
 */
record FlatPart(float[] level, float[] relief, float[] tint) {

    /** Wide enough for a bolt's head to stand out from the plate, narrow enough for a glare spot not to. */
    private static final double SURROUNDINGS_PX = 12;

    private static final float LEAST_LEVEL = 8;

    static FlatPart of(Frame frame, Pose pose) {
        byte[] rgb = flat(frame, pose);
        int size = BracketLayout.WIDTH * BracketLayout.HEIGHT;
        float[] level = new float[size];
        float[] tint = new float[size];
        double sum = 0;
        for (int i = 0; i < size; i++) {
            int red = rgb[3 * i] & 0xFF;
            int green = rgb[3 * i + 1] & 0xFF;
            int blue = rgb[3 * i + 2] & 0xFF;
            level[i] = (float) Math.log(0.299f * red + 0.587f * green + 0.114f * blue + LEAST_LEVEL);
            tint[i] = (red - blue) / (red + blue + 2 * LEAST_LEVEL);
            sum += level[i];
        }
        float mean = (float) (sum / size);
        for (int i = 0; i < size; i++) {
            level[i] -= mean;
        }
        float[] around = blurred(level, SURROUNDINGS_PX);
        float[] relief = new float[size];
        for (int i = 0; i < size; i++) {
            relief[i] = level[i] - around[i];
        }
        return new FlatPart(level, relief, tint);
    }

    private static byte[] flat(Frame frame, Pose pose) {
        double radians = Math.toRadians(pose.degrees());
        // OpenCV counts from pixel centres.
        Point corner = pose.toActual(new Point(BracketLayout.LEFT + 0.5, BracketLayout.TOP + 0.5));
        byte[] rgb = new byte[BracketLayout.WIDTH * BracketLayout.HEIGHT * 3];
        try (var picture = new Mat(frame.height(), frame.width(), CV_8UC3);
                var flat = new Mat(BracketLayout.HEIGHT, BracketLayout.WIDTH, CV_8UC3);
                var turn = new Mat(2, 3, CV_64FC1);
                var size = new Size(BracketLayout.WIDTH, BracketLayout.HEIGHT);
                var black = new Scalar(0)) {
            picture.data().put(frame.rgb(), 0, frame.width() * frame.height() * 3);
            try (var values = new DoublePointer(turn.data())) {
                values.put(
                        Math.cos(radians),
                        -Math.sin(radians),
                        corner.x() - 0.5,
                        Math.sin(radians),
                        Math.cos(radians),
                        corner.y() - 0.5);
            }
            warpAffine(picture, flat, turn, size, INTER_LINEAR | WARP_INVERSE_MAP, BORDER_REPLICATE, black);
            flat.data().get(rgb);
        }
        return rgb;
    }

    /** A plate-sized map, blurred with a bell of this standard deviation. */
    static float[] blurred(float[] map, double sigmaPx) {
        float[] blurred = new float[map.length];
        try (var from = new Mat(BracketLayout.HEIGHT, BracketLayout.WIDTH, CV_32FC1);
                var to = new Mat(BracketLayout.HEIGHT, BracketLayout.WIDTH, CV_32FC1);
                var size = new Size(0, 0);
                var in = new FloatPointer(from.data());
                var out = new FloatPointer(to.data())) {
            in.put(map);
            GaussianBlur(from, to, size, sigmaPx, sigmaPx, BORDER_REFLECT_101, 0);
            out.get(blurred);
        }
        return blurred;
    }
}
