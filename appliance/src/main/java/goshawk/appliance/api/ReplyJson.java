package goshawk.appliance.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/** What goes over the wire, in OpenAI's form. Immutable; safe for any thread. */
final class ReplyJson {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final String id;
    private final long created;
    private final String model;
    private final String fingerprint;

    /**
     * @param created seconds since 1970
     * @param fingerprint of the engine that answers
     */
    ReplyJson(String id, long created, String model, String fingerprint) {
        this.id = id;
        this.created = created;
        this.model = model;
        this.fingerprint = fingerprint;
    }

    static byte[] error(ApiException e) {
        return errorText(e).getBytes(StandardCharsets.UTF_8);
    }

    static String errorText(ApiException e) {
        ObjectNode root = JSON.createObjectNode();
        root.putObject("error")
                .put("message", e.getMessage())
                .put("type", e.type())
                .put("param", e.field().orElse(null))
                .put("code", e.code().orElse(null));
        return text(root);
    }

    byte[] whole(Reply reply, boolean withShares) {
        ObjectNode root = root("chat.completion");
        ObjectNode choice = choice(root);
        ObjectNode message =
                choice.putObject("message").put("role", "assistant").put("content", reply.content());
        message.putNull("refusal");
        if (!reply.reasoning().isEmpty()) {
            message.put("reasoning_content", reply.reasoning());
        }
        logprobs(choice, reply.tokens(), withShares);
        choice.put("finish_reason", name(reply.finish()));
        usage(root, reply.usage());
        return bytes(root);
    }

    String opening() {
        ObjectNode root = root("chat.completion.chunk");
        ObjectNode choice = choice(root);
        choice.putObject("delta").put("role", "assistant").put("content", "");
        choice.putNull("finish_reason");
        return text(root);
    }

    String reasoned(String more) {
        ObjectNode root = root("chat.completion.chunk");
        ObjectNode choice = choice(root);
        choice.putObject("delta").put("reasoning_content", more);
        choice.putNull("finish_reason");
        return text(root);
    }

    String said(String more, List<Reply.Token> tokens, boolean withShares) {
        ObjectNode root = root("chat.completion.chunk");
        ObjectNode choice = choice(root);
        choice.putObject("delta").put("content", more);
        logprobs(choice, tokens, withShares);
        choice.putNull("finish_reason");
        return text(root);
    }

    String ended(Reply.Finish finish) {
        ObjectNode root = root("chat.completion.chunk");
        ObjectNode choice = choice(root);
        choice.putObject("delta");
        choice.put("finish_reason", name(finish));
        return text(root);
    }

    String used(Reply.Usage usage) {
        ObjectNode root = root("chat.completion.chunk");
        root.putArray("choices");
        usage(root, usage);
        return text(root);
    }

    private ObjectNode root(String kind) {
        return JSON.createObjectNode()
                .put("id", id)
                .put("object", kind)
                .put("created", created)
                .put("model", model)
                .put("system_fingerprint", fingerprint);
    }

    private static ObjectNode choice(ObjectNode root) {
        return root.putArray("choices").addObject().put("index", 0);
    }

    private static void logprobs(ObjectNode choice, List<Reply.Token> tokens, boolean withShares) {
        if (!withShares) {
            choice.putNull("logprobs");
            return;
        }
        ArrayNode content = choice.putObject("logprobs").putArray("content");
        for (Reply.Token token : tokens) {
            ObjectNode told = token(content, token);
            ArrayNode likeliest = told.putArray("top_logprobs");
            token.likeliest().forEach(other -> token(likeliest, other));
        }
    }

    private static ObjectNode token(ArrayNode to, Reply.Token token) {
        ObjectNode told = to.addObject()
                .put("token", new String(token.bytes(), StandardCharsets.UTF_8))
                .put("logprob", Math.max(-9999, token.logarithm()));
        ArrayNode bytes = told.putArray("bytes");
        for (byte value : token.bytes()) {
            bytes.add(value & 0xff);
        }
        return told;
    }

    private static void usage(ObjectNode root, Reply.Usage usage) {
        root.putObject("usage")
                .put("prompt_tokens", usage.prompt())
                .put("completion_tokens", usage.completion())
                .put("total_tokens", usage.prompt() + usage.completion())
                .putObject("completion_tokens_details")
                .put("reasoning_tokens", usage.reasoning());
    }

    private static String name(Reply.Finish finish) {
        return finish.name().toLowerCase(Locale.ROOT);
    }

    static byte[] bytes(JsonNode root) {
        return text(root).getBytes(StandardCharsets.UTF_8);
    }

    private static String text(JsonNode root) {
        try {
            return JSON.writeValueAsString(root);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of JSON can always be written", e);
        }
    }
}
