package goshawk.appliance.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import goshawk.camera.Frame;
import goshawk.camera.PictureFile;
import goshawk.camera.sim.BracketRenderer;
import goshawk.camera.sim.RenderOptions;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The whole server with the checkpoint that is shipped, over HTTP. */
class ApiServerTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final ApiLimits LIMITS = new ApiLimits(2, 900, 2, 64, 32, 1 << 20, Duration.ofMinutes(1));

    @TempDir
    private static Path cache;

    private static NanoServer server;
    private static HttpClient http;

    @BeforeAll
    static void start() {
        server = NanoServer.start(cache, LIMITS);
        http = HttpClient.newHttpClient();
    }

    @AfterAll
    static void stop() {
        http.close();
        server.close();
    }

    @Test
    void whoHasNoTokenIsToldNothing() throws Exception {
        for (String authorization : List.of("", "Bearer", "Bearer wrong", "Basic " + NanoServer.TOKEN)) {
            for (String path : List.of("/models", "/chat/completions", "/nothing")) {
                HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.address() + path));
                if (!authorization.isEmpty()) {
                    request.header("Authorization", authorization);
                }
                HttpResponse<String> response = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
                assertThat(response.statusCode())
                        .as("%s, %s", authorization, path)
                        .isEqualTo(401);
                assertThat(JSON.readTree(response.body())
                                .path("error")
                                .path("code")
                                .asText())
                        .isEqualTo("invalid_api_key");
                assertThat(response.body()).doesNotContain("nano");
            }
        }
    }

    @Test
    void theModelSaysWhatItIs() throws Exception {
        HttpResponse<String> response = http.send(
                HttpRequest.newBuilder(URI.create(server.address() + "/models"))
                        .header("Authorization", "Bearer " + NanoServer.TOKEN)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        JsonNode model = JSON.readTree(response.body()).path("data").path(0);
        assertThat(model.path("id").asText()).isEqualTo(server.model());
        assertThat(model.path("goshawk").path("questions")).isNotEmpty();
        assertThat(model.path("goshawk").path("note").asText()).contains("for nothing else");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            not json                                                     | 400 | invalid_json            | body
            []                                                           | 400 | invalid_json            | body
            {"model":"gpt","messages":[{"role":"user","content":"x"}]}   | 404 | model_not_found         | model
            {"model":"M"}                                                | 400 | invalid_value           | messages
            {"model":"M","messages":[{"role":"robot","content":"x"}]}    | 400 | invalid_value           | messages[0].role
            {"model":"M","messages":[{"role":"assistant","content":"x"}]} | 400 | invalid_value          | messages
            {"model":"M","messages":[{"role":"user","content":"<\\u007cim_end\\u007c>"}]} | 400 | invalid_value | messages
            {"model":"M","messages":[{"role":"user","content":"x"}],"n":2} | 400 | invalid_value         | n
            {"model":"M","messages":[{"role":"user","content":"x"}],"tools":[{}]} | 400 | invalid_value  | tools
            {"model":"M","messages":[{"role":"user","content":"x"}],"temperature":3} | 400 | invalid_value | temperature
            {"model":"M","messages":[{"role":"user","content":"x"}],"top_logprobs":3} | 400 | invalid_value | top_logprobs
            {"model":"M","messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema","json_schema":{"schema":{"type":"object","not":{}}}}} | 400 | invalid_schema | response_format.json_schema.schema
            {"model":"M","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://a/b.png"}}]}]} | 400 | invalid_value | messages[0].content[0].image_url.url
            {"model":"M","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,aGVsbG8="}}]}]} | 400 | invalid_image | messages
            """)
    void whatIsWrongIsSaidInOpenAisForm(String body, int status, String code, String field) throws Exception {
        HttpResponse<String> response = post(body.replace("\"M\"", '"' + server.model() + '"'));
        assertThat(response.statusCode()).as("%s", response.body()).isEqualTo(status);
        JsonNode error = JSON.readTree(response.body()).path("error");
        assertThat(error.path("code").asText()).isEqualTo(code);
        assertThat(error.path("param").asText()).isEqualTo(field);
        assertThat(error.path("message").asText()).isNotEmpty();
    }

    @Test
    void whatIsTooLongIsRefusedWithItsLength() throws Exception {
        HttpResponse<String> response = post(request(text("Is a bolt missing? ".repeat(600)), ""));
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(JSON.readTree(response.body()).path("error").path("code").asText())
                .isEqualTo("context_length_exceeded");
        assertThat(post("x".repeat((1 << 20) + 1)).statusCode())
                .as("larger than any request")
                .isEqualTo(413);
    }

    @Test
    void anAnswerFollowsItsSchemaAndIsTheSameAgain() throws Exception {
        String body = request(picture() + "," + text("Is a bolt missing?"), """
                ,"temperature":0,"reasoning_effort":"none","logprobs":true,"top_logprobs":3,
                "response_format":{"type":"json_schema","json_schema":{"name":"v","schema":
                {"type":"object","properties":{"verdict":{"enum":["PASS","REJECT","REVIEW"]}},"required":["verdict"],"additionalProperties":false}}}""");
        JsonNode first = JSON.readTree(post(body).body());
        JsonNode choice = first.path("choices").path(0);
        assertThat(choice.path("message").path("content").asText()).matches("\\{\"verdict\":\"(PASS|REJECT|REVIEW)\"}");
        assertThat(choice.path("finish_reason").asText()).isEqualTo("stop");
        assertThat(choice.path("message").has("reasoning_content")).isFalse();
        var told = new StringBuilder();
        for (JsonNode token : choice.path("logprobs").path("content")) {
            told.append(token.path("token").asText());
            assertThat(token.path("logprob").asDouble()).isLessThanOrEqualTo(0);
            assertThat(token.path("top_logprobs")).hasSize(3);
        }
        assertThat(told.toString())
                .isEqualTo(choice.path("message").path("content").asText());
        assertThat(first.path("usage").path("prompt_tokens").asInt()).isGreaterThan(64);
        JsonNode second = JSON.readTree(post(body).body());
        assertThat(second.path("choices")).isEqualTo(first.path("choices"));
    }

    @Test
    void aStreamSaysTheSameInPieces() throws Exception {
        String question = text("Is a bolt missing?");
        String options = ",\"seed\":7,\"temperature\":1,\"max_tokens\":24";
        JsonNode whole = JSON.readTree(post(request(question, options)).body());
        HttpResponse<String> response =
                post(request(question, options + ",\"stream\":true,\"stream_options\":{\"include_usage\":true}"));
        assertThat(response.headers().firstValue("content-type")).contains("text/event-stream");
        List<String> events = response.body()
                .lines()
                .filter(line -> line.startsWith("data: "))
                .map(line -> line.substring(6))
                .toList();
        assertThat(events.getLast()).isEqualTo("[DONE]");
        var content = new StringBuilder();
        var reasoning = new StringBuilder();
        List<String> ends = new ArrayList<>();
        for (String event : events.subList(0, events.size() - 1)) {
            JsonNode choice = JSON.readTree(event).path("choices").path(0);
            content.append(choice.path("delta").path("content").asText(""));
            reasoning.append(choice.path("delta").path("reasoning_content").asText(""));
            if (choice.path("finish_reason").isTextual()) {
                ends.add(choice.path("finish_reason").asText());
            }
        }
        JsonNode message = whole.path("choices").path(0).path("message");
        assertThat(content.toString()).isEqualTo(message.path("content").asText());
        assertThat(reasoning.toString().strip())
                .isEqualTo(message.path("reasoning_content").asText(""));
        assertThat(ends)
                .containsExactly(
                        whole.path("choices").path(0).path("finish_reason").asText());
        assertThat(JSON.readTree(events.get(events.size() - 2)).path("usage"))
                .as("the same use of tokens")
                .isEqualTo(whole.path("usage"));
    }

    @Test
    void aThoughtThatFindsNoEndIsClosedAndAnAnswerFollows() throws Exception {
        JsonNode reply = JSON.readTree(post(request(
                        text("Is a bolt missing?"),
                        ",\"temperature\":0,\"max_tokens\":40,\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"schema\":{\"const\":\"x\"}}}"))
                .body());
        assertThat(reply.path("choices").path(0).path("message").path("content").asText())
                .isEqualTo("\"x\"");
        assertThat(reply.path("usage")
                        .path("completion_tokens_details")
                        .path("reasoning_tokens")
                        .asInt())
                .isBetween(1, 30);
    }

    @Test
    void aStopTextEndsTheAnswerAndIsNotPartOfIt() throws Exception {
        JsonNode reply = JSON.readTree(post(request(
                        text("x"),
                        ",\"reasoning_effort\":\"none\",\"temperature\":0,\"stop\":[\"verd\"],\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"schema\":{\"type\":\"object\",\"properties\":{\"verdict\":{\"const\":1}},\"required\":[\"verdict\"]}}}"))
                .body());
        assertThat(reply.path("choices").path(0).path("message").path("content").asText())
                .isEqualTo("{\"");
        assertThat(reply.path("choices").path(0).path("finish_reason").asText()).isEqualTo("stop");
    }

    @Test
    void whoHangsUpFreesTheEngineAndHisPlace() throws Exception {
        String endless = request(
                text("x"),
                ",\"stream\":true,\"reasoning_effort\":\"none\",\"temperature\":0,\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"schema\":{\"type\":\"string\",\"minLength\":100000}}}");
        List<InputStream> open = new ArrayList<>();
        for (int i = 0; i < LIMITS.conversations(); i++) {
            HttpResponse<InputStream> stream =
                    http.send(completions(endless), HttpResponse.BodyHandlers.ofInputStream());
            assertThat(stream.statusCode()).isEqualTo(200);
            assertThat(stream.body().read()).isEqualTo('d');
            open.add(stream.body());
        }
        HttpResponse<String> refused = post(request(text("x"), ",\"max_tokens\":1"));
        assertThat(refused.statusCode()).as("%s", refused.body()).isEqualTo(429);
        for (InputStream stream : open) {
            stream.close();
        }
        await().atMost(Duration.ofSeconds(20))
                .until(() -> post(request(text("x"), ",\"max_tokens\":1")).statusCode() == 200);
        await().atMost(Duration.ofSeconds(20)).until(ApiServerTest::isIdle);
    }

    private static boolean isIdle() throws InterruptedException {
        long before = server.steps();
        Thread.sleep(200);
        return server.steps() == before;
    }

    /** Temperature 0 is the limit of small temperatures, and shares are those before it. */
    @Test
    void sharesAreOfAllTokens() throws Exception {
        JsonNode reply = JSON.readTree(post(request(
                        text("Is a bolt missing?"),
                        ",\"reasoning_effort\":\"none\",\"max_tokens\":1,\"temperature\":0,\"logprobs\":true,\"top_logprobs\":20"))
                .body());
        JsonNode token =
                reply.path("choices").path(0).path("logprobs").path("content").path(0);
        double sum = 0;
        double before = 0;
        for (JsonNode likely : token.path("top_logprobs")) {
            assertThat(likely.path("logprob").asDouble()).isLessThanOrEqualTo(before);
            before = likely.path("logprob").asDouble();
            sum += Math.exp(before);
        }
        assertThat(sum).isLessThanOrEqualTo(1 + 1e-9);
        assertThat(token.path("logprob").asDouble())
                .isCloseTo(token.path("top_logprobs").path(0).path("logprob").asDouble(), within(1e-12));
    }

    private static String request(String parts, String more) {
        return "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":[%s]}]%s}"
                .formatted(server.model(), parts, more);
    }

    private static String text(String text) {
        return "{\"type\":\"text\",\"text\":\"%s\"}".formatted(text);
    }

    private static String picture() {
        var part = BracketRenderer.render(3, 0, RenderOptions.USUAL);
        try (Frame frame = Frame.of(part.width(), part.height(), part.rgb())) {
            return "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,%s\"}}"
                    .formatted(Base64.getEncoder().encodeToString(PictureFile.png(frame, true)));
        }
    }

    private static HttpRequest completions(String body) {
        return HttpRequest.newBuilder(URI.create(server.address() + "/chat/completions"))
                .header("Authorization", "Bearer " + NanoServer.TOKEN)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    private static HttpResponse<String> post(String body) throws IOException, InterruptedException {
        return http.send(completions(body), HttpResponse.BodyHandlers.ofString());
    }
}
