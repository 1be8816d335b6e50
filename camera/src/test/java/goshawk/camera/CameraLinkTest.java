package goshawk.camera;

import static org.assertj.core.api.Assertions.assertThat;

import goshawk.camera.CameraState.Condition;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

class CameraLinkTest {

    private static final Patience IMPATIENT = new Patience(
            new Silence.Stall(Duration.ofMillis(300), Duration.ofMillis(200)),
            Duration.ofMillis(5),
            Duration.ofMillis(20));

    /** Native calls that no interrupt ends: four may hang, the fifth is not made; when one returns, it goes on. */
    @Test
    void hangingReadersAreLeftAndBounded() throws Exception {
        var camera = new HangingCamera();
        var link = new CameraLink("camera", camera, IMPATIENT, camera);
        link.start();
        until(() -> link.state().condition() == Condition.HANGING);
        assertThat(link.state().hanging()).isEqualTo(CameraLink.MOST_HANGING);
        assertThat(camera.opened).hasValue(CameraLink.MOST_HANGING);
        assertThat(link.state().stalls()).isEqualTo(CameraLink.MOST_HANGING);
        assertThat(link.fault()).contains("4 native calls hang").contains("restart the station");

        camera.hangs = false;
        camera.released.countDown();
        until(() ->
                link.state().condition() == Condition.CONNECTED && link.state().hanging() == 0);
        assertThat(link.fault()).isEmpty();
        link.close();
        assertThat(link.state().condition()).isEqualTo(Condition.CLOSED);
        assertThat(camera.closed).hasValue(camera.opened.get());
    }

    @Test
    void whatIsKnownToBeWrongIsToldInPlaceOfASilence() throws Exception {
        var camera = new HangingCamera();
        camera.trouble = "camera does not answer";
        var link = new CameraLink("camera", camera, IMPATIENT, camera);
        link.start();
        var first = new AtomicReference<>("");
        until(() -> !first.updateAndGet(_ -> link.state().detail()).isEmpty());
        assertThat(first).hasValue("camera does not answer");
        camera.released.countDown();
        link.close();
    }

    /** A picture of a connection that was given up does not count: the part it shows may have gone. */
    @Test
    void whatAGivenUpReaderStillReadsIsDropped() throws Exception {
        var camera = new HangingCamera();
        var link = new CameraLink("camera", camera, IMPATIENT, camera);
        link.start();
        until(() -> link.state().stalls() == 1);
        camera.hangs = false;
        until(() -> camera.pictures.get() > 0);
        long first = camera.firstReader.get();
        camera.released.countDown();
        until(() -> camera.closed.get() >= 1);
        assertThat(first).isNotZero();
        assertThat(camera.pictureOfFirstReader).isFalse();
        until(() ->
                link.state().condition() == Condition.CONNECTED && link.state().hanging() == 0);
        link.close();
    }

    @Test
    void retriesAreSpreadAndBounded() {
        var patience = new Patience(Silence.USUAL, Duration.ofMillis(100), Duration.ofMillis(800));
        var backoff = new Backoff(patience.firstRetry(), patience.lastRetry(), new Random(1));
        long step = 100;
        for (int i = 0; i < 50; i++) {
            assertThat(backoff.next()).isBetween(Duration.ofMillis(step / 2), Duration.ofMillis(step));
            step = Math.min(800, step * 2);
        }
        backoff.reset();
        assertThat(backoff.next()).isLessThanOrEqualTo(Duration.ofMillis(100));
    }

    private static void until(BooleanSupplier wanted) throws InterruptedException {
        long start = System.nanoTime();
        while (!wanted.getAsBoolean()) {
            assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(60));
            Thread.sleep(2);
        }
    }

    /** Hangs in its first picture, whatever interrupts it; later connections do not, once {@code hangs} is false. */
    private static final class HangingCamera implements PictureStream.Opener, CameraLink.Listener {

        final AtomicInteger opened = new AtomicInteger();
        final AtomicInteger closed = new AtomicInteger();
        final AtomicInteger pictures = new AtomicInteger();
        final AtomicLong firstReader = new AtomicLong();
        final CountDownLatch released = new CountDownLatch(1);
        volatile boolean hangs = true;
        volatile String trouble = "";
        volatile boolean pictureOfFirstReader;

        @Override
        public PictureStream open() {
            opened.incrementAndGet();
            firstReader.compareAndSet(0, Thread.currentThread().threadId());
            boolean stuck = hangs;
            return new PictureStream() {
                @Override
                public boolean advance() {
                    boolean interrupted = false;
                    while (stuck && released.getCount() > 0) {
                        try {
                            released.await();
                        } catch (InterruptedException e) {
                            interrupted = true;
                        }
                    }
                    if (interrupted) {
                        Thread.currentThread().interrupt();
                    }
                    return true;
                }

                @Override
                public Optional<Frame> copy(FramePool pool) {
                    throw new UnsupportedOperationException();
                }

                @Override
                public String trouble() {
                    return trouble;
                }

                @Override
                public void close() {
                    closed.incrementAndGet();
                }
            };
        }

        @Override
        public void connected() {}

        @Override
        public void picture(PictureStream stream, long arrivedNanos) {
            pictures.incrementAndGet();
            pictureOfFirstReader |= Thread.currentThread().threadId() == firstReader.get();
        }
    }
}
