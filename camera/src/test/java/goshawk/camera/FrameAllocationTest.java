package goshawk.camera;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.camera.LiveFrameSource.Limits;
import goshawk.camera.aravis.FakeGigECamera;
import goshawk.camera.aravis.GenicamSettings;
import goshawk.camera.aravis.StreamCounters;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacv.FFmpegFrameRecorder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A station runs for months: a picture leaves nothing on the heap, whether it becomes a part or not; a part leaves its trigger and its capture. And
 * what is used again is never read as what it was before.
 */
@Timeout(120)
class FrameAllocationTest {

    private static final int SIDE = 8;
    private static final int WIDTH = 48;
    private static final int HEIGHT = 32;
    private static final Duration SECOND = Duration.ofSeconds(1);

    /** Trigger, time, name, capture, views, and what the matcher remembers of them; not a byte of pixels. */
    private static final double PART_BYTES = 360;

    @TempDir
    Path dir;

    static Stream<Matching> matchings() {
        var time = new Matching.ByTime(Duration.ofMillis(1), Duration.ofMillis(1), Duration.ZERO, SECOND);
        return Stream.of(
                new Matching.FirstAfter(SECOND), time, new Matching.ByNumber(SECOND), new Matching.Agreed(time));
    }

    /** By time and number they are copied, and held for a trigger that may still come. */
    @ParameterizedTest
    @MethodSource("matchings")
    void picturesThatNobodyTriggeredLeaveNothing(Matching matching) throws Exception {
        var camera = new FastCamera(new AtomicBoolean(true));
        try (var pool = new FramePool(9, SIDE * SIDE * 3);
                var _ = source(camera, pool, new Signals(Duration.ZERO), matching)) {
            assertThat(camera.meter.bytesPerPicture()).isLessThan(1);
        }
    }

    @Test
    void picturesThatAreLookedAtForAPartLeaveNothing() throws Exception {
        var camera = new FastCamera(new AtomicBoolean(true));
        var detection = new PartDetection(new Region(0, 0, SIDE, SIDE), 20, 10, 1);
        try (var pool = new FramePool(1, SIDE * SIDE * 3);
                var _ = source(camera, pool, detection, new Matching.FirstAfter(SECOND))) {
            assertThat(camera.meter.bytesPerPicture()).isLessThan(1);
        }
    }

    @Test
    void aPartLeavesItsRecordsOnTheCamerasThreadAndNothingOnTheLines() throws Exception {
        var isAsked = new AtomicBoolean();
        var camera = new FastCamera(isAsked);
        var line = new HeapMeter();
        try (var pool = new FramePool(1, SIDE * SIDE * 3);
                var source = source(camera, pool, new TriggerSource.CameraLine(), new Matching.FirstAfter(SECOND))) {
            while (!line.isDone()) {
                isAsked.set(true);
                long before = HeapMeter.bytes();
                Capture capture = source.next().orElseThrow();
                capture.discard();
                line.count(HeapMeter.bytes() - before);
                assertThat(capture).isInstanceOf(Capture.Image.class);
            }
            assertThat(line.bytesPerPicture()).isLessThan(1);
            assertThat(camera.meter.bytesPerPicture()).isBetween(100.0, PART_BYTES);
        }
    }

    @Test
    void aFilmsPictureLeavesNothingAndItsPartItsRecords() throws Exception {
        Path film = film(HeapMeter.WINDOW * HeapMeter.WINDOWS + 1);
        var decoded = new HeapMeter();
        var parts = new HeapMeter();
        try (var pool = new FramePool(1, WIDTH * HEIGHT * 3)) {
            try (var stream =
                    FfmpegPictureStream.open("film", film.toString(), "", Map.of(), FfmpegPictureStream.Kind.FILM)) {
                while (!decoded.isDone()) {
                    long before = HeapMeter.bytes();
                    boolean isThere = stream.advance();
                    stream.copy(pool).orElseThrow().close();
                    decoded.count(HeapMeter.bytes() - before);
                    assertThat(isThere).isTrue();
                }
            }
            try (var source = VideoFrameSource.open(film, pool, Duration.ZERO)) {
                while (!parts.isDone()) {
                    long before = HeapMeter.bytes();
                    source.next().orElseThrow().discard();
                    parts.count(HeapMeter.bytes() - before);
                }
            }
        }
        assertThat(decoded.bytesPerPicture()).isLessThan(1);
        assertThat(parts.bytesPerPicture()).isBetween(100.0, PART_BYTES);
    }

    /** As it lies in the camera's buffer, and through OpenCV. Twice a second its link is counted, however many pictures come. */
    @ParameterizedTest
    @ValueSource(strings = {"Mono8", "BayerRG8"})
    void aGenicamCamerasPictureLeavesNothing(String format) throws Exception {
        SequencedMap<String, String> features = new LinkedHashMap<>();
        features.put("Width", "64");
        features.put("Height", "64");
        features.put("PixelFormat", format);
        features.put("AcquisitionFrameRate", "400");
        try (var fake = FakeGigECamera.plugIn("GV37");
                var pool = new FramePool(1, 64 * 64 * 3);
                var stream = GenicamPictureStream.open(new GenicamSettings(fake.address(), features))) {
            var meter = new HeapMeter();
            var stamp = new Stamp();
            while (!meter.isDone()) {
                StreamCounters counted = stream.counted();
                long before = HeapMeter.bytes();
                boolean isThere = stream.advance();
                stream.tell(stamp);
                stream.copy(pool).orElseThrow().close();
                long after = HeapMeter.bytes();
                if (stream.counted().equals(counted)) {
                    meter.count(after - before);
                }
                assertThat(isThere).isTrue();
            }
            assertThat(meter.bytesPerPicture()).isLessThan(1);
        }
    }

    @Test
    void whoKeptAFrameOfAPartLongerThanItWasOutNeverReadsNorClosesTheNextPicture() {
        try (var pool = new FramePool(1, 12)) {
            Views part = Views.of(pool.tryTake(2, 2).orElseThrow());
            Frame kept = part.only();
            part.close();
            assertUsedUp(kept);

            Frame next = pool.tryTake(1, 2).orElseThrow(); // nobody's yet
            assertUsedUp(kept);
            kept.close();
            part.close();
            assertThat(pool.tryTake(1, 1)).as("the next picture is still out").isEmpty();
            Views nextPart = Views.of(next);
            kept.close();
            part.close();
            assertUsedUp(kept);
            assertThat(pool.tryTake(1, 1)).as("the next part's is still out").isEmpty();
            assertThat(nextPart.only().rgb()).hasSize(12);
            nextPart.close();
        }
    }

    private static void assertUsedUp(Frame frame) {
        for (ThrowingCallable asked : List.<ThrowingCallable>of(
                frame::rgb,
                frame::width,
                frame::height,
                frame::damage,
                frame::stamp,
                () -> frame.damaged("it is not"),
                () -> Views.of(frame))) {
            assertThatThrownBy(asked).hasMessage("frame used after close");
        }
    }

    @Test
    void aFrameThatTwoThreadsCloseAtOnceIsFreeOnce() throws Exception {
        try (var pool = new FramePool(2, 12)) {
            for (int i = 0; i < 2_000; i++) {
                Frame frame = pool.tryTake(2, 2).orElseThrow();
                Thread other = Thread.ofVirtual().start(frame::close);
                frame.close();
                other.join();
                Frame one = pool.tryTake(2, 2).orElseThrow();
                Frame another = pool.tryTake(2, 2).orElseThrow();
                assertThat(one.rgb()).isNotSameAs(another.rgb());
                assertThat(pool.tryTake(2, 2)).isEmpty();
                one.close();
                another.close();
            }
        }
    }

    @Test
    void nothingOfAPictureIsTheNextOnes() {
        try (var pool = new FramePool(1, 12)) {
            var stamp = new Stamp();
            stamp.arrived(5);
            stamp.told(7, 9);
            try (Frame first = pool.tryTake(2, 2).orElseThrow()) {
                first.stamp(stamp);
                first.whenClosed(() -> stamp.arrived(1));
                assertThat(first.damaged("packets are missing").damage()).isPresent();
                assertThat(first.stamp()).contains(new FrameStamp(5, Optional.of(new DeviceStamp(7, 9))));
            }
            assertThat(stamp.arrivedNanos()).isEqualTo(1);
            stamp.arrived(6);
            try (Frame second = pool.tryTake(1, 2).orElseThrow()) {
                assertThat(second.damage()).isEmpty();
                assertThat(second.stamp()).isEmpty();
                assertThat(second.width()).isEqualTo(1);
            }
            assertThat(stamp.arrivedNanos()).as("that was the first one's").isEqualTo(6);
        }
    }

    private static LiveFrameSource source(
            PictureStream.Opener camera, FramePool pool, TriggerSource triggers, Matching matching) {
        return new LiveFrameSource("camera", camera, pool, Limits.every(Duration.ZERO), triggers, matching).start();
    }

    private Path film(int pictures) throws Exception {
        Path file = dir.resolve("film.mkv");
        try (var recorder = new FFmpegFrameRecorder(file.toFile(), WIDTH, HEIGHT);
                var picture = new org.bytedeco.javacv.Frame(WIDTH, HEIGHT, org.bytedeco.javacv.Frame.DEPTH_UBYTE, 3)) {
            recorder.setVideoCodec(avcodec.AV_CODEC_ID_FFV1);
            recorder.setPixelFormat(avutil.AV_PIX_FMT_YUV420P);
            recorder.setFrameRate(25);
            recorder.start();
            for (int i = 0; i < pictures; i++) {
                ((ByteBuffer) picture.image[0]).put(0, (byte) i);
                recorder.record(picture, avutil.AV_PIX_FMT_RGB24);
            }
        }
        return file;
    }

    /** Gives one grey picture after the other as fast as they are taken, while it is asked to, and counts what each leaves on its thread. */
    private static final class FastCamera implements PictureStream.Opener, PictureStream {

        final HeapMeter meter = new HeapMeter();
        private final AtomicBoolean isAsked;
        private final boolean isAlwaysAsked;
        private long number;
        private long before;

        /** @param isAsked true for all pictures, or set for each */
        FastCamera(AtomicBoolean isAsked) {
            this.isAsked = isAsked;
            this.isAlwaysAsked = isAsked.get();
        }

        @Override
        public PictureStream open() {
            return this;
        }

        @Override
        public boolean advance() {
            if (number++ > 0) {
                meter.count(HeapMeter.bytes() - before);
            }
            if (meter.isDone()) {
                return awaitClosing();
            }
            while (!isAlwaysAsked && !isAsked.getAndSet(false)) {
                LockSupport.parkNanos(1_000);
            }
            before = HeapMeter.bytes();
            return true;
        }

        private static boolean awaitClosing() {
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return false;
        }

        @Override
        public void tell(Stamp stamp) {
            stamp.told(number, number * 1_000_000);
        }

        @Override
        public Optional<Frame> copy(FramePool pool) {
            return pool.tryTake(SIDE, SIDE);
        }

        @Override
        public void close() {}
    }
}
