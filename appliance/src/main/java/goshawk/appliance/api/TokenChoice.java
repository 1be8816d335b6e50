package goshawk.appliance.api;

import goshawk.appliance.engine.EngineException;
import goshawk.appliance.inspect.Grammar;
import goshawk.appliance.inspect.Sampler;
import goshawk.appliance.inspect.Sampling;
import goshawk.appliance.inspect.TokenMask;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.stream.Stream;

/** Picks one answer's tokens as its request wants. Belongs to one thread. */
final class TokenChoice {

    private final Vocabulary vocabulary;
    private final Sampler sampler;

    TokenChoice(Vocabulary vocabulary, Sampling wanted) {
        this.vocabulary = vocabulary;
        this.sampler = Sampler.of(wanted);
    }

    /** What the model has read that it did not say. */
    void hear(int[] tokens) {
        sampler.hear(tokens);
    }

    /** Says one of all tokens. */
    int say(float[] logits) {
        return say(logits, vocabulary.free());
    }

    /** Says one of those that the grammar lets follow. */
    int say(float[] logits, Grammar grammar, long state) {
        return say(logits, vocabulary.allowed(grammar, state));
    }

    private int say(float[] logits, TokenMask among) {
        try {
            int token = sampler.pick(logits, among);
            sampler.say(token);
            return token;
        } catch (IllegalArgumentException e) {
            throw new EngineException("no token can be said: " + e.getMessage(), e);
        }
    }

    boolean isEnd(int token) {
        return vocabulary.isEnd(token);
    }

    /** The tokens that stand for a picture. */
    int[] pictureTokens(int count) {
        int[] tokens = new int[count];
        Arrays.fill(tokens, vocabulary.picture());
        return tokens;
    }

    /**
     * A token with its share of all that could have stood there.
     *
     * @param count of the likeliest others to tell, at least 0
     */
    Reply.Token told(int token, float[] logits, int count) {
        double largest = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            largest = Math.max(largest, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - largest);
        }
        double all = largest + Math.log(sum);
        List<Reply.Token> likeliest = likeliest(logits, count)
                .map(id -> new Reply.Token(bytes(id), logits[id] - all, List.of()))
                .toList();
        return new Reply.Token(bytes(token), logits[token] - all, likeliest);
    }

    private byte[] bytes(int token) {
        return token < vocabulary.tokenizer().size() ? vocabulary.tokenizer().bytes(token) : new byte[0];
    }

    private static Stream<Integer> likeliest(float[] logits, int count) {
        var best = new PriorityQueue<Integer>(Comparator.comparingDouble(id -> logits[id]));
        for (int id = 0; id < logits.length && count > 0; id++) {
            if (best.size() < count) {
                best.add(id);
            } else if (logits[id] > logits[best.element()]) {
                best.remove();
                best.add(id);
            }
        }
        return best.stream().sorted(Comparator.comparingDouble(id -> -logits[id]));
    }
}
