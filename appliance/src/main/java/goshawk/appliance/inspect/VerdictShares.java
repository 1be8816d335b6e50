package goshawk.appliance.inspect;

import goshawk.appliance.inspect.Conversation.Choice;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The model's shares for PASS, REJECT and REVIEW: the softmax over their first tokens, and over nothing else. Where a
 * vocabulary cuts two of them so that they begin with the same token, the token that follows it divides their share.
 *
 * <p>Immutable; safe for any thread.
 */
final class VerdictShares {

    private static final List<Choice> CHOICES = List.of(Choice.values());

    private final AnswerShares shares;

    /** @param verdicts the tokens of each choice, none of which is the beginning of another */
    VerdictShares(Map<Choice, int[]> verdicts) {
        this.shares = new AnswerShares(CHOICES.stream()
                .map(choice -> verdicts.getOrDefault(choice, new int[0]))
                .toList());
    }

    /** What is said of a verdict where the model has a choice: first nothing, then what several verdicts begin with. */
    List<int[]> places() {
        return shares.places();
    }

    /** Those with which verdicts go on at any of {@link #places()}. */
    IntStream tokens() {
        return shares.tokens();
    }

    /**
     * @param logits of {@link #tokens()} after each of {@link #places()}
     * @return for every choice, in [0, 1], with a sum of 1
     */
    Map<Choice, Double> of(List<TokenLogits> logits) {
        double[] each = shares.of(logits);
        Map<Choice, Double> byChoice = new EnumMap<>(Choice.class);
        for (int i = 0; i < each.length; i++) {
            byChoice.put(CHOICES.get(i), each[i]);
        }
        return byChoice;
    }
}
