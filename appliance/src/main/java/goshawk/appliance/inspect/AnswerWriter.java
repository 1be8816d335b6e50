package goshawk.appliance.inspect;

import goshawk.appliance.engine.Engine;
import goshawk.appliance.engine.EngineException;
import goshawk.trtbuild.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Has the model write an answer that its grammar allows and nothing else. The model is asked only where the grammar
 * leaves a choice; what is certain is put in, several tokens in one step, cut into tokens as the tokenizer would cut the
 * whole text, because that is how the model has learnt to read it.
 *
 * <p>Belongs to the engine's thread.
 */
final class AnswerWriter {

    /** Beyond it an answer is not coming to an end. A verdict has some thirty for each finding. */
    private static final int MOST_TOKENS = 2_048;

    /** Answers of one grammar by chance: enough to pass through what most answers have in common. */
    private static final int REHEARSALS = 4;

    /** With more ways to go on, what follows could join with the last token in too many ways to try. */
    private static final int MOST_WAYS = 16;

    private final Engine engine;
    private final Tokenizer tokenizer;
    private final TokenMasks masks;
    private final AnswerTimes times = new AnswerTimes();
    private final Map<String, int[]> canonical = new HashMap<>();

    /** @param endTokens with which the model may end an answer that is whole though more could follow */
    AnswerWriter(Engine engine, Tokenizer tokenizer, int... endTokens) {
        this.engine = engine;
        this.tokenizer = tokenizer;
        this.masks = new TokenMasks(tokenizer, endTokens);
    }

    /**
     * Continues {@code past}, which stays open.
     *
     * @param logits of the token that follows {@code past}
     * @param opening what {@code past} ends with: the beginning of the answer
     * @param betweenSteps run before each step of the model; what it throws ends the answer
     * @return the whole answer, {@code opening} included
     */
    String write(
            Engine.Context past,
            float[] logits,
            Grammar grammar,
            String opening,
            Sampler sampler,
            Runnable betweenSteps) {
        return write(past, logits, grammar, opening, sampler, betweenSteps, (_, _, _, _) -> {});
    }

    /** Hears what was chosen: where in the grammar, from which logits, among which tokens, and the one taken. */
    interface Choices {
        void chosen(long state, float[] logits, TokenMask allowed, int token);
    }

    /**
     * Writes answers by chance and forgets them: their masks are known then, and the machine code is made, before a part has to wait
     * for either. No model is asked.
     *
     * @param opening as {@link #write}'s
     */
    void rehearse(Grammar grammar, String opening) {
        float[] anything = new float[tokenizer.size()];
        for (int seed = 0; seed < REHEARSALS; seed++) {
            var sampler = Sampler.of(new Sampling(1, 0, 1, 0, 1, 0, 0, seed));
            try {
                write(anything, _ -> anything, grammar, opening, sampler, (_, _, _, _) -> {});
            } catch (EngineException e) {
                return; // the vocabulary cannot end what chance began; nobody waits for this answer
            }
        }
    }

    /** Of all answers since it was cleared, rehearsals apart from their masks. */
    AnswerTimes times() {
        return times;
    }

    /** How many grammars have known masks. */
    int knownGrammars() {
        return masks.keptGrammars();
    }

    /** As above, telling {@code choices} of each token that the model chose; what can only follow is no choice. */
    String write(
            Engine.Context past,
            float[] logits,
            Grammar grammar,
            String opening,
            Sampler sampler,
            Runnable betweenSteps,
            Choices choices) {
        long start = System.nanoTime();
        try (var model = new Reading(past, betweenSteps)) {
            return write(logits, model::after, grammar, opening, sampler, choices);
        } finally {
            times.answer(System.nanoTime() - start);
        }
    }

    /** @param model the logits that follow these tokens, behind all that it was given before */
    private String write(
            float[] logits,
            Function<int[], float[]> model,
            Grammar grammar,
            String opening,
            Sampler sampler,
            Choices choices) {
        var answer = new Answer(grammar, opening, choices);
        float[] next = logits;
        int[] unread = answer.force();
        sampler.say(unread);
        while (!answer.isWhole()) {
            if (unread.length > 0) {
                next = model.apply(unread);
            }
            unread = answer.choose(next, sampler);
            sampler.say(unread);
        }
        return answer.text();
    }

    /** The engine reading on behind a context that stays open. */
    private final class Reading implements AutoCloseable {

        private final Engine.Context past;
        private final Runnable betweenSteps;
        private Optional<Engine.Context> own = Optional.empty();

        Reading(Engine.Context past, Runnable betweenSteps) {
            this.past = past;
            this.betweenSteps = betweenSteps;
        }

        float[] after(int[] tokens) {
            betweenSteps.run();
            long start = System.nanoTime();
            Engine.Step step = engine.read(own.orElse(past), tokens, List.of());
            times.step(System.nanoTime() - start);
            close();
            own = Optional.of(step.context());
            return step.logits();
        }

        @Override
        public void close() {
            own.ifPresent(Engine.Context::close);
        }
    }

    /** The text so far, where it is in the grammar, and its tokens. */
    private final class Answer {

        private final Grammar grammar;
        private final Choices choices;
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private int[] said;
        private long state;
        private boolean isEnded;

        Answer(Grammar grammar, String opening, Choices choices) {
            this.grammar = grammar;
            this.choices = choices;
            this.said = tokenizer.encode(opening);
            this.state = grammar.start();
            append(Tokenizer.utf8(opening));
        }

        boolean isWhole() {
            return isEnded || grammar.isEnd(state);
        }

        String text() {
            return bytes.toString(StandardCharsets.UTF_8);
        }

        private void append(byte[] more) {
            long after = grammar.next(state, more);
            if (after == Grammar.REFUSED) {
                throw new IllegalArgumentException("the grammar refuses '%s' after '%s'"
                        .formatted(new String(more, StandardCharsets.UTF_8), text()));
            }
            state = after;
            bytes.writeBytes(more);
        }

        private void say(int token) {
            said = Arrays.copyOf(said, said.length + 1);
            said[said.length - 1] = token;
            byte[] piece = token < tokenizer.size() ? tokenizer.bytes(token) : new byte[0];
            isEnded = piece.length == 0; // only end tokens have none
            append(piece);
        }

        /** Lets the model choose, and puts in what can only follow then. The tokens that it has not read yet. */
        int[] choose(float[] logits, Sampler sampler) {
            long start = System.nanoTime();
            TokenMask allowed = masks.of(grammar, state);
            times.mask(System.nanoTime() - start);
            if (allowed.count() == 0) {
                throw new EngineException("the vocabulary has no token that continues '%s'".formatted(text()));
            }
            if (said.length > MOST_TOKENS) {
                throw new EngineException("an answer is longer than %d tokens: %s".formatted(MOST_TOKENS, text()));
            }
            int before = said.length;
            int token = picked(logits, allowed, sampler);
            choices.chosen(state, logits, allowed, token);
            say(token);
            if (!isWhole()) {
                force();
            }
            return Arrays.copyOfRange(said, before, said.length);
        }

        private int picked(float[] logits, TokenMask allowed, Sampler sampler) {
            try {
                return sampler.pick(logits, allowed);
            } catch (IllegalArgumentException e) {
                throw new EngineException("after '%s': %s".formatted(text(), e.getMessage()), e);
            }
        }

        /**
         * Puts in what can only follow, as far as it can be cut into tokens for good. At the end of the answer no tokens
         * come back: nobody reads them.
         */
        int[] force() {
            byte[] follows = whatMustFollow(state);
            if (grammar.isEnd(grammar.next(state, follows))) {
                append(follows);
                return new int[0];
            }
            byte[] certain = wholeCharacters(follows);
            if (certain.length == 0) {
                return new int[0]; // as behind most digits: to cut the whole text for nothing took a seventh of a step
            }
            long after = grammar.next(state, certain);
            int before = said.length;
            byte[] left = certain;
            for (int token : lasting(certain, after)) {
                byte[] piece = tokenizer.bytes(token);
                if (piece.length == 0
                        || piece.length > left.length
                        || !Arrays.equals(piece, Arrays.copyOf(left, piece.length))) {
                    break; // the tokenizer changes this text; the model may choose its own way
                }
                say(token);
                left = Arrays.copyOfRange(left, piece.length, left.length);
            }
            return Arrays.copyOfRange(said, before, said.length);
        }

        /** Without the beginning of a character at its end: which one it is the model chooses. */
        private byte[] wholeCharacters(byte[] bytes) {
            int end = bytes.length;
            while (end > 0 && (bytes[end - 1] & 0xc0) == 0x80) {
                end--;
            }
            boolean isWhole =
                    end > 0 && bytes.length - end == Integer.numberOfLeadingZeros(~(bytes[end - 1] << 24)) - 1;
            boolean isAscii = end == bytes.length && (end == 0 || bytes[end - 1] >= 0);
            return isWhole || isAscii ? bytes : Arrays.copyOf(bytes, Math.max(0, end - 1));
        }

        private byte[] whatMustFollow(long from) {
            var certain = new ByteArrayOutputStream();
            long at = from;
            while (!grammar.mayEnd(at)) {
                int[] ways = ways(at);
                if (ways.length != 1) {
                    break;
                }
                certain.write(ways[0]);
                at = grammar.next(at, ways[0]);
            }
            return certain.toByteArray();
        }

        private int[] ways(long at) {
            int[] ways = new int[256];
            int count = 0;
            for (int value = 0; value < 256; value++) {
                if (grammar.next(at, value) != Grammar.REFUSED) {
                    ways[count++] = value;
                }
            }
            return Arrays.copyOf(ways, count);
        }

        /** The tokens of {@code certain} that stay the same whichever way the text goes on, up to its next choice. */
        private int[] lasting(byte[] certain, long after) {
            String text = text() + new String(certain, StandardCharsets.UTF_8);
            int[] whole = encode(text);
            int common = whole.length;
            int[] ways = ways(after);
            if (ways.length > MOST_WAYS || Arrays.stream(ways).anyMatch(way -> way >= 0x80)) {
                common--;
            } else {
                for (int way : ways) {
                    byte[] then = whatMustFollow(grammar.next(after, way));
                    String longer = text + (char) way + new String(then, StandardCharsets.UTF_8);
                    common = Math.min(common, commonLength(whole, encode(longer)));
                }
            }
            boolean continues = common >= said.length && commonLength(whole, said) == said.length;
            if (continues) {
                return Arrays.copyOfRange(whole, said.length, common);
            }
            // The model has cut its own words otherwise than the tokenizer would: then only what follows counts.
            int[] alone = encode(new String(certain, StandardCharsets.UTF_8));
            return Arrays.copyOf(alone, Math.max(0, alone.length - 1));
        }

        private static int commonLength(int[] a, int[] b) {
            int mismatch = Arrays.mismatch(a, b);
            return mismatch < 0 ? a.length : mismatch;
        }
    }

    /** Answers repeat: part after part the same beginnings. Digits make them differ, so the memory is bounded. */
    private int[] encode(String text) {
        if (canonical.size() > 10_000) {
            canonical.clear();
        }
        return canonical.computeIfAbsent(text, tokenizer::encode);
    }
}
