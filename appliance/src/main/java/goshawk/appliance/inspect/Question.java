package goshawk.appliance.inspect;

import goshawk.appliance.domain.DefectPrompt;
import goshawk.appliance.engine.Engine;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/**
 * One prompt asked of one region.
 *
 * @param order in the recipe
 * @param grammar of its rejections
 * @param shares of its verdicts
 * @param thoughtTokens how long the model may think first; empty when it scores at once
 */
record Question(
        int order,
        DefectPrompt prompt,
        String region,
        Conversation conversation,
        VerdictGrammar grammar,
        VerdictShares shares,
        OptionalInt thoughtTokens) {

    /** This question after {@code past}, with the tokens that lead from there to the verdict. */
    record Asked(Question question, Engine.Context past, int[] toVerdict) {

        /** One for each place where verdicts part. */
        List<int[]> continuations() {
            return question.shares().places().stream().map(this::joined).toList();
        }

        private int[] joined(int[] place) {
            int[] whole = Arrays.copyOf(toVerdict, toVerdict.length + place.length);
            System.arraycopy(place, 0, whole, toVerdict.length, place.length);
            return whole;
        }
    }

    /** Without a thought. */
    Asked atOnce(Engine.Context shown) {
        return new Asked(this, shown, conversation.question());
    }
}
