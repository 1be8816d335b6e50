package goshawk.appliance.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import goshawk.appliance.domain.CodePrompt.Form;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CodeGrammarTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final CodeGrammar any = new CodeGrammar(new Form(1, 40, ""));

    private static boolean takes(CodeGrammar grammar, String answer) {
        long state = grammar.next(grammar.start(), answer.getBytes(StandardCharsets.UTF_8));
        return state != Grammar.REFUSED && grammar.isEnd(state);
    }

    private static String answer(String text) {
        return "{\"code\":\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"}";
    }

    @ParameterizedTest
    @ValueSource(strings = {"GB45-031842N", "批号二〇二六", "رقم ١٢٣٤٥", "รุ่น ๑๒๓", "é", "é", "𝟘𠀋", "a\"b\\c", "\\\""})
    void aTextOfAnyScriptIsReadBackAsItWasWritten(String text) throws IOException {
        String answer = answer(text);
        assertThat(takes(any, answer)).isTrue();
        assertThat(JSON.readTree(answer).path("code").asText()).isEqualTo(text);
        assertThat(CodeGrammar.textIn(answer)).isEqualTo(Optional.of(text));
    }

    @Test
    void nothingReadableIsAnAnswerToo() {
        assertThat(takes(any, "{\"code\":null}")).isTrue();
        assertThat(CodeGrammar.textIn("{\"code\":null}")).isEmpty();
    }

    @Test
    void everyCharacterPassesExactlyWhenItIsOneAndNoControl() {
        for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
            int type = Character.getType(c);
            boolean stands = type != Character.CONTROL && type != Character.SURROGATE && type != Character.UNASSIGNED;
            if (c != '"' && c != '\\' && type != Character.SURROGATE) {
                assertThat(takes(any, answer(Character.toString(c))))
                        .as("U+%04X", c)
                        .isEqualTo(stands);
            }
        }
    }

    @Test
    void onlyTheCharactersOfTheRecipeMayBeWritten() {
        var thai = new CodeGrammar(new Form(2, 3, "๐-๙"));
        assertThat(takes(thai, answer("๑๒"))).isTrue();
        assertThat(takes(thai, answer("๑๒๓"))).isTrue();
        assertThat(takes(thai, answer("๑"))).as("too short").isFalse();
        assertThat(takes(thai, answer("๑๒๓๔"))).as("too long").isFalse();
        assertThat(takes(thai, answer("12"))).isFalse();
        // U+0E01 begins with the same two bytes as the digits, U+00E9 with a byte that begins none.
        assertThat(takes(thai, answer("กก"))).isFalse();
        assertThat(thai.next(thai.next(thai.start(), "{\"code\":\"".getBytes(StandardCharsets.UTF_8)), 0xC3))
                .isEqualTo(Grammar.REFUSED);
    }

    /** Random walks along bytes that the grammar allows end in whole answers of well-formed UTF-8. */
    @Test
    void whateverTheGrammarAllowsIsJsonOfTheRightForm() throws IOException {
        for (int seed = 0; seed < 400; seed++) {
            var random = new Random(seed);
            var form = new Form(1 + random.nextInt(3), 3 + random.nextInt(9), seed % 3 == 0 ? "0-9A-Zก-ฮ\"" : "");
            var grammar = new CodeGrammar(form);
            var bytes = ByteBuffer.allocate(100);
            long state = grammar.start();
            while (!grammar.isEnd(state)) {
                int from = random.nextInt(256);
                long next = Grammar.REFUSED;
                for (int i = 0; i < 256 && next == Grammar.REFUSED; i++) {
                    int value = (from + i) % 256;
                    next = grammar.next(state, value);
                    if (next != Grammar.REFUSED) {
                        bytes.put((byte) value);
                    }
                }
                assertThat(next).as("seed %d: a way on", seed).isNotEqualTo(Grammar.REFUSED);
                state = next;
            }
            String answer = decoded(bytes.flip(), seed);
            var code = JSON.readTree(answer).path("code");
            if (!code.isNull()) {
                assertThat(code.asText().codePoints().count())
                        .as("seed %d: %s", seed, answer)
                        .isBetween((long) form.shortest(), (long) form.longest());
                assertThat(CodeGrammar.textIn(answer)).contains(code.asText());
            }
        }
    }

    private static String decoded(ByteBuffer bytes, int seed) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException e) {
            throw new AssertionError("seed " + seed + ": no UTF-8", e);
        }
    }
}
