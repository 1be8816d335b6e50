package goshawk.appliance.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import goshawk.appliance.inspect.Conversation.Choice;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConversationTest {

    @TempDir
    Path dir;

    @Test
    void aThinkingModelsThoughtIsClosedAndItsAnswerOpened() {
        try (var input = TestInput.of("thinking", dir, List.of())) {
            var conversation = Conversation.about(input, "Is a bolt missing?");
            assertThat(input.tokenizer().decode(conversation.before().getFirst()))
                    .isEqualTo(
                            "<|im_start|>system\nYou inspect parts. Answer in JSON: a verdict PASS, REJECT or REVIEW"
                                    + " with findings, a code, or a time in seconds.<|im_end|>\n<|im_start|>user\n<|vision_start|>");
            assertThat(input.tokenizer().decode(conversation.question()))
                    .isEqualTo(
                            "<|vision_end|>Is a bolt missing?<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n{\"verdict\":\"");
        }
    }

    @Test
    void anInstructModelAnswersAtOnce() {
        try (var input = TestInput.of("instruct", dir, List.of())) {
            var conversation = Conversation.about(input, "Is a bolt missing?");
            assertThat(input.tokenizer().decode(conversation.question()))
                    .isEqualTo("<|vision_end|>Is a bolt missing?<|im_end|>\n<|im_start|>assistant\n{\"verdict\":\"");
        }
    }

    /** The pieces that the model reads one by one are the tokens of the whole text. */
    @ParameterizedTest
    @ValueSource(strings = {"thinking", "instruct"})
    void thePiecesAreTheTokensOfTheWhole(String flavour) {
        try (var input = TestInput.of(flavour, dir, List.of())) {
            var conversation = Conversation.about(input, "Is a bolt missing?");
            int[] pieces = conversation.before().getFirst();
            pieces = joined(pieces, new int[] {input.tokens().image()});
            pieces = joined(pieces, conversation.question());
            for (Choice choice : Choice.values()) {
                int[] whole = joined(pieces, conversation.verdicts().getOrDefault(choice, new int[0]));
                assertThat(input.tokenizer().encode(input.tokenizer().decode(whole)))
                        .isEqualTo(whole);
            }
        }
    }

    @Test
    void theVerdictsDiffer() {
        try (var input = TestInput.of("thinking", dir, List.of())) {
            List<int[]> verdicts =
                    List.copyOf(Conversation.about(input, "?").verdicts().values());
            assertThat(verdicts).hasSize(3);
            assertThat(Arrays.equals(verdicts.get(0), verdicts.get(1))).isFalse();
            assertThat(Arrays.equals(verdicts.get(1), verdicts.get(2))).isFalse();
        }
    }

    private static int[] joined(int[] a, int[] b) {
        return IntStream.concat(IntStream.of(a), IntStream.of(b)).toArray();
    }
}
