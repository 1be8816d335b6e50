package goshawk.appliance.publish;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import goshawk.appliance.domain.ArchivedPicture;
import goshawk.appliance.domain.Finding;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.InspectionRecord;
import goshawk.appliance.domain.Outbox.Waiting;
import goshawk.appliance.domain.PromptScore;
import goshawk.appliance.domain.Provenance;
import goshawk.appliance.domain.Reading;
import goshawk.appliance.domain.SecondOpinion;
import goshawk.appliance.domain.Timings;
import goshawk.appliance.domain.Verdict;
import goshawk.camera.Region;
import goshawk.camera.Views;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * The wire form, {@code docs/verdict-message.md}. Written out field by field: the domain can change without breaking a
 * subscriber in a factory. A change that a subscriber could stumble over raises {@link #SCHEMA}.
 */
final class Messages {

    /** Version of every message's form; {@code docs/verdict.schema.json} is this one. */
    static final int SCHEMA = 2;

    private static final JsonFactory JSON = new JsonFactory();

    private Messages() {}

    static byte[] verdict(String station, Waiting waiting) {
        InspectionRecord record = waiting.record();
        return object(json -> {
            json.writeNumberField("schema", SCHEMA);
            json.writeNumberField("id", waiting.id());
            json.writeStringField("station", station);
            json.writeNumberField("trigger", record.trigger().id());
            json.writeStringField("part", record.trigger().part());
            json.writeNumberField("attempt", waiting.attempt());
            json.writeStringField("order", record.order());
            json.writeStringField("shift", record.shift());
            json.writeStringField("at", record.trigger().at().toString());
            json.writeBooleanField("isSimulated", record.isSimulated());
            json.writeStringField("verdict", record.verdict().code());
            if (record.verdict() instanceof Verdict.NotInspected(var cause, var detail)) {
                json.writeStringField("cause", cause.name());
                json.writeStringField("detail", detail);
            }
            inspection(json, record);
            json.writeStringField("disposition", record.outcome().disposition().name());
            json.writeStringField("dispositionAt", record.outcome().at().toString());
            json.writeStringField("dispositionDetail", record.outcome().detail());
            provenance(json, record.provenance());
            pictures(json, record.pictures());
        });
    }

    /**
     * The station is there; {@code at} is when it said so.
     *
     * @param pictureAlarms what is wrong with the pictures and will cost parts, in words
     */
    static byte[] online(Instant at, Provenance provenance, boolean isSimulated, List<String> pictureAlarms) {
        return object(json -> {
            json.writeNumberField("schema", SCHEMA);
            json.writeStringField("state", "ONLINE");
            json.writeStringField("at", at.toString());
            json.writeBooleanField("isSimulated", isSimulated);
            json.writeArrayFieldStart("pictureAlarms");
            for (String alarm : pictureAlarms) {
                json.writeString(alarm);
            }
            json.writeEndArray();
            provenance(json, provenance);
        });
    }

    /** The last will, written when the station was well: it cannot say since when. */
    static byte[] offline(boolean isSimulated) {
        return object(json -> {
            json.writeNumberField("schema", SCHEMA);
            json.writeStringField("state", "OFFLINE");
            json.writeBooleanField("isSimulated", isSimulated);
        });
    }

    private static void inspection(JsonGenerator json, InspectionRecord record) throws IOException {
        if (record.inspection() instanceof Inspection.Completed completed) {
            findings(json, completed.findings());
            readings(json, completed.readings());
            var highest =
                    completed.scores().stream().mapToDouble(PromptScore::score).max();
            if (highest.isPresent()) {
                json.writeNumberField("score", highest.getAsDouble());
            }
            var confidence = completed.scores().stream()
                    .flatMapToDouble(score -> score.confidence().stream())
                    .max();
            if (confidence.isPresent()) {
                json.writeNumberField("confidence", confidence.getAsDouble());
            }
            json.writeObjectFieldStart("timingsMs");
            millis(json, "total", record.took());
            Timings timings = completed.timings();
            millis(json, "pose", timings.pose());
            millis(json, "vision", timings.vision());
            millis(json, "prefill", timings.prefill());
            millis(json, "score", timings.score());
            millis(json, "explain", timings.explain());
            json.writeEndObject();
            if (completed.second().isPresent()) {
                secondOpinion(json, completed.second().get());
            }
        } else {
            findings(json, List.of());
            readings(json, List.of());
            json.writeObjectFieldStart("timingsMs");
            millis(json, "total", record.took());
            json.writeEndObject();
        }
    }

    private static void secondOpinion(JsonGenerator json, SecondOpinion second) throws IOException {
        json.writeObjectFieldStart("secondOpinion");
        json.writeStringField("model", second.model());
        json.writeStringField("state", second.state().name());
        var highest = second.scores().stream().mapToDouble(PromptScore::score).max();
        if (highest.isPresent()) {
            json.writeNumberField("score", highest.getAsDouble());
        }
        json.writeEndObject();
    }

    private static void findings(JsonGenerator json, List<Finding> findings) throws IOException {
        json.writeArrayFieldStart("findings");
        for (Finding finding : findings) {
            json.writeStartObject();
            json.writeStringField("prompt", finding.prompt());
            json.writeStringField("defect", finding.defect());
            json.writeNumberField("score", finding.score());
            Region region = finding.region();
            json.writeFieldName("region");
            json.writeArray(new int[] {region.left(), region.top(), region.right(), region.bottom()}, 0, 4);
            view(json, finding.view());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void readings(JsonGenerator json, List<Reading> readings) throws IOException {
        json.writeArrayFieldStart("readings");
        for (Reading reading : readings) {
            json.writeStartObject();
            json.writeStringField("code", reading.code());
            json.writeStringField("text", reading.text().orElse(null));
            json.writeNumberField("score", reading.score());
            json.writeStringField("expected", reading.expected());
            json.writeStringField("outcome", reading.outcome().name());
            view(json, reading.view());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void provenance(JsonGenerator json, Provenance provenance) throws IOException {
        json.writeObjectFieldStart("recipe");
        json.writeStringField("id", provenance.recipe());
        json.writeStringField("version", provenance.recipeVersion());
        json.writeStringField("hash", provenance.recipeHash());
        json.writeStringField("promptsHash", provenance.promptsHash());
        json.writeBooleanField("isVerified", provenance.isVerified());
        json.writeEndObject();
        json.writeObjectFieldStart("engine");
        json.writeStringField("name", provenance.engine());
        json.writeStringField("hash", provenance.engineHash());
        json.writeStringField("precision", provenance.precision());
        json.writeStringField("runtime", provenance.runtime());
        json.writeEndObject();
    }

    /** One field for the only one, or the first; another for all, where views have names. */
    private static void pictures(JsonGenerator json, List<ArchivedPicture> pictures) throws IOException {
        if (pictures.isEmpty()) {
            return;
        }
        json.writeFieldName("picture");
        picture(json, pictures.getFirst());
        if (!pictures.getFirst().view().equals(Views.ONLY)) {
            json.writeArrayFieldStart("pictures");
            for (ArchivedPicture picture : pictures) {
                picture(json, picture);
            }
            json.writeEndArray();
        }
    }

    private static void view(JsonGenerator json, String view) throws IOException {
        if (!view.equals(Views.ONLY)) {
            json.writeStringField("view", view);
        }
    }

    private static void picture(JsonGenerator json, ArchivedPicture picture) throws IOException {
        json.writeStartObject();
        view(json, picture.view());
        json.writeStringField("path", picture.path());
        json.writeStringField("sha256", picture.sha256());
        json.writeNumberField("width", picture.width());
        json.writeNumberField("height", picture.height());
        if (picture.isPartial()) {
            json.writeBooleanField("isPartial", true);
        }
        json.writeEndObject();
    }

    private static void millis(JsonGenerator json, String name, Duration took) throws IOException {
        json.writeNumberField(name, Math.round(took.toNanos() / 1e3) / 1e3);
    }

    private interface Body {
        void write(JsonGenerator json) throws IOException;
    }

    private static byte[] object(Body body) {
        var bytes = new ByteArrayOutputStream(1_024);
        try (JsonGenerator json = JSON.createGenerator(bytes)) {
            json.writeStartObject();
            body.write(json);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("a byte array took no bytes", e);
        }
        return bytes.toByteArray();
    }
}
