package goshawk.appliance.inspect;

import goshawk.appliance.domain.Thought;
import goshawk.appliance.engine.Engine;
import goshawk.appliance.engine.EngineException;
import goshawk.trtbuild.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * Lets the model think before it answers: token after token until it closes the thought, until its tokens are spent or
 * until its time is. Whichever it is, the caller goes on from there to the verdict.
 *
 * <p>Belongs to the engine's thread.
 */
final class Thinker {

    private final Engine engine;
    private final Tokenizer tokenizer;
    private final Sampler sampler;

    Thinker(Engine engine, Tokenizer tokenizer, Sampler sampler) {
        this.engine = engine;
        this.tokenizer = tokenizer;
        this.sampler = sampler;
    }

    /**
     * A thought, and how it goes on.
     *
     * @param context after the thought; owned by the caller
     * @param toVerdict what the model reads next: the thought's end and the answer's beginning
     * @param text of the thought, without white space around it
     * @param tokens that the model chose
     */
    record Thinking(Engine.Context context, int[] toVerdict, String text, int tokens, Thought.Ending ended) {}

    /**
     * @param shown the conversation up to the end of the picture; stays open
     * @param budget most tokens of the thought
     * @param isOutOfTime asked before each step; what it throws ends everything
     */
    Thinking think(Engine.Context shown, Conversation.Thinking way, int budget, BooleanSupplier isOutOfTime) {
        Engine.Step step = engine.read(shown, way.question(), List.of());
        var said = new Said();
        try {
            while (true) {
                if (said.tokens == budget) {
                    return said.until(step, way.closing(), Thought.Ending.BUDGET);
                }
                if (isOutOfTime.getAsBoolean()) {
                    return said.until(step, way.closing(), Thought.Ending.DEADLINE);
                }
                int token = chosen(step.logits());
                if (said.endsWith(token)) {
                    int[] toVerdict = IntStream.concat(IntStream.of(token), IntStream.of(way.opening()))
                            .toArray();
                    return said.until(step, toVerdict, Thought.Ending.BY_ITSELF, token);
                }
                if (isNoText(token)) {
                    return said.until(step, way.closing(), Thought.Ending.BY_ITSELF);
                }
                said.add(token);
                Engine.Step next = engine.read(step.context(), new int[] {token}, List.of());
                step.context().close();
                step = next;
            }
        } catch (RuntimeException e) {
            step.context().close();
            throw e;
        }
    }

    private int chosen(float[] logits) {
        try {
            return sampler.pick(logits);
        } catch (IllegalArgumentException e) {
            throw new EngineException("in a thought: " + e.getMessage(), e);
        }
    }

    /** Special tokens, and rows of the model beyond the vocabulary. */
    private boolean isNoText(int token) {
        return token >= tokenizer.size() || tokenizer.bytes(token).length == 0;
    }

    /** The thought so far. */
    private final class Said {

        private int[] ids = new int[64];
        private int tokens;

        void add(int token) {
            ids = tokens == ids.length ? Arrays.copyOf(ids, 2 * tokens) : ids;
            ids[tokens++] = token;
        }

        /** True when this token closes the thought: by itself, or as the last piece of a spelt {@code </think>}. */
        boolean endsWith(int token) {
            if (token >= tokenizer.size()) {
                return false;
            }
            int most = Conversation.THOUGHT_END.length() - 1;
            int from = Math.max(0, tokens - most);
            int[] tail = IntStream.concat(IntStream.range(from, tokens).map(i -> ids[i]), IntStream.of(token))
                    .toArray();
            return tokenizer.decode(tail).contains(Conversation.THOUGHT_END);
        }

        /** @param closing what closes the thought and is no part of it */
        Thinking until(Engine.Step step, int[] toVerdict, Thought.Ending ended, int... closing) {
            String text = tokenizer.decode(IntStream.concat(IntStream.of(ids).limit(tokens), IntStream.of(closing))
                    .toArray());
            int end = text.indexOf(Conversation.THOUGHT_END);
            return new Thinking(
                    step.context(), toVerdict, (end < 0 ? text : text.substring(0, end)).strip(), tokens, ended);
        }
    }
}
