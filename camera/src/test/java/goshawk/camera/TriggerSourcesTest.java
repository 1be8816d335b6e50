package goshawk.camera;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.camera.LiveFrameSource.Limits;
import goshawk.camera.Signals.Reception;
import goshawk.camera.Signals.Signal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each kind of trigger, with a camera whose pictures the test hands in. */
class TriggerSourcesTest {

    private static final int SIDE = ScriptedCamera.SIDE;
    private static final Limits LIMITS =
            new Limits(Duration.ZERO, Duration.ofSeconds(30), Duration.ofMillis(1), Duration.ofMillis(4));
    private static final Matching BY_NUMBER = new Matching.ByNumber(Duration.ofSeconds(30));

    private final ScriptedCamera camera = new ScriptedCamera();

    /** A part that the camera saw torn keeps what was seen of it, whether its picture came before the trigger or after. */
    @Test
    void aTornPictureIsItsTriggersEvidenceAndNoImage() throws Exception {
        var signals = new Signals(Duration.ZERO);
        var matching = new Matching.ByNumber(Duration.ofSeconds(20));
        try (var pool = new FramePool(4, SIDE * SIDE * 3);
                var source = source(signals, matching, pool)) {
            camera.showsTorn(1, 1_000_000, 10, "packets are missing");
            camera.awaitTaken(); // early
            signals.signal(new Signal(OptionalLong.of(1), Optional.of("A"), System.nanoTime()));
            signals.signal(new Signal(OptionalLong.of(2), Optional.of("B"), System.nanoTime()));
            camera.showsTorn(2, 2_000_000, 20, "packets are missing");
            for (int part = 1; part <= 2; part++) {
                var missed = (Capture.Missed) source.next().orElseThrow();
                assertThat(missed.cause()).isEqualTo(Cause.PARTIAL);
                assertThat(missed.detail()).isEqualTo("packets are missing");
                assertThat(ScriptedCamera.grey(missed.views().only())).isEqualTo(10 * part);
                missed.discard();
            }
            assertThat(source.state().detail()).isEqualTo("packets are missing");
        }
    }

    /** The part is told as missed at once, and the next one comes over a new connection. */
    @Test
    void anErrorWhileAPictureIsCopiedLeavesNoPartWaiting() throws Exception {
        var signals = new Signals(Duration.ZERO);
        try (var pool = new FramePool(4, SIDE * SIDE * 3);
                var source = source(signals, BY_NUMBER, pool)) {
            signals.signal(numbered(1, "A1"));
            camera.showsTooLarge(1, 1_000_000);
            var missed = (Capture.Missed) source.next().orElseThrow();
            assertThat(missed.detail()).contains("java.lang.OutOfMemoryError: for a picture");
            camera.awaitTaken();
            signals.signal(numbered(2, "A2"));
            camera.shows(2, 20);
            assertImage(source, 2, "A2", 20);
        }
    }

    @Test
    void numberedSignalsHaveTheirPicturesAndOnesThatDidNotComeAreMisses() throws Exception {
        var signals = new Signals(Duration.ZERO);
        assertThat(signals.signal()).isEqualTo(Reception.REFUSED);
        try (var pool = new FramePool(4, SIDE * SIDE * 3);
                var source = source(signals, BY_NUMBER, pool)) {
            assertThat(signals.signal(numbered(1, "A1"))).isEqualTo(Reception.ACCEPTED);
            assertThat(signals.signal(numbered(1, "A1"))).isEqualTo(Reception.REPEATED);
            assertThat(signals.signal(numbered(4, "A4"))).isEqualTo(Reception.ACCEPTED);
            camera.shows(4, 40);
            camera.shows(1, 10);
            assertImage(source, 1, "A1", 10);
            for (int number = 2; number <= 3; number++) {
                var missed = (Capture.Missed) source.next().orElseThrow();
                assertThat(missed.trigger().id()).isEqualTo(number);
                assertThat(missed.cause()).isEqualTo(Cause.NO_FRAME);
                assertThat(missed.detail()).isEqualTo("trigger number %d did not reach the station".formatted(number));
            }
            FrameStamp stamp = assertImage(source, 4, "A4", 40);
            assertThat(stamp.device().orElseThrow().frameId()).isEqualTo(4);
            assertThat(signals.signal(numbered(0, "A0")))
                    .as("the controller started anew")
                    .isEqualTo(Reception.ACCEPTED);
            camera.shows(0, 50);
            assertImage(source, 5, "A0", 50);
        }
        assertThat(signals.counts()).isEqualTo(new Signals.Counts(3, 0, 1, 2, 1));
        assertThat(signals.signal(numbered(1, "A1"))).isEqualTo(Reception.REFUSED);
    }

    /** The picture is there before the slow message that announces its part. */
    @Test
    void aPictureWaitsForItsTrigger() throws Exception {
        var signals = new Signals(Duration.ZERO);
        try (var pool = new FramePool(4, SIDE * SIDE * 3);
                var source = source(signals, BY_NUMBER, pool)) {
            camera.shows(7, 70);
            camera.awaitTaken();
            signals.signal(numbered(7, "A7"));
            assertImage(source, 1, "A7", 70);
        }
    }

    @Test
    void aSignalThatBouncesIsOnePart() {
        var signals = new Signals(Duration.ofMillis(50));
        List<Long> heard = new ArrayList<>();
        signals.listen(new Signals.Listener() {
            @Override
            public void signalled(Signal signal) {
                heard.add(signal.atNanos());
            }

            @Override
            public void missed(Signal signal) {
                throw new AssertionError("no number was left out");
            }
        });
        long ms = 1_000_000;
        for (long at : new long[] {0, 10 * ms, 49 * ms, 50 * ms, 90 * ms, 200 * ms}) {
            signals.signal(new Signal(OptionalLong.empty(), Optional.empty(), at));
        }
        assertThat(heard).containsExactly(0L, 50 * ms, 200 * ms);
        assertThat(signals.counts().bounced()).isEqualTo(3);
        assertThatThrownBy(() -> new Signals(Duration.ofMillis(-1))).hasMessageContaining("must not be negative");
    }

    @Test
    void theCamerasOwnLineMakesEachPictureATriggerAndEachGapAMiss() throws Exception {
        try (var pool = new FramePool(4, SIDE * SIDE * 3);
                var source = source(new TriggerSource.CameraLine(), BY_NUMBER, pool)) {
            camera.shows(100, 1);
            camera.shows(100, 1); // sent twice
            camera.shows(102, 2);
            assertThat(value(source)).isEqualTo(1);
            assertThat(source.next().orElseThrow())
                    .isInstanceOfSatisfying(
                            Capture.Missed.class,
                            missed -> assertThat(missed.detail()).contains("was lost on the way"));
            assertThat(value(source)).isEqualTo(2);
            assertThat(source.counts()).isEqualTo(new LiveFrameSource.Counts(3, 1, 0));
        }
    }

    @Test
    void aPartIsSeenOnceWhenItComes() throws Exception {
        var detection = new PartDetection(new Region(2, 2, 6, 6), 30, 10, 2);
        try (var pool = new FramePool(4, SIDE * SIDE * 3);
                var source = source(detection, new Matching.FirstAfter(Duration.ofSeconds(1)), pool)) {
            int number = 0;
            // Empty with an ageing lamp, a flash of one picture, a part, empty, another part.
            int[] greys = {50, 51, 52, 53, 200, 54, 120, 121, 122, 123, 56, 55, 56, 180, 181, 182};
            for (int grey : greys) {
                camera.shows(++number, grey);
            }
            assertThat(value(source)).as("the second picture of the first part").isEqualTo(121);
            assertThat(value(source))
                    .as("the second picture of the second part")
                    .isEqualTo(181);
            assertThat(source.counts().triggers()).isEqualTo(2);
        }
        assertThatThrownBy(() -> new PartDetection(new Region(0, 0, 1, 1), 10, 10, 1))
                .hasMessageContaining("0 <= leave < enter <= 255");
    }

    @Test
    void aRegionOutsideThePictureIsNamed() throws Exception {
        var detection = new PartDetection(new Region(2, 2, 60, 6), 30, 10, 1);
        try (var pool = new FramePool(4, SIDE * SIDE * 3);
                var source = source(detection, new Matching.FirstAfter(Duration.ofSeconds(1)), pool)) {
            camera.shows(1, 50);
            long start = System.nanoTime();
            while (!source.state().detail().contains("not within the picture of 8×8")) {
                assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(60));
                Thread.sleep(5);
            }
        }
    }

    /** Forwards, back and forwards again, in any steps: every place of the belt is triggered once. */
    @Test
    void anEncoderTriggersEachPlaceOfTheBeltOnce() {
        for (long seed = 0; seed < 200; seed++) {
            var random = new Random(seed);
            var signals = new Signals(Duration.ZERO);
            var heard = new ArrayList<Signal>();
            signals.listen(new Signals.Listener() {
                @Override
                public void signalled(Signal signal) {
                    heard.add(signal);
                }

                @Override
                public void missed(Signal signal) {
                    throw new AssertionError();
                }
            });
            var encoder = new EncoderDistance(100, signals);
            long begin = random.nextLong(-10_000, 10_000);
            long count = begin;
            long farthest = begin;
            encoder.moved(count, 0);
            for (int i = 1; i < 500; i++) {
                count += random.nextInt(-60, 90);
                farthest = Math.max(farthest, count);
                encoder.moved(count, i);
                assertThat(heard).as("seed %d", seed).hasSize((int) ((farthest - begin) / 100));
            }
            assertThat(encoder.rollback()).isPositive();
        }
    }

    /** The connection stands, and whoever asks is told why there is nothing to see. */
    @Test
    void picturesThatAreTooLargeAreNamedAndDoNotBreakTheConnection() throws Exception {
        var detection = new PartDetection(new Region(2, 2, 6, 6), 30, 10, 1);
        try (var pool = new FramePool(1, 12);
                var source = source(detection, new Matching.FirstAfter(Duration.ofSeconds(1)), pool)) {
            for (int number = 1; number <= 5; number++) {
                camera.shows(number, 50);
            }
            long start = System.nanoTime();
            while (source.state().pictures() < 5 || source.state().detail().isEmpty()) {
                assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(60));
                Thread.sleep(5);
            }
            assertThat(source.state().detail()).contains("8×8 needs 192 bytes");
            assertThat(source.state().condition()).isEqualTo(CameraState.Condition.CONNECTED);
            assertThat(source.state().losses()).isZero();
        }
    }

    /** A counter as Linux shows it: it moves, it goes away and comes back at another count. */
    @Test
    void anEncodersCountIsReadFromItsFile(@TempDir Path dir) throws Exception {
        Path count = Files.writeString(dir.resolve("count"), "-500\n");
        var signals = new Signals(Duration.ZERO);
        try (var pool = new FramePool(1, SIDE * SIDE * 3);
                var _ = source(signals, new Matching.FirstAfter(Duration.ofSeconds(1)), pool);
                var _ = EncoderReader.start(count, 100, signals)) {
            Thread.sleep(200); // it has read where the belt is
            move(count, "-399");
            until(signals, 1);
            move(count, "-100");
            until(signals, 4);
            move(count, "rubbish");
            Thread.sleep(200);
            move(count, "7000");
            Thread.sleep(200);
            move(count, "7100");
            until(signals, 5);
        }
        assertThatThrownBy(() -> EncoderReader.start(dir.resolve("gone"), 100, signals))
                .isInstanceOf(CameraException.class)
                .hasMessageContaining("the encoder's count")
                .hasMessageContaining("gone");
    }

    private static void move(Path count, String to) throws IOException {
        Path next = Files.writeString(count.resolveSibling("next"), to);
        Files.move(next, count, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void until(Signals signals, long accepted) throws InterruptedException {
        long start = System.nanoTime();
        while (signals.counts().accepted() < accepted) {
            assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(60));
            Thread.sleep(2);
        }
        assertThat(signals.counts().accepted()).isEqualTo(accepted);
    }

    /** Signals and pictures from two threads, thousands of them: exactly one capture each, and each with its own picture. */
    @Test
    void underLoadEverySignalEndsInOneCapture() throws Exception {
        var signals = new Signals(Duration.ZERO);
        int parts = 5_000;
        var onTheLine = new Semaphore(6);
        try (var pool = new FramePool(16, SIDE * SIDE * 3);
                var source = source(signals, new Matching.ByNumber(Duration.ofMillis(20)), pool)) {
            Thread line = Thread.ofPlatform().start(() -> {
                var random = new Random(3);
                for (int number = 1; number <= parts; number++) {
                    onTheLine.acquireUninterruptibly();
                    boolean early = random.nextBoolean();
                    if (early && random.nextInt(50) > 0) {
                        camera.shows(number, number % 251);
                    }
                    signals.signal(numbered(number, "A" + number));
                    if (!early && random.nextInt(50) > 0) {
                        camera.shows(number, number % 251);
                    }
                }
            });
            int images = 0;
            for (int number = 1; number <= parts; number++) {
                Capture capture = source.next().orElseThrow();
                onTheLine.release();
                assertThat(capture.trigger().part()).isEqualTo("A" + number);
                if (capture instanceof Capture.Image image) {
                    images++;
                    assertThat(image.frame().rgb()[0] & 255).isEqualTo(number % 251);
                    image.frame().close();
                }
            }
            line.join();
            assertThat(source.counts().triggers()).isEqualTo(parts);
            assertThat(images).isGreaterThan(parts / 2);
            System.out.printf("%d of %d parts had their picture%n", images, parts);
        }
    }

    private LiveFrameSource source(TriggerSource triggers, Matching matching, FramePool pool) {
        return new LiveFrameSource("camera", camera, pool, LIMITS, triggers, matching).start();
    }

    private static Signal numbered(long number, String part) {
        return new Signal(OptionalLong.of(number), Optional.of(part), System.nanoTime());
    }

    private static int value(FrameSource source) throws InterruptedException {
        try (Frame frame = ((Capture.Image) source.next().orElseThrow()).frame()) {
            return frame.rgb()[0] & 255;
        }
    }

    private static FrameStamp assertImage(FrameSource source, long id, String part, int grey)
            throws InterruptedException {
        Capture capture = source.next().orElseThrow();
        assertThat(capture.trigger().part()).isEqualTo(part);
        assertThat(capture.trigger().id()).isEqualTo(id);
        assertThat(capture).as("%s", capture).isInstanceOf(Capture.Image.class);
        Frame frame = ((Capture.Image) capture).frame();
        assertThat(ScriptedCamera.grey(frame)).isEqualTo(grey);
        FrameStamp stamp = frame.stamp().orElseThrow();
        frame.close();
        return stamp;
    }
}
