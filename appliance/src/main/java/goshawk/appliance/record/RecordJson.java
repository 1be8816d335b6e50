package goshawk.appliance.record;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.util.RawValue;
import goshawk.appliance.domain.ArchivedPicture;
import goshawk.appliance.domain.Confirmation;
import goshawk.appliance.domain.DefectPrompt;
import goshawk.appliance.domain.Finding;
import goshawk.appliance.domain.LogException;
import goshawk.appliance.domain.PromptScore;
import goshawk.appliance.domain.Reading;
import goshawk.appliance.domain.SecondOpinion;
import goshawk.appliance.domain.Severity;
import goshawk.appliance.domain.Thought;
import goshawk.camera.Region;
import goshawk.camera.ViewFault;
import goshawk.camera.Views;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * The columns {@code findings}, {@code scores}, {@code thoughts}, {@code readings}, {@code second_opinion}, {@code views} and {@code defects}. Written out
 * field by field: renaming a component rewrites no history.
 */
final class RecordJson {

    private static final JsonFactory JSON = new JsonFactory();
    private static final ObjectMapper READER = new ObjectMapper();

    private RecordJson() {}

    static String findings(List<Finding> findings) {
        return array(json -> {
            for (Finding finding : findings) {
                json.writeStartObject();
                json.writeStringField("prompt", finding.prompt());
                json.writeStringField("defect", finding.defect());
                json.writeNumberField("score", finding.score());
                region(json, finding.region());
                json.writeStringField("answer", finding.answer());
                view(json, finding.view());
                json.writeEndObject();
            }
        });
    }

    static String scores(List<PromptScore> scores) {
        return array(json -> {
            for (PromptScore score : scores) {
                DefectPrompt prompt = score.prompt();
                json.writeStartObject();
                json.writeStringField("prompt", prompt.id());
                json.writeStringField("question", prompt.question());
                json.writeFieldName("defects");
                strings(json, prompt.defects());
                json.writeStringField("region", score.region());
                json.writeFieldName("regions");
                strings(json, prompt.regions());
                json.writeStringField("severity", prompt.severity().name());
                json.writeNumberField("score", score.score());
                json.writeNumberField("doubt", score.doubt());
                if (score.confidence().isPresent()) {
                    json.writeNumberField("confidence", score.confidence().getAsDouble());
                }
                json.writeNumberField("rejectAt", prompt.rejectAt());
                json.writeNumberField("reviewAt", prompt.reviewAt());
                if (prompt.findingsAt() > 0) {
                    json.writeNumberField("findingsAt", prompt.findingsAt());
                }
                json.writeEndObject();
            }
        });
    }

    static String thoughts(List<Thought> thoughts) {
        return array(json -> {
            for (Thought thought : thoughts) {
                json.writeStartObject();
                json.writeStringField("prompt", thought.prompt());
                json.writeStringField("region", thought.region());
                json.writeStringField("text", thought.text());
                json.writeNumberField("tokens", thought.tokens());
                json.writeStringField("ended", thought.ended().name());
                json.writeEndObject();
            }
        });
    }

    static String secondOpinion(SecondOpinion second) {
        return READER.createObjectNode()
                .put("model", second.model())
                .put("state", second.state().name())
                .put("detail", second.detail())
                .put("tookUs", Micros.of(second.took()))
                .putRawValue("scores", new RawValue(scores(second.scores())))
                .putRawValue("findings", new RawValue(findings(second.findings())))
                .toString();
    }

    /** @param text null where nobody was asked */
    static Optional<SecondOpinion> secondOpinion(@Nullable String text) {
        if (text == null) {
            return Optional.empty();
        }
        JsonNode node = read(text);
        return Optional.of(new SecondOpinion(
                node.get("model").asText(),
                SecondOpinion.State.valueOf(node.get("state").asText()),
                scores(node.get("scores").toString()),
                findings(node.get("findings").toString()),
                node.get("detail").asText(),
                Micros.duration(node.get("tookUs").asLong())));
    }

    static List<Thought> thoughts(String text) {
        List<Thought> thoughts = new ArrayList<>();
        for (JsonNode node : read(text)) {
            thoughts.add(new Thought(
                    node.get("prompt").asText(),
                    node.get("region").asText(),
                    node.get("text").asText(),
                    node.get("tokens").asInt(),
                    Thought.Ending.valueOf(node.get("ended").asText())));
        }
        return thoughts;
    }

    static String readings(List<Reading> readings) {
        return array(json -> {
            for (Reading reading : readings) {
                json.writeStartObject();
                json.writeStringField("code", reading.code());
                json.writeStringField("question", reading.question());
                json.writeStringField("text", reading.text().orElse(null));
                json.writeNumberField("score", reading.score());
                region(json, reading.region());
                json.writeStringField("expected", reading.expected());
                json.writeStringField("outcome", reading.outcome().name());
                view(json, reading.view());
                json.writeEndObject();
            }
        });
    }

    static List<Reading> readings(String text) {
        List<Reading> readings = new ArrayList<>();
        for (JsonNode node : read(text)) {
            readings.add(new Reading(
                    node.get("code").asText(),
                    node.get("question").asText(),
                    node.get("text").isNull()
                            ? Optional.empty()
                            : Optional.of(node.get("text").asText()),
                    node.get("score").asDouble(),
                    region(node.get("region")),
                    node.get("expected").asText(),
                    Reading.Outcome.valueOf(node.get("outcome").asText()),
                    view(node)));
        }
        return readings;
    }

    static List<Finding> findings(String text) {
        List<Finding> findings = new ArrayList<>();
        for (JsonNode node : read(text)) {
            findings.add(new Finding(
                    node.get("prompt").asText(),
                    node.get("defect").asText(),
                    node.get("score").asDouble(),
                    region(node.get("region")),
                    node.get("answer").asText(),
                    view(node)));
        }
        return findings;
    }

    static String defects(List<Confirmation.Defect> defects) {
        return array(json -> {
            for (Confirmation.Defect defect : defects) {
                json.writeStartObject();
                json.writeStringField("defect", defect.code());
                region(json, defect.region());
                view(json, defect.view());
                json.writeEndObject();
            }
        });
    }

    static List<Confirmation.Defect> defects(String text) {
        List<Confirmation.Defect> defects = new ArrayList<>();
        read(text)
                .forEach(node -> defects.add(
                        new Confirmation.Defect(node.get("defect").asText(), region(node.get("region")), view(node))));
        return defects;
    }

    static List<PromptScore> scores(String text) {
        List<PromptScore> scores = new ArrayList<>();
        for (JsonNode node : read(text)) {
            var prompt = new DefectPrompt(
                    node.get("prompt").asText(),
                    node.get("question").asText(),
                    strings(node.get("defects")),
                    strings(node.get("regions")),
                    Severity.valueOf(node.get("severity").asText()),
                    node.get("rejectAt").asDouble(),
                    node.get("reviewAt").asDouble(),
                    node.path("findingsAt").asDouble(0),
                    OptionalDouble.empty());
            scores.add(new PromptScore(
                    prompt,
                    node.get("region").asText(),
                    node.get("score").asDouble(),
                    node.get("doubt").asDouble(),
                    node.has("confidence")
                            ? OptionalDouble.of(node.get("confidence").asDouble())
                            : OptionalDouble.empty()));
        }
        return scores;
    }

    /**
     * Pictures of views, then why views have none, or but a partial one. Of a station with one view: nothing, for then the record's own
     * columns say it all.
     */
    static String views(List<ArchivedPicture> pictures, List<ViewFault> faults) {
        return array(json -> {
            for (ArchivedPicture picture : pictures) {
                if (!picture.view().equals(Views.ONLY)) {
                    json.writeStartObject();
                    json.writeStringField("view", picture.view());
                    json.writeStringField("path", picture.path());
                    json.writeStringField("sha256", picture.sha256());
                    json.writeNumberField("width", picture.width());
                    json.writeNumberField("height", picture.height());
                    json.writeEndObject();
                }
            }
            for (ViewFault fault : faults) {
                json.writeStartObject();
                json.writeStringField("view", fault.view());
                json.writeNumberField("place", fault.place());
                json.writeStringField("why", fault.why());
                json.writeEndObject();
            }
        });
    }

    static List<ArchivedPicture> pictures(String text) {
        List<ArchivedPicture> pictures = new ArrayList<>();
        for (JsonNode node : read(text)) {
            if (node.has("path")) {
                pictures.add(new ArchivedPicture(
                        node.get("view").asText(),
                        node.get("path").asText(),
                        node.get("sha256").asText(),
                        node.get("width").asInt(),
                        node.get("height").asInt()));
            }
        }
        return pictures;
    }

    static List<ViewFault> faults(String text) {
        List<ViewFault> faults = new ArrayList<>();
        for (JsonNode node : read(text)) {
            if (node.has("why")) {
                faults.add(new ViewFault(
                        node.get("view").asText(),
                        node.get("place").asInt(),
                        node.get("why").asText()));
            }
        }
        return faults;
    }

    /** Written only where views have names: records of before stay as they are. */
    private static void view(JsonGenerator json, String view) throws IOException {
        if (!view.equals(Views.ONLY)) {
            json.writeStringField("view", view);
        }
    }

    private static String view(JsonNode node) {
        return node.path("view").asText(Views.ONLY);
    }

    private static void region(JsonGenerator json, Region region) throws IOException {
        json.writeFieldName("region");
        json.writeArray(new int[] {region.left(), region.top(), region.right(), region.bottom()}, 0, 4);
    }

    private static Region region(JsonNode edges) {
        return new Region(
                edges.get(0).asInt(),
                edges.get(1).asInt(),
                edges.get(2).asInt(),
                edges.get(3).asInt());
    }

    private interface Body {
        void write(JsonGenerator json) throws IOException;
    }

    private static String array(Body body) {
        var text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartArray();
            body.write(json);
            json.writeEndArray();
        } catch (IOException e) {
            throw new UncheckedIOException("a string took no text", e);
        }
        return text.toString();
    }

    private static void strings(JsonGenerator json, List<String> values) throws IOException {
        json.writeArray(values.toArray(String[]::new), 0, values.size());
    }

    private static List<String> strings(JsonNode array) {
        List<String> values = new ArrayList<>();
        array.forEach(value -> values.add(value.asText()));
        return values;
    }

    private static JsonNode read(String text) {
        try {
            return READER.readTree(text);
        } catch (IOException e) {
            throw new LogException("a record's JSON cannot be read: " + text, e);
        }
    }
}
