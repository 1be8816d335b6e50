package goshawk.appliance.api;

import goshawk.appliance.engine.EngineException;
import goshawk.appliance.inspect.Grammar;
import goshawk.appliance.inspect.Sampler;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/** Picks one answer's tokens as its request wants. Belongs to one thread. */
final class TokenChoice {

    private final Vocabulary vocabulary;
    private final Sampler sampler;

    TokenChoice(Vocabulary vocabulary, ChatRequest.Sampling wanted) {
        this.vocabulary = vocabulary;
        long seed = wanted.seed().orElseGet(() -> ThreadLocalRandom.current().nextLong());
        this.sampler = wanted.temperature() == 0
                ? Sampler.greedy()
                : Sampler.sampled(wanted.temperature(), wanted.topK(), wanted.topP(), seed);
    }

    int pick(float[] logits) {
        return pick(logits, vocabulary.free());
    }

    int pick(float[] logits, Grammar grammar, long state) {
        return pick(logits, vocabulary.allowed(grammar, state));
    }

    private int pick(float[] logits, int[] among) {
        try {
            return sampler.pick(logits, among);
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
