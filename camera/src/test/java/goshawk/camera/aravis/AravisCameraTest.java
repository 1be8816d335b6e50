package goshawk.camera.aravis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import goshawk.camera.CameraException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import org.bytedeco.javacv.Frame;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Against cameras on the loopback interface. */
@Timeout(120)
class AravisCameraTest {

    @Test
    void severalCamerasAreFoundAndToldApart() throws Exception {
        try (var left = FakeGigECamera.plugIn("LEFT01");
                var right = FakeGigECamera.plugIn("RIGHT01")) {
            assertThat(GenicamCameras.list())
                    .filteredOn(it -> List.of("LEFT01", "RIGHT01").contains(it.serial()))
                    .extracting(GenicamCamera::address)
                    .containsExactlyInAnyOrder(left.address(), right.address());
            GenicamCamera bySerial = GenicamCameras.find("RIGHT01");
            assertThat(bySerial.address()).isEqualTo(right.address());
            assertThat(bySerial.vendor()).isEqualTo("Aravis");
            assertThat(bySerial.protocol()).isEqualTo("GigEVision");
            assertThat(GenicamCameras.find("LEFT01").address()).isEqualTo(left.address());
            assertThat(GenicamCameras.find(bySerial.id())).isEqualTo(bySerial);
            try (var camera = AravisCamera.open("RIGHT01")) {
                assertThat(camera.value("DeviceID")).contains("RIGHT01");
            }
            assertThatThrownBy(() -> GenicamCameras.find("NONE01"))
                    .isInstanceOf(CameraException.class)
                    .hasMessageContaining("NONE01 was found on any network interface")
                    .hasMessageContaining("RIGHT01 at " + right.address());
        }
    }

    @Test
    void anAddressThatNobodyAnswersIsTold() throws Exception {
        try (var _ = FakeGigECamera.plugIn("GV10")) {
            assertThatThrownBy(() -> AravisCamera.open("127.254.254.254"))
                    .isInstanceOf(CameraException.class)
                    .hasMessageContaining("camera 127.254.254.254 does not answer")
                    .hasMessageContaining("firewall");
        }
    }

    @Test
    void featuresAreShownWithValuesAndRanges() throws Exception {
        try (var fake = FakeGigECamera.plugIn("GV11");
                var camera = AravisCamera.open(fake.address())) {
            List<Feature> features = camera.features();
            assertThat(features)
                    .extracting(Feature::name)
                    .doesNotHaveDuplicates()
                    .contains("Width", "TriggerSoftware");
            assertThat(camera.feature("Width").range()).isEqualTo(new FeatureRange.Whole(1, 2048, 1));
            assertThat(camera.feature("Width").value()).contains("512");
            assertThat(camera.feature("SensorWidth").access()).isEqualTo(Feature.Access.READ);
            assertThat(camera.feature("PixelFormat").range().toString())
                    .startsWith("one of ")
                    .contains("BayerRG8", "Mono8");
            assertThat(camera.feature("ExposureTimeAbs").value()).contains("10000.0");
            assertThat(camera.feature("TriggerSoftware"))
                    .returns(Optional.empty(), Feature::value)
                    .returns(new FeatureRange.Command(), Feature::range);
            assertThat(features)
                    .filteredOn(it -> it.category().equals("ImageFormatControl"))
                    .extracting(Feature::name)
                    .contains("Width", "Height", "PixelFormat");
        }
    }

    @Test
    void featuresAreSetInOrderAndReadBack() throws Exception {
        try (var fake = FakeGigECamera.plugIn("GV12");
                var camera = AravisCamera.control(fake.address())) {
            camera.apply(map(
                    "Width",
                    "1024",
                    "Height",
                    "0x200",
                    "PixelFormat",
                    "RGB8",
                    "ExposureTimeAbs",
                    "2500.5",
                    "TriggerSelector",
                    "FrameStart",
                    "TriggerMode",
                    "On",
                    "TriggerSource",
                    "Software",
                    "AcquisitionFrameRate",
                    "90",
                    "AcquisitionStop",
                    "execute"));
            assertThat(camera.value("Height")).contains("512");
            assertThat(camera.value("TriggerSource")).contains("Software");
            assertThat(camera.payload()).isEqualTo(1024 * 512 * 3);
        }
    }

    /** It sends pictures to nobody as soon as somebody controls it: often enough before it is told where to, so that twenty tries tell. */
    @Test
    void aCameraThatWasLeftRunningGivesPicturesToTheNextOne() throws Exception {
        try (var fake = FakeGigECamera.plugIn("GV27");
                var grabber = new AravisFrameGrabber(GenicamSettings.of(fake.address()))) {
            for (int i = 0; i < 20; i++) {
                try (var gone = AravisCamera.control(fake.address())) {
                    gone.apply(map("AcquisitionStart", "execute"));
                }
                assertTimeoutPreemptively(Duration.ofSeconds(5), () -> {
                    grabber.start();
                    assertThat(grabber.advance()).isTrue();
                    grabber.release();
                });
            }
        }
    }

    @Test
    void aFeatureThatTheCameraKeepsOtherwiseIsAnErrorWithBothValues() throws Exception {
        try (var fake = FakeGigECamera.plugIn("GV13");
                var camera = AravisCamera.control(fake.address())) {
            // This camera has whole microseconds, and 999.5 pictures a second are one in 1000.5 of them.
            assertThatThrownBy(() -> camera.apply(map("ExposureTimeAbs", "12.7")))
                    .isInstanceOf(CameraException.class)
                    .hasMessageContaining("ExposureTimeAbs was set to 12.7 and reads back as 12.0; it takes 10.0 to");
        }
    }

    @Test
    void whatCannotBeSetIsRefusedWithWhatCan() throws Exception {
        try (var fake = FakeGigECamera.plugIn("GV14");
                var camera = AravisCamera.control(fake.address())) {
            assertRefused(camera, map("Widht", "640"), "has no feature Widht; similar ones are Width,");
            assertRefused(camera, map("Width", "5000"), "Width cannot be 5000; it takes 1 to 2048 now");
            assertRefused(camera, map("Width", "wide"), "Width cannot be wide; it takes 1 to 2048");
            assertRefused(camera, map("PixelFormat", "Mono9"), "PixelFormat cannot be Mono9; it takes one of Bayer");
            assertRefused(
                    camera, map("SensorWidth", "10"), "SensorWidth cannot be set to 10, it is read only and is 2048");
            assertRefused(camera, map("AcquisitionStop", "yes"), "it takes execute now");
            assertRefused(camera, map("ImageFormatControl", "1"), "ImageFormatControl is a group of features");
            assertThat(camera.value("Width")).contains("512");
        }
    }

    private static void assertRefused(AravisCamera camera, SequencedMap<String, String> features, String why) {
        assertThatThrownBy(() -> camera.apply(features))
                .isInstanceOf(CameraException.class)
                .hasMessageContaining(why);
    }

    @Test
    void aCameraThatSomebodyElseControlsIsToldAndCanBeRead() throws Exception {
        try (var fake = FakeGigECamera.plugIn("GV15")) {
            try (var first = AravisCamera.control(fake.address())) {
                assertThat(first.isInControl()).isTrue();
                assertThatThrownBy(() -> AravisCamera.control(fake.address()))
                        .isInstanceOf(CameraException.class)
                        .hasMessageContaining(fake.address() + " is controlled by another program");
                try (var reader = AravisCamera.open(fake.address())) {
                    assertThat(reader.value("Width")).contains("512");
                }
                first.requireAlive();
            }
            try (var second = AravisCamera.control(fake.address())) {
                assertThat(second.isInControl()).as("set free at once").isTrue();
            }
        }
    }

    @Test
    void picturesComeInTheFormatsThatTheCameraOffers() throws Exception {
        try (var fake = FakeGigECamera.plugIn("GV16")) {
            for (String format : List.of("Mono8", "Mono16", "RGB8", "BayerRG8", "BayerGR8", "BayerGB8", "BayerBG8")) {
                var grabber = new AravisFrameGrabber(
                        new GenicamSettings(fake.address(), map("PixelFormat", format, "Width", "64", "Height", "48")));
                try {
                    grabber.start();
                    Frame frame = grabber.grab();
                    assertThat(frame.imageWidth).isEqualTo(64);
                    assertThat(frame.imageHeight).isEqualTo(48);
                    assertThat(frame.imageChannels).as(format).isEqualTo(format.startsWith("Mono") ? 1 : 3);
                    long first = grabber.frameId();
                    long earlier = grabber.deviceNanos();
                    grabber.grab();
                    assertThat(grabber.frameId()).isGreaterThan(first);
                    assertThat(grabber.deviceNanos()).isGreaterThan(earlier);
                    assertThat(grabber.counters().pictures()).isGreaterThanOrEqualTo(2);
                } finally {
                    grabber.release();
                }
            }
        }
    }

    @Test
    void aSoftwareTriggerTakesOnePictureEach() throws Exception {
        try (var fake = FakeGigECamera.plugIn("GV17")) {
            var grabber = new AravisFrameGrabber(new GenicamSettings(
                    fake.address(),
                    map("TriggerSelector", "FrameStart", "TriggerMode", "On", "TriggerSource", "Software")));
            try {
                grabber.start();
                long last = 0;
                for (int i = 0; i < 5; i++) {
                    grabber.trigger();
                    assertThat(grabber.advance()).isTrue();
                    long id = grabber.frameId();
                    assertThat(id).isEqualTo(i == 0 ? id : last + 1);
                    last = id;
                }
                assertThat(grabber.counters().pictures()).isEqualTo(5);
            } finally {
                grabber.release();
            }
        }
    }

    @Test
    void picturesWithoutSizeAreRefused() throws Exception {
        try (var fake = FakeGigECamera.plugIn("GV18")) {
            var grabber = new AravisFrameGrabber(new GenicamSettings(fake.address(), map("Width", "0")));
            assertThatThrownBy(grabber::start).hasMessageContaining("Width cannot be 0; it takes 1 to 2048");
            try (var camera = AravisCamera.control(fake.address())) {
                assertThat(camera.isInControl())
                        .as("let go of after a start that failed")
                        .isTrue();
            }
        }
    }

    @Test
    void lostPacketsMakeIncompletePicturesThatShowWhatCameAndNothingElse() throws Exception {
        try (var fake = FakeGigECamera.plugIn("GV19", "-r", "2")) {
            var grabber =
                    new AravisFrameGrabber(new GenicamSettings(fake.address(), map("AcquisitionFrameRate", "100")));
            try {
                grabber.start();
                int torn = 0;
                int whole = 0;
                while (torn < 3 || whole < 3) {
                    assertThat(grabber.advance()).isTrue();
                    if (grabber.damage().isPresent()) {
                        assertThat(grabber.damage().get()).contains("is incomplete: ");
                        torn += isTorn(grabber) ? 1 : 0;
                    } else {
                        whole++;
                        assertThat(blackRows(grabber.frame())).isZero();
                    }
                }
                assertThat(grabber.counters().incomplete()).isGreaterThanOrEqualTo(torn);
                assertThat(grabber.counters().missingPackets()).isPositive();
            } finally {
                grabber.release();
            }
        }
    }

    /** False before the first whole picture: nothing is known of it then. */
    private static boolean isTorn(AravisFrameGrabber grabber) {
        Frame frame;
        try {
            frame = grabber.frame();
        } catch (CameraException e) {
            assertThat(e).hasMessageContaining("is incomplete: ");
            return false;
        }
        assertThat(frame.imageWidth).isEqualTo(512);
        int black = blackRows(frame);
        assertThat(black).isLessThan(frame.imageHeight);
        return black > 0; // not where no more than the last packet, which carries no pixels, was lost
    }

    /** The fake camera's ramp has 0 once in 255 pixels: a row of 512 that is mostly 0 is one that did not come. */
    private static int blackRows(Frame frame) {
        var pixels = (ByteBuffer) frame.image[0];
        int rows = 0;
        for (int y = 0; y < frame.imageHeight; y++) {
            int black = 0;
            for (int x = 0; x < frame.imageWidth; x++) {
                black += pixels.get(y * frame.imageStride + x) == 0 ? 1 : 0;
            }
            rows += black > frame.imageWidth / 2 ? 1 : 0;
        }
        return rows;
    }

    private static SequencedMap<String, String> map(String... pairs) {
        SequencedMap<String, String> map = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put(pairs[i], pairs[i + 1]);
        }
        return map;
    }
}
