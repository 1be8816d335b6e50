package goshawk.appliance.record;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.util.RawValue;
import goshawk.appliance.domain.DefectPrompt;
import goshawk.appliance.domain.Finding;
import goshawk.appliance.domain.LogException;
import goshawk.appliance.domain.PromptScore;
import goshawk.appliance.domain.SecondOpinion;
import goshawk.appliance.domain.Severity;
import goshawk.appliance.domain.Thought;
import goshawk.camera.Region;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The columns {@code findings}, {@code scores}, {@code thoughts} and {@code second_opinion}. Written out field by field: renaming a component rewrites no history. */
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
                Region region = finding.region();
                json.writeFieldName("region");
                json.writeArray(new int[] {region.left(), region.top(), region.right(), region.bottom()}, 0, 4);
                json.writeStringField("answer", finding.answer());
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
                json.writeNumberField("rejectAt", prompt.rejectAt());
                json.writeNumberField("reviewAt", prompt.reviewAt());
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

    static List<Finding> findings(String text) {
        List<Finding> findings = new ArrayList<>();
        for (JsonNode node : read(text)) {
            JsonNode region = node.get("region");
            findings.add(new Finding(
                    node.get("prompt").asText(),
                    node.get("defect").asText(),
                    node.get("score").asDouble(),
                    new Region(
                            region.get(0).asInt(),
                            region.get(1).asInt(),
                            region.get(2).asInt(),
                            region.get(3).asInt()),
                    node.get("answer").asText()));
        }
        return findings;
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
                    node.get("reviewAt").asDouble());
            scores.add(new PromptScore(
                    prompt,
                    node.get("region").asText(),
                    node.get("score").asDouble(),
                    node.get("doubt").asDouble()));
        }
        return scores;
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
