package goshawk.appliance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.appliance.domain.Records;
import goshawk.camera.CameraException;
import goshawk.camera.Capture;
import goshawk.camera.Cause;
import goshawk.camera.Frame;
import goshawk.camera.FramePool;
import goshawk.camera.FrameSource;
import goshawk.camera.Trigger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CameraThreadTest {

    private final FramePool frames = new FramePool(2, 12);
    private final CountDownLatch closed = new CountDownLatch(1);

    @Test
    void aTriggerThatFindsEveryFrameInUseIsHandedOnAsAMiss() throws InterruptedException {
        var belt = new Belt(5);
        List<Capture> taken = new ArrayList<>();
        try (var camera = CameraThread.start(belt)) {
            belt.go.release(5);
            belt.triggered.acquire(5); // all five came while the line was busy with something else
            for (int i = 0; i < 5; i++) {
                taken.add(camera.next().orElseThrow());
            }
            assertThat(camera.next()).isEmpty();
        }
        assertThat(taken).extracting(capture -> capture.trigger().id()).containsExactly(1L, 2L, 3L, 4L, 5L);
        assertThat(taken.subList(0, 2)).hasOnlyElementsOfType(Capture.Image.class);
        assertThat(taken.subList(2, 5))
                .allSatisfy(capture -> assertThat(capture)
                        .isInstanceOfSatisfying(
                                Capture.Missed.class,
                                it -> assertThat(it.cause()).isEqualTo(Cause.OVERRUN)));
        taken.forEach(CameraThreadTest::giveBack);
    }

    @Test
    void theCameraRunsOnItsOwnNamedThreadAndIsClosedThere() throws InterruptedException {
        var belt = new Belt(1);
        try (var camera = CameraThread.start(belt)) {
            belt.go.release();
            giveBack(camera.next().orElseThrow());
        }
        closed.await();
        assertThat(belt.threads).hasSize(2).allMatch("camera"::equals);
    }

    @Test
    void whatWasTriggeredBeforeTheLineStoppedIsStillHandedOn() throws InterruptedException {
        var belt = new Belt(Integer.MAX_VALUE);
        try (var camera = CameraThread.start(belt)) {
            belt.go.release(2);
            belt.triggered.acquire(2);
            Thread.currentThread().interrupt();
            for (long id = 1; id <= 2; id++) {
                Capture capture = camera.next().orElseThrow();
                assertThat(capture.trigger().id()).isEqualTo(id);
                // The first may have been taken up before anybody looked at the interrupt.
                if (id == 2) {
                    assertThat(capture)
                            .isInstanceOfSatisfying(
                                    Capture.Missed.class,
                                    it -> assertThat(it.cause()).isEqualTo(Cause.STOPPED));
                }
                giveBack(capture);
            }
            assertThatThrownBy(camera::next).isInstanceOf(InterruptedException.class);
        }
        closed.await();
    }

    @Test
    void aCameraThatDiesIsNamedAfterEverythingItHadTaken() throws InterruptedException {
        var belt = new Belt(1);
        belt.after = () -> {
            throw new CameraException("unplugged");
        };
        try (var camera = CameraThread.start(belt)) {
            belt.go.release(2);
            giveBack(camera.next().orElseThrow());
            assertThatThrownBy(camera::next).isInstanceOf(CameraException.class).hasMessageContaining("unplugged");
            assertThat(camera.next()).isEmpty();
        }
    }

    @Test
    void framesThatNobodyTookAreGivenBack() throws InterruptedException {
        var belt = new Belt(2);
        var camera = CameraThread.start(belt);
        belt.go.release(2);
        belt.triggered.acquire(2);
        camera.close();
        closed.await();
    }

    @AfterEach
    void everyFrameWasGivenBack() {
        assertThat(Thread.interrupted()).isFalse();
        frames.close();
    }

    private static void giveBack(Capture capture) {
        if (capture instanceof Capture.Image image) {
            try (Frame frame = image.frame()) {
                assertThat(frame.rgb()).isNotEmpty();
            }
        }
    }

    /** Triggers as often as it is let. */
    private final class Belt implements FrameSource {

        private final Semaphore go = new Semaphore(0);
        private final Semaphore triggered = new Semaphore(0);
        private final List<String> threads = new ArrayList<>();
        private final int parts;
        private long index;
        private Runnable after = () -> {};

        Belt(int parts) {
            this.parts = parts;
        }

        @Override
        public Optional<Capture> next() throws InterruptedException {
            if (index == parts) {
                after.run();
                return Optional.empty();
            }
            go.acquire();
            threads.add(Thread.currentThread().getName());
            var trigger = new Trigger(++index, "P" + index, Records.AT, 0);
            try {
                return frames.tryTake(2, 2)
                        .<Capture>map(frame -> new Capture.Image(trigger, frame, true))
                        .or(() -> Optional.of(new Capture.Missed(trigger, Cause.OVERRUN, "", true)));
            } finally {
                triggered.release();
            }
        }

        @Override
        public void close() {
            threads.add(Thread.currentThread().getName());
            closed.countDown();
        }
    }
}
