package goshawk.appliance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The check list on sources that run: drawn pictures, files, a real RTSP server, the fake GigE Vision camera. */
@Timeout(180)
class CameraDoctorCommandTest extends TypedCommands {

    private static final String FAKE = "arv-fake-gv-camera-0.8";
    private static final String PYTHON = "/usr/bin/python3";
    private static final long PID = ProcessHandle.current().pid();

    private static final String RECIPE = """
            recipe: any
            version: "1"
            partNumber: P
            camera: {width: 320, height: 240, micrometresPerPixel: 90}
            regions: {all: [0, 0, 320, 240]}
            prompts:
              - {id: dent, question: "Is the surface dented?", defects: [dent], regions: [all], severity: minor, rejectAt: 0.5, reviewAt: 0.2, smallestMm: %s}
            takt: 300 ms
            """;

    private int exit;

    private Path station(String recipe, String source) throws IOException {
        Files.writeString(dir.resolve("recipe.yaml"), recipe);
        return Files.writeString(dir.resolve("station.yaml"), "recipe: recipe.yaml\ndata: var\n" + source);
    }

    /** What the page says, and {@link #exit}. */
    private String doctor(Path station, double minutes) {
        var said = new ByteArrayOutputStream();
        PrintStream before = System.out;
        System.setOut(new PrintStream(said, true, StandardCharsets.UTF_8));
        try {
            exit = run("camera", "doctor", "--config", station, "--minutes", minutes);
        } finally {
            System.setOut(before);
        }
        return said.toString(StandardCharsets.UTF_8);
    }

    @Test
    void aSimulatedLinePassesAndSaysThatItIsNoCamera() throws IOException {
        Path station = Files.writeString(
                dir.resolve("station.yaml"),
                "recipe: %s\ndata: var\nsource: {kind: simulated, seed: 1, period: 250 ms}\n"
                        .formatted(ROOT.toAbsolutePath().resolve("recipes/bracket.yaml")));
        String page = doctor(station, 0.05);
        assertThat(exit).as(page + errors).isZero();
        assertThat(page)
                .contains("simulated: says nothing about a camera")
                .containsPattern("picture size +OK +640×480")
                .containsPattern("triggers +OK +[0-9]+ triggers, 0 without a picture")
                .containsPattern("pictures lost +- +not measured")
                .containsPattern("scale +WARN +the recipe says 90.0 × 90.0 µm a pixel; nobody has measured it")
                .containsPattern("blurPx +[^ ]+ +1\\.[0-9]+ to [0-9.]+ px, middle")
                .containsPattern("[0-9]+ OK, [0-9]+ WARN, 0 FAIL");
    }

    private static final String VIEWS = """
            recipe: views
            version: "1"
            partNumber: P
            views:
              %1$s:
                camera: {width: %3$d, height: %4$d, micrometresPerPixel: 90}
              %2$s:
                camera: {width: %3$d, height: %4$d, micrometresPerPixel: 30}
                quality: {blurPx: 0.1}
            regions:
              first: {view: %1$s, place: [0, 0, %3$d, %4$d]}
              second: {view: %2$s, place: [0, 0, %3$d, %4$d]}
            prompts:
              - {id: dent, question: "Is the surface dented?", defects: [dent], regions: [first, second], severity: minor, rejectAt: 0.5, reviewAt: 0.2, smallestMm: 0.3}
              - {id: scratch, question: "Is the surface scratched?", defects: [scratch], regions: [first], severity: minor, rejectAt: 0.5, reviewAt: 0.2}
            takt: 300 ms
            """;

    private static String view(String page, String name) {
        String from = page.substring(page.indexOf("\nview " + name + "\n"));
        int next = from.indexOf("\nview ", 1);
        return next < 0 ? from : from.substring(0, next);
    }

    @Test
    void eachLightIsCheckedWithTheRecipesWordsForIt() throws IOException {
        Path station = station(
                VIEWS.formatted("bright", "dark", 640, 480),
                "source: {kind: simulated, seed: 1, period: 250 ms}\nlights: [bright, dark]\n");
        String page = doctor(station, 0.05);
        assertThat(exit).as(page + errors).isEqualTo(1);
        assertThat(page)
                .contains("source             simulated: says nothing about a camera; lights: bright, dark")
                .containsPattern("triggers +OK +[0-9]+ triggers, 0 without a picture")
                .contains("\nFAIL view bright: smallest defect\nFAIL view dark: blurPx\n");
        assertThat(view(page, "bright"))
                .containsPattern("missing +OK +0 of [0-9]+ triggers without this view")
                .containsPattern("picture size +OK +640×480")
                .contains("the recipe says 90.0 × 90.0 µm a pixel")
                .containsPattern("brightness +- +[0-9.]+ to [0-9.]+ levels")
                .containsPattern("picture quality +WARN +the recipe has no bounds")
                .containsPattern("smallest defect +FAIL +dent in first: 0.3 mm are 3.3 px")
                .containsPattern("smallest defect +- +not said by scratch")
                .doesNotContain("dent in second");
        assertThat(view(page, "dark"))
                .contains("the recipe says 30.0 × 30.0 µm a pixel")
                .containsPattern("blurPx +FAIL +[1-9]")
                .containsPattern(
                        "smallest defect +OK +dent in second: 0.3 mm are 10.0 px.*, [0-9.]+ px after the model's resize")
                .doesNotContain("scratch", "dent in first", "picture quality");
    }

    @Test
    void aLightThatAPartLacksIsTold() throws IOException {
        assertThat(run("render", "--seed", 3, "--count", 4, "--out", dir.resolve("drawn")))
                .isZero();
        Path parts = Files.createDirectories(dir.resolve("parts"));
        try (var drawn =
                Files.list(dir.resolve("drawn")).filter(it -> it.toString().endsWith(".png"))) {
            int i = 0;
            for (Path file : drawn.sorted().toList()) {
                i++;
                Files.copy(file, parts.resolve("p%d.bright.png".formatted(i)));
                if (i != 2) {
                    Files.copy(file, parts.resolve("p%d.dark.png".formatted(i)));
                }
            }
        }
        String page = doctor(
                station(
                        VIEWS.formatted("bright", "dark", 640, 480),
                        "source: {kind: folder, address: parts, period: 10 ms}\nlights: [bright, dark]\n"),
                0.1);
        assertThat(exit).as(page + errors).isEqualTo(1);
        assertThat(page).containsPattern("triggers +FAIL +4 triggers, 1 without a picture");
        assertThat(view(page, "bright")).containsPattern("missing +OK +0 of 4 triggers without this view");
        assertThat(view(page, "dark"))
                .containsPattern("missing +FAIL +1 of 4 triggers without this view, mostly: .*dark")
                .containsPattern("picture size +OK +640×480 \\(3 pictures\\)");
    }

    @Test
    void aFolderIsReadToItsEndAndATooSmallDefectIsRefused() throws IOException {
        assertThat(run("render", "--seed", 3, "--count", 4, "--out", dir.resolve("parts")))
                .isZero();
        Path station = station(RECIPE.formatted("0.4").replace("320", "640").replace("240", "480"), """
                source: {kind: folder, address: parts, period: 10 ms}
                """);
        long started = System.nanoTime();
        String page = doctor(station, 10);
        assertThat(exit).as(page + errors).isEqualTo(1);
        assertThat(System.nanoTime() - started).isLessThan(60_000_000_000L);
        assertThat(page)
                .containsPattern("triggers +OK +4 triggers, 0 without")
                .containsPattern("smallest defect +FAIL +dent in all: 0.4 mm are 4.4 px in the camera's picture");
    }

    @Test
    void aFolderWhoseFilesArePartsIsLeftAlone() throws IOException {
        Path drop = Files.createDirectories(dir.resolve("drop"));
        Files.writeString(drop.resolve("part.png"), "a part");
        String page = doctor(station(RECIPE.formatted(1), "source: {kind: watch, address: drop}\n"), 0.1);
        assertThat(exit).isEqualTo(2);
        assertThat(page).isEmpty();
        assertThat(errors.toString()).contains("watching it would take them away");
        assertThat(drop.resolve("part.png")).exists();
    }

    @Test
    void aCameraThatIsNotThereIsSaidToBe() throws IOException {
        Path station = station(RECIPE.formatted(1), "source: {kind: rtsp, address: \"rtsp://127.0.0.1:9/none\"}\n");
        doctor(station, 0.1);
        assertThat(exit).isEqualTo(2);
        assertThat(errors.toString())
                .contains("gave no picture within 15 s: cannot open camera rtsp://127.0.0.1:9/none");
        assertThat(run("camera", "doctor", "--config", station, "--minutes", 0)).isEqualTo(2);
        assertThat(errors.toString()).contains("--minutes must be above 0");
    }

    private static int freePort() throws IOException {
        try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    @Test
    void aNetworkCameraIsWatched() throws Exception {
        int port = freePort();
        assumeTrue(Files.isExecutable(Path.of(PYTHON)), "no Python here, network cameras are not watched");
        Process server = new ProcessBuilder(
                        PYTHON,
                        ROOT.resolve("camera/src/test/rtsp/server.py").toString(),
                        Integer.toString(port),
                        "h264",
                        "320",
                        "240",
                        "25")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            assumeTrue(
                    "ready".equals(server.inputReader().readLine()),
                    "no RTSP server here, network cameras are not watched; ./camera/tools.sh rtsp installs it");
            String page = doctor(
                    station(
                            RECIPE.formatted(1),
                            "source: {kind: rtsp, address: \"rtsp://127.0.0.1:%d/camera\"}\n".formatted(port)),
                    0.08);
            assertThat(exit).as(page + errors).isZero();
            assertThat(page)
                    .containsPattern("connection +OK +connected; losses 0, stalls 0")
                    .containsPattern("pictures lost +- +not measured: this kind of camera does not number")
                    .containsPattern("picture rate +OK +[12][0-9]\\.[0-9] pictures/s")
                    .containsPattern("arrivals +[A-Z]+ +P50 [0-9.]+ ms, P99 [0-9.]+ ms")
                    .containsPattern("processor +[A-Z]+ +[0-9]+ % of one core");
        } finally {
            server.destroyForcibly().waitFor();
        }
    }

    /** An address for a fake camera on the loopback interface, which it is taken from again. */
    private static String plugged(int number) throws Exception {
        assumeTrue(
                List.of(System.getenv("PATH").split(":")).stream()
                        .anyMatch(folder -> Files.isExecutable(Path.of(folder, FAKE))),
                "no fake camera here, GenICam cameras are not watched; ./camera/tools.sh genicam installs it");
        String address = "127.25%d.%d.%d".formatted(number, 1 + PID / 250 % 250, 1 + PID % 250);
        assumeTrue(
                quietly("ip", "address", "add", address + "/8", "dev", "lo").waitFor() == 0,
                "no address can be added to the loopback interface, GenICam cameras are not watched; run as root");
        return address;
    }

    private static void unplug(String address) throws Exception {
        quietly("ip", "address", "delete", address + "/8", "dev", "lo").waitFor();
    }

    @Test
    void aGigECameraIsWatchedAndLostPacketsFail() throws Exception {
        String address = plugged(2);
        Path station = station(RECIPE.formatted(1), """
                source:
                  kind: genicam
                  address: %s
                  features: {Width: 320, Height: 240, PixelFormat: Mono8, AcquisitionFrameRate: 15}
                """.formatted(address));
        try {
            String page = watched(station, FAKE, "-i", address, "-s", "DOC" + PID);
            assertThat(exit).as(page + errors).isZero();
            assertThat(page)
                    .containsPattern("camera +Aravis Fake, serial number DOC[0-9]+, Mono8, 76800 bytes a picture")
                    .containsPattern("packet size +WARN +1[0-9]+ bytes, this machine's interface carries")
                    .containsPattern("socket buffer +[A-Z]+ +granted [0-9]+ of the 1048576 bytes")
                    .containsPattern("clock +- +its own: it offers no PTP")
                    .containsPattern("pictures lost +OK +of [0-9]+: 0 never came, 0 came incomplete")
                    .containsPattern("exposures +[A-Z]+ +P50 [67][0-9]\\.[0-9]+ ms")
                    .containsPattern("trigger to picture +(OK|WARN) +P50 [0-9.]+ ms");
            page = watched(station, FAKE, "-i", address, "-s", "DOC" + PID, "-r", "20");
            assertThat(exit).as(page + errors).isEqualTo(1);
            assertThat(page)
                    .containsPattern("pictures lost +FAIL")
                    .containsPattern("to do: in this order: socket buffer");
        } finally {
            unplug(address);
        }
    }

    @Test
    void aClockThatIsSwitchedOnMustFollow() throws Exception {
        String address = plugged(2);
        String[] offering = {
            FAKE,
            "-i",
            address,
            "-s",
            "PTP" + PID,
            "-g",
            ROOT.resolve("camera/src/test/genicam/ptp.xml").toString()
        };
        String source =
                "source: {kind: genicam, address: %s, features: {Width: 320, Height: 240, FramePeriod: 66666%s}}\n";
        try {
            String page =
                    watched(station(RECIPE.formatted(1), source.formatted(address, ", PtpEnable: true")), offering);
            assertThat(exit).as(page + errors).isZero();
            assertThat(page)
                    .containsPattern("clock +OK +PTP Slave, -85 ns from its master")
                    .containsPattern("exposures +[A-Z]+ +P50 [67][0-9]\\.[0-9]+ ms");
            page = watched(
                    station(RECIPE.formatted(1), source.formatted(address, ", MasterIsAway: true, PtpEnable: true")),
                    offering);
            assertThat(exit).as(page + errors).isEqualTo(1);
            assertThat(page)
                    .containsPattern("clock +FAIL +PTP Uncalibrated .*\n +to do: run a PTP master in this network")
                    .contains("\nFAIL: clock\n");
            page = watched(station(RECIPE.formatted(1), source.formatted(address, ", PtpEnable: false")), offering);
            assertThat(exit).as(page + errors).isZero();
            assertThat(page).containsPattern("clock +- +PTP Disabled; offered, and not asked for by the station");
        } finally {
            unplug(address);
        }
    }

    @Test
    void ofSeveralCamerasEachIsCheckedAndTheOneThatIsNotThereIsNamed() throws Exception {
        String front = plugged(3);
        String side = plugged(4);
        String camera =
                "{kind: genicam, address: %s, features: {Width: 320, Height: 240, PixelFormat: Mono8, AcquisitionFrameRate: 15}}";
        Path station = station(
                VIEWS.formatted("front", "side", 320, 240),
                "views:\n  front:\n    source: %s\n  side:\n    source: %s\n"
                        .formatted(camera.formatted(front), camera.formatted(side)));
        Process lossy = quietly(FAKE, "-i", side, "-s", "SIDE" + PID, "-r", "20");
        try {
            String page = watched(station, FAKE, "-i", front, "-s", "FRONT" + PID);
            assertThat(exit).as(page + errors).isEqualTo(1);
            assertThat(page).contains("source             front: genicam %s; side: genicam %s".formatted(front, side));
            assertThat(view(page, "front"))
                    .containsPattern("camera +Aravis Fake, serial number FRONT[0-9]+, Mono8")
                    .containsPattern("packet size +WARN")
                    .containsPattern("connection +OK +connected; losses 0")
                    .containsPattern("pictures lost +OK +of [0-9]+: 0 never came, 0 came incomplete")
                    .containsPattern("picture rate +OK +1[0-9]\\.[0-9] pictures/s")
                    .containsPattern("picture size +OK +320×240");
            assertThat(view(page, "side"))
                    .containsPattern("camera +Aravis Fake, serial number SIDE[0-9]+, Mono8")
                    .containsPattern("pictures lost +FAIL +of [0-9]+: ");
            lossy.destroyForcibly().waitFor();
            page = watched(station, FAKE, "-i", front, "-s", "FRONT" + PID);
            assertThat(exit).as(page + errors).isEqualTo(1);
            assertThat(view(page, "front")).containsPattern("connection +OK +connected; losses 0");
            assertThat(view(page, "side"))
                    .containsPattern("camera +FAIL +%s did not answer".formatted(side))
                    .containsPattern("missing +FAIL +([0-9]+) of \\1 triggers without this view")
                    .containsPattern("connection +FAIL")
                    .containsPattern("picture size +- +not measured");
            assertThat(page).containsPattern("\nFAIL view side: camera, connection, ");
            Files.writeString(
                    station,
                    "trigger: {kind: mqtt, match: time, before: 20 ms, after: 50 ms}\nbroker: {port: %d}\n"
                            .formatted(freePort()),
                    StandardOpenOption.APPEND);
            page = watched(station, FAKE, "-i", front, "-s", "FRONT" + PID);
            assertThat(exit).as(page + errors).isEqualTo(1);
            assertThat(page).containsPattern("triggers +FAIL +0 triggers").containsPattern("signals +OK +0 accepted");
            assertThat(view(page, "front")).containsPattern("pictures lost +OK +of [0-9]+: 0 never came");
            assertThat(view(page, "side")).containsPattern("connection +FAIL");
        } finally {
            lossy.destroyForcibly().waitFor();
            unplug(front);
            unplug(side);
        }
    }

    private String watched(Path station, String... program) throws Exception {
        Process camera = quietly(program);
        try {
            return doctor(station, 0.08);
        } finally {
            camera.destroyForcibly().waitFor();
        }
    }

    private static Process quietly(String... command) throws IOException {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    @Test
    void whatIsNotSupportedIsRefusedByName() throws IOException {
        for (String kind : List.of("coaxpress", "CoaXPress", "cxp-12", "camera_link", "CameraLink HS", "camera link")) {
            doctor(station(RECIPE.formatted(1), "source: {kind: %s, address: x, features: {}}\n".formatted(kind)), 0.1);
            assertThat(exit).isEqualTo(2);
            assertThat(errors.toString())
                    .containsPattern(
                            "station.yaml:3: (CoaXPress|Camera Link) is not supported: it needs a frame grabber")
                    .doesNotContain("unknown key", "must be one of");
            errors.getBuffer().setLength(0);
        }
    }
}
