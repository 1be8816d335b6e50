package goshawk.camera.calibration;

import static org.bytedeco.opencv.global.opencv_calib3d.initUndistortRectifyMap;
import static org.bytedeco.opencv.global.opencv_core.BORDER_CONSTANT;
import static org.bytedeco.opencv.global.opencv_core.CV_16SC2;
import static org.bytedeco.opencv.global.opencv_core.CV_64FC1;
import static org.bytedeco.opencv.global.opencv_core.CV_8UC3;
import static org.bytedeco.opencv.global.opencv_imgproc.INTER_LINEAR;
import static org.bytedeco.opencv.global.opencv_imgproc.remap;

import goshawk.camera.Frame;
import goshawk.camera.calibration.CameraCalibration.Lens;
import java.nio.DoubleBuffer;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Scalar;
import org.bytedeco.opencv.opencv_core.Size;

/** Takes a lens's distortion out of pictures, by maps that are made once. Owns native memory; of one thread at a time. */
final class Undistortion implements AutoCloseable {

    private final int bytes;
    private final Mat mapX = new Mat();
    private final Mat mapY = new Mat();
    private final Mat before;
    private final Mat after;
    private final Scalar black = new Scalar(0, 0, 0, 0);

    Undistortion(Lens lens, int widthPx, int heightPx) {
        this.bytes = widthPx * heightPx * 3;
        this.before = new Mat(heightPx, widthPx, CV_8UC3);
        this.after = new Mat(heightPx, widthPx, CV_8UC3);
        try (var camera = new Mat(3, 3, CV_64FC1);
                var distortion = new Mat(5, 1, CV_64FC1);
                var none = new Mat();
                var size = new Size(widthPx, heightPx)) {
            camera.<DoubleBuffer>createBuffer()
                    .put(new double[] {lens.focalX(), 0, lens.centreX(), 0, lens.focalY(), lens.centreY(), 0, 0, 1});
            DoubleBuffer coefficients = distortion.createBuffer();
            lens.distortion().forEach(coefficients::put);
            initUndistortRectifyMap(camera, distortion, none, camera, size, CV_16SC2, mapX, mapY);
        }
    }

    /** In place; what the lens did not see becomes black. */
    void apply(Frame frame) {
        before.data().put(frame.rgb(), 0, bytes);
        remap(before, after, mapX, mapY, INTER_LINEAR, BORDER_CONSTANT, black);
        after.data().get(frame.rgb(), 0, bytes);
    }

    @Override
    public void close() {
        mapX.close();
        mapY.close();
        before.close();
        after.close();
        black.close();
    }
}
