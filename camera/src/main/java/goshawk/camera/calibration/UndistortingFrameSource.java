package goshawk.camera.calibration;

import goshawk.camera.Capture;
import goshawk.camera.Cause;
import goshawk.camera.Frame;
import goshawk.camera.FrameSource;
import goshawk.camera.FrameStamp;
import goshawk.camera.SourceReport;
import goshawk.camera.Views;
import java.util.Optional;
import java.util.function.Consumer;

/** A camera whose lens is known: its pictures are handed on without the lens's distortion. */
public final class UndistortingFrameSource implements FrameSource {

    private final FrameSource camera;
    private final CameraCalibration calibration;
    private final Undistortion undistortion;

    private UndistortingFrameSource(FrameSource camera, CameraCalibration calibration, Undistortion undistortion) {
        this.camera = camera;
        this.calibration = calibration;
        this.undistortion = undistortion;
    }

    /**
     * The camera itself where the calibration knows no lens.
     *
     * @param camera taken over: closed with this
     */
    public static FrameSource of(FrameSource camera, CameraCalibration calibration) {
        return calibration
                .lens()
                .<FrameSource>map(lens -> new UndistortingFrameSource(
                        camera, calibration, new Undistortion(lens, calibration.widthPx(), calibration.heightPx())))
                .orElse(camera);
    }

    @Override
    public Optional<Capture> next() throws InterruptedException {
        return camera.next().map(this::straightened);
    }

    private Capture straightened(Capture capture) {
        for (var view : capture.views().byName().entrySet()) {
            Frame frame = view.getValue();
            if (frame.width() != calibration.widthPx() || frame.height() != calibration.heightPx()) {
                String size =
                        "the picture is %d×%d, the camera was calibrated with %d×%d; calibrate it anew: ./goshawk camera calibrate"
                                .formatted(
                                        frame.width(), frame.height(), calibration.widthPx(), calibration.heightPx());
                capture.discard();
                return new Capture.Missed(
                        capture.trigger(), Cause.CAMERA, Views.about(view.getKey(), size), capture.isSimulated());
            }
        }
        capture.views().byName().values().forEach(undistortion::apply);
        return capture;
    }

    @Override
    public SourceReport report() {
        return camera.report();
    }

    @Override
    public void listen(Consumer<FrameStamp> arrivals) {
        camera.listen(arrivals);
    }

    @Override
    public void close() {
        try (camera;
                undistortion) {
            // both, whatever happens
        }
    }
}
