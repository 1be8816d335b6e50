package goshawk.trtbuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerTest {

    @TempDir
    Path dir;

    @ParameterizedTest
    @ValueSource(strings = {"thinking", "byte-fallback"})
    void tokensAndTextAreThoseOfTransformers(String checkpoint) {
        try (var tokenizer = Tokenizer.open(TextGoldens.folder(checkpoint))) {
            for (JsonNode one : TextGoldens.json(checkpoint + "/tokens.json")) {
                List<Integer> ids = new ArrayList<>();
                one.path("ids").forEach(id -> ids.add(id.asInt()));
                int[] tokens = tokenizer.encode(one.path("text").asText());
                assertThat(tokens).as("%s", one.path("text")).isEqualTo(ints(ids));
                assertThat(tokenizer.decode(tokens))
                        .isEqualTo(one.path("decoded").asText());
            }
        }
    }

    /** The grammar walks over these bytes: they must be what decoding gives, token by token. */
    @ParameterizedTest
    @ValueSource(strings = {"thinking", "byte-fallback"})
    void theBytesOfTheTokensAreTheBytesOfTheText(String checkpoint) {
        try (var tokenizer = Tokenizer.open(TextGoldens.folder(checkpoint))) {
            int compared = 0;
            for (JsonNode one : TextGoldens.json(checkpoint + "/tokens.json")) {
                int[] tokens = tokenizer.encode(one.path("text").asText());
                if (IntStream.of(tokens).anyMatch(token -> tokenizer.bytes(token).length == 0)) {
                    continue; // special tokens, which stand for no text
                }
                var bytes = new ByteArrayOutputStream();
                for (int token : tokens) {
                    bytes.writeBytes(tokenizer.bytes(token));
                }
                assertThat(bytes.toString(StandardCharsets.UTF_8))
                        .isEqualTo(one.path("decoded").asText());
                compared++;
            }
            assertThat(compared).isGreaterThan(12);
        }
    }

    @Test
    void specialTokensHaveNoBytesAndOthersThatWereAddedDo() {
        try (var tokenizer = Tokenizer.open(TextGoldens.folder("thinking"))) {
            assertThat(tokenizer.bytes(tokenizer.requiredId("<|im_end|>"))).isEmpty();
            assertThat(tokenizer.bytes(tokenizer.requiredId("<think>"))).isEqualTo(Tokenizer.utf8("<think>"));
            assertThat(tokenizer.id("<|no such|>")).isEmpty();
            assertThatThrownBy(() -> tokenizer.requiredId("<|no such|>"))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("<|no such|>");
            assertThat(tokenizer.size()).isEqualTo(429);
        }
    }

    @Test
    void halfAFileIsNamedWithTheRemedy() throws IOException {
        assertThatThrownBy(() -> Tokenizer.open(dir).close()).hasMessageContaining("has no tokenizer.json");
        String whole = Files.readString(TextGoldens.folder("thinking").resolve("tokenizer.json"));
        Path file = dir.resolve("tokenizer.json");
        for (String broken :
                List.of("", "{}", whole.substring(0, whole.length() / 2), whole.replace("ByteLevel", "X"))) {
            Files.writeString(file, broken);
            assertThatThrownBy(() -> Tokenizer.open(dir).close())
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("tokenizer.json cannot be used: ")
                    .hasMessageEndingWith("copy the checkpoint again, whole")
                    .message()
                    .doesNotContain("\n");
        }
    }

    @Test
    void aClosedTokenizerSaysSo() {
        var tokenizer = Tokenizer.open(TextGoldens.folder("thinking"));
        tokenizer.close();
        tokenizer.close();
        assertThatThrownBy(() -> tokenizer.encode("x")).isInstanceOf(IllegalStateException.class);
    }

    private static int[] ints(List<Integer> values) {
        return values.stream().mapToInt(Integer::intValue).toArray();
    }
}
