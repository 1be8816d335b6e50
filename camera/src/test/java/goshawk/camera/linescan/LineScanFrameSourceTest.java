package goshawk.camera.linescan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import goshawk.camera.CameraException;
import goshawk.camera.Capture;
import goshawk.camera.Cause;
import goshawk.camera.Frame;
import goshawk.camera.FramePool;
import goshawk.camera.PixelScale;
import goshawk.camera.linescan.LineScan.Begin;
import goshawk.camera.linescan.LineScan.End;
import goshawk.camera.linescan.LineScan.Placing;
import goshawk.camera.sim.BracketRenderer;
import goshawk.camera.sim.RenderOptions;
import goshawk.camera.sim.SimulatedBelt;
import goshawk.camera.sim.SimulatedBelt.Stretch;
import goshawk.camera.sim.SimulatedLineCamera;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Brackets on a belt: what comes out of it is what an area camera would have seen, or a miss that says why not. */
class LineScanFrameSourceTest {

    private static final int WIDTH = BracketRenderer.WIDTH;
    private static final int HEIGHT = BracketRenderer.HEIGHT;
    private static final long SEED = 7;
    /** At 90 µm from line to line the belt makes 1 kHz of it. */
    private static final double STEADY = 90;

    private static final Placing ENCODER = new Placing.Encoder(4, 400);
    private static final LineScan PARTS =
            new LineScan(HEIGHT, ENCODER, new Begin.PartPresent(100), new End.Length(), 0, Duration.ofMillis(200), 4);
    private static final LineScan PATIENT =
            new LineScan(HEIGHT, ENCODER, PARTS.begin(), PARTS.end(), 0, Duration.ofHours(1), PARTS.rateKHz());
    /** The barrier stands 100 lines before the camera. */
    private static final SimulatedLineCamera.Scene THREE =
            new SimulatedLineCamera.Scene(SEED, 3, RenderOptions.USUAL, 18, 9);

    private final List<Assembly> how = new ArrayList<>();

    @Test
    void aSteadyBeltMakesThePictureOfAnAreaCamera() throws Exception {
        assertThat(captures(SimulatedBelt.steady(STEADY), PARTS, THREE))
                .containsExactly("whole 0", "whole 1", "whole 2");
        assertThat(how).allSatisfy(it -> {
            assertThat(it.lines()).isEqualTo(HEIGHT);
            assertThat(it.rateKHz()).isCloseTo(1, within(0.01));
            assertThat(it.isFlagged()).isFalse();
        });
    }

    @Test
    void changesOfSpeedAndShortStopsLeaveNoTrace() throws Exception {
        var belt = new SimulatedBelt(List.of(
                new Stretch(Duration.ofMillis(500), 20, 200),
                new Stretch(Duration.ofMillis(300), 200, 0),
                Stretch.steady(Duration.ofMillis(150), 0),
                new Stretch(Duration.ofMillis(400), 0, 300),
                Stretch.steady(Duration.ofMillis(100), 33)));
        assertThat(captures(belt, PARTS, THREE)).containsExactly("whole 0", "whole 1", "whole 2");
        assertThat(how).noneMatch(Assembly::isFlagged);
    }

    @Test
    void aBeltThatRunsBackIsFollowedAndFlagged() throws Exception {
        var belt = new SimulatedBelt(List.of(
                Stretch.steady(Duration.ofMillis(400), STEADY), // 200 lines into the first part
                Stretch.steady(Duration.ofMillis(100), -STEADY),
                Stretch.steady(Duration.ofMillis(150), STEADY),
                Stretch.steady(Duration.ofMillis(20), -STEADY),
                Stretch.steady(Duration.ofMillis(100), STEADY)));
        assertThat(captures(belt, PATIENT, THREE)).containsExactly("whole 0", "whole 1", "whole 2");
        assertThat(how.getFirst().reversals()).isEqualTo(2);
        assertThat(how.getFirst().seenAgain()).isBetween(220, 242);
        assertThat(how.getFirst().isFlagged()).isTrue();
        assertThat(how.get(1).isFlagged()).isFalse();
    }

    @Test
    void aPartThatRunsOutBackwardsAndComesAgainIsOnePart() throws Exception {
        var belt = new SimulatedBelt(List.of(
                Stretch.steady(Duration.ofMillis(250), STEADY), // 50 lines into the first part
                Stretch.steady(Duration.ofMillis(100), -STEADY),
                Stretch.steady(Duration.ofMillis(100), STEADY)));
        assertThat(captures(belt, PATIENT, THREE)).containsExactly("whole 0", "whole 1", "whole 2");
        assertThat(how.getFirst().reversals()).isEqualTo(1);
    }

    @Test
    void aBeltThatStandsTooLongLeavesAPartialPictureAndNoSecondTriggerForTheRestOfThePart() throws Exception {
        var belt = new SimulatedBelt(List.of(
                Stretch.steady(Duration.ofMillis(400), STEADY),
                Stretch.steady(Duration.ofMillis(400), 0),
                Stretch.steady(Duration.ofMillis(100), STEADY)));
        assertThat(captures(belt, PARTS, THREE))
                .containsExactly(
                        "PARTIAL no new line came for more than 200 ms after 201 of 480 lines; does the belt stand?",
                        "whole 1",
                        "whole 2");
    }

    @Test
    void aBeltThatIsTooFastForTheCameraLosesLinesAndNoPartIsJudgedByTheRest() throws Exception {
        var belt = new SimulatedBelt(List.of(
                Stretch.steady(Duration.ofMillis(400), STEADY),
                Stretch.steady(Duration.ofMillis(20), 6 * STEADY), // 6 kHz would be needed, 4 kHz there are
                Stretch.steady(Duration.ofMillis(100), STEADY)));
        assertThat(captures(belt, PARTS, THREE))
                .satisfiesExactly(
                        first -> assertThat(first)
                                .matches("PARTIAL \\d+ of 480 lines were lost; .*camera takes 4.0 kHz.*"),
                        second -> assertThat(second).isEqualTo("whole 1"),
                        third -> assertThat(third).isEqualTo("whole 2"));
        assertThat(how.getFirst().lost()).isPositive();
        assertThat(PARTS.fastestBelt(new PixelScale(90, 90))).isEqualTo(360);
    }

    @Test
    void theSignalMayEndThePictureToo() throws Exception {
        LineScan signal =
                new LineScan(HEIGHT + 60, ENCODER, PARTS.begin(), new End.PartGone(100), 0, Duration.ofMillis(200), 4);
        List<Capture> captures = all(SimulatedBelt.steady(STEADY), signal, THREE);
        assertThat(captures).hasSize(3).allSatisfy(it -> {
            byte[] rgb = ((Capture.Image) it).frame().rgb();
            int part = WIDTH * HEIGHT * 3;
            assertThat(Arrays.copyOf(rgb, part)).isEqualTo(picture(it.trigger().id() - 1));
            assertThat(Arrays.copyOfRange(rgb, part, WIDTH * (HEIGHT + 60) * 3))
                    .as("behind the part")
                    .containsOnly(0);
        });
        close(captures);
        LineScan tooShort =
                new LineScan(HEIGHT - 60, ENCODER, PARTS.begin(), new End.PartGone(100), 0, Duration.ofMillis(200), 4);
        assertThat(captures(SimulatedBelt.steady(STEADY), tooShort, THREE))
                .containsOnly("PARTIAL the part is longer than the picture's 420 lines")
                .hasSize(3);
    }

    @Test
    void withoutASignalPicturesFollowEachOtherAndOverlap() throws Exception {
        LineScan web =
                new LineScan(300, ENCODER, new Begin.Continuous(), new End.Length(), 60, Duration.ofMillis(200), 4);
        List<Capture> captures = all(SimulatedBelt.steady(STEADY), web, THREE);
        assertThat(captures).hasSizeGreaterThan(6);
        for (int i = 1; i < captures.size(); i++) {
            if (captures.get(i) instanceof Capture.Image(var _, var views, var _)) {
                byte[] before = ((Capture.Image) captures.get(i - 1)).frame().rgb();
                assertThat(Arrays.copyOf(views.only().rgb(), 60 * WIDTH * 3))
                        .as("picture %d", i)
                        .isEqualTo(Arrays.copyOfRange(before, 240 * WIDTH * 3, 300 * WIDTH * 3));
            }
        }
        assertThat(captures.getLast())
                .as("what was begun and not ended")
                .isInstanceOfSatisfying(
                        Capture.Missed.class, it -> assertThat(it.cause()).isEqualTo(Cause.PARTIAL));
        assertThat(how.get(2).rateKHz()).isCloseTo(1, within(0.01));
        close(captures);
    }

    @Test
    void byTimeAPictureIsStretchedWithTheBeltAndPixelsNeedNotBeSquare() throws Exception {
        // 2 kHz over 90 mm/s: 45 µm from line to line, 90 µm from pixel to pixel.
        LineScan time = new LineScan(
                2 * HEIGHT,
                new Placing.Time(),
                new Begin.PartPresent(200),
                new End.Length(),
                0,
                Duration.ofMillis(200),
                2);
        List<Capture> captures = all(SimulatedBelt.steady(STEADY), time, THREE);
        assertThat(captures).hasSize(3);
        byte[] rgb = ((Capture.Image) captures.getFirst()).frame().rgb();
        byte[] area = picture(0);
        int rows = 0;
        for (int y = 0; y < HEIGHT; y++) { // its first line may be up to one late
            rows += Arrays.equals(
                            rgb, 2 * y * WIDTH * 3, (2 * y + 1) * WIDTH * 3, area, y * WIDTH * 3, (y + 1) * WIDTH * 3)
                    ? 1
                    : 0;
        }
        assertThat(rows).as("every other line is one of the area camera's").isEqualTo(HEIGHT);
        close(captures);
    }

    @Test
    void truthIsInPixelsOfTheLineScan() {
        LineScan scan = new LineScan(
                2 * HEIGHT, ENCODER, new Begin.PartPresent(0), new End.Length(), 0, Duration.ofMillis(200), 4);
        var scene = new SimulatedLineCamera.Scene(SEED, 400, RenderOptions.USUAL, 18, 0);
        var camera = new SimulatedLineCamera(scene, SimulatedBelt.steady(STEADY), scan, 45, false);
        assertThat(SimulatedLineCamera.linesOfPart(45)).isEqualTo(2 * HEIGHT);
        int boxes = 0;
        for (int i = 0; i < 12; i++) {
            var area = BracketRenderer.render(SEED, i, RenderOptions.USUAL).truth();
            var line = camera.truth(i);
            assertThat(line.kind()).isEqualTo(area.kind());
            for (int box = 0; box < area.defects().size(); box++) {
                boxes++;
                assertThat(line.defects().get(box).left())
                        .isEqualTo(area.defects().get(box).left());
                assertThat(line.defects().get(box).top())
                        .isEqualTo(2 * area.defects().get(box).top());
                assertThat(line.defects().get(box).bottom())
                        .isEqualTo(2 * area.defects().get(box).bottom());
            }
        }
        assertThat(boxes).as("defects that were compared").isPositive();
    }

    @Test
    void whenEveryFrameIsInUseThePartIsMissedAndTheNextIsNot() throws Exception {
        try (var pool = new FramePool(1, WIDTH * HEIGHT * 3);
                var source = source(SimulatedBelt.steady(STEADY), PARTS, THREE, pool)) {
            var first = (Capture.Image) source.next().orElseThrow();
            assertThat(said(source.next().orElseThrow())).isEqualTo("OVERRUN every frame was in use");
            first.frame().close();
            var third = source.next().orElseThrow();
            assertThat(said(third)).isEqualTo("whole 2");
            assertThat(source.next()).isEmpty();
        }
    }

    @Test
    void aStopDuringAPictureStillLeavesItsRecord() throws Exception {
        var belt = new SimulatedBelt(
                List.of(Stretch.steady(Duration.ofMillis(400), STEADY), Stretch.steady(Duration.ofMillis(1), 0)));
        try (var pool = new FramePool(1, WIDTH * HEIGHT * 3);
                var source = new LineScanFrameSource(
                        () -> {
                            var camera = new SimulatedLineCamera(THREE, belt, PATIENT, 90, false);
                            return new InterruptingCamera(camera, camera.nanoTime());
                        },
                        PATIENT,
                        pool,
                        (_, assembly) -> how.add(assembly))) {
            assertThat(said(source.next().orElseThrow()))
                    .isEqualTo("STOPPED the line was stopped while the picture was being taken");
            assertThatThrownBy(source::next).isInstanceOf(InterruptedException.class);
        }
    }

    @Test
    void aCameraThatIsLostWithinAPictureLeavesAMissAndIsOpenedAgain() throws Exception {
        int[] opened = {0};
        LineCamera.Opener opener = () -> {
            opened[0]++;
            if (opened[0] == 2) {
                throw new CameraException("line camera 7 does not answer");
            }
            var camera = new SimulatedLineCamera(THREE, SimulatedBelt.steady(STEADY), PARTS, 90, false);
            return opened[0] == 1 ? new LostCamera(camera, camera.nanoTime()) : camera;
        };
        try (var pool = new FramePool(3, WIDTH * HEIGHT * 3);
                var source = new LineScanFrameSource(opener, PARTS, pool, (_, assembly) -> how.add(assembly))) {
            assertThat(said(source.next().orElseThrow())).isEqualTo("CAMERA line camera 7 was unplugged");
            var next = (Capture.Image) source.next().orElseThrow(); // the belt begins anew with the camera
            assertThat(next.trigger().id()).isEqualTo(2);
            assertThat(Arrays.copyOf(next.frame().rgb(), WIDTH * HEIGHT * 3)).isEqualTo(picture(0));
            next.frame().close();
        }
        assertThat(opened[0]).isEqualTo(3);
    }

    @Test
    void aPoolWithTooSmallFramesIsRefusedAtOnce() {
        try (var pool = new FramePool(1, 100)) {
            assertThatThrownBy(() -> source(SimulatedBelt.steady(STEADY), PARTS, THREE, pool))
                    .isInstanceOf(CameraException.class)
                    .hasMessageContaining("a picture of 640×480 needs");
        }
    }

    /** Fails in the middle of the first part. */
    private record LostCamera(SimulatedLineCamera camera, long start) implements LineCamera {

        @Override
        public int widthPx() {
            return camera.widthPx();
        }

        @Override
        public boolean read(Lines lines, Duration wait) throws InterruptedException {
            if (camera.nanoTime() - start > Duration.ofMillis(400).toNanos()) {
                throw new CameraException("line camera 7 was unplugged");
            }
            return camera.read(lines, wait);
        }

        @Override
        public long nanoTime() {
            return camera.nanoTime();
        }

        @Override
        public void close() {
            camera.close();
        }
    }

    /** Has the thread interrupted once the belt stands. */
    private record InterruptingCamera(SimulatedLineCamera camera, long start) implements LineCamera {

        @Override
        public int widthPx() {
            return camera.widthPx();
        }

        @Override
        public boolean read(Lines lines, Duration wait) throws InterruptedException {
            long before = camera.nanoTime();
            boolean more = camera.read(lines, wait);
            if (before - start > Duration.ofMillis(500).toNanos()) {
                Thread.currentThread().interrupt();
            }
            return more;
        }

        @Override
        public long nanoTime() {
            return camera.nanoTime();
        }

        @Override
        public void close() {
            camera.close();
        }
    }

    private LineScanFrameSource source(
            SimulatedBelt belt, LineScan scan, SimulatedLineCamera.Scene scene, FramePool pool) {
        return new LineScanFrameSource(
                () -> new SimulatedLineCamera(scene, belt, scan, 90, false),
                scan,
                pool,
                (_, assembly) -> how.add(assembly));
    }

    private List<Capture> all(SimulatedBelt belt, LineScan scan, SimulatedLineCamera.Scene scene) throws Exception {
        List<Capture> captures = new ArrayList<>();
        var pool = new FramePool(12, WIDTH * scan.lines() * 3);
        try (var source = source(belt, scan, scene, pool)) {
            for (var next = source.next(); next.isPresent(); next = source.next()) {
                captures.add(next.get());
            }
        }
        return captures;
    }

    /** The captures in words; each frame is compared with its part and given back. */
    private List<String> captures(SimulatedBelt belt, LineScan scan, SimulatedLineCamera.Scene scene) throws Exception {
        List<Capture> captures = all(belt, scan, scene);
        List<String> said = captures.stream().map(LineScanFrameSourceTest::said).toList();
        assertThat(captures)
                .extracting(it -> it.trigger().id())
                .doesNotHaveDuplicates()
                .isSorted();
        return said;
    }

    private static String said(Capture capture) {
        return switch (capture) {
            case Capture.Missed(var _, var cause, var detail, var _, var views, var _) -> {
                views.close();
                yield cause + " " + detail;
            }
            case Capture.Image(var trigger, var views, var _) -> {
                try (Frame own = views.only()) {
                    byte[] rgb = Arrays.copyOf(own.rgb(), WIDTH * HEIGHT * 3);
                    yield (Arrays.equals(rgb, picture(trigger.id() - 1)) ? "whole " : "other ") + (trigger.id() - 1);
                }
            }
        };
    }

    private static void close(List<Capture> captures) {
        captures.forEach(Capture::discard);
    }

    private static byte[] picture(long index) {
        return BracketRenderer.render(SEED, index, RenderOptions.USUAL).rgb();
    }
}
