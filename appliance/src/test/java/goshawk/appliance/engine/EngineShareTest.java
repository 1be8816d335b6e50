package goshawk.appliance.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import goshawk.appliance.engine.Engine.Context;
import goshawk.trtbuild.Patches;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The owner is the test's own thread; guests are virtual ones. */
class EngineShareTest {

    private final AtomicBoolean isOwnersTurn = new AtomicBoolean();

    @Test
    void aGuestsStepsAreDoneByTheOwnerAndGiveWhatTheEngineGives() throws Exception {
        try (var engine = new CountingEngine(() -> {});
                var share = new EngineShare(engine);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<List<float[]>> guest = threads.submit(() -> {
                Engine mine = share.guest();
                try (Context start = mine.start();
                        var seen = mine.see(new Patches(new float[0], 1, 1, 1));
                        Context shown = mine.show(start, new int[] {7, 8}, List.of(seen));
                        Context read =
                                mine.read(shown, new int[] {9}, List.of()).context()) {
                    assertThat(shown.length()).isEqualTo(2);
                    assertThat(read.length()).isEqualTo(3);
                    return List.of(
                            mine.ask(read, List.of(new int[] {5})).getFirst(),
                            mine.ask(read, List.of(new int[] {6}), new int[] {0, 0})
                                    .getFirst());
                } finally {
                    isOwnersTurn.set(true);
                    share.ring();
                }
            });
            share.serveUntil(isOwnersTurn::get);
            assertThat(guest.get()).containsExactly(new float[] {5}, new float[] {6, 6});
            assertThat(engine.steps()).isEqualTo(5);
            assertThat(engine.shown()).as("a guest waits for the device").isZero();
            assertThat(engine.open()).as("all was given back").isZero();
        }
    }

    @Test
    void theOwnerWaitsForTheStepInHandAndForNoOther() throws Exception {
        var guests = 8;
        var inHand = new Semaphore(0);
        var mayEnd = new Semaphore(0);
        try (var engine = new CountingEngine(() -> {
                    inHand.release();
                    mayEnd.acquireUninterruptibly();
                });
                var share = new EngineShare(engine);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var left = new AtomicInteger(guests);
            for (int i = 0; i < guests; i++) {
                threads.execute(() -> {
                    Engine mine = share.guest();
                    try (Context start = mine.start();
                            Context read =
                                    mine.read(start, new int[] {1}, List.of()).context()) {
                        assertThat(read.length()).isEqualTo(1);
                    }
                    if (left.decrementAndGet() == 0) {
                        isOwnersTurn.set(true);
                        share.ring();
                    }
                });
            }
            // The owner's work comes in the middle of the first step, while others wait.
            threads.execute(() -> {
                inHand.acquireUninterruptibly();
                isOwnersTurn.set(true);
                share.ring();
                mayEnd.release();
            });
            share.serveUntil(isOwnersTurn::get);
            assertThat(engine.steps()).as("the step in hand").isEqualTo(1);
            Thread.sleep(50);
            assertThat(engine.steps())
                    .as("while the owner works nobody else does")
                    .isEqualTo(1);

            isOwnersTurn.set(false);
            mayEnd.release(guests);
            share.serveUntil(isOwnersTurn::get);
            assertThat(engine.steps()).isEqualTo(guests);
        }
    }

    @Test
    void aGuestWhoGoesLeavesNothingBehind() throws Exception {
        var inHand = new CountDownLatch(1);
        var mayEnd = new CountDownLatch(1);
        try (var engine = new CountingEngine(() -> {
                    inHand.countDown();
                    uninterrupted(mayEnd);
                });
                var share = new EngineShare(engine)) {
            var guest = Thread.ofVirtual().start(() -> {
                Engine mine = share.guest();
                try (Context start = mine.start()) {
                    mine.read(start, new int[] {1}, List.of()).context().close();
                } catch (EngineException e) {
                    // interrupted, as wanted; or the answer was there first
                }
            });
            Thread.ofVirtual().start(() -> {
                uninterrupted(inHand);
                guest.interrupt();
                mayEnd.countDown();
                join(guest);
                isOwnersTurn.set(true);
                share.ring();
            });
            share.serveUntil(isOwnersTurn::get);
            assertThat(engine.steps()).isEqualTo(1);
            isOwnersTurn.set(true);
            share.serveUntil(isOwnersTurn::get);
            assertThat(engine.open()).isZero();
        }
    }

    @Test
    void whoWaitsWhenItClosesIsTurnedAwayAndWhatWasHeldIsFreed() throws Exception {
        var held = new CompletableFuture<Context>();
        var refused = new CompletableFuture<Throwable>();
        try (var engine = new CountingEngine(() -> {})) {
            var share = new EngineShare(engine);
            Thread.ofVirtual().start(() -> {
                held.complete(share.guest().start());
                isOwnersTurn.set(true);
                share.ring();
                try {
                    share.guest().start();
                } catch (EngineException e) {
                    refused.complete(e);
                }
            });
            share.serveUntil(isOwnersTurn::get);
            assertThat(engine.open()).isEqualTo(1);
            share.close();
            assertThat(engine.open()).isZero();
            await().untilAsserted(() -> assertThat(refused).isCompleted());
            held.join().close(); // too late, and no harm done
            assertThatThrownBy(() -> share.guest().start()).isInstanceOf(EngineException.class);
        }
    }

    @Test
    void aStepThatFailsIsTheGuestsTrouble() throws Exception {
        List<Throwable> told = new ArrayList<>();
        try (var engine = new CountingEngine(() -> {
                    throw new EngineException("run failed");
                });
                var share = new EngineShare(engine)) {
            Thread.ofVirtual().start(() -> {
                try (Context start = share.guest().start()) {
                    share.guest().read(start, new int[] {1}, List.of());
                } catch (EngineException e) {
                    told.add(e);
                }
                isOwnersTurn.set(true);
                share.ring();
            });
            share.serveUntil(isOwnersTurn::get);
            assertThat(told).singleElement().satisfies(e -> assertThat(e).hasMessage("run failed"));
        }
    }

    private static void uninterrupted(CountDownLatch latch) {
        boolean interrupted = false;
        while (true) {
            try {
                latch.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
