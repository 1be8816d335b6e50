package goshawk.appliance;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import goshawk.appliance.domain.Finding;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.PromptScore;
import goshawk.appliance.domain.Reading;
import goshawk.appliance.domain.Timings;
import goshawk.appliance.domain.Verdict;
import goshawk.appliance.engine.EngineIdentity;
import goshawk.camera.PartFiles;
import goshawk.camera.PictureFile;
import goshawk.camera.Views;
import java.io.IOException;
import java.io.Writer;
import java.time.Duration;

/** What {@code inspect} writes: one JSON object a part, {@code docs/inspect-lines.md}. */
final class VerdictLines {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Writer out;
    private final EngineIdentity engine;

    /** @param out stays the caller's */
    VerdictLines(Writer out, EngineIdentity engine) {
        this.out = out;
        this.engine = engine;
    }

    void write(PartFiles part, Inspection inspection, Verdict verdict) throws IOException {
        ObjectNode line = JSON.createObjectNode();
        line.put("image", part.first().toString());
        if (!part.files().containsKey(Views.ONLY)) {
            ObjectNode images = line.putObject("images");
            part.files().forEach((view, file) -> images.put(view, file.toString()));
        }
        line.put("verdict", verdict.code());
        line.putNull("score");
        var findings = line.putArray("findings");
        ObjectNode timings = line.putObject("timingsMs");
        switch (inspection) {
            case Inspection.Completed completed -> {
                completed.scores().stream()
                        .mapToDouble(PromptScore::score)
                        .max()
                        .ifPresent(score -> line.put("score", score));
                completed.findings().forEach(finding -> finding(findings.addObject(), finding));
                completed.scores().stream()
                        .flatMapToDouble(score -> score.confidence().stream())
                        .max()
                        .ifPresent(confidence -> line.put("confidence", confidence));
                ObjectNode scores = line.putObject("scores");
                completed.scores().forEach(score -> score(scores, score));
                if (!completed.readings().isEmpty()) {
                    var readings = line.putArray("readings");
                    completed.readings().forEach(reading -> reading(readings.addObject(), reading));
                }
                timings(timings, completed.timings());
            }
            case Inspection.Failed(var cause, var detail) ->
                line.put("cause", cause.name()).put("detail", detail);
        }
        ObjectNode by = line.putObject("engine");
        by.put("name", engine.name());
        by.put("hash", engine.hash());
        by.put("precision", engine.precision());
        by.put("runtime", engine.runtime());
        line.put("isSimulated", PictureFile.isSimulated(part.first()));
        out.write(JSON.writeValueAsString(line));
        out.write('\n');
    }

    private static void finding(ObjectNode json, Finding finding) {
        json.put("prompt", finding.prompt()).put("defect", finding.defect()).put("score", finding.score());
        var region = finding.region();
        json.putArray("region")
                .add(region.left())
                .add(region.top())
                .add(region.right())
                .add(region.bottom());
        if (!finding.view().equals(Views.ONLY)) {
            json.put("view", finding.view());
        }
    }

    private static void reading(ObjectNode json, Reading reading) {
        json.put("code", reading.code()).put("text", reading.text().orElse(null));
        json.put("score", reading.score());
        json.put("expected", reading.expected());
        json.put("outcome", reading.outcome().name());
        if (!reading.view().equals(Views.ONLY)) {
            json.put("view", reading.view());
        }
    }

    /** By prompt; where one prompt looks at several regions, an array in their order. */
    private static void score(ObjectNode scores, PromptScore score) {
        scores.withArray("/" + score.prompt().id())
                .addArray()
                .add(score.score())
                .add(score.doubt());
    }

    private static void timings(ObjectNode json, Timings timings) {
        json.put("pose", millis(timings.pose()));
        json.put("vision", millis(timings.vision()));
        json.put("prefill", millis(timings.prefill()));
        json.put("score", millis(timings.score()));
        json.put("explain", millis(timings.explain()));
        json.put("total", millis(timings.total()));
    }

    private static double millis(Duration took) {
        return Math.round(took.toNanos() / 1e3) / 1e3;
    }
}
