package goshawk.appliance.engine;

import goshawk.trtbuild.MemoryNeed;
import java.util.OptionalInt;

/**
 * How long a conversation may become. Asked before a step is computed, so that what is too long costs nothing and harms
 * nobody.
 *
 * @param tokens keys and values of so many fit
 * @param positions the model was made for so many
 */
record ContextLimit(int tokens, int positions) {

    /**
     * @param wanted by the station; empty for as many as memory allows
     * @param freeBytes beside the weights
     * @throws EngineException if the model does not know so many, or they do not fit
     */
    static ContextLimit of(MemoryNeed need, OptionalInt wanted, long freeBytes) {
        int known = need.config().text().maxPositions();
        int fitting = need.longestConversation(freeBytes);
        int tokens = wanted.orElse(fitting);
        if (tokens > known) {
            throw new EngineException(
                    "a context of %,d tokens is wanted, the model knows %,d; ask for less".formatted(tokens, known));
        }
        if (tokens > fitting || tokens < 1) {
            throw new EngineException(
                    "a context of %,d tokens needs %s for keys and values, twice while a step is computed, and %s are free; ask for at most %,d, or use a larger machine"
                            .formatted(
                                    Math.max(tokens, 1),
                                    MemoryNeed.words(need.keysAndValues(Math.max(tokens, 1))),
                                    MemoryNeed.words(freeBytes),
                                    fitting));
        }
        return new ContextLimit(tokens, known);
    }

    /**
     * @param total tokens once the step is read
     * @param next position of the token after it
     * @throws EngineException.ContextFull if that is too long
     */
    void check(int total, int next) {
        if (total > tokens) {
            throw new EngineException.ContextFull(
                    "read: the conversation would have %,d tokens, there is room for %,d; show smaller or fewer pictures, or give more with --context"
                            .formatted(total, tokens));
        }
        if (next > positions) {
            throw new EngineException.ContextFull(
                    "read: the conversation would reach position %,d, the model knows %,d; show smaller or fewer pictures"
                            .formatted(next, positions));
        }
    }
}
