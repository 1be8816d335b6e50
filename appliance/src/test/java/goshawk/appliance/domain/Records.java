package goshawk.appliance.domain;

import goshawk.camera.Cause;
import goshawk.camera.Region;
import goshawk.camera.Trigger;
import goshawk.camera.ViewFault;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Records for tests, whole and plausible. */
public final class Records {

    public static final Instant AT = Instant.parse("2026-11-22T10:00:00.123456Z");
    public static final Provenance PROVENANCE = new Provenance(
            "bracket", "1.0", "a".repeat(64), "b".repeat(64), "nano", "c".repeat(64), "fp32 arithmetic", "test 1");
    public static final DefectPrompt BOLT = Prompts.of(
            "bolt", "Is a bolt missing?", List.of("missing_bolt"), List.of("plate"), Severity.CRITICAL, 0.5, 0.2, 0.9);
    public static final Timings TIMINGS = new Timings(
            Duration.ofMillis(5),
            Duration.ofMillis(60),
            Duration.ofMillis(20),
            Duration.ofMillis(30),
            Duration.ZERO,
            Duration.ofMillis(120));
    public static final ArchivedPicture PICTURE = new ArchivedPicture("2026-11-22/1-1.png", "d".repeat(64), 640, 480);

    private Records() {}

    public static Inspection.Completed seen(double score) {
        List<Finding> findings = score < BOLT.reviewAt()
                ? List.of()
                : List.of(new Finding(
                        "bolt",
                        "missing_bolt",
                        score,
                        new Region(1, 2, 30, 40),
                        "{\"verdict\":\"REJECT\",\"findings\":…"));
        var thought = new Thought("bolt", "plate", "I see \"3\" of 4 bolts.", 12, Thought.Ending.BY_ITSELF);
        return new Inspection.Completed(
                List.of(new PromptScore(BOLT, "plate", score, 0.01)), findings, TIMINGS, List.of(thought), List.of());
    }

    /** A good part on which this was read of a code of which anything is right, and a code that nobody can read. */
    public static Inspection.Completed read(String text) {
        var code = new CodePrompt(
                "serial",
                "Read the code.",
                "label",
                new CodePrompt.Form(1, 64, ""),
                new CodePrompt.Expected(Optional.empty(), Optional.empty(), CheckDigit.NONE, NormalForm.NFC),
                0.5,
                Severity.MAJOR);
        Region place = new Region(208, 310, 432, 358);
        Reading reading = Reading.of(code, Optional.of(text), 0.97, place);
        Reading nothing = Reading.of(code, Optional.empty(), 0.9, place);
        var seen = seen(0.01);
        return new Inspection.Completed(
                seen.scores(), List.of(nothing.finding()), TIMINGS, List.of(), List.of(reading, nothing));
    }

    /** Two views, of which the second shows a dent. */
    public static InspectionRecord twoViews(long trigger) {
        var seen = seen(0.9);
        Finding found = seen.findings().getFirst();
        var inView = new Finding(found.prompt(), "dent", found.score(), found.region(), found.answer(), "dark");
        var made = record(
                trigger,
                "P" + trigger,
                new Inspection.Completed(seen.scores(), List.of(inView), TIMINGS),
                Disposition.DIVERTED);
        return with(
                made,
                List.of(
                        new ArchivedPicture("bright", "2026-11-22/1-2.bright.png", "e".repeat(64), 640, 480),
                        new ArchivedPicture("dark", "2026-11-22/1-2.dark.png", "f".repeat(64), 320, 200)),
                made.faults());
    }

    /** Three views: one did not come, one came whole, one torn. */
    public static InspectionRecord tornView(long trigger) {
        String late = "its camera gave no answer within 1100 ms";
        String torn = "picture 4711 of camera 22087941 is incomplete: parts of it are missing";
        var made = record(
                trigger,
                "P" + trigger,
                new Inspection.Failed(Cause.NO_FRAME, "view front: %s; view side: %s".formatted(late, torn)),
                Disposition.DIVERTED);
        return with(
                made,
                List.of(
                        new ArchivedPicture("top", "2026-11-22/1-3.top.png", "a".repeat(64), 640, 480),
                        new ArchivedPicture("side", "2026-11-22/1-3.side-partial.png", "b".repeat(64), 640, 480)),
                List.of(new ViewFault("front", 0, late), new ViewFault("side", 2, torn)));
    }

    /** A record of the same part, of which these pictures came and these views did not. */
    private static InspectionRecord with(
            InspectionRecord made, List<ArchivedPicture> pictures, List<ViewFault> faults) {
        return new InspectionRecord(
                made.trigger(),
                made.isSimulated(),
                made.order(),
                made.shift(),
                made.provenance(),
                made.inspection(),
                made.verdict(),
                made.took(),
                pictures,
                faults,
                made.outcome());
    }

    /** A part that is good to the line's own model and has lost its bolt to another. */
    public static Inspection.Completed disputed() {
        var other = seen(0.88);
        return seen(0.01)
                .with(new SecondOpinion(
                        "other at https://vision.example/v1",
                        SecondOpinion.State.ANSWERED,
                        other.scores(),
                        other.findings(),
                        "",
                        Duration.ofMillis(301)));
    }

    public static InspectionRecord record(long trigger, String part, Inspection inspection, Disposition disposition) {
        Verdict verdict = new DecisionPolicy().decide(inspection);
        return new InspectionRecord(
                new Trigger(trigger, part, AT.plusMillis(trigger), 0),
                true,
                "order 7",
                "early",
                PROVENANCE,
                inspection,
                verdict,
                Duration.ofMillis(120),
                inspection instanceof Inspection.Completed ? List.of(PICTURE) : List.of(),
                List.of(),
                new Outcome(disposition, AT.plusMillis(trigger + 121), Duration.ofMillis(121), ""));
    }

    public static InspectionRecord pass(long trigger) {
        return record(trigger, "P" + trigger, seen(0.01), Disposition.UNCONFIRMED);
    }

    public static InspectionRecord reject(long trigger) {
        return record(trigger, "P" + trigger, seen(0.93), Disposition.DIVERTED);
    }

    public static InspectionRecord missed(long trigger) {
        return record(
                trigger,
                "P" + trigger,
                new Inspection.Failed(Cause.OVERRUN, "4 of 4 frames in use"),
                Disposition.DIVERTED);
    }
}
