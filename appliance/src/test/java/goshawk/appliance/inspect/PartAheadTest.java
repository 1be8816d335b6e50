package goshawk.appliance.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import goshawk.appliance.domain.Deadline;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.InspectionException;
import goshawk.appliance.domain.PartLocator;
import goshawk.appliance.domain.Point;
import goshawk.appliance.domain.Pose;
import goshawk.appliance.domain.Poses;
import goshawk.appliance.domain.PrefixCounters;
import goshawk.camera.Cause;
import goshawk.camera.Frame;
import goshawk.camera.Views;
import goshawk.trtbuild.Patches;
import goshawk.trtbuild.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Begins with a part before its turn, and what becomes of that. */
class PartAheadTest {

    private static final Poses MOVED = Poses.of(new Pose(new Point(80, 64), 3, 5, 0));
    private static final Patches PATCHES = new Patches(new float[4 * 8], 1, 2, 2);

    private final FakeEngine engine = new FakeEngine(_ -> new float[1]);
    private final Views next = picture();
    private Optional<Views> waiting = Optional.of(next);
    private final AtomicInteger closed = new AtomicInteger();

    private static Views picture() {
        return Views.of(Frame.of(160, 128, new byte[160 * 128 * 3]));
    }

    private PartAhead ahead(PartLocator locator) {
        return new PartAhead(() -> waiting, counted(locator), engine, (_, _) -> PATCHES);
    }

    private PartLocator counted(PartLocator locator) {
        return new PartLocator() {
            @Override
            public Poses locate(Views views) {
                return locator.locate(views);
            }

            @Override
            public void close() {
                closed.incrementAndGet();
                locator.close();
            }
        };
    }

    @AfterEach
    void nothingIsLeftOpen() {
        assertThat(engine.open).isZero();
        assertThat(closed).hasValue(1);
    }

    private void untilSeen(PartAhead ahead) {
        await().until(() -> {
            ahead.goOn(true);
            return !engine.seen.isEmpty();
        });
    }

    @Test
    void itIsSeenBeforeItsTurnAndOnce() {
        try (var ahead = ahead(_ -> MOVED)) {
            untilSeen(ahead);
            ahead.goOn(true);
            PartAhead.Prepared prepared = ahead.take(next).orElseThrow();
            assertThat(prepared.poses()).isEqualTo(MOVED);
            assertThat(engine.seen).containsExactly(PATCHES);
            prepared.seen().orElseThrow().close();
            waiting = Optional.empty();
            ahead.goOn(true);
            assertThat(ahead.take(next)).as("it is taken once").isEmpty();
        }
    }

    @Test
    void itWaitsUntilThePartInHandIsSeen() {
        try (var ahead = ahead(_ -> MOVED)) {
            for (int i = 0; i < 50; i++) {
                ahead.goOn(false);
            }
            PartAhead.Prepared prepared = ahead.take(next).orElseThrow();
            assertThat(prepared.seen()).isEmpty();
            assertThat(prepared.patches()).isEqualTo(PATCHES);
            assertThat(engine.seen).isEmpty();
        }
    }

    @Test
    void nothingIsDoneWhileNoPartWaits() {
        waiting = Optional.empty();
        try (var ahead = ahead(_ -> MOVED)) {
            ahead.goOn(true);
            assertThat(ahead.take(next)).isEmpty();
        }
    }

    @Test
    void whatWasDoneForAPartThatNeverCameIsDropped() {
        try (var ahead = ahead(_ -> MOVED)) {
            untilSeen(ahead);
            assertThat(ahead.take(picture())).isEmpty();
            assertThat(engine.open).isZero();
            assertThat(ahead.take(next)).isEmpty();
        }
    }

    @Test
    void whatIsNeverTakenIsClosed() {
        try (var ahead = ahead(_ -> MOVED)) {
            untilSeen(ahead);
            assertThat(engine.open).isEqualTo(1);
        }
    }

    @Test
    void aFailureIsLeftToThePartItself() {
        try (var ahead = ahead(_ -> {
            throw new InspectionException(Cause.POSE, "datum-a not found");
        })) {
            ahead.goOn(true);
            assertThat(ahead.take(next)).isEmpty();
        }
    }

    @Test
    void whatTheEngineHasNoRoomForIsSeenWhenItsTurnComes() {
        engine.failsToSee = true;
        try (var ahead = ahead(_ -> MOVED)) {
            ahead.goOn(true);
            await().until(() -> {
                ahead.goOn(true);
                return true;
            });
            PartAhead.Prepared prepared = ahead.take(next).orElseThrow();
            assertThat(prepared.seen()).isEmpty();
        }
    }

    @Test
    void whatALostProcessHadSeenIsSeenAnew() {
        try (var ahead = ahead(_ -> MOVED)) {
            untilSeen(ahead);
            engine.isLost = true;
            PartAhead.Prepared prepared = ahead.take(next).orElseThrow();
            assertThat(prepared.seen()).isEmpty();
            assertThat(prepared.patches()).isEqualTo(PATCHES);
        }
    }

    /** Two parts, the second of which waits while the first is in hand: located ahead, and judged alike. */
    @Test
    void anInspectorJudgesAPartThatWasBegunAheadLikeAnyOther(@TempDir Path dir) {
        ModelInput input = TestInput.of("thinking", dir, List.of());
        try (Tokenizer words = Tokenizer.open(TestInput.goldens("thinking"))) {
            var mind = new Mind(words);
            mind.on("Is a bolt missing?", 0.9, 0, "missing_bolt\",\"box\":[0,0,1000,1000]}]}");
            var own = new FakeEngine(mind);
            var located = new AtomicInteger();
            PartLocator inTurn = _ -> {
                located.incrementAndGet();
                return Poses.of(Pose.nominal(160, 128));
            };
            var parts = new ModelInspector.NextParts(() -> waiting, counted(_ -> Poses.of(Pose.nominal(160, 128))));
            try (var inspector = ModelInspector.cold(
                    own,
                    input,
                    Recipes.asking("Is a bolt missing?"),
                    inTurn,
                    new PrefixCounters(PrefixCounters.USUAL_BYTES),
                    Optional.of(parts))) {
                Inspection.Completed first = inspector.inspect(picture(), never());
                waiting = Optional.empty();
                Inspection.Completed second = inspector.inspect(next, never());
                assertThat(located).as("the second was located ahead").hasValue(1);
                assertThat(second.scores()).isEqualTo(first.scores());
                assertThat(second.findings()).isEqualTo(first.findings());
                assertThat(own.seen).as("each part once").hasSize(2);
            }
            assertThat(own.open).isZero();
        }
    }

    private static Deadline never() {
        return new Deadline(Long.MAX_VALUE / 2, () -> 0);
    }
}
