package goshawk.appliance.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.appliance.domain.Thought;
import goshawk.appliance.engine.Engine;
import goshawk.appliance.engine.EngineException;
import goshawk.trtbuild.Tokenizer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ThinkerTest {

    @TempDir
    Path dir;

    private ModelInput input;
    private Tokenizer words;
    private Conversation.Thinking way;
    private FakeEngine engine = new FakeEngine(_ -> new float[0]);

    /** What the model has read up to the verdict, and what came of its thought. */
    private record Result(Thinker.Thinking thinking, String read) {}

    @BeforeEach
    void open() {
        input = TestInput.of("thinking", dir, List.of());
        words = input.tokenizer();
        way = Conversation.about(input, "?").thinking().orElseThrow();
    }

    @AfterEach
    void close() {
        input.close();
        assertThat(engine.open).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "'I see a bolt.\n</think>', 100, 'I see a bolt.', BY_ITSELF",
        "'</think>', 100, '', BY_ITSELF",
        "'I see a bolt.<|im_end|>', 100, 'I see a bolt.', BY_ITSELF",
        "'größer 螺栓\n</think>', 100, 'größer 螺栓', BY_ITSELF",
        "'I see a bolt.\n</think>', 2, *, BUDGET",
        "'I see a bolt.\n</think>', 0, '', BUDGET",
    })
    void howeverItEndsTheVerdictIsNext(String says, int budget, String text, Thought.Ending ended) {
        Result result = think(says.replace("\\n", "\n"), budget, () -> false);
        assertThat(result.thinking().ended()).isEqualTo(ended);
        if (text.equals("*")) {
            assertThat(result.thinking().tokens()).isEqualTo(budget);
            assertThat(says).startsWith(result.thinking().text());
        } else {
            assertThat(result.thinking().text()).isEqualTo(text);
        }
        assertThat(result.read())
                .startsWith("<|vision_end|>?<|im_end|>\n<|im_start|>assistant\n<think>\n"
                        + result.thinking().text())
                .endsWith("</think>\n\n{\"verdict\":\"")
                .containsOnlyOnce("</think>");
    }

    @Test
    void aThoughtThatIsOutOfTimeIsCutShort() {
        int[] left = {3};
        Result result = think("I see a bolt and another bolt.\n</think>", 100, () -> left[0]-- == 0);
        assertThat(result.thinking().ended()).isEqualTo(Thought.Ending.DEADLINE);
        assertThat(result.thinking().tokens()).isEqualTo(3);
        assertThat(result.read()).endsWith("\n</think>\n\n{\"verdict\":\"");
    }

    @Test
    void aFailureLeavesNothingOpen() {
        engine = saying("I see a bolt.");
        engine.failAtRead = 3;
        try (Engine.Context nothing = engine.start()) {
            assertThatThrownBy(() -> new Thinker(engine, words, Sampler.greedy()).think(nothing, way, 100, () -> false))
                    .isInstanceOf(EngineException.class);
        }
        assertThat(engine.open).isZero();
        engine = new FakeEngine(_ -> new float[] {Float.NaN});
        try (Engine.Context nothing = engine.start()) {
            assertThatThrownBy(() -> new Thinker(engine, words, Sampler.greedy()).think(nothing, way, 100, () -> false))
                    .isInstanceOf(EngineException.class)
                    .hasMessageStartingWith("in a thought: ");
        }
    }

    /** An engine that says the tokens of a text, one after the other. */
    private FakeEngine saying(String text) {
        int[] tokens = words.encode(text);
        return new FakeEngine(read -> {
            float[] logits = new float[words.size()];
            int next = read.length - way.question().length;
            if (next < tokens.length) {
                logits[tokens[next]] = 1;
            }
            return logits;
        });
    }

    private Result think(String says, int budget, BooleanSupplier isOutOfTime) {
        engine = saying(says);
        try (Engine.Context nothing = engine.start()) {
            var thinking = new Thinker(engine, words, Sampler.greedy()).think(nothing, way, budget, isOutOfTime);
            try (Engine.Context thought = thinking.context()) {
                Engine.Step step = engine.read(thought, thinking.toVerdict(), List.of());
                step.context().close();
            }
            int[] read = engine.reads.stream().flatMapToInt(Arrays::stream).toArray();
            return new Result(thinking, words.decode(read));
        }
    }
}
