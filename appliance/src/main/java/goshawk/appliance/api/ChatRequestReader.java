package goshawk.appliance.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import goshawk.appliance.inspect.Sampling;
import goshawk.trtbuild.Message;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the body of {@code POST /v1/chat/completions}. What would change the answer and is not taken is refused by name;
 * what only labels a request ({@code user}, {@code metadata} and the like) is passed over.
 */
final class ChatRequestReader {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MOST_STOPS = 4;
    private static final int MOST_LIKELIEST = 20;
    private static final int LONGEST_STOP = 256;

    private static final Set<String> NOT_TAKEN = Set.of(
            "tools",
            "tool_choice",
            "functions",
            "function_call",
            "logit_bias",
            "audio",
            "prediction",
            "web_search_options");
    private static final Pattern DATA_URL = Pattern.compile("data:image/(png|jpe?g);base64,", Pattern.CASE_INSENSITIVE);

    private final JsonNode root;
    private final ApiLimits limits;
    private final Sampling usual;
    private final List<byte[]> pictures = new ArrayList<>();

    private ChatRequestReader(JsonNode root, ApiLimits limits, Sampling usual) {
        this.root = root;
        this.limits = limits;
        this.usual = usual;
    }

    /**
     * @param usual for what the request does not say
     * @throws ApiException naming the field that is at fault
     */
    static ChatRequest read(byte[] body, ApiLimits limits, Sampling usual) {
        JsonNode root;
        try {
            root = JSON.readTree(body);
        } catch (IOException e) {
            throw ApiException.refused("body", "invalid_json", "the body is no JSON: send one JSON object");
        }
        if (root == null || !root.isObject()) {
            throw ApiException.refused("body", "invalid_json", "the body must be one JSON object");
        }
        return new ChatRequestReader(root, limits, usual).request();
    }

    private ChatRequest request() {
        for (String field : NOT_TAKEN) {
            if (isGiven(field) && !root.path(field).isEmpty()) {
                throw refused(field, "is not taken by this server: leave it out");
            }
        }
        if (whole("n", 1, Integer.MAX_VALUE).orElse(1) != 1) {
            throw refused("n", "must be 1: this server gives one answer a request");
        }
        List<Message> messages = messages();
        boolean stream = flag(root, "stream", "stream");
        return new ChatRequest(
                text(root, "model", "model"),
                messages,
                pictures,
                sampling(),
                mostTokens(),
                stops(),
                likeliest(),
                schema(),
                !root.path("reasoning_effort").asText("").equals("none"),
                stream,
                stream && flag(root.path("stream_options"), "include_usage", "stream_options.include_usage"));
    }

    private List<Message> messages() {
        JsonNode written = root.path("messages");
        if (!written.isArray() || written.isEmpty()) {
            throw refused("messages", "must be a list of at least one message");
        }
        List<Message> messages = new ArrayList<>();
        for (int i = 0; i < written.size(); i++) {
            messages.add(message(written.get(i), "messages[" + i + "]"));
        }
        if (messages.getLast().role().equals("assistant")) {
            throw refused("messages", "must end with what the model is to answer, not with an assistant's message");
        }
        return messages;
    }

    private Message message(JsonNode message, String where) {
        String role = text(message, "role", where + ".role");
        JsonNode content = message.path("content");
        List<Message.Part> parts = new ArrayList<>();
        if (content.isTextual()) {
            parts.add(new Message.Text(content.asText()));
        } else if (content.isArray() && !content.isEmpty()) {
            for (int i = 0; i < content.size(); i++) {
                parts.add(part(content.get(i), where + ".content[" + i + "]"));
            }
        } else {
            throw refused(where + ".content", "must be a text or a list of parts");
        }
        return switch (role) {
            case "system", "developer" -> new Message("system", parts);
            case "user", "assistant" -> new Message(role, parts);
            default ->
                throw refused(where + ".role", "must be system, developer, user or assistant, got '" + role + "'");
        };
    }

    private Message.Part part(JsonNode part, String where) {
        String type = text(part, "type", where + ".type");
        return switch (type) {
            case "text" -> new Message.Text(text(part, "text", where + ".text"));
            case "image_url" -> {
                pictures.add(picture(part.path("image_url"), where + ".image_url.url"));
                if (pictures.size() > limits.pictures()) {
                    throw refused(where, "is one picture too many: a conversation may have " + limits.pictures());
                }
                yield new Message.Picture();
            }
            default ->
                throw refused(
                        where + ".type",
                        "must be text or image_url, got '%s'; send a clip as pictures".formatted(type));
        };
    }

    private static byte[] picture(JsonNode holder, String where) {
        String url = holder.isTextual() ? holder.asText() : text(holder, "url", where);
        Matcher data = DATA_URL.matcher(url);
        if (!data.lookingAt()) {
            throw refused(
                    where, "must be a data URL, data:image/png;base64,… or image/jpeg: this server fetches nothing");
        }
        try {
            return Base64.getMimeDecoder().decode(url.substring(data.end()));
        } catch (IllegalArgumentException e) {
            throw ApiException.refused(where, "invalid_image", "%s is no base64".formatted(where));
        }
    }

    /** What is not asked for is as the checkpoint's makers want it. */
    private Sampling sampling() {
        return new Sampling(
                number("temperature", 0, 2, usual.temperature()),
                whole("top_k", -1, Integer.MAX_VALUE).map(k -> Math.max(0, k)).orElse(usual.topK()),
                number("top_p", Double.MIN_VALUE, 1, usual.topP()),
                number("min_p", 0, 1, usual.minP()),
                number("repetition_penalty", 0.01, 100, usual.repetitionPenalty()),
                number("presence_penalty", -2, 2, 0),
                number("frequency_penalty", -2, 2, 0),
                whole("seed", Integer.MIN_VALUE, Integer.MAX_VALUE)
                        .map(Integer::longValue)
                        .orElseGet(() -> ThreadLocalRandom.current().nextLong()));
    }

    private OptionalInt mostTokens() {
        String field = isGiven("max_completion_tokens") ? "max_completion_tokens" : "max_tokens";
        return whole(field, 1, Integer.MAX_VALUE).map(OptionalInt::of).orElse(OptionalInt.empty());
    }

    private List<String> stops() {
        JsonNode written = root.path("stop");
        List<String> stops = new ArrayList<>();
        if (written.isTextual()) {
            stops.add(written.asText());
        }
        written.forEach(stop -> stops.add(stop.isTextual() ? stop.asText() : ""));
        if (stops.size() > MOST_STOPS
                || stops.stream().anyMatch(stop -> stop.isEmpty() || stop.length() > LONGEST_STOP)) {
            throw refused(
                    "stop",
                    "must be a text or a list of up to %d texts of 1 to %d characters"
                            .formatted(MOST_STOPS, LONGEST_STOP));
        }
        return stops;
    }

    private OptionalInt likeliest() {
        int count = whole("top_logprobs", 0, MOST_LIKELIEST).orElse(0);
        if (flag(root, "logprobs", "logprobs")) {
            return OptionalInt.of(count);
        }
        if (count > 0) {
            throw refused("top_logprobs", "needs \"logprobs\": true");
        }
        return OptionalInt.empty();
    }

    private Optional<JsonNode> schema() {
        JsonNode format = root.path("response_format");
        if (format.isMissingNode() || format.isNull()) {
            return Optional.empty();
        }
        return switch (text(format, "type", "response_format.type")) {
            case "text" -> Optional.empty();
            case "json_object" ->
                Optional.of(JsonNodeFactory.instance.objectNode().put("type", "object"));
            case "json_schema" -> {
                JsonNode schema = format.path("json_schema").path("schema");
                if (!schema.isObject()) {
                    throw refused("response_format.json_schema.schema", "must be a JSON Schema");
                }
                yield Optional.of(schema);
            }
            default -> throw refused("response_format.type", "must be text, json_object or json_schema");
        };
    }

    private boolean isGiven(String field) {
        return !root.path(field).isMissingNode() && !root.path(field).isNull();
    }

    private static String text(JsonNode object, String field, String where) {
        if (!object.path(field).isTextual()) {
            throw refused(where, "must be a text");
        }
        return object.path(field).asText();
    }

    private static boolean flag(JsonNode object, String field, String where) {
        JsonNode value = object.path(field);
        if (value.isMissingNode() || value.isNull()) {
            return false;
        }
        if (!value.isBoolean()) {
            throw refused(where, "must be true or false");
        }
        return value.asBoolean();
    }

    private Optional<Integer> whole(String field, int least, int most) {
        if (!isGiven(field)) {
            return Optional.empty();
        }
        JsonNode value = root.path(field);
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.asInt() < least || value.asInt() > most) {
            throw refused(field, "must be a whole number from %d to %d".formatted(least, most));
        }
        return Optional.of(value.asInt());
    }

    private double number(String field, double least, double most, double otherwise) {
        if (!isGiven(field)) {
            return otherwise;
        }
        JsonNode value = root.path(field);
        if (!value.isNumber() || !(value.asDouble() >= least && value.asDouble() <= most)) {
            throw refused(
                    field,
                    "must be a number from %s to %s".formatted(least == Double.MIN_VALUE ? "above 0" : least, most));
        }
        return value.asDouble();
    }

    private static ApiException refused(String field, String rule) {
        return ApiException.refused(field, "invalid_value", "'%s' %s".formatted(field, rule));
    }
}
