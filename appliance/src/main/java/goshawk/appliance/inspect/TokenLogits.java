package goshawk.appliance.inspect;

import goshawk.appliance.engine.Engine;
import goshawk.appliance.engine.EngineException;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The logits of some tokens in one place, and of no others.
 *
 * @param tokens that were asked about
 * @param logits of each
 */
record TokenLogits(int[] tokens, float[] logits) {

    /**
     * What follows each of {@code continuations}, as {@link Engine#ask(Engine.Context, List, int[])} computes it.
     *
     * @param tokens repeated as they may be
     */
    static List<TokenLogits> after(Engine engine, Engine.Context past, List<int[]> continuations, IntStream tokens) {
        int[] each = tokens.distinct().toArray();
        return engine.ask(past, continuations, each).stream()
                .map(logits -> new TokenLogits(each, logits))
                .toList();
    }

    /**
     * @param token one of those that were asked about
     * @throws EngineException where the model's is no number
     */
    float of(int token) {
        int place = 0;
        while (tokens[place] != token) {
            place++;
        }
        if (!Float.isFinite(logits[place])) {
            throw new EngineException("the model's logit of token %d is %s".formatted(token, logits[place]));
        }
        return logits[place];
    }
}
