package goshawk.camera;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.camera.LiveFrameSource.Limits;
import goshawk.camera.aravis.StreamCounters;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.SequencedMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two and more cameras, one part. */
class JoinedFrameSourceTest {

    private static final int SIDE = ScriptedCamera.SIDE;

    /** Answers what it is handed, trigger by trigger; an empty answer is its end. */
    private static final class Told implements FrameSource {

        private final BlockingQueue<Optional<Capture>> answers = new LinkedBlockingQueue<>();
        private final CountDownLatch closed = new CountDownLatch(1);
        private volatile Optional<RuntimeException> failure = Optional.empty();
        private volatile SourceReport counted = SourceReport.NONE;

        void image(FramePool pool, long trigger) {
            answers.add(Optional.of(new Capture.Image(of(trigger), frame(pool, trigger), false)));
        }

        void torn(FramePool pool, long trigger, String why) {
            answers.add(Optional.of(Capture.Missed.partial(
                    of(trigger), Cause.PARTIAL, frame(pool, trigger).damaged(why), false)));
        }

        void missed(long trigger, Cause cause, String detail) {
            answers.add(Optional.of(new Capture.Missed(of(trigger), cause, detail, false)));
        }

        @Override
        public SourceReport report() {
            return counted;
        }

        void ends() {
            answers.add(Optional.empty());
        }

        @Override
        public Optional<Capture> next() throws InterruptedException {
            if (failure.isPresent()) {
                throw failure.get();
            }
            return answers.take();
        }

        @Override
        public void close() {
            answers.forEach(it -> it.ifPresent(capture -> capture.views().close()));
            closed.countDown();
        }
    }

    private final Told front = new Told();
    private final Told side = new Told();

    private JoinedFrameSource joined(Duration patience) {
        SequencedMap<String, FrameSource> cameras = new LinkedHashMap<>();
        cameras.put("front", front);
        cameras.put("side", side);
        return JoinedFrameSource.start(cameras, patience);
    }

    @Test
    void onePartHasAPictureOfEachView() throws Exception {
        try (var pool = new FramePool(4, SIDE * SIDE * 3);
                var source = joined(Duration.ofSeconds(10))) {
            for (long trigger = 1; trigger <= 20; trigger++) {
                front.image(pool, trigger);
                side.image(pool, trigger);
                var image = (Capture.Image) source.next().orElseThrow();
                assertThat(image.trigger().id()).isEqualTo(trigger);
                assertThat(image.views().names()).containsExactly("front", "side");
                for (Frame frame : image.views().byName().values()) {
                    assertThat(number(frame)).isEqualTo(trigger);
                }
                image.views().close();
            }
            front.ends();
            assertThat(source.next()).isEmpty();
        }
        assertThat(front.closed.getCount() + side.closed.getCount()).isZero();
    }

    @Test
    void aCameraThatAnswersOnlyWhenItIsStoppedIsClosedAtOnce() throws Exception {
        try (var pool = new FramePool(1, SIDE * SIDE * 3)) {
            var late = new FrameSource() {
                private boolean hasAnswered;

                @Override
                public Optional<Capture> next() throws InterruptedException {
                    try {
                        new CountDownLatch(1).await();
                    } catch (InterruptedException e) {
                        if (hasAnswered) {
                            throw e;
                        }
                        hasAnswered = true;
                        Thread.currentThread().interrupt();
                    }
                    return Optional.of(new Capture.Image(of(1), frame(pool, 1), false));
                }

                @Override
                public void close() {}
            };
            SequencedMap<String, FrameSource> cameras = new LinkedHashMap<>();
            cameras.put("front", front);
            cameras.put("side", late);
            var source = JoinedFrameSource.start(cameras, Duration.ofMillis(1));
            front.missed(1, Cause.CAMERA, "unplugged");
            assertThat(source.next().orElseThrow().faults()).hasSize(2);
            long start = System.nanoTime();
            source.close();
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
        }
    }

    @Test
    void aMissingViewIsNamedWithItsReasonAndTheOtherIsKept() throws Exception {
        try (var pool = new FramePool(4, SIDE * SIDE * 3);
                var source = joined(Duration.ofSeconds(10))) {
            front.image(pool, 1);
            side.missed(1, Cause.CAMERA, "camera 10.0.0.2 was unplugged");
            var missed = (Capture.Missed) source.next().orElseThrow();
            assertThat(missed.cause()).isEqualTo(Cause.CAMERA);
            assertThat(missed.detail()).isEqualTo("view side: camera 10.0.0.2 was unplugged");
            assertThat(missed.faults()).containsExactly(new ViewFault("side", 1, "camera 10.0.0.2 was unplugged"));
            assertThat(missed.views().names()).containsExactly("front");
            missed.views().close();

            front.missed(2, Cause.NO_FRAME, "no picture");
            side.missed(2, Cause.OVERRUN, "every frame was in use");
            missed = (Capture.Missed) source.next().orElseThrow();
            assertThat(missed.cause()).isEqualTo(Cause.NO_FRAME);
            assertThat(missed.detail()).isEqualTo("view front: no picture; view side: every frame was in use");
            assertThat(missed.views().isEmpty()).isTrue();
        }
    }

    @Test
    void aTornPictureIsKeptUnderItsViewAndSaysThatItIs() throws Exception {
        try (var pool = new FramePool(4, SIDE * SIDE * 3);
                var source = joined(Duration.ofSeconds(10))) {
            front.torn(pool, 1, "packets are missing");
            side.image(pool, 1);
            var missed = (Capture.Missed) source.next().orElseThrow();
            assertThat(missed.cause()).isEqualTo(Cause.PARTIAL);
            assertThat(missed.detail()).isEqualTo("view front: packets are missing");
            assertThat(missed.views().frame("front").damage()).contains("packets are missing");
            assertThat(missed.views().frame("side").damage()).isEmpty();
            missed.discard();
        }
    }

    @Test
    void whatTheCamerasCountIsAddedUpAndALostOneIsNamed() {
        front.counted = counted(10, 1, "");
        side.counted = counted(7, 2, "cable");
        try (var source = joined(Duration.ofSeconds(10))) {
            SourceReport report = source.report();
            assertThat(report.stream()).contains(new StreamCounters(17, 3, 0, 0, 0, 0, 0, 0, 0));
            CameraState state = report.connection().orElseThrow();
            assertThat(state.condition()).isEqualTo(CameraState.Condition.LOST);
            assertThat(state.detail()).isEqualTo("view side: cable");
            assertThat(state.pictures()).isEqualTo(17);
            assertThat(state.reopened()).as("each was opened once").isZero();
            assertThat(report.matching()).contains(new LiveFrameSource.Counts(5, 2, 6));
            assertThat(source.cameras().lastEntry().getValue().report()).isEqualTo(side.counted);
        }
    }

    private static SourceReport counted(long pictures, long incomplete, String fault) {
        var condition = fault.isEmpty() ? CameraState.Condition.CONNECTED : CameraState.Condition.LOST;
        return new SourceReport(
                Optional.of(new CameraState(condition, fault, pictures, 1, 0, 0, 0)),
                Optional.of(new LiveFrameSource.Counts(5, 1, 3)),
                Optional.empty(),
                Optional.of(new StreamCounters(pictures, incomplete, 0, 0, 0, 0, 0, 0, 0)),
                Optional.empty());
    }

    @Test
    void aSlowCamerasPictureIsNeverTheNextParts() throws Exception {
        try (var pool = new FramePool(4, SIDE * SIDE * 3);
                var source = joined(Duration.ofMillis(50))) {
            front.image(pool, 1);
            var missed = (Capture.Missed) source.next().orElseThrow();
            assertThat(missed.detail()).isEqualTo("view side: its camera gave no answer within 50 ms");
            missed.views().close();
            side.image(pool, 1); // too late
            front.image(pool, 2);
            side.image(pool, 2);
            var image = (Capture.Image) source.next().orElseThrow();
            assertThat(number(image.views().frame("side"))).isEqualTo(2);
            image.views().close();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 20261126})
    void whateverIsSlowOrLostNoViewIsAnotherParts(long seed) throws Exception {
        var random = new Random(seed);
        int parts = 300;
        int images = 0;
        try (var pool = new FramePool(2 * 300, SIDE * SIDE * 3);
                var source = joined(Duration.ofMillis(4))) {
            Thread line = Thread.ofPlatform().start(() -> {
                for (long trigger = 1; trigger <= parts; trigger++) {
                    answer(pool, front, trigger, random);
                    if (random.nextInt(20) > 0) { // otherwise it never answers
                        answer(pool, side, trigger, random);
                    }
                }
                front.ends();
            });
            long expected = 1;
            for (var next = source.next(); next.isPresent(); next = source.next()) {
                Capture capture = next.get();
                assertThat(capture.trigger().id()).as("seed %d", seed).isEqualTo(expected++);
                for (Frame frame : capture.views().byName().values()) {
                    assertThat(number(frame))
                            .as("seed %d", seed)
                            .isEqualTo(capture.trigger().id());
                }
                images += capture instanceof Capture.Image ? 1 : 0;
                capture.views().close();
            }
            line.join();
            assertThat(expected).isEqualTo(parts + 1);
        }
        assertThat(images).as("seed %d", seed).isBetween(parts / 10, parts - 1);
    }

    private static void answer(FramePool pool, Told camera, long trigger, Random random) {
        pause(random.nextInt(30) == 0 ? 8 : 0);
        if (random.nextInt(20) == 0) {
            camera.missed(trigger, Cause.NO_FRAME, "fault");
        } else {
            camera.image(pool, trigger);
        }
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aCameraThatDiesCostsItsViewAndTheFirstOneTheLine() throws Exception {
        try (var pool = new FramePool(4, SIDE * SIDE * 3);
                var source = joined(Duration.ofSeconds(10))) {
            side.ends();
            front.image(pool, 1);
            var missed = (Capture.Missed) source.next().orElseThrow();
            assertThat(missed.cause()).isEqualTo(Cause.CAMERA);
            assertThat(missed.detail()).isEqualTo("view side: its camera has ended");
            missed.views().close();
            front.failure = Optional.of(new CameraException("camera 7 is on fire"));
            front.ends(); // wakes it, if it waits already
            assertThatThrownBy(() -> {
                        while (source.next().isPresent()) {
                            // until it fails
                        }
                        throw new CameraException("view front: camera 7 is on fire"); // it had ended before it could
                    })
                    .isInstanceOf(CameraException.class)
                    .hasMessage("view front: camera 7 is on fire");
        }
    }

    @Test
    void anInterruptEndsItAndNoFrameIsLost() throws Exception {
        try (var pool = new FramePool(4, SIDE * SIDE * 3)) {
            var source = joined(Duration.ofSeconds(10));
            Thread.currentThread().interrupt();
            assertThatThrownBy(source::next).isInstanceOf(InterruptedException.class);
            front.image(pool, 1);
            side.image(pool, 1);
            source.close();
            front.close();
            side.close();
        }
    }

    /** Real cameras' loops: the first one's signals trigger both, each by its own pictures' numbers. */
    @Test
    void signalsOfTheFirstCameraTriggerTheOthersUnderTheSameName() throws Exception {
        var signals = new Signals(Duration.ZERO);
        var shared = new SharedTriggers();
        var one = new ScriptedCamera();
        var other = new ScriptedCamera();
        var limits = new Limits(Duration.ZERO, Duration.ofSeconds(30), Duration.ofMillis(1), Duration.ofMillis(4));
        var matching = new Matching.ByNumber(Duration.ofMillis(300));
        try (var pools = new FramePools(4)) {
            SequencedMap<String, FrameSource> cameras = new LinkedHashMap<>();
            var following =
                    new LiveFrameSource("other", other, pools.open(SIDE, SIDE), limits, shared, matching).start();
            var leading = new LiveFrameSource(
                            "one",
                            one,
                            pools.open(SIDE, SIDE),
                            limits,
                            new TriggerSource.Leading(signals, shared),
                            matching)
                    .start();
            cameras.put("front", leading);
            cameras.put("side", following);
            try (var source = JoinedFrameSource.start(cameras, Duration.ofSeconds(2))) {
                for (long number = 1; number <= 5; number++) {
                    signals.signal(
                            new Signals.Signal(OptionalLong.of(number), Optional.of("A" + number), System.nanoTime()));
                    one.shows(number, (int) number);
                    if (number != 3) {
                        other.shows(number, (int) number);
                    }
                    Capture capture = source.next().orElseThrow();
                    assertThat(capture.trigger().part()).isEqualTo("A" + number);
                    if (number == 3) {
                        var missed = (Capture.Missed) capture;
                        assertThat(missed.detail()).isEqualTo("view side: no picture within 300 ms of other");
                        assertThat(missed.views().names()).containsExactly("front");
                    } else {
                        assertThat(capture).isInstanceOf(Capture.Image.class);
                        for (Frame frame : capture.views().byName().values()) {
                            assertThat(ScriptedCamera.grey(frame)).isEqualTo((int) number);
                        }
                    }
                    capture.views().close();
                }
            }
        }
    }

    private static Trigger of(long id) {
        return new Trigger(id, "P" + id, Instant.EPOCH, System.nanoTime());
    }

    private static Frame frame(FramePool pool, long number) {
        return filled(pool.tryTake(SIDE, SIDE).orElseThrow(), number);
    }

    private static Frame filled(Frame frame, long number) {
        ByteBuffer.wrap(frame.rgb()).putLong(number);
        return frame;
    }

    private static long number(Frame frame) {
        return ByteBuffer.wrap(frame.rgb()).getLong();
    }
}
