package goshawk.appliance;

import static org.assertj.core.api.Assertions.assertThat;

import goshawk.appliance.engine.CountingEngine;
import goshawk.appliance.engine.Engine;
import goshawk.appliance.engine.Engine.Context;
import goshawk.appliance.engine.EngineException;
import goshawk.appliance.engine.EngineShare;
import goshawk.camera.Capture;
import goshawk.camera.Cause;
import goshawk.camera.FrameSource;
import goshawk.camera.Trigger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A line on which guests press for the engine all the time. */
class SparingCameraTest {

    private static final int PARTS = 40;
    private static final int GUESTS = 3;
    private static final int STEP_MS = 3;

    private final AtomicBoolean isInspecting = new AtomicBoolean();
    private final AtomicInteger stepsWhileInspecting = new AtomicInteger();
    private final AtomicInteger stepsBegun = new AtomicInteger();
    private final AtomicInteger stepsBegunAtHandOver = new AtomicInteger();

    @Test
    void aPartWaitsForOneStepAtMostAndIsNeverInterleaved() throws Exception {
        var isOver = new AtomicBoolean();
        List<Thread> guests = new ArrayList<>();
        try (var engine = new CountingEngine(this::step);
                var share = new EngineShare(engine)) {
            for (int i = 0; i < GUESTS; i++) {
                guests.add(guest(share, isOver));
            }
            try (var camera = new SparingCamera(CameraThread.start(new Belt(), () -> handedOver(share)), share)) {
                long parts = 0;
                for (Optional<Capture> next = camera.next(); next.isPresent(); next = camera.next()) {
                    assertThat(stepsBegun.get() - stepsBegunAtHandOver.get())
                            .as(
                                    "steps that began while part %s waited",
                                    next.get().trigger().part())
                            .isLessThanOrEqualTo(1);
                    isInspecting.set(true);
                    Thread.sleep(2 * STEP_MS);
                    isInspecting.set(false);
                    parts++;
                }
                assertThat(parts).isEqualTo(PARTS);
            }
            isOver.set(true);
            assertThat(stepsWhileInspecting)
                    .as("steps while a part was inspected")
                    .hasValue(0);
            assertThat(engine.steps()).as("guests had their time").isGreaterThan(PARTS);
        }
        for (Thread guest : guests) {
            guest.join(); // turned away when the share was closed
        }
    }

    private void handedOver(EngineShare share) {
        stepsBegunAtHandOver.set(stepsBegun.get());
        share.ring();
    }

    private void step() {
        stepsBegun.incrementAndGet();
        if (isInspecting.get()) {
            stepsWhileInspecting.incrementAndGet();
        }
        pause(STEP_MS);
    }

    private static void pause(int ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Thread guest(EngineShare share, AtomicBoolean isOver) {
        return Thread.ofVirtual().start(() -> {
            Engine mine = share.guest();
            try {
                while (!isOver.get()) {
                    try (Context start = mine.start();
                            Context read =
                                    mine.read(start, new int[] {1}, List.of()).context()) {
                        assertThat(read.length()).isEqualTo(1);
                    }
                }
            } catch (EngineException e) {
                // the line has ended
            }
        });
    }

    /** A part every few milliseconds, without a picture. */
    private static final class Belt implements FrameSource {

        private int part;

        @Override
        public Optional<Capture> next() {
            if (part == PARTS) {
                return Optional.empty();
            }
            pause(STEP_MS * 7);
            part++;
            var trigger = new Trigger(part, "P" + part, Instant.EPOCH, System.nanoTime());
            return Optional.of(new Capture.Missed(trigger, Cause.NO_FRAME, "none is needed", true));
        }

        @Override
        public void close() {}
    }
}
