package goshawk.appliance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.appliance.domain.ArchivedPicture;
import goshawk.appliance.domain.Deadline;
import goshawk.appliance.domain.Disposition;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.InspectionException;
import goshawk.appliance.domain.InspectionLog;
import goshawk.appliance.domain.InspectionRecord;
import goshawk.appliance.domain.Inspector;
import goshawk.appliance.domain.Job;
import goshawk.appliance.domain.LineCounters;
import goshawk.appliance.domain.LogException;
import goshawk.appliance.domain.Outcome;
import goshawk.appliance.domain.PartGate;
import goshawk.appliance.domain.PictureArchive;
import goshawk.appliance.domain.Records;
import goshawk.appliance.domain.Shifts;
import goshawk.appliance.domain.Verdict;
import goshawk.appliance.engine.EngineException;
import goshawk.camera.Capture;
import goshawk.camera.Cause;
import goshawk.camera.Frame;
import goshawk.camera.FramePool;
import goshawk.camera.FrameSource;
import goshawk.camera.Trigger;
import goshawk.camera.ViewFault;
import goshawk.camera.Views;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class InspectionLineTest {

    private static final Duration TAKT = Duration.ofMillis(500);

    private final FramePool frames = new FramePool(2, 12);
    private final List<Capture> conveyor = new ArrayList<>();
    private final Memory history = new Memory();
    private final SimulatedPartGate simulated = new SimulatedPartGate();
    private final LineCounters counters = new LineCounters();
    private final List<InspectionRecord> heard = new ArrayList<>();
    private PartGate gate = simulated;
    private Look eye = () -> Records.seen(0.01);
    private Runnable archive = () -> {};
    private long nanos;
    private long triggers;

    /** What an inspector does, in one line. */
    private interface Look {
        Inspection.Completed look();
    }

    @Test
    void aGoodPartIsRecordedAndThenReleased() {
        trigger("P1");
        history.onAppend =
                () -> assertThat(simulated.released()).as("before its record").isZero();
        run();
        assertThat(simulated.latest()).containsExactly("P1");
        assertThat(history.only().verdict()).isEqualTo(new Verdict.Pass());
        assertThat(history.only().outcome().disposition()).isEqualTo(Disposition.RELEASED);
        assertThat(history.only().picture()).isPresent();
        assertThat(heard).containsExactly(history.only());
    }

    @Test
    void aBadPartIsRecordedAsDivertedAtOnce() {
        trigger("P1");
        eye = () -> Records.seen(0.9);
        run();
        assertThat(simulated.released()).isZero();
        assertThat(history.only().verdict()).isInstanceOf(Verdict.Reject.class);
        assertThat(history.only().outcome().disposition()).isEqualTo(Disposition.DIVERTED);
    }

    @Test
    void aPartThatCannotBeRecordedDoesNotPass() {
        trigger("P1");
        history.onAppend = () -> {
            throw new LogException("disk full");
        };
        run();
        assertThat(simulated.released()).isZero();
        assertThat(counters.snapshot()).isEqualTo(new LineCounters.Snapshot(1, 0, 0, 0, 0, 1, 0));
    }

    @Test
    void aPartWhosePictureCannotBeKeptIsRecordedAndDoesNotPass() {
        trigger("P1");
        archive = () -> {
            throw new LogException("no space left on device");
        };
        run();
        assertNotInspected(Cause.ARCHIVE, "no space left on device");
        assertThat(history.only().picture()).isEmpty();
    }

    @Test
    void anAnswerAfterTheTaktIsNotAnAnswer() {
        trigger("P1");
        eye = () -> {
            nanos += 501_000_000;
            return Records.seen(0.01);
        };
        run();
        assertNotInspected(Cause.LATE, "answered 501 ms after the trigger, the takt is 500 ms");
    }

    @Test
    void anAnswerExactlyAtTheTaktCounts() {
        trigger("P1");
        eye = () -> {
            nanos += TAKT.toNanos();
            return Records.seen(0.01);
        };
        run();
        assertThat(simulated.latest()).containsExactly("P1");
    }

    @Test
    void aPassThatWasRecordedTooLateIsNotReleasedAndSaysSo() {
        trigger("P1");
        history.onAppend = () -> nanos += 700_000_000;
        run();
        assertThat(simulated.released()).isZero();
        InspectionRecord record = history.only();
        assertThat(record.verdict()).isEqualTo(new Verdict.Pass());
        assertThat(record.outcome().disposition()).isEqualTo(Disposition.DIVERTED);
        assertThat(record.outcome().after()).isEqualTo(Duration.ofMillis(700));
        assertThat(record.outcome().detail()).isEqualTo("recorded 700 ms after the trigger, the takt is 500 ms");
    }

    @Test
    void aPictureThatIsKeptTooLateHoldsUpTheReleaseToo() {
        trigger("P1");
        archive = () -> nanos += 700_000_000;
        run();
        assertThat(simulated.released()).isZero();
        assertThat(history.only().outcome().disposition()).isEqualTo(Disposition.DIVERTED);
    }

    @Test
    void timeSpentWaitingForTheLineCountsToo() {
        trigger("P1");
        nanos += 600_000_000;
        run();
        assertNotInspected(Cause.LATE, "answered 600 ms");
    }

    @Test
    void aMissIsRecordedWithItsReason() {
        conveyor.add(new Capture.Missed(next("P1"), Cause.OVERRUN, "every frame was in use", true));
        run();
        assertNotInspected(Cause.OVERRUN, "every frame was in use");
        assertThat(counters.snapshot()).isEqualTo(new LineCounters.Snapshot(1, 1, 1, 1, 0, 0, 0));
    }

    @Test
    void aMissingViewIsRecordedWithItsReasonAndTheViewsThatCameAreKept() {
        SequencedMap<String, Frame> came = new LinkedHashMap<>();
        came.put("bright", frames.tryTake(2, 2).orElseThrow());
        var fault = new ViewFault("dark", 1, "camera 7 was unplugged");
        conveyor.add(new Capture.Missed(
                next("P1"), Cause.CAMERA, "view dark: camera 7 was unplugged", false, Views.of(came), List.of(fault)));
        eye = () -> {
            throw new AssertionError("a part that was not seen whole is not judged");
        };
        run();
        assertNotInspected(Cause.CAMERA, "view dark: camera 7 was unplugged");
        assertThat(history.only().pictures()).extracting(ArchivedPicture::view).containsExactly("bright");
        assertThat(history.only().faults()).containsExactly(fault);
        assertThat(counters.snapshot()).isEqualTo(new LineCounters.Snapshot(1, 1, 1, 0, 0, 0, 0));
    }

    @Test
    void allViewsOfAPartAreJudgedTogetherAndRecordedOnce() {
        SequencedMap<String, Frame> came = new LinkedHashMap<>();
        came.put("bright", frames.tryTake(2, 2).orElseThrow());
        came.put("dark", frames.tryTake(2, 2).orElseThrow());
        conveyor.add(new Capture.Image(next("P1"), Views.of(came), true));
        run();
        assertThat(history.only().verdict()).isEqualTo(new Verdict.Pass());
        assertThat(history.only().pictures()).extracting(ArchivedPicture::view).containsExactly("bright", "dark");
        assertThat(simulated.latest()).containsExactly("P1");
    }

    @Test
    void whatWasSeenOfAPartIsEvidenceAndIsNotJudged() {
        Frame partial = frames.tryTake(2, 2).orElseThrow();
        conveyor.add(Capture.Missed.partial(next("P1"), Cause.PARTIAL, partial.damaged("the belt stood"), true));
        eye = () -> {
            throw new AssertionError("nobody looks at it");
        };
        run();
        assertNotInspected(Cause.PARTIAL, "the belt stood");
        assertThat(history.only().pictures()).hasSize(1);
        assertThat(counters.snapshot()).isEqualTo(new LineCounters.Snapshot(1, 1, 1, 0, 0, 0, 0));
        assertThatThrownBy(partial::rgb).as("given back").hasMessageContaining("after close");
    }

    @Test
    void evidenceThatCannotBeKeptCostsNeitherTheRecordNorItsReason() {
        Frame partial = frames.tryTake(2, 2).orElseThrow();
        conveyor.add(Capture.Missed.partial(next("P1"), Cause.PARTIAL, partial.damaged("the belt stood"), true));
        archive = () -> {
            throw new LogException("disk full", new java.io.IOException());
        };
        run();
        assertNotInspected(Cause.PARTIAL, "the belt stood");
        assertThat(history.only().pictures()).isEmpty();
        assertThatThrownBy(partial::rgb).as("given back").hasMessageContaining("after close");
    }

    @ParameterizedTest
    @EnumSource(Cause.class)
    void whateverTheInspectorGivesAsTheReasonIsRecorded(Cause cause) {
        trigger("P1");
        eye = () -> {
            throw new InspectionException(cause, "why");
        };
        run();
        assertNotInspected(cause, "why");
        assertThat(history.only().picture())
                .as("the picture is evidence here too")
                .isPresent();
    }

    @Test
    void anEngineThatFailsLosesNoPart() {
        trigger("P1");
        trigger("P2");
        var first = new ArrayList<>(List.of("fails"));
        eye = () -> {
            if (!first.isEmpty()) {
                first.clear();
                throw new EngineException("run returned -1");
            }
            return Records.seen(0.01);
        };
        run();
        assertThat(history.written.firstEntry().getValue().verdict())
                .isEqualTo(new Verdict.NotInspected(Cause.ENGINE, "run returned -1"));
        assertThat(simulated.latest()).containsExactly("P2");
    }

    @Test
    void aBugIsRecordedAndTheNextPartIsInspected() {
        trigger("P1");
        eye = () -> {
            throw new IllegalStateException("index 7 of 3");
        };
        run();
        assertNotInspected(Cause.UNEXPECTED, "index 7 of 3");
    }

    @Test
    void anErrorIsRecordedAndEndsTheLine() {
        trigger("P1");
        trigger("P2");
        eye = () -> {
            throw new OutOfMemoryError("native memory");
        };
        assertThatThrownBy(this::run).isInstanceOf(OutOfMemoryError.class);
        assertNotInspected(Cause.UNEXPECTED, "native memory");
        ((Capture.Image) conveyor.getFirst()).frame().close(); // P2, which nobody took
    }

    @Test
    void aGateThatFailsLeavesItsPartUnconfirmed() {
        trigger("P1");
        gate = part -> {
            throw new IllegalStateException("no answer from the controller");
        };
        run();
        assertThat(history.only().outcome().disposition()).isEqualTo(Disposition.UNCONFIRMED);
        assertThat(history.only().outcome().detail()).contains("no answer from the controller");
        assertThat(counters.snapshot().gateAlarms()).isEqualTo(1);
    }

    @Test
    void aFateThatCannotBeWrittenIsAnAlarmAndNoLostRecord() {
        trigger("P1");
        history.onSettle = () -> {
            throw new LogException("disk full");
        };
        run();
        assertThat(history.only().outcome().disposition()).isEqualTo(Disposition.UNCONFIRMED);
        assertThat(counters.snapshot()).isEqualTo(new LineCounters.Snapshot(1, 1, 0, 0, 1, 0, 1));
    }

    @Test
    void aStationWithoutAGateSaysSoInEveryRecord() {
        trigger("P1");
        conveyor.add(new Capture.Missed(next("P2"), Cause.NO_FRAME, "", true));
        gate = new MonitorOnlyGate();
        run();
        assertThat(history.written.values())
                .extracting(record -> record.outcome().disposition())
                .containsOnly(Disposition.MONITOR_ONLY)
                .hasSize(2);
    }

    /** Whatever fails, in whatever order: one record per recordable part, one release per timely pass, no frame lost. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 20261122})
    void theRulesHoldUnderRandomFaults(long seed) {
        var random = new Random(seed);
        int refused = 0;
        List<String> mayGo = new ArrayList<>();
        for (int part = 0; part < 1_000; part++) {
            String name = "P" + part;
            boolean miss = random.nextInt(20) == 0;
            boolean logFails = random.nextInt(10) == 0;
            boolean archiveFails = random.nextInt(10) == 0;
            boolean settleFails = random.nextInt(10) == 0;
            boolean gateFails = random.nextInt(10) == 0;
            int engine = random.nextInt(10);
            int lookMs = random.nextInt(600);
            int keepMs = random.nextInt(200);
            int appendMs = random.nextInt(200);
            double score = random.nextBoolean() ? 0.01 : 0.99;
            refused += logFails ? 1 : 0;
            if (miss) {
                conveyor.add(new Capture.Missed(next(name), Cause.NO_FRAME, "fault", true));
            } else {
                trigger(name);
            }
            eye = () -> {
                nanos += lookMs * 1_000_000L;
                return switch (engine) {
                    case 0 -> throw new EngineException("fault");
                    case 1 -> throw new InspectionException(Cause.POSE, "fault");
                    case 2 -> throw new IllegalStateException("fault");
                    default -> Records.seen(score);
                };
            };
            archive = () -> {
                nanos += keepMs * 1_000_000L;
                failIf(archiveFails);
            };
            history.onAppend = () -> {
                nanos += appendMs * 1_000_000L;
                failIf(logFails);
            };
            history.onSettle = () -> failIf(settleFails);
            gate = it -> {
                mayGo.add(it);
                if (gateFails) {
                    throw new IllegalStateException("fault");
                }
                return simulated.release(it);
            };
            boolean expected = !miss
                    && !logFails
                    && !archiveFails
                    && engine > 2
                    && score < 0.5
                    && lookMs + keepMs + appendMs <= TAKT.toMillis();
            int before = mayGo.size();
            run();
            assertThat(mayGo.subList(before, mayGo.size()))
                    .as("seed %d part %s", seed, name)
                    .isEqualTo(expected ? List.of(name) : List.of());
        }
        LineCounters.Snapshot count = counters.snapshot();
        assertThat(history.written).as("seed %d", seed).hasSize(1_000 - refused);
        assertThat(count.triggers()).as("seed %d", seed).isEqualTo(1_000);
        assertThat(count.records() + count.alarms()).as("seed %d", seed).isEqualTo(1_000);
        assertThat(count.released()).as("seed %d", seed).isEqualTo(simulated.released());
        assertThat(count.released()).as("the simulation must exercise releases").isPositive();
        assertThat(history.written.values()).allSatisfy(record -> {
            if (record.outcome().disposition() == Disposition.RELEASED) {
                assertThat(record.verdict()).isEqualTo(new Verdict.Pass());
                assertThat(record.outcome().after()).isLessThanOrEqualTo(TAKT);
            }
        });
        frames.close(); // throws when a frame is still out
    }

    private static void failIf(boolean fails) {
        if (fails) {
            throw new LogException("fault");
        }
    }

    @AfterEach
    void everyFrameWasGivenBack() {
        frames.close();
    }

    private Trigger next(String part) {
        return new Trigger(++triggers, part, Records.AT, nanos);
    }

    private void trigger(String part) {
        conveyor.add(new Capture.Image(next(part), frames.tryTake(2, 2).orElseThrow(), true));
    }

    private void assertNotInspected(Cause cause, String detail) {
        assertThat(history.only().verdict()).isInstanceOfSatisfying(Verdict.NotInspected.class, it -> {
            assertThat(it.cause()).isEqualTo(cause);
            assertThat(it.detail()).contains(detail);
        });
        assertThat(history.only().outcome().disposition()).isEqualTo(Disposition.DIVERTED);
        assertThat(simulated.released()).isZero();
    }

    private void run() {
        var job = new Job("order 7", Shifts.usual(ZoneOffset.UTC), Records.PROVENANCE, TAKT);
        var clock = new LineClock(Clock.fixed(Records.AT, ZoneOffset.UTC), () -> nanos);
        new InspectionLine(
                        new Belt(),
                        new Eye(),
                        new Album(),
                        history,
                        gate,
                        job,
                        counters,
                        (_, record) -> heard.add(record),
                        clock)
                .run();
    }

    private final class Belt implements FrameSource {
        @Override
        public Optional<Capture> next() {
            return conveyor.isEmpty() ? Optional.empty() : Optional.of(conveyor.removeFirst());
        }

        @Override
        public void close() {}
    }

    private final class Eye implements Inspector {
        @Override
        public Inspection.Completed inspect(Views views, Deadline deadline) {
            return eye.look();
        }

        @Override
        public void close() {}
    }

    /** Keeps nothing, and takes as long over it as it is told. */
    private final class Album implements PictureArchive {
        @Override
        public Kept keep(Capture capture) {
            return new Kept() {
                @Override
                public List<ArchivedPicture> durable() {
                    if (capture.views().isEmpty()) {
                        return List.of();
                    }
                    archive.run();
                    assertOpen();
                    return capture.views().names().stream()
                            .map(view -> new ArchivedPicture(view, "2026-11-22/1-1.png", "d".repeat(64), 2, 2))
                            .toList();
                }

                @Override
                public void close() {
                    assertOpen();
                }

                private void assertOpen() {
                    capture.views()
                            .byName()
                            .values()
                            .forEach(frame -> assertThat(frame.rgb())
                                    .as("the frame is still open")
                                    .isNotEmpty());
                }
            };
        }

        @Override
        public void close() {}
    }

    private static final class Memory implements InspectionLog {

        private final TreeMap<Long, InspectionRecord> written = new TreeMap<>();
        private Runnable onAppend = () -> {};
        private Runnable onSettle = () -> {};

        InspectionRecord only() {
            assertThat(written).hasSize(1);
            return written.firstEntry().getValue();
        }

        @Override
        public long append(InspectionRecord record) {
            onAppend.run();
            long id = written.size() + 1L;
            written.put(id, record);
            return id;
        }

        @Override
        public void settle(long id, Outcome outcome) {
            onSettle.run();
            written.computeIfPresent(id, (_, record) -> record.settled(outcome));
        }

        @Override
        public void close() {}
    }
}
