package goshawk.appliance.remote;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import goshawk.appliance.domain.DefectPrompt;
import goshawk.appliance.inspect.ModelInput;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;

/**
 * Asks one server about one picture at a time. Safe for any thread; an interrupt ends the exchange. There is no second
 * try: a part's time is short, and the circuit breaker counts.
 */
final class ChatClient implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    /** A verdict with sixteen findings has some five hundred tokens, a thought before it some more. */
    private static final int MOST_TOKENS = 2_048;

    private static final int LIKELIEST = 20;
    private static final int MOST_FINDINGS = 16;
    private static final long LARGEST_ANSWER = 4 << 20;
    private static final Duration LONGEST_CONNECT = Duration.ofSeconds(2);

    private final RemoteServer server;
    private final HttpClient http;

    /**
     * What the server said.
     *
     * @param tokens with their shares; empty when the server tells none
     */
    record Said(String content, List<Token> tokens) {}

    /** @param logarithm natural, of its share */
    record Token(String text, double logarithm, List<Token> likeliest) {}

    ChatClient(RemoteServer server) {
        this.server = server;
        Duration connect = server.timeout().compareTo(LONGEST_CONNECT) < 0 ? server.timeout() : LONGEST_CONNECT;
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(connect)
                .build();
    }

    /**
     * @param png the region, as the local model would see it
     * @param limit until the answer's head; whoever calls bounds the rest by interrupting
     * @throws RemoteException when there is no answer of the right form
     */
    Said ask(byte[] png, DefectPrompt prompt, Duration limit) throws InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(server.completions())
                .timeout(limit)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body(png, prompt)));
        if (!server.token().isEmpty()) {
            request.header("Authorization", "Bearer " + server.token());
        }
        try {
            HttpResponse<byte[]> response = http.send(
                    request.build(),
                    HttpResponse.BodyHandlers.limiting(HttpResponse.BodyHandlers.ofByteArray(), LARGEST_ANSWER));
            if (response.statusCode() != 200) {
                throw RemoteException.failed(
                        "%s answers %d: %s".formatted(server, response.statusCode(), reason(response.body())));
            }
            return said(response.body());
        } catch (HttpTimeoutException e) {
            throw RemoteException.late("%s did not answer in time".formatted(server), e);
        } catch (IOException e) {
            throw RemoteException.failed("%s cannot be asked: %s".formatted(server, e), e);
        }
    }

    private byte[] body(byte[] png, DefectPrompt prompt) {
        ObjectNode root = JSON.createObjectNode()
                .put("model", server.model())
                .put("temperature", 0)
                .put("max_tokens", MOST_TOKENS)
                .put("logprobs", true)
                .put("top_logprobs", LIKELIEST);
        server.reasoningEffort().ifPresent(effort -> root.put("reasoning_effort", effort));
        ArrayNode messages = root.putArray("messages");
        messages.addObject().put("role", "system").put("content", ModelInput.SYSTEM);
        ArrayNode content = messages.addObject().put("role", "user").putArray("content");
        content.addObject()
                .put("type", "image_url")
                .putObject("image_url")
                .put("url", "data:image/png;base64," + Base64.getEncoder().encodeToString(png));
        content.addObject().put("type", "text").put("text", prompt.question());
        ObjectNode format = root.putObject("response_format").put("type", "json_schema");
        format.putObject("json_schema").put("name", "verdict").set("schema", schema(prompt.defects()));
        return root.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** The verdict, as our own models answer it: findings with a rejection, none without. */
    static JsonNode schema(List<String> defects) {
        ObjectNode schema = JSON.createObjectNode().put("type", "object");
        ObjectNode properties = schema.putObject("properties");
        ArrayNode verdicts = properties.putObject("verdict").putArray("enum");
        Stream.of("PASS", "REJECT", "REVIEW").forEach(verdicts::add);
        ObjectNode findings = properties
                .putObject("findings")
                .put("type", "array")
                .put("minItems", 1)
                .put("maxItems", MOST_FINDINGS);
        ObjectNode finding = findings.putObject("items").put("type", "object");
        ObjectNode parts = finding.putObject("properties");
        ArrayNode codes = parts.putObject("defect").putArray("enum");
        defects.forEach(codes::add);
        ObjectNode box =
                parts.putObject("box").put("type", "array").put("minItems", 4).put("maxItems", 4);
        box.putObject("items").put("type", "integer").put("minimum", 0).put("maximum", 1_000);
        finding.putArray("required").add("defect").add("box");
        finding.put("additionalProperties", false);
        schema.putArray("required").add("verdict");
        return schema.put("additionalProperties", false);
    }

    private Said said(byte[] body) {
        JsonNode choice;
        try {
            choice = JSON.readTree(body).path("choices").path(0);
        } catch (IOException e) {
            throw RemoteException.failed("%s answers what is no JSON".formatted(server), e);
        }
        JsonNode content = choice.path("message").path("content");
        if (!content.isTextual()) {
            throw RemoteException.failed("%s answers without a content".formatted(server));
        }
        List<Token> tokens = new ArrayList<>();
        choice.path("logprobs").path("content").forEach(token -> tokens.add(token(token)));
        return new Said(content.asText(), tokens);
    }

    private static Token token(JsonNode token) {
        List<Token> likeliest = new ArrayList<>();
        token.path("top_logprobs").forEach(other -> likeliest.add(token(other)));
        return new Token(
                token.path("token").asText(), token.path("logprob").asDouble(Double.NEGATIVE_INFINITY), likeliest);
    }

    /** What the server says is wrong, in one line that fits into a record. */
    private static String reason(byte[] body) {
        String text = new String(body, 0, Math.min(body.length, 500), StandardCharsets.UTF_8);
        try {
            text = JSON.readTree(body).path("error").path("message").asText(text);
        } catch (IOException e) {
            // as it stands
        }
        String line = text.replaceAll("\\p{Cntrl}+", " ").strip();
        return line.length() > 200 ? line.substring(0, 200) + "…" : line;
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
