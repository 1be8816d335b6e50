package goshawk.camera;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.camera.LiveFrameSource.Limits;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacv.FFmpegFrameRecorder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FrameSourcesTest {

    private static final Limits QUICK =
            new Limits(Duration.ZERO, Duration.ofSeconds(20), Duration.ofMillis(1), Duration.ofMillis(4));
    private static final Limits IMPATIENT =
            new Limits(Duration.ZERO, Duration.ofMillis(30), Duration.ofMillis(1), Duration.ofMillis(4));

    @TempDir
    Path dir;

    @Test
    void aFolderGivesItsPicturesByNameAndMissesTheUnreadable() throws Exception {
        try (Frame frame = Frame.of(2, 1, new byte[] {1, 2, 3, 4, 5, 6})) {
            PictureFile.writePng(frame, false, dir.resolve("b.png"));
            PictureFile.writePng(frame, true, dir.resolve("c.png"));
        }
        Files.writeString(dir.resolve("a.jpg"), "no picture");
        Files.writeString(dir.resolve("truth.csv"), "file");
        List<Capture> captures = new ArrayList<>();
        try (var pool = new FramePool(2, 6);
                var source = FolderFrameSource.open(dir, pool, Duration.ZERO)) {
            for (var next = source.next(); next.isPresent(); next = source.next()) {
                captures.add(next.get());
                if (next.get() instanceof Capture.Image(var _, var views, var _)) {
                    assertThat(Arrays.copyOf(views.only().rgb(), 6)).containsExactly(1, 2, 3, 4, 5, 6);
                    views.close();
                }
            }
            assertThat(source.next()).isEmpty();
        }
        assertThat(captures).extracting(it -> it.trigger().part()).containsExactly("a", "b", "c");
        assertThat(captures).extracting(it -> it.trigger().id()).containsExactly(1L, 2L, 3L);
        assertThat(captures).extracting(Capture::isSimulated).containsExactly(false, false, true);
        assertThat(captures.getFirst()).isInstanceOfSatisfying(Capture.Missed.class, missed -> {
            assertThat(missed.cause()).isEqualTo(Cause.UNREADABLE);
            assertThat(missed.detail()).contains("a.jpg cannot be read");
        });
    }

    @Test
    void aFolderWithoutPicturesIsRefused() throws IOException {
        try (var pool = new FramePool(1, 6)) {
            assertThatThrownBy(() -> FolderFrameSource.open(dir, pool, Duration.ZERO))
                    .isInstanceOf(CameraException.class)
                    .hasMessageContaining("holds no picture; give one with");
            assertThatThrownBy(() -> FolderFrameSource.open(dir.resolve("gone"), pool, Duration.ZERO))
                    .isInstanceOf(CameraException.class)
                    .hasMessageContaining("check that it exists");
        }
    }

    @Test
    void aPictureThatFindsEveryFrameInUseIsAnOverrun() throws Exception {
        try (Frame frame = Frame.of(2, 1, new byte[6])) {
            PictureFile.writePng(frame, false, dir.resolve("a.png"));
            PictureFile.writePng(frame, false, dir.resolve("b.png"));
        }
        try (var pool = new FramePool(1, 6);
                var source = FolderFrameSource.open(dir, pool, Duration.ZERO)) {
            var first = (Capture.Image) source.next().orElseThrow();
            assertThat(source.next().orElseThrow())
                    .isInstanceOfSatisfying(
                            Capture.Missed.class, it -> assertThat(it.cause()).isEqualTo(Cause.OVERRUN));
            first.frame().close();
        }
    }

    @Test
    void aFilmGivesEveryPictureExactly() throws Exception {
        Path film = film(12);
        try (var pool = new FramePool(1, 48 * 32 * 3);
                var source = VideoFrameSource.open(film, pool, Duration.ZERO)) {
            for (int i = 0; i < 12; i++) {
                var image = (Capture.Image) source.next().orElseThrow();
                assertThat(image.trigger().part()).isEqualTo("film-%06d".formatted(i + 1));
                assertThat(image.frame().width()).isEqualTo(48);
                assertThat(image.frame().height()).isEqualTo(32);
                assertThat(Arrays.copyOf(image.frame().rgb(), 48 * 32 * 3)).isEqualTo(picture(i));
                image.frame().close();
            }
            assertThat(source.next()).isEmpty();
        }
    }

    /** Cut off or with wrong bytes: its whole pictures come, the film ends, and nothing but misses tells of the rest. */
    @Test
    void aDamagedFilmEnds() throws Exception {
        byte[] whole = Files.readAllBytes(film(12));
        Path file = dir.resolve("damaged.mkv");
        for (long seed = 0; seed < 60; seed++) {
            var random = new Random(seed);
            boolean isCut = seed % 2 == 0;
            byte[] content =
                    isCut ? Arrays.copyOf(whole, whole.length / 4 + random.nextInt(whole.length / 2)) : whole.clone();
            for (int i = 0; !isCut && i < 20; i++) {
                content[1_000 + random.nextInt(content.length - 1_000)] = (byte) random.nextInt();
            }
            Files.write(file, content);
            int captures = 0;
            int images = 0;
            try (var pool = new FramePool(1, 48 * 32 * 3);
                    var source = VideoFrameSource.open(file, pool, Duration.ZERO)) {
                for (var next = source.next(); next.isPresent(); next = source.next()) {
                    captures++;
                    if (next.get() instanceof Capture.Image(var _, var views, var _)) {
                        if (isCut) {
                            assertThat(Arrays.copyOf(views.only().rgb(), 48 * 32 * 3))
                                    .as("seed %d", seed)
                                    .isEqualTo(picture(images));
                        }
                        images++;
                        views.close();
                    }
                    assertThat(captures).as("seed %d", seed).isLessThan(100);
                }
            }
            assertThat(images).as("seed %d", seed).isBetween(1, 12);
        }
    }

    @Test
    void whatIsNoFilmIsRefused() throws IOException {
        Path text = Files.writeString(dir.resolve("text.mp4"), "no film");
        try (var pool = new FramePool(1, 4)) {
            assertThatThrownBy(() -> VideoFrameSource.open(text, pool, Duration.ZERO))
                    .isInstanceOf(CameraException.class)
                    .hasMessageContaining("cannot open video " + text);
            assertThatThrownBy(() -> VideoFrameSource.open(dir.resolve("gone.mp4"), pool, Duration.ZERO))
                    .hasMessageContaining("does not exist");
        }
    }

    @Test
    void aRunningCameraAnswersEachTriggerWithAPictureOfItsOwn() throws Exception {
        var camera = new FakeCamera();
        camera.alwaysPicture = true;
        try (var pool = new FramePool(2, 4)) {
            try (var source = LiveCameras.of(camera, pool, QUICK)) {
                int before = 0;
                for (int i = 0; i < 50; i++) {
                    int shown = camera.shown.get();
                    var image = (Capture.Image) source.next().orElseThrow();
                    int number = ByteBuffer.wrap(image.frame().rgb()).getInt();
                    assertThat(number).as("a picture from before the trigger").isGreaterThanOrEqualTo(shown);
                    assertThat(number).isGreaterThan(before);
                    before = number;
                    image.frame().close();
                }
            }
            assertThat(camera.open).hasValue(0);
        }
    }

    /** The part is missed in time, the picture that comes late is not taken for it, and the next part is seen. */
    @Test
    void aStalledCameraIsAMissAndNotAWait() throws Exception {
        var camera = new FakeCamera();
        try (var pool = new FramePool(1, 4)) {
            try (var source = LiveCameras.of(camera, pool, IMPATIENT)) {
                assertThat(source.next().orElseThrow()).isInstanceOfSatisfying(Capture.Missed.class, missed -> {
                    assertThat(missed.cause()).isEqualTo(Cause.NO_FRAME);
                    assertThat(missed.detail()).isEqualTo("no picture within 30 ms of camera");
                });
                camera.alwaysPicture = true;
                camera.pictures.put((byte) 1);
                assertThat(firstImage(source)).isTrue();
            }
        }
    }

    @Test
    void aLostCameraIsConnectedAgain() throws Exception {
        var camera = new FakeCamera();
        camera.alwaysPicture = true;
        camera.failures.set(3);
        try (var pool = new FramePool(1, 4)) {
            try (var source = LiveCameras.of(camera, pool, IMPATIENT)) {
                assertThat(firstImage(source)).isTrue();
                camera.losses.set(1);
                assertThat(firstImage(source)).isTrue();
            }
            assertThat(camera.opened.get()).isGreaterThanOrEqualTo(4);
            assertThat(camera.open).hasValue(0);
        }
    }

    @Test
    void aCameraThatCannotBeOpenedIsNamedInEachMiss() throws Exception {
        var camera = new FakeCamera();
        camera.failures.set(Integer.MAX_VALUE);
        try (var pool = new FramePool(1, 4);
                var source = LiveCameras.of(camera, pool, IMPATIENT)) {
            assertThat(source.next().orElseThrow()).isInstanceOfSatisfying(Capture.Missed.class, missed -> {
                assertThat(missed.cause()).isEqualTo(Cause.CAMERA);
                assertThat(missed.detail()).isEqualTo("connection refused");
            });
        }
    }

    @Test
    void anInterruptedTriggerLeavesNoFrameBehind() throws Exception {
        var camera = new FakeCamera();
        try (var pool = new FramePool(1, 4)) {
            try (var source = LiveCameras.of(camera, pool, QUICK)) {
                var waiting = new CountDownLatch(1);
                var ended = new CountDownLatch(1);
                Thread line = Thread.ofPlatform().start(() -> {
                    waiting.countDown();
                    try {
                        assertThat(source.next().orElseThrow())
                                .isInstanceOfSatisfying(
                                        Capture.Missed.class,
                                        missed -> assertThat(missed.cause()).isEqualTo(Cause.STOPPED));
                    } catch (InterruptedException e) {
                        // the trigger had not come yet
                    }
                    assertThatThrownBy(source::next).isInstanceOf(InterruptedException.class);
                    ended.countDown();
                });
                waiting.await();
                line.interrupt();
                line.join();
                assertThat(ended.getCount()).isZero();
                camera.pictures.put((byte) 1);
            }
        }
    }

    /** The real decoder against a server that takes the connection and says nothing, then against none. */
    @Test
    void aNetworkCameraThatSaysNothingIsAMiss() throws Exception {
        String address;
        try (var server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                var pool = new FramePool(1, 4)) {
            address = "rtsp://me:secret@127.0.0.1:%d/stream".formatted(server.getLocalPort());
            try (var source = LiveCameras.rtsp(address, pool, IMPATIENT)) {
                assertThat(source.next().orElseThrow()).isInstanceOf(Capture.Missed.class);
            }
        }
        try (var pool = new FramePool(1, 4);
                var source = LiveCameras.rtsp(address, pool, IMPATIENT)) {
            for (int i = 0; i < 1_000; i++) {
                var missed = (Capture.Missed) source.next().orElseThrow();
                assertThat(missed.detail()).doesNotContain("secret").doesNotContain("\n");
                if (missed.cause() == Cause.CAMERA) {

                    assertThat(missed.detail())
                            .startsWith("cannot open camera rtsp://***@127.0.0.1:")
                            .endsWith("; check that it is there and running");
                    return;
                }
            }
            throw new AssertionError("the refused connection was never named");
        }
    }

    @Test
    void passwordsAppearInNoMessage() {
        assertThat(LiveFrameSource.withoutPassword("rtsp://me:secret@10.0.0.5/stream"))
                .isEqualTo("rtsp://***@10.0.0.5/stream");
        try (var pool = new FramePool(1, 4)) {
            assertThatThrownBy(() -> LiveCameras.rtsp("http://me:secret@host/", pool, QUICK))
                    .isInstanceOf(CameraException.class)
                    .hasMessageContaining("http://***@host/");
            assertThatThrownBy(() -> LiveCameras.v4l2(dir.resolve("video9"), pool, QUICK))
                    .hasMessageContaining("there is no camera at");
        }
    }

    private static boolean firstImage(FrameSource source) throws InterruptedException {
        for (int i = 0; i < 1_000; i++) {
            if (source.next().orElseThrow() instanceof Capture.Image(var _, var views, var _)) {
                views.close();
                return true;
            }
        }
        return false;
    }

    /** A lossless film, so that pictures can be compared exactly. */
    private Path film(int pictures) throws Exception {
        Path file = dir.resolve("film.mkv");
        try (var recorder = new FFmpegFrameRecorder(file.toFile(), 48, 32)) {
            recorder.setVideoCodec(avcodec.AV_CODEC_ID_FFV1);
            recorder.setPixelFormat(avutil.AV_PIX_FMT_BGR0);
            recorder.setFrameRate(25);
            recorder.start();
            for (int i = 0; i < pictures; i++) {
                try (var frame = new org.bytedeco.javacv.Frame(48, 32, org.bytedeco.javacv.Frame.DEPTH_UBYTE, 3)) {
                    var buffer = (ByteBuffer) frame.image[0];
                    byte[] rgb = picture(i);
                    for (int y = 0; y < 32; y++) {
                        buffer.position(y * frame.imageStride);
                        buffer.put(rgb, y * 48 * 3, 48 * 3);
                    }
                    buffer.rewind();
                    recorder.record(frame, avutil.AV_PIX_FMT_RGB24);
                }
            }
        }
        return file;
    }

    private static byte[] picture(int index) {
        byte[] rgb = new byte[48 * 32 * 3];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (i * 7 + index * 31 + i / 144 * 5);
        }
        return rgb;
    }

    /** A camera of one-pixel pictures that stalls until it is given one. */
    private static final class FakeCamera implements PictureStream.Opener {

        final BlockingQueue<Byte> pictures = new LinkedBlockingQueue<>();
        final AtomicInteger failures = new AtomicInteger();
        final AtomicInteger losses = new AtomicInteger();
        final AtomicInteger opened = new AtomicInteger();
        final AtomicInteger open = new AtomicInteger();
        final AtomicInteger shown = new AtomicInteger();
        volatile boolean alwaysPicture;

        @Override
        public PictureStream open() {
            opened.incrementAndGet();
            if (failures.get() > 0) {
                failures.decrementAndGet();
                throw new CameraException("connection refused");
            }
            open.incrementAndGet();
            return new PictureStream() {

                @Override
                public boolean advance() {
                    if (losses.get() > 0) {
                        losses.decrementAndGet();
                        throw new CameraException("connection lost");
                    }
                    try {
                        if (!alwaysPicture) {
                            pictures.take();
                        }
                        shown.incrementAndGet();
                        return true;
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                        return false;
                    }
                }

                @Override
                public Optional<Frame> copy(FramePool pool) {
                    Optional<Frame> frame = pool.tryTake(1, 1);
                    frame.ifPresent(it -> ByteBuffer.wrap(it.rgb()).putInt(shown.get()));
                    return frame;
                }

                @Override
                public void close() {
                    open.decrementAndGet();
                }
            };
        }
    }
}
