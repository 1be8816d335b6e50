package goshawk.camera.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import goshawk.camera.CameraException;
import goshawk.camera.Capture;
import goshawk.camera.Cause;
import goshawk.camera.Frame;
import goshawk.camera.FrameSource;
import goshawk.camera.Trigger;
import goshawk.camera.calibration.CameraCalibration.Lens;
import goshawk.camera.calibration.CheckerboardCalibrator.Board;
import goshawk.camera.calibration.CheckerboardCalibrator.Picture;
import goshawk.camera.calibration.DrawnBoard.Pose;
import goshawk.camera.calibration.KnownDistances.Distance;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import org.junit.jupiter.api.Test;

/** A camera that we made up is found out by its pictures. */
class CameraCalibrationTest {

    private static final int WIDTH = 640;
    private static final int HEIGHT = 480;
    private static final Board BOARD = new Board(9, 6, 5);
    /** A barrel lens: straight lines at the edge are bent by several pixels. */
    private static final Lens BARREL = new Lens(900, 900, 319.5, 239.5, List.of(-0.25, 0.08, 0.0, 0.0, 0.0));

    private static final DrawnBoard STATION = new DrawnBoard(WIDTH, HEIGHT, BARREL, BOARD);
    /** At 90 mm a pixel is 100 µm. */
    private static final Pose FLAT = new Pose(0, 0, 3, 1, -0.5, 90);

    private static final List<Pose> POSES = List.of(
            FLAT,
            new Pose(30, 0, 10, 6, 0, 100),
            new Pose(-30, 5, -8, -6, 2, 105),
            new Pose(0, 32, 0, 4, 3, 98),
            new Pose(5, -33, 6, -4, -3, 102),
            new Pose(22, 22, -12, 0, 4, 95));

    @Test
    void aBoardInSixPosesTellsScaleAndLens() {
        CameraCalibration found = calibrated(STATION, POSES);
        assertThat(found.scale().micrometresX()).isCloseTo(100, within(0.4));
        assertThat(found.scale().micrometresY()).isCloseTo(100, within(0.4));
        assertThat(found.evidence().rmsPx()).isLessThan(0.3);
        assertThat(found.evidence().worstPx()).isBetween(found.evidence().rmsPx(), 1.5);
        assertThat(found.evidence().pictures()).isEqualTo(6);
        Lens lens = found.lens().orElseThrow();
        assertThat(lens.focalX()).isCloseTo(900, within(18.0));
        assertThat(lens.distortion().getFirst()).isCloseTo(-0.25, within(0.04));
        assertThat(lens.distortion().get(4)).isZero();
    }

    @Test
    void whatIsTakenByTheLensIsStraightAfterwards() throws Exception {
        CameraCalibration found = calibrated(STATION, POSES);
        Frame bent = STATION.seenAt(FLAT);
        var source = new Given(List.of(new Capture.Image(trigger(1), bent, true)));
        try (FrameSource straight = UndistortingFrameSource.of(source, found);
                Frame frame = ((Capture.Image) straight.next().orElseThrow()).frame()) {
            assertThat(frame).isSameAs(bent);
            CameraCalibration again =
                    new CheckerboardCalibrator(BOARD).calibrate(List.of(new Picture("straightened", frame)));
            assertThat(again.lens()).isEmpty();
            assertThat(again.evidence().rmsPx())
                    .as("corners beside a straight grid")
                    .isLessThan(0.25);
            assertThat(again.scale().micrometresX()).isCloseTo(100, within(0.4));
        }
        assertThat(source.isClosed).isTrue();
        try (Frame frame = STATION.seenAt(FLAT)) {
            assertThat(new CheckerboardCalibrator(BOARD)
                            .calibrate(List.of(new Picture("bent", frame)))
                            .evidence()
                            .rmsPx())
                    .as("corners beside a straight grid before")
                    .isGreaterThan(0.5);
        }
    }

    @Test
    void pixelsThatAreNotSquareAreTold() {
        var oblong = new Lens(900, 1_800, 319.5, 479.5, List.of(0.0, 0.0, 0.0, 0.0, 0.0));
        CameraCalibration found = calibrated(new DrawnBoard(WIDTH, 2 * HEIGHT, oblong, BOARD), List.of(FLAT));
        assertThat(found.scale().micrometresX()).isCloseTo(100, within(0.2));
        assertThat(found.scale().micrometresY()).isCloseTo(50, within(0.1));
        assertThat(found.scale().isSquare()).isFalse();
    }

    @Test
    void whatIsTooPoorIsRefusedWithItsReason() {
        assertThatThrownBy(() -> calibrated(STATION, List.of(FLAT, new Pose(0, 0, 0, 90, 0, 90))))
                .isInstanceOf(CameraException.class)
                .hasMessageContaining("no board with 9×6 inner corners in picture 2; count the corners");
        Pose far = new Pose(0, 0, 3, 0, 0, 220);
        assertThatThrownBy(() ->
                        calibrated(STATION, List.of(far, new Pose(25, 0, 0, 0, 0, 220), new Pose(0, 25, 0, 0, 0, 220))))
                .isInstanceOf(CameraException.class)
                .hasMessageContaining("are needed to know the lens out there; show the board in the corners too");
        var ideal = new Lens(900, 900, 319.5, 239.5, List.of(0.0, 0.0, 0.0, 0.0, 0.0));
        assertThatThrownBy(() ->
                        calibrated(new DrawnBoard(WIDTH, HEIGHT, ideal, BOARD), List.of(new Pose(20, 15, 0, 0, 0, 95))))
                .isInstanceOf(CameraException.class)
                .hasMessageContaining("lay it where parts lie, the camera upright above it");
        assertThatThrownBy(() -> new Board(2, 6, 5)).hasMessageContaining("at least 3×3 inner corners");
    }

    @Test
    void aKnownDistanceTellsTheScale() {
        CameraCalibration one = KnownDistances.calibrate(WIDTH, HEIGHT, List.of(new Distance(36, 100, 100, 420, 340)));
        assertThat(one.scale().micrometresX()).isCloseTo(90, within(1e-9));
        assertThat(one.scale().isSquare()).isTrue();
        CameraCalibration two = KnownDistances.calibrate(
                WIDTH, HEIGHT, List.of(new Distance(36, 100, 100, 500, 100), new Distance(18, 100, 20, 100, 420)));
        assertThat(two.scale().micrometresX()).isCloseTo(90, within(1e-9));
        assertThat(two.scale().micrometresY()).isCloseTo(45, within(1e-9));
        assertThat(two.evidence().rmsPx()).isCloseTo(0, within(1e-9));
    }

    @Test
    void distancesThatTellNothingAreRefused() {
        assertThatThrownBy(() -> KnownDistances.calibrate(WIDTH, HEIGHT, List.of(new Distance(36, 100, 100, 105, 100))))
                .isInstanceOf(CameraException.class)
                .hasMessageContaining("at least 20 px apart");
        assertThatThrownBy(() -> KnownDistances.calibrate(WIDTH, HEIGHT, List.of(new Distance(36, 100, 100, 900, 100))))
                .hasMessageContaining("two places of the picture of 640×480");
        assertThatThrownBy(() -> KnownDistances.calibrate(
                        WIDTH,
                        HEIGHT,
                        List.of(new Distance(36, 100, 100, 500, 100), new Distance(36, 100, 200, 500, 202))))
                .hasMessageContaining("do not tell x from y");
    }

    @Test
    void aPictureOfAnotherSizeIsAMiss() throws Exception {
        CameraCalibration found = calibrated(STATION, POSES);
        var source = new Given(List.of(
                new Capture.Image(trigger(1), Frame.of(2, 1, new byte[6]), false),
                new Capture.Missed(trigger(2), Cause.OVERRUN, "busy", false)));
        try (FrameSource straight = UndistortingFrameSource.of(source, found)) {
            assertThat(straight.next().orElseThrow())
                    .isInstanceOfSatisfying(
                            Capture.Missed.class,
                            it -> assertThat(it.detail())
                                    .isEqualTo(
                                            "the picture is 2×1, the camera was calibrated with 640×480; calibrate it anew: ./goshawk camera calibrate"));
            assertThat(straight.next().orElseThrow())
                    .isInstanceOfSatisfying(
                            Capture.Missed.class, it -> assertThat(it.cause()).isEqualTo(Cause.OVERRUN));
            assertThat(straight.next()).isEmpty();
        }
    }

    private static CameraCalibration calibrated(DrawnBoard station, List<Pose> poses) {
        List<Picture> pictures = new ArrayList<>();
        for (Pose pose : poses) {
            pictures.add(new Picture("picture " + (pictures.size() + 1), station.seenAt(pose)));
        }
        try {
            return new CheckerboardCalibrator(station.board()).calibrate(pictures);
        } finally {
            pictures.forEach(it -> it.frame().close());
        }
    }

    private static Trigger trigger(long id) {
        return new Trigger(id, "part-" + id, Instant.EPOCH, 0);
    }

    /** Gives these captures. */
    private static final class Given implements FrameSource {

        private final Queue<Capture> captures;
        private boolean isClosed;

        Given(List<Capture> captures) {
            this.captures = new ArrayDeque<>(captures);
        }

        @Override
        public Optional<Capture> next() {
            return Optional.ofNullable(captures.poll());
        }

        @Override
        public void close() {
            isClosed = true;
        }
    }
}
