package goshawk.appliance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import goshawk.camera.Frame;
import goshawk.camera.PictureFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What people type, with the fake GigE Vision camera of Debian's aravis-tools on an address of its own. */
@Timeout(120)
class CameraCommandTest extends TypedCommands {

    private static final String PROGRAM = "arv-fake-gv-camera-0.8";
    private static final long PID = ProcessHandle.current().pid();
    private static final String ADDRESS = "127.251.%d.%d".formatted(1 + PID / 250 % 250, 1 + PID % 250);

    /** The description of one that offers PTP. */
    private static final Path PTP = ROOT.resolve("camera/src/test/genicam/ptp.xml");

    private static Process camera;

    @BeforeAll
    static void plugIn() throws Exception {
        assumeTrue(
                List.of(System.getenv("PATH").split(":")).stream()
                        .anyMatch(folder -> Files.isExecutable(Path.of(folder, PROGRAM))),
                "no fake camera here, the camera commands are not tested; apt-get install -y aravis-tools iproute2");
        assumeTrue(
                quietly("ip", "address", "add", ADDRESS + "/8", "dev", "lo").waitFor() == 0,
                "no address can be added to the loopback interface, the camera commands are not tested; run as root");
        camera = quietly(PROGRAM, "-i", ADDRESS, "-s", "CLI" + PID);
    }

    @AfterAll
    static void pullOut() throws Exception {
        if (camera != null) {
            camera.destroyForcibly().waitFor();
            quietly("ip", "address", "delete", ADDRESS + "/8", "dev", "lo").waitFor();
        }
    }

    private static Process quietly(String... command) throws IOException {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    @Test
    void camerasAreListedWithWhatNamesThem() {
        String said = "";
        for (int search = 0; search < 10 && !said.contains("CLI" + PID); search++) {
            said = said("camera", "list");
        }
        assertThat(said).contains("genicam  " + ADDRESS, "Aravis Fake, serial number CLI" + PID, "GigEVision");
    }

    @Test
    void featuresAreShownWithTheirRanges() {
        assertThat(said("camera", "show", ADDRESS))
                .contains("Its clock is its own: it offers no PTP.", "\nImageFormatControl\n")
                .containsPattern("Height +[0-9]+ +1 to 2048")
                .containsPattern("SensorWidth +2048 +read only")
                .containsPattern("TriggerSoftware +execute");
    }

    @Test
    void aClockThatFollowsIsShown() throws Exception {
        String address = ADDRESS.replace("127.251", "127.250");
        assertThat(quietly("ip", "address", "add", address + "/8", "dev", "lo").waitFor())
                .isZero();
        Process offering = quietly(PROGRAM, "-i", address, "-s", "PTP" + PID, "-g", PTP.toString());
        try {
            assertThat(said("camera", "show", address)).contains("\nIts clock's synchronisation (PTP): Disabled\n");
            assertThat(run("camera", "grab", address, "--out", dir.resolve("any.png"), "--set", "PtpEnable=true"))
                    .as(errors.toString())
                    .isZero();
            assertThat(said("camera", "show", address))
                    .contains("\nIts clock's synchronisation (PTP): Slave, -85 ns from its master\n");
        } finally {
            offering.destroyForcibly().waitFor();
            quietly("ip", "address", "delete", address + "/8", "dev", "lo").waitFor();
        }
    }

    @Test
    void aPictureIsGrabbedWithTheFeaturesThatWereAskedFor() {
        Path picture = dir.resolve("picture.png");
        assertThat(run("camera", "grab", ADDRESS, "--out", picture, "--set", "Width=320", "--set", "Height=200"))
                .isZero();
        try (Frame frame = PictureFile.read(picture)) {
            assertThat(frame.width()).isEqualTo(320);
            assertThat(frame.height()).isEqualTo(200);
            // The fake camera draws a ramp from corner to corner.
            assertThat(frame.rgb()[0]).isNotEqualTo(frame.rgb()[100 * 3]);
        }
    }

    @Test
    void whatWasTriedAndWhatIsPossibleIsTold() {
        Path picture = dir.resolve("none.png");
        assertThat(run("camera", "grab", ADDRESS, "--out", picture, "--set", "Heigth=200"))
                .isEqualTo(2);
        assertThat(errors.toString()).contains("has no feature Heigth; similar ones are Height");
        assertThat(run("camera", "grab", ADDRESS, "--out", picture, "--set", "TriggerMode=On", "--within", 3))
                .isEqualTo(2);
        assertThat(errors.toString()).contains("gave no picture within 3 s; does it wait for a trigger?");
        assertThat(run("camera", "grab", ADDRESS, "--out", picture, "--set", "TriggerMode=Off", "--set", "Width=9999"))
                .isEqualTo(2);
        assertThat(errors.toString()).contains("Width cannot be 9999; it takes 1 to 2048 now");
        assertThat(run("camera", "show", "/dev/video99")).isEqualTo(2);
        assertThat(errors.toString()).contains("v4l2-ctl -d /dev/video99 --all");
        assertThat(run("camera", "grab", "/dev/video99", "--out", picture)).isEqualTo(2);
        assertThat(errors.toString()).contains("there is no camera at /dev/video99");
        assertThat(picture).doesNotExist();
    }

    @Test
    void numbersComeSecondBySecondAndInSum() {
        assertThat(said("camera", "watch", ADDRESS, "--seconds", 3, "--set", "Width=320", "--set", "TriggerMode=Off"))
                .containsPattern("[0-9.]+ pictures/s +320×[0-9]+ +cpu +[0-9.]+ % of a core +[0-9.]+ MB/s  lost [0-9]+")
                .containsPattern("total +[0-9.]+ pictures/s");
    }

    @Test
    void devicesOfLinuxAreListedByTheirNames(@TempDir Path linux) throws IOException {
        Files.writeString(Files.createDirectories(linux.resolve("video0")).resolve("name"), "USB camera\n");
        Files.createDirectories(linux.resolve("video1"));
        Files.createDirectories(linux.resolve("video2"));
        Files.createDirectories(linux.resolve("radio0"));
        assertThat(V4l2Devices.list(linux, it -> !it.endsWith("video2")))
                .containsExactly(
                        new V4l2Devices.Device(Path.of("/dev/video0"), "USB camera"),
                        new V4l2Devices.Device(Path.of("/dev/video1"), "no name"));
        assertThat(V4l2Devices.list(linux.resolve("none"), _ -> true)).isEmpty();
    }

    private String said(Object... words) {
        var said = new ByteArrayOutputStream();
        PrintStream before = System.out;
        System.setOut(new PrintStream(said, true, StandardCharsets.UTF_8));
        try {
            assertThat(run(words)).as(errors.toString()).isZero();
        } finally {
            System.setOut(before);
        }
        return said.toString(StandardCharsets.UTF_8);
    }
}
