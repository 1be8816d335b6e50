package goshawk.appliance.inspect;

import goshawk.appliance.engine.Engine;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/**
 * What it costs to ask several prompts about one picture: one of them, all one after the other, all together. Belongs to
 * the engine's thread; engine and input stay the caller's.
 */
public final class PromptSpeedTest {

    private final Engine engine;
    private final int[] before;
    private final List<int[]> prompts;

    /**
     * Times of one round, in nanoseconds.
     *
     * @param one a single prompt
     * @param apart all, each read by itself
     * @param together all in one pass
     */
    public record Round(long one, long apart, long together) {}

    private PromptSpeedTest(Engine engine, int[] before, List<int[]> prompts) {
        this.engine = engine;
        this.before = before;
        this.prompts = prompts;
    }

    /**
     * @param questions as a recipe asks them
     * @param pastTokens what is read before them: text, for a question does not care what its keys and values stand for
     */
    public static PromptSpeedTest of(Engine engine, ModelInput input, List<String> questions, int pastTokens) {
        List<int[]> prompts = questions.stream()
                .map(question -> Conversation.about(input, question).question())
                .toList();
        int[] words = input.tokenizer().encode(Conversation.SYSTEM);
        int[] before = new int[pastTokens];
        Arrays.setAll(before, i -> words[i % words.length]);
        return new PromptSpeedTest(engine, before, prompts);
    }

    /** The same, with prompts filled up to {@code tokens} each, by words that differ from the first on. */
    public PromptSpeedTest withPromptsOf(int tokens) {
        List<int[]> filled = new ArrayList<>();
        for (int[] prompt : prompts) {
            int fill = Math.max(0, tokens - prompt.length);
            int[] longer = new int[fill + prompt.length];
            for (int i = 0; i < fill; i++) {
                longer[i] = before[(filled.size() + i) % before.length];
            }
            System.arraycopy(prompt, 0, longer, fill, prompt.length);
            filled.add(longer);
        }
        return new PromptSpeedTest(engine, before, filled);
    }

    public int pastTokens() {
        return before.length;
    }

    /** Tokens of all prompts, each counted by itself. */
    public int promptTokens() {
        return prompts.stream().mapToInt(prompt -> prompt.length).sum();
    }

    /** @param count at least 1; one more is run first and not timed */
    public List<Round> rounds(int count) {
        List<Round> rounds = new ArrayList<>();
        try (Engine.Context nothing = engine.start();
                Engine.Context past = engine.show(nothing, before, List.of())) {
            for (int i = -1; i < count; i++) {
                var round = new Round(
                        nanos(() -> read(past, prompts.subList(0, 1))),
                        nanos(() -> read(past, prompts)),
                        nanos(() -> engine.ask(past, prompts)));
                if (i >= 0) {
                    rounds.add(round);
                }
            }
        }
        return rounds;
    }

    private List<float[]> read(Engine.Context past, List<int[]> continuations) {
        List<float[]> logits = new ArrayList<>();
        for (int[] continuation : continuations) {
            Engine.Step step = engine.read(past, continuation, List.of());
            step.context().close();
            logits.add(step.logits());
        }
        return logits;
    }

    private static long nanos(Supplier<List<float[]>> work) {
        long start = System.nanoTime();
        List<float[]> logits = work.get();
        long took = System.nanoTime() - start;
        if (logits.isEmpty()) {
            throw new IllegalStateException("nothing was asked");
        }
        return took;
    }
}
