package goshawk.camera;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import goshawk.camera.LiveFrameSource.Limits;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Against Linux's own virtual camera, where the kernel has it: {@code modprobe vivid}. It shows colour bars. */
@Timeout(120)
class V4l2Test {

    private static final Path LINUX = Path.of("/sys/class/video4linux");
    private static final Path DRIVER = Path.of("/sys/bus/platform/drivers/vivid");
    private static final String UNIT = "vivid.0";
    private static final int MOST_BYTES = 4096 * 2160 * 3;
    private static final Duration RECOVERY = Duration.ofSeconds(20);

    private static Path camera() throws IOException {
        Optional<Path> found = found();
        assumeTrue(found.isPresent(), "no virtual camera here, V4L2 is not tested; modprobe vivid, as root, makes one");
        return found.orElseThrow();
    }

    private static Optional<Path> found() throws IOException {
        return found("-vid-cap");
    }

    private static Optional<Path> found(String kind) throws IOException {
        if (!Files.isDirectory(LINUX)) {
            return Optional.empty();
        }
        try (var devices = Files.list(LINUX)) {
            return devices.filter(it -> name(it).endsWith(kind))
                    .map(it -> Path.of("/dev").resolve(it.getFileName()))
                    .findFirst();
        }
    }

    private static String name(Path device) {
        try {
            return Files.readString(device.resolve("name")).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void itsCameraGivesPicturesAndItsDisplayTakesThem() throws IOException {
        assertThat(V4l2Capability.of(camera()).orElseThrow().capturesPictures()).isTrue();
        Optional<Path> display = found("-vid-out");
        assumeTrue(display.isPresent(), "this virtual camera has no display");
        assertThat(V4l2Capability.of(display.orElseThrow()).orElseThrow().capturesPictures())
                .isFalse();
    }

    @Test
    void coloursAreWhereTheyAre() throws Exception {
        try (var pool = new FramePool(2, MOST_BYTES);
                var source = LiveCameras.v4l2(camera(), pool, Limits.every(Duration.ZERO))) {
            for (int i = 0; i < 10; i++) {
                try (Frame frame = picture(source)) {
                    // White, yellow, cyan, green, magenta, red, blue, black.
                    assertThat(bar(frame, 1)).as("yellow").satisfies(it -> isMostly(it, true, true, false));
                    assertThat(bar(frame, 2)).as("cyan").satisfies(it -> isMostly(it, false, true, true));
                    assertThat(bar(frame, 5)).as("red").satisfies(it -> isMostly(it, true, false, false));
                    assertThat(bar(frame, 6)).as("blue").satisfies(it -> isMostly(it, false, false, true));
                }
            }
            assertThat(source.state().losses()).isZero();
        }
    }

    @Test
    void theSizeThatIsAskedForIsGivenOrTheNearest() throws Exception {
        assertThat(widthOf("1280x720")).isEqualTo(1280);
        assertThat(widthOf("1279x721")).isEqualTo(1280);
    }

    private static int widthOf(String size) throws Exception {
        var limits = Limits.every(Duration.ZERO);
        try (var pool = new FramePool(2, MOST_BYTES);
                var source = LiveFrameSource.v4l2(
                        camera(),
                        Map.of("video_size", size),
                        pool,
                        limits,
                        new TriggerSource.Paced(limits.period()),
                        new Matching.FirstAfter(limits.picture()));
                Frame frame = picture(source)) {
            return frame.width();
        }
    }

    /** The driver lets go of its device, as when a cable is pulled, and takes it again. */
    @Test
    void aCameraThatIsPulledOutIsTakenAgain() throws Exception {
        try (var pool = new FramePool(2, MOST_BYTES);
                var source = LiveCameras.v4l2(camera(), pool, Limits.every(Duration.ZERO))) {
            picture(source).close();
            Files.writeString(DRIVER.resolve("unbind"), UNIT);
            Capture next = source.next().orElseThrow();
            while (!(next instanceof Capture.Missed)) {
                next.discard();
                next = source.next().orElseThrow();
            }
            Files.writeString(DRIVER.resolve("bind"), UNIT);
            long back = System.nanoTime();
            picture(source).close();
            System.out.printf("taken again %.1f s after it was put in%n", (System.nanoTime() - back) / 1e9);
        }
    }

    private static Frame picture(FrameSource source) throws InterruptedException {
        long end = System.nanoTime() + RECOVERY.toNanos();
        while (true) {
            switch (source.next().orElseThrow()) {
                case Capture.Image image -> {
                    return image.frame();
                }
                case Capture.Missed missed ->
                    assertThat(System.nanoTime() - end).as(missed.detail()).isNegative();
            }
        }
    }

    /** Red, green and blue in the middle of one of eight bars, below the text. */
    private static int[] bar(Frame frame, int bar) {
        int x = frame.width() * (2 * bar + 1) / 16;
        int at = (frame.height() * 7 / 8 * frame.width() + x) * 3;
        return new int[] {frame.rgb()[at] & 0xFF, frame.rgb()[at + 1] & 0xFF, frame.rgb()[at + 2] & 0xFF};
    }

    private static void isMostly(int[] colour, boolean... lit) {
        for (int i = 0; i < lit.length; i++) {
            if (lit[i]) {
                assertThat(colour[i]).isGreaterThan(120);
            } else {
                assertThat(colour[i]).isLessThan(70);
            }
        }
    }
}
