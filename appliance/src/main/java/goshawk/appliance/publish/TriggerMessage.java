package goshawk.appliance.publish;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import goshawk.camera.PartName;
import goshawk.camera.Signals.Signal;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalLong;

/** A trigger as a controller sends it, {@code docs/triggers.md}. Anybody may send anything: what is not as written is refused. */
final class TriggerMessage {

    static final int MOST_BYTES = 1_024;

    private static final long MOST_NUMBER = 1L << 53; // what every JSON library keeps exactly
    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(2).build())
            .build();

    private TriggerMessage() {}

    /**
     * @param atNanos {@link System#nanoTime()} when it arrived
     * @throws IllegalArgumentException saying what is wrong with it
     */
    static Signal read(byte[] message, long atNanos) {
        if (message.length > MOST_BYTES) {
            throw new IllegalArgumentException("%d bytes are more than %d".formatted(message.length, MOST_BYTES));
        }
        OptionalLong number = OptionalLong.empty();
        Optional<String> part = Optional.empty();
        try (JsonParser json = JSON.createParser(message)) {
            want(json.nextToken() == JsonToken.START_OBJECT, "want an object, like {\"number\": 12, \"part\": \"A7\"}");
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String field = json.currentName();
                JsonToken value = json.nextToken();
                switch (field) {
                    case "number" -> {
                        want(value == JsonToken.VALUE_NUMBER_INT, "'number' must be a whole number");
                        long written = json.getLongValue();
                        want(0 <= written && written <= MOST_NUMBER, "'number' must be in [0, 2^53]");
                        number = OptionalLong.of(written);
                    }
                    case "part" -> {
                        want(value == JsonToken.VALUE_STRING, "'part' must be a text");
                        part = Optional.of(PartName.require(json.getText()));
                    }
                    default -> throw new IllegalArgumentException("unknown field; known are number and part");
                }
            }
            want(
                    json.currentToken() == JsonToken.END_OBJECT && json.nextToken() == null,
                    "want one object and no more");
        } catch (IOException e) {
            throw new IllegalArgumentException("it is no JSON as it should be", e);
        }
        return new Signal(number, part, atNanos);
    }

    private static void want(boolean is, String rule) {
        if (!is) {
            throw new IllegalArgumentException(rule);
        }
    }
}
