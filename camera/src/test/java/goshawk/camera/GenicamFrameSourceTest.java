package goshawk.camera;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.camera.LiveFrameSource.Limits;
import goshawk.camera.aravis.AravisCamera;
import goshawk.camera.aravis.FakeGigECamera;
import goshawk.camera.aravis.GenicamSettings;
import goshawk.camera.aravis.PtpClock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the line sees of a GenICam camera that is pulled out, hangs, loses packets or is somebody else's. */
@Timeout(180)
class GenicamFrameSourceTest {

    private static final int SIDE = 256;
    private static final Limits LIMITS =
            new Limits(Duration.ZERO, Duration.ofSeconds(2), Duration.ofMillis(200), Duration.ofSeconds(1));
    /** What an operator waits for after the camera is back; a loaded machine gets more. */
    private static final Duration RECOVERY = Duration.ofSeconds(20);

    @Test
    void everyTriggerGetsAPictureAndEachIsNew() throws Exception {
        try (var fake = FakeGigECamera.plugIn("GV30");
                var pool = new FramePool(2, SIDE * SIDE * 3);
                var source = LiveCameras.genicam(settings(fake), pool, LIMITS)) {
            awaitPicture(source, RECOVERY);
            int last = -1;
            for (int i = 0; i < 20; i++) {
                var image = (Capture.Image) source.next().orElseThrow();
                try (Frame frame = image.frame()) {
                    assertThat(frame.width()).isEqualTo(SIDE);
                    byte[] rgb = frame.rgb();
                    // The fake camera draws a ramp that moves by one from picture to picture.
                    int corner = rgb[0] & 0xFF;
                    assertThat(rgb[1] & 0xFF).isEqualTo(corner);
                    assertThat(rgb[2] & 0xFF).isEqualTo(corner);
                    assertThat(rgb[3] & 0xFF).isEqualTo((corner + 1) % 255);
                    assertThat(rgb[SIDE * 3] & 0xFF).isEqualTo((corner + 1) % 255);
                    assertThat(corner).isNotEqualTo(last);
                    last = corner;
                }
            }
        }
    }

    @Test
    void aCameraThatIsPulledOutIsMissedAndTakenAgainWithItsFeatures() throws Exception {
        try (var fake = FakeGigECamera.plugIn("GV31");
                var pool = new FramePool(2, SIDE * SIDE * 3);
                var source = LiveCameras.genicam(settings(fake), pool, LIMITS)) {
            awaitPicture(source, RECOVERY);
            for (int i = 0; i < 2; i++) {
                fake.pullOut();
                Capture.Missed missed = awaitMiss(source);
                assertThat(missed.cause()).isIn(Cause.CAMERA, Cause.NO_FRAME);
                fake.putIn();
                long back = System.nanoTime();
                awaitPicture(source, RECOVERY);
                System.out.printf("taken again %.1f s after it was put in%n", (System.nanoTime() - back) / 1e9);
            }
        }
    }

    /** The clock of the fake camera is this machine's, as a camera's is whose PTP master this machine is. */
    @Test
    void aClockThatIsToFollowIsSwitchedOnAndItsPicturesHaveItsTime() throws Exception {
        try (var fake = FakeGigECamera.plugIn("GV36", FakeGigECamera.offeringPtp());
                var pool = new FramePool(2, SIDE * SIDE * 3)) {
            var settings = new GenicamSettings(
                    fake.address(),
                    map("Width", "" + SIDE, "Height", "" + SIDE, "FramePeriod", "20000", "PtpEnable", "true"));
            try (var before = AravisCamera.open(fake.address())) {
                assertThat(before.clock()).contains(new PtpClock("Disabled", Optional.empty(), true));
            }
            try (var source = LiveCameras.genicam(settings, pool, LIMITS)) {
                awaitPicture(source, RECOVERY);
                var image = (Capture.Image) source.next().orElseThrow();
                try (Frame frame = image.frame()) {
                    long taken =
                            frame.stamp().orElseThrow().device().orElseThrow().nanos();
                    assertThat(System.currentTimeMillis() - taken / 1_000_000).isBetween(0L, 5_000L);
                }
                try (var beside = AravisCamera.open(fake.address())) {
                    assertThat(beside.value("PtpEnable")).contains("true");
                    assertThat(beside.clock().orElseThrow().words())
                            .as("whoever does not control it cannot have it latched anew")
                            .isEqualTo("Disabled, when last asked by the program that controls it");
                }
                fake.pullOut();
                var _ = awaitMiss(source);
                fake.putIn();
                awaitPicture(source, RECOVERY);
            }
            try (var after = AravisCamera.open(fake.address())) {
                assertThat(after.clock()).contains(new PtpClock("Slave", Optional.of("-85"), true));
            }
        }
    }

    /** As of a cable that is cut: nothing comes back, and the library asks again for seconds. */
    @Test
    void theFirstThatIsToldOfASilentCameraIsThatItDoesNotAnswer() throws Exception {
        try (var fake = FakeGigECamera.plugIn("GV38");
                var pool = new FramePool(2, SIDE * SIDE * 3);
                var source = LiveCameras.genicam(settings(fake), pool, LIMITS)) {
            awaitPicture(source, RECOVERY);
            fake.freeze();
            String told = "camera %s does not answer any more; check its power and its cable".formatted(fake.address());
            Capture.Missed missed = awaitMiss(source);
            assertThat(missed.cause()).isEqualTo(Cause.CAMERA);
            assertThat(missed.detail()).isEqualTo(told);
            assertThat(source.state().detail()).isEqualTo(told);
            fake.thaw();
        }
    }

    @Test
    void aCameraThatHangsIsMissedAndTakenAgain() throws Exception {
        try (var fake = FakeGigECamera.plugIn("GV32");
                var pool = new FramePool(2, SIDE * SIDE * 3);
                var source = LiveCameras.genicam(settings(fake), pool, LIMITS)) {
            awaitPicture(source, RECOVERY);
            fake.freeze();
            Capture.Missed missed = awaitMiss(source);
            assertThat(missed.detail()).contains("camera");
            Thread.sleep(8_000); // longer than the camera remembers who controls it
            fake.thaw();
            long back = System.nanoTime();
            awaitPicture(source, RECOVERY);
            System.out.printf("taken again %.1f s after it went on%n", (System.nanoTime() - back) / 1e9);
        }
    }

    @Test
    void aTornPictureIsAMissThatSaysSoAndEvidenceOfWhatCame() throws Exception {
        try (var fake = FakeGigECamera.plugIn("GV33", "-r", "20");
                var pool = new FramePool(2, SIDE * SIDE * 3);
                var source = LiveCameras.genicam(settings(fake), pool, LIMITS)) {
            int pictures = 0;
            int torn = 0;
            while (pictures < 3 || torn < 3) {
                switch (source.next().orElseThrow()) {
                    case Capture.Image image -> {
                        pictures++;
                        image.frame().close();
                    }
                    case Capture.Missed missed -> {
                        torn += isEvidence(missed) ? 1 : 0;
                        missed.discard();
                    }
                }
            }
        }
    }

    /** What came is the ramp that the camera draws, in its place; what did not is black, also where pictures came before. */
    private static boolean isEvidence(Capture.Missed missed) {
        if (missed.views().isEmpty()) {
            return false;
        }
        assertThat(missed.cause()).isEqualTo(Cause.PARTIAL);
        assertThat(missed.detail()).contains("is incomplete: ");
        Frame frame = missed.views().only();
        assertThat(frame.damage()).contains(missed.detail());
        assertThat(frame.width()).isEqualTo(SIDE);
        int black = 0;
        int start = -1;
        for (int i = 0; i < SIDE * SIDE; i++) {
            int grey = frame.rgb()[3 * i] & 0xFF;
            if (grey == 0) {
                black++;
            } else {
                int shift = Math.floorMod(grey - i % SIDE - i / SIDE, 255);
                start = start < 0 ? shift : start;
                assertThat(shift).as("pixel %d is this picture's", i).isEqualTo(start);
            }
        }
        return black > SIDE * SIDE / 255 + SIDE; // more than the ramp has itself
    }

    @Test
    void aCameraOfAnotherStationIsAMissThatSaysSo() throws Exception {
        try (var fake = FakeGigECamera.plugIn("GV34");
                var pool = new FramePool(1, SIDE * SIDE * 3);
                var first = LiveCameras.genicam(settings(fake), pool, LIMITS)) {
            awaitPicture(first, RECOVERY);
            try (var second = LiveCameras.genicam(settings(fake), pool, LIMITS)) {
                String why = awaitMiss(second).detail();
                while (!why.contains("controlled by another program")) {
                    why = awaitMiss(second).detail();
                }
            }
            awaitPicture(first, RECOVERY);
        }
    }

    @Test
    void aFeatureThatCannotBeSetIsAMissThatSaysSo() throws Exception {
        try (var fake = FakeGigECamera.plugIn("GV35");
                var pool = new FramePool(1, SIDE * SIDE * 3);
                var source = LiveCameras.genicam(
                        new GenicamSettings(fake.address(), map("ExposureTime", "100")), pool, LIMITS)) {
            String why = awaitMiss(source).detail();
            while (!why.contains("has no feature ExposureTime; similar ones are ExposureTimeAbs")) {
                why = awaitMiss(source).detail();
            }
        }
    }

    @Test
    void settingsWithoutACameraAreRefused() {
        assertThatThrownBy(() -> GenicamSettings.of(" "))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("serial number, address or id");
    }

    private static void awaitPicture(FrameSource source, Duration within) throws InterruptedException {
        long end = System.nanoTime() + within.toNanos();
        String last = "";
        while (System.nanoTime() < end) {
            switch (source.next().orElseThrow()) {
                case Capture.Image image -> {
                    assertThat(image.frame().width()).as("features are set").isEqualTo(SIDE);
                    image.frame().close();
                    return;
                }
                case Capture.Missed missed -> last = missed.detail();
            }
        }
        throw new AssertionError("no picture within %s; at last: %s".formatted(within, last));
    }

    private static Capture.Missed awaitMiss(FrameSource source) throws InterruptedException {
        while (true) {
            switch (source.next().orElseThrow()) {
                case Capture.Image image -> image.frame().close();
                case Capture.Missed missed -> {
                    return missed;
                }
            }
        }
    }

    private static GenicamSettings settings(FakeGigECamera fake) {
        return new GenicamSettings(
                fake.address(), map("Width", "" + SIDE, "Height", "" + SIDE, "AcquisitionFrameRate", "50"));
    }

    private static SequencedMap<String, String> map(String... pairs) {
        SequencedMap<String, String> map = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put(pairs[i], pairs[i + 1]);
        }
        return map;
    }
}
