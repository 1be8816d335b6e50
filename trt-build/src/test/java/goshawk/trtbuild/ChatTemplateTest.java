package goshawk.trtbuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import goshawk.trtbuild.ChatTemplate.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChatTemplateTest {

    @TempDir
    Path dir;

    @ParameterizedTest
    @ValueSource(strings = {"thinking", "instruct"})
    void conversationsAreWrittenAsTransformersWritesThem(String flavour) {
        var template = ChatTemplate.read(TextGoldens.folder(flavour));
        JsonNode cases = TextGoldens.json(flavour + "/conversations.json");
        assertThat(cases.size()).isGreaterThan(10);
        for (JsonNode one : cases) {
            List<Message> messages = new ArrayList<>();
            one.path("messages").forEach(message -> messages.add(message(message)));
            Answer answer = one.path("addGenerationPrompt").asBoolean() ? Answer.EXPECTED : Answer.NOT_EXPECTED;
            assertThat(template.render(messages, answer))
                    .as("%s", one.path("messages"))
                    .isEqualTo(one.path("rendered").asText());
        }
    }

    private static Message message(JsonNode message) {
        List<Message.Part> parts = new ArrayList<>();
        if (message.path("content").isTextual()) {
            parts.add(new Message.Text(message.path("content").asText()));
        }
        for (JsonNode part : message.path("content")) {
            parts.add(
                    switch (part.path("type").asText()) {
                        case "image" -> new Message.Picture();
                        case "video" -> new Message.Film();
                        default -> new Message.Text(part.path("text").asText());
                    });
        }
        return new Message(message.path("role").asText(), parts);
    }

    @Test
    void theTemplateIsFoundWhereTransformersLooksForIt() throws IOException {
        write("tokenizer_config.json", Map.of("chat_template", "config {{ eos_token }}", "eos_token", "<e>"));
        assertThat(rendered()).isEqualTo("config <e>");
        write(
                "tokenizer_config.json",
                Map.of(
                        "chat_template",
                        List.of(
                                Map.of("name", "tool_use", "template", "tools"),
                                Map.of("name", "default", "template", "list {{ eos_token }}")),
                        "eos_token",
                        Map.of("content", "<o>")));
        assertThat(rendered()).isEqualTo("list <o>");
        write("chat_template.json", Map.of("chat_template", "json"));
        assertThat(rendered()).isEqualTo("json");
        Files.writeString(dir.resolve("chat_template.jinja"), "jinja\n");
        assertThat(rendered()).isEqualTo("jinja");
    }

    @Test
    void aMissingOrUnusableTemplateIsNamedWithTheRemedy() throws IOException {
        assertThatThrownBy(this::rendered)
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("has no chat template; add its chat_template.jinja");
        Files.writeString(dir.resolve("chat_template.jinja"), "a\n{{ x | frobnicate }}");
        assertThatThrownBy(this::rendered)
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("chat_template.jinja, line 2: filter 'frobnicate' is not among [count,")
                .message()
                .doesNotContain("\n");
    }

    @Test
    void aConversationThatTheTemplateRefusesIsAnError() {
        var template = ChatTemplate.read(TextGoldens.folder("instruct"));
        assertThatThrownBy(() -> template.render(List.of(new Message("robot", List.of())), Answer.EXPECTED))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("Unknown role robot");
    }

    private String rendered() {
        return ChatTemplate.read(dir).render(List.of(Message.system("s")), Answer.EXPECTED);
    }

    private void write(String name, Map<String, ?> content) throws IOException {
        Files.write(dir.resolve(name), new ObjectMapper().writeValueAsBytes(content));
    }
}
