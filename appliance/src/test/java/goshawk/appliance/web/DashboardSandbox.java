package goshawk.appliance.web;

import goshawk.appliance.domain.ArchivedPicture;
import goshawk.appliance.domain.CheckDigit;
import goshawk.appliance.domain.CodePrompt;
import goshawk.appliance.domain.DecisionPolicy;
import goshawk.appliance.domain.DefectPrompt;
import goshawk.appliance.domain.Disposition;
import goshawk.appliance.domain.Finding;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.InspectionRecord;
import goshawk.appliance.domain.LineCounters;
import goshawk.appliance.domain.LineState;
import goshawk.appliance.domain.NormalForm;
import goshawk.appliance.domain.Outcome;
import goshawk.appliance.domain.PromptScore;
import goshawk.appliance.domain.Prompts;
import goshawk.appliance.domain.Provenance;
import goshawk.appliance.domain.Reading;
import goshawk.appliance.domain.SecondOpinion;
import goshawk.appliance.domain.Severity;
import goshawk.appliance.domain.StationState;
import goshawk.appliance.domain.Thought;
import goshawk.appliance.domain.Timings;
import goshawk.appliance.domain.Verdict;
import goshawk.appliance.record.SqliteInspectionHistory;
import goshawk.appliance.record.SqliteInspectionLog;
import goshawk.camera.Cause;
import goshawk.camera.Region;
import goshawk.camera.Trigger;
import goshawk.camera.ViewFault;
import goshawk.camera.Views;
import goshawk.camera.sim.BracketRenderer;
import goshawk.camera.sim.DefectBox;
import goshawk.camera.sim.PartKind;
import goshawk.camera.sim.PngFile;
import goshawk.camera.sim.RenderOptions;
import goshawk.camera.sim.SimulatedLight;
import goshawk.camera.sim.SimulatedPart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.stream.LongStream;

/**
 * The dashboard with a made-up shift behind it, for whoever works on the page: no camera, no model, verdicts drawn by
 * lot around the truth of rendered parts.
 *
 * <p>Arguments: an empty folder, a port, parts of the past eight hours, seconds to live on; {@code views} for a station with two of them, of
 * which one is missing, or torn, now and then.
 */
final class DashboardSandbox {

    private static final Duration TAKT = Duration.ofMillis(700);
    private static final int PICTURES = 48;
    private static final Provenance BY = new Provenance(
            "bracket",
            "1.0",
            "3f1c".repeat(16),
            "9a70".repeat(16),
            "goshawk-nano",
            "b21e".repeat(16),
            "fp32 arithmetic, fp8 weights",
            "ONNX Runtime 1.29.0 CPU");

    private final Random random = new Random(7);
    private final Path pictures;
    private final List<SimulatedPart> parts = new ArrayList<>();
    private final List<ArchivedPicture> archived = new ArrayList<>();
    private final List<ArchivedPicture> dark = new ArrayList<>();
    private final boolean hasViews;

    private DashboardSandbox(Path pictures, boolean hasViews) throws IOException {
        this.pictures = pictures;
        this.hasViews = hasViews;
        Files.createDirectories(pictures.resolve("sandbox"));
        for (int i = 0; i < PICTURES; i++) {
            SimulatedPart part = BracketRenderer.render(11, i, RenderOptions.USUAL);
            String name = "sandbox/" + i + ".png";
            PngFile.write(pictures.resolve(name), part.rgb(), part.width(), part.height());
            parts.add(part);
            archived.add(new ArchivedPicture(
                    hasViews ? "bright" : Views.ONLY, name, sha256(part.rgb()), part.width(), part.height()));
            if (hasViews) {
                dark.add(dark(i));
            }
        }
    }

    private ArchivedPicture dark(int index) throws IOException {
        SimulatedPart part = BracketRenderer.under(SimulatedLight.DARK, 11, index, RenderOptions.USUAL, 0);
        boolean isTorn = index % 2 == 1;
        byte[] rgb = part.rgb().clone();
        if (isTorn) {
            Arrays.fill(rgb, rgb.length / 3, rgb.length / 2, (byte) 0);
        }
        String name = "sandbox/%d.dark%s".formatted(index, isTorn ? ArchivedPicture.PARTIAL : ".png");
        PngFile.write(pictures.resolve(name), rgb, part.width(), part.height());
        return new ArchivedPicture("dark", name, sha256(rgb), part.width(), part.height());
    }

    private static String sha256(byte[] pixels) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(pixels));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        int past = Integer.parseInt(args[2]);
        Files.createDirectories(folder);
        var sandbox =
                new DashboardSandbox(folder.resolve("images"), List.of(args).contains("views"));
        var triggers = new long[] {past};
        try (var log = SqliteInspectionLog.open(folder.resolve("goshawk.db"), Clock.systemUTC());
                var history = SqliteInspectionHistory.open(folder.resolve("goshawk.db"))) {
            Instant now = Instant.now();
            for (int i = 0; i < past; i++) {
                Duration ago = Duration.ofHours(7).multipliedBy(past - i).dividedBy(past);
                log.append(sandbox.record(i + 1, now.minus(ago)));
            }
            log.acknowledged(LongStream.rangeClosed(1, past).boxed().toList());
            long started = System.nanoTime();
            try (var server = DashboardServer.start(
                    "127.0.0.1",
                    Integer.parseInt(args[1]),
                    history,
                    () -> state(triggers[0] - past),
                    sandbox.pictures,
                    log)) {
                System.out.printf(
                        "%s after %d ms%n",
                        server.address(),
                        Duration.ofNanos(System.nanoTime() - started).toMillis());
                Instant end = Instant.now().plusSeconds(Long.parseLong(args[3]));
                while (Instant.now().isBefore(end)) {
                    long id = log.append(sandbox.record(++triggers[0], Instant.now()));
                    log.acknowledged(List.of(id - 2));
                    Thread.sleep(900);
                }
            }
        }
    }

    private static StationState state(long triggers) {
        return new StationState(
                "goshawk/plant1/area1/line1/station1",
                LineState.RUNNING,
                "",
                BY,
                TAKT,
                true,
                true,
                Instant.now(),
                Duration.ofMillis(300),
                new LineCounters.Snapshot(triggers, triggers, 0, 0, 0, 0, 0));
    }

    private InspectionRecord record(long trigger, Instant at) {
        // Mostly good parts, as on a line; the renderer's own mix has many more bad ones.
        int index = random.nextInt(PICTURES);
        while (parts.get(index).truth().kind() != PartKind.GOOD && random.nextInt(100) < 82) {
            index = random.nextInt(PICTURES);
        }
        SimulatedPart part = parts.get(index);
        List<ArchivedPicture> seen =
                hasViews ? List.of(archived.get(index), dark.get(index)) : List.of(archived.get(index));
        Inspection inspection = inspection(part);
        List<ViewFault> faults = List.of();
        if (hasViews && dark.get(index).isPartial()) {
            String why = "picture %d of camera 22087941 is incomplete: parts of it are missing".formatted(trigger);
            faults = List.of(new ViewFault("dark", 1, why));
            inspection = new Inspection.Failed(Cause.PARTIAL, "view dark: " + why);
        } else if (hasViews && random.nextInt(3) == 0) {
            String why = "no picture within 200 ms of camera 22087941: 0 of 1 pictures came";
            seen = seen.subList(1, 2);
            faults = List.of(new ViewFault("bright", 0, why));
            inspection = new Inspection.Failed(Cause.NO_FRAME, "view bright: " + why);
        }
        Verdict verdict = new DecisionPolicy().decide(inspection);
        Duration took = inspection instanceof Inspection.Completed completed
                ? completed.timings().total()
                : Duration.ofMillis(720 + random.nextInt(40));
        return new InspectionRecord(
                new Trigger(trigger, "GB4500-%06d".formatted(120_000 + trigger), at, 0),
                true,
                "WO-20261122-3",
                "early",
                BY,
                inspection,
                verdict,
                took,
                seen,
                faults,
                new Outcome(Disposition.MONITOR_ONLY, at.plus(took), took, ""));
    }

    private Inspection inspection(SimulatedPart part) {
        if (random.nextInt(250) == 0) {
            return new Inspection.Failed(Cause.POSE, "datum A was not found within 2.0 mm of its place");
        }
        if (random.nextInt(400) == 0) {
            return new Inspection.Failed(Cause.LATE, "answered 731 ms after the trigger, the takt is 700 ms");
        }
        List<PromptScore> scores = new ArrayList<>();
        List<Finding> findings = new ArrayList<>();
        List<Thought> thoughts = new ArrayList<>();
        for (DefectPrompt prompt : PROMPTS) {
            Optional<DefectBox> seen = part.truth().defects().stream()
                    .filter(box -> isAskedBy(prompt, box.code()))
                    .findFirst();
            boolean obscured = seen.isPresent() && seen.get().code().startsWith("obscured");
            double score = seen.isEmpty()
                    ? Math.pow(random.nextDouble(), 6) * 0.12
                    : obscured ? 0.08 : 0.72 + 0.27 * random.nextDouble();
            double doubt = obscured ? 0.7 : seen.isPresent() ? 0.01 : Math.pow(random.nextDouble(), 5) * 0.1;
            var asked = new PromptScore(
                    prompt, "plate", score, Math.min(doubt, 1 - score), OptionalDouble.of(Math.pow(score, 1.5)));
            scores.add(asked);
            if (prompt.severity() == Severity.CRITICAL) {
                thoughts.add(thought(prompt, seen.isPresent()));
            }
            if (asked.needsExplanation()) {
                Region region = seen.map(box -> new Region(
                                Math.max(0, box.left() - 3),
                                Math.max(0, box.top() - 3),
                                box.right() + 3,
                                box.bottom() + 2))
                        .orElse(new Region(250, 190, 330, 240));
                String code = prompt.defects().getFirst();
                findings.add(new Finding(
                        prompt.id(),
                        code,
                        score,
                        region,
                        obscured
                                ? "{\"verdict\":\"REVIEW\"}"
                                : "{\"verdict\":\"REJECT\",\"findings\":[{\"defect\":\"%s\",\"box\":[%d,%d,%d,%d]}]}"
                                        .formatted(
                                                code,
                                                region.left() * 1000 / 640,
                                                region.top() * 1000 / 480,
                                                region.right() * 1000 / 640,
                                                region.bottom() * 1000 / 480)));
            }
        }
        Reading reading = reading(part.truth().code());
        if (!reading.isMatch()) {
            findings.add(reading.finding());
        }
        var own = new Inspection.Completed(scores, findings, timings(findings.size()), thoughts, List.of(reading));
        return random.nextInt(3) == 0 ? own.with(second(own)) : own;
    }

    private Thought thought(DefectPrompt prompt, boolean isSeen) {
        String text =
                ("The plate lies flat, its four corners are in view. I look at each place that the question is about, one"
                                + " after the other, and compare it with the others.\n\n%s")
                        .formatted(isSeen ? "One is not like the others." : "All of them look alike.");
        return new Thought(prompt.id(), "plate", text, 20 + random.nextInt(44), pick(Thought.Ending.values()));
    }

    private <T> T pick(T[] all) {
        return all[random.nextInt(all.length)];
    }

    private Reading reading(String serial) {
        var code = new CodePrompt(
                "serial",
                "Read the serial number.",
                "label",
                new CodePrompt.Form(1, 64, ""),
                new CodePrompt.Expected(
                        Optional.empty(), Optional.of("GB45-[0-9]{6}[0-9A-Z]"), CheckDigit.MOD37_36, NormalForm.NFC),
                0.5,
                Severity.MAJOR);
        String read = random.nextInt(12) == 0 ? serial.replace('4', 'A') : serial;
        return Reading.of(code, Optional.of(read), 0.9 + 0.1 * random.nextDouble(), new Region(208, 310, 432, 358));
    }

    /** Mostly of the line's mind, now and then stricter, milder, or not there. */
    private SecondOpinion second(Inspection.Completed own) {
        String model = "Qwen/Qwen3-VL-32B-Instruct at https://vision.example/v1";
        return switch (random.nextInt(8)) {
            case 0 ->
                SecondOpinion.without(
                        SecondOpinion.State.LATE, model, "no answer within 412 ms", Duration.ofMillis(412));
            case 1 ->
                SecondOpinion.without(
                        SecondOpinion.State.FAILED,
                        model,
                        "https://vision.example/v1/chat/completions answered 503 Service Unavailable",
                        Duration.ofMillis(31));
            case 2 ->
                SecondOpinion.without(
                        SecondOpinion.State.NOT_ASKED,
                        model,
                        "it has failed too often of late and is left alone for a while",
                        Duration.ZERO);
            case 3 -> said(model, own, 1);
            case 4 -> said(model, own, 0);
            default ->
                new SecondOpinion(
                        model,
                        SecondOpinion.State.ANSWERED,
                        own.scores(),
                        own.findings(),
                        "",
                        Duration.ofMillis(280 + random.nextInt(90)));
        };
    }

    private SecondOpinion said(String model, Inspection.Completed own, double share) {
        List<PromptScore> scores = new ArrayList<>();
        List<Finding> findings = new ArrayList<>();
        for (PromptScore score : own.scores()) {
            boolean isIt = share > 0 && score.prompt().id().equals("surface");
            var said = new PromptScore(score.prompt(), score.region(), isIt ? share : 0, 0);
            scores.add(said);
            if (said.needsExplanation()) {
                findings.add(new Finding(
                        score.prompt().id(),
                        "scratch",
                        share,
                        new Region(250, 190, 330, 240),
                        "{\"verdict\":\"REJECT\",\"findings\":[{\"defect\":\"scratch\",\"box\":[390,395,516,500]}]}"));
            }
        }
        return new SecondOpinion(model, SecondOpinion.State.ANSWERED, scores, findings, "", Duration.ofMillis(301));
    }

    private static boolean isAskedBy(DefectPrompt prompt, String code) {
        return prompt.defects().contains(code) || code.equals("obscured_" + prompt.id());
    }

    private Timings timings(int findings) {
        Duration pose = micros(9_000, 4_000);
        Duration vision = micros(118_000, 22_000);
        Duration prefill = micros(38_000, 6_000);
        Duration score = micros(61_000, 9_000);
        Duration explain = micros(findings * 74_000, findings * 30_000);
        Duration total =
                pose.plus(vision).plus(prefill).plus(score).plus(explain).plus(micros(16_000, 12_000));
        return new Timings(pose, vision, prefill, score, explain, total);
    }

    private Duration micros(int least, int spread) {
        return Duration.ofNanos(1_000L * (least + (spread > 0 ? random.nextInt(spread) : 0)));
    }

    private static final List<DefectPrompt> PROMPTS = List.of(
            prompt("bolt", "Is a bolt missing?", "missing_bolt", Severity.CRITICAL),
            prompt("wrong-bolt", "Is a wrong bolt fitted?", "wrong_bolt", Severity.CRITICAL),
            prompt("thread", "Is a bolt cross-threaded?", "cross_threaded", Severity.CRITICAL),
            prompt("surface", "Is the surface scratched?", "scratch", Severity.MINOR),
            prompt("crack", "Is the part cracked?", "crack", Severity.CRITICAL),
            prompt("dent", "Is the surface dented?", "dent", Severity.MAJOR),
            prompt("label", "Is the label wrong or unreadable?", "bad_label", Severity.MINOR));

    private static DefectPrompt prompt(String id, String question, String code, Severity severity) {
        return Prompts.of(id, question, List.of(code), List.of("plate"), severity, 0.5, 0.2);
    }
}
