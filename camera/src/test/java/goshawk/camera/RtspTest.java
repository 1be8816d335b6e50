package goshawk.camera;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import goshawk.camera.CameraState.Condition;
import goshawk.camera.LiveFrameSource.Limits;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against a real server, which is killed, stopped and started again. */
class RtspTest {

    private static final int WIDTH = 320;
    private static final int HEIGHT = 240;
    private static final Limits LIMITS =
            new Limits(Duration.ZERO, Duration.ofSeconds(1), Duration.ofMillis(250), Duration.ofSeconds(1));

    /** Much longer than anything takes: a loaded machine is slow, and a hang is found all the same. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path dir;

    @BeforeEach
    void aServerIsThere() throws Exception {
        assumeTrue(
                RtspServer.isInstalled(),
                "no RTSP server here, network cameras are not tested; apt-get install -y " + RtspServer.PACKAGES);
    }

    @ParameterizedTest
    @ValueSource(strings = {"h264", "h265"})
    void aPictureIsTheOneThatWasSent(String codec) throws Exception {
        try (var server = RtspServer.start(codec, WIDTH, HEIGHT, 25);
                var pool = new FramePool(2, WIDTH * HEIGHT * 3);
                var source = LiveCameras.rtsp(server.address(), pool, LIMITS)) {
            try (Frame frame = firstImage(source)) {
                assertThat(frame.width()).isEqualTo(WIDTH);
                assertThat(frame.height()).isEqualTo(HEIGHT);
                int middle = (HEIGHT / 2 * WIDTH + WIDTH / 2) * 3;
                assertThat(frame.rgb()[middle] & 255).isGreaterThan(220);
                assertThat(frame.rgb()[middle + 1] & 255).isLessThan(30);
                assertThat(frame.rgb()[middle + 2] & 255).isLessThan(30);
                assertThat(frame.stamp().orElseThrow().arrivedNanos()).isLessThanOrEqualTo(System.nanoTime());
            }
            assertThat(source.state().condition()).isEqualTo(Condition.CONNECTED);
        }
    }

    @Test
    void aServerThatIsKilledIsLostAndComesBack() throws Exception {
        try (var server = RtspServer.start("h264", WIDTH, HEIGHT, 25);
                var pool = new FramePool(2, WIDTH * HEIGHT * 3);
                var source = LiveCameras.rtsp(server.address(), pool, LIMITS)) {
            firstImage(source).close();
            server.kill();
            await(source, state -> state.condition() == Condition.LOST);
            Capture.Missed missed = firstMiss(source);
            assertThat(missed.cause()).isEqualTo(Cause.CAMERA);
            assertThat(missed.detail()).contains(server.address());
            server.restart();
            firstImage(source).close();
            assertThat(source.state().reopened()).isEqualTo(1);
            assertThat(source.state().losses()).isPositive();
            assertThat(source.state().hanging()).isZero();
        }
    }

    /** The connection stands and nothing comes: the watchdog sees it, whatever FFmpeg's time-outs say. */
    @Test
    void aServerThatHangsIsStalledWithinThreeSecondsAndComesBack() throws Exception {
        try (var server = RtspServer.start("h264", WIDTH, HEIGHT, 25);
                var pool = new FramePool(2, WIDTH * HEIGHT * 3);
                var source = LiveCameras.rtsp(server.address(), pool, LIMITS)) {
            firstImage(source).close();
            server.stop();
            long stoppedAt = System.nanoTime();
            await(source, state -> state.stalls() > 0);
            Duration took = Duration.ofNanos(System.nanoTime() - stoppedAt);
            System.out.printf("a stall was seen after %d ms%n", took.toMillis());
            assertThat(took).isBetween(Duration.ofSeconds(2), Duration.ofSeconds(20));
            assertThat(source.state().detail()).contains("gave no picture for 2500 ms");
            server.go();
            firstImage(source).close();
            await(source, state -> state.condition() == Condition.CONNECTED);
            assertThat(source.state().hanging()).isZero();
        }
    }

    @Test
    void aPasswordFromItsFileOpensTheCameraAndIsInNoMessageAndNoLog() throws Exception {
        String password = "s3cr t:/@?%";
        Path right = secret("right", "viewer:" + password);
        Path wrong = secret("wrong", "viewer:" + password + "x");
        var logged = new ByteArrayOutputStream();
        PrintStream before = System.err;
        System.setErr(new PrintStream(logged, true, StandardCharsets.UTF_8));
        try (var server = RtspServer.start("h264", WIDTH, HEIGHT, 25, "viewer", password);
                var pool = new FramePool(2, WIDTH * HEIGHT * 3)) {
            try (var source = source(server, right, pool)) {
                firstImage(source).close();
                assertThat(source.state().toString()).doesNotContain("s3cr");
            }
            try (var source = source(server, wrong, pool)) {
                await(source, state -> state.condition() == Condition.LOST);
                assertThat(firstMiss(source).detail())
                        .isEqualTo("cannot open camera " + server.address()
                                + ": Server returned 401 Unauthorized (authorization failed);"
                                + " check user and password");
            }
        } finally {
            System.setErr(before);
        }
        assertThat(logged.toString(StandardCharsets.UTF_8))
                .as("the test must see what is logged")
                .contains("401 Unauthorized")
                .doesNotContain("s3cr");
    }

    private LiveFrameSource source(RtspServer server, Path secret, FramePool pool) {
        return LiveFrameSource.rtsp(
                server.address(),
                Optional.of(Credentials.read(secret)),
                pool,
                LIMITS,
                new TriggerSource.Paced(Duration.ZERO),
                new Matching.FirstAfter(LIMITS.picture()));
    }

    @Test
    void aPasswordFileThatOthersMayReadIsRefused() throws Exception {
        Path file = secret("open", "viewer:s3cret");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        assertThatThrownBy(() -> Credentials.read(file))
                .isInstanceOf(CameraException.class)
                .hasMessage("the camera's password file %s may be read by others (rw-r-----); run: chmod 600 %s"
                        .formatted(file, file));
        assertThatThrownBy(() -> Credentials.read(secret("empty", "viewer")))
                .hasMessageContaining("is not one line user:password");
        assertThatThrownBy(() -> Credentials.read(dir.resolve("gone"))).hasMessageContaining("cannot be read");
        assertThat(Credentials.read(secret("fine", "viewer:s3cret\n")).toString())
                .doesNotContain("s3cret");
    }

    private Path secret(String name, String content) throws Exception {
        Path file = Files.writeString(dir.resolve(name), content);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    private static Frame firstImage(FrameSource source) throws InterruptedException {
        long start = System.nanoTime();
        while (System.nanoTime() - start < PATIENCE.toNanos()) {
            if (source.next().orElseThrow() instanceof Capture.Image(var _, var views, var _)) {
                return views.only();
            }
        }
        throw new AssertionError("no picture within " + PATIENCE);
    }

    private static Capture.Missed firstMiss(FrameSource source) throws InterruptedException {
        long start = System.nanoTime();
        while (System.nanoTime() - start < PATIENCE.toNanos()) {
            switch (source.next().orElseThrow()) {
                case Capture.Missed missed -> {
                    return missed;
                }
                case Capture.Image image -> image.frame().close();
            }
        }
        throw new AssertionError("no miss within " + PATIENCE);
    }

    private static void await(LiveFrameSource source, Predicate<CameraState> wanted) throws InterruptedException {
        long start = System.nanoTime();
        while (!wanted.test(source.state())) {
            assertThat(System.nanoTime() - start).as("%s", source.state()).isLessThan(PATIENCE.toNanos());
            Thread.sleep(5);
        }
    }
}
