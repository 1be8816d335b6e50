package goshawk.appliance.inspect;

import goshawk.appliance.engine.EngineException;
import goshawk.appliance.inspect.Conversation.Choice;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The model's shares for PASS, REJECT and REVIEW: the softmax over their first tokens, and over nothing else. Where a
 * vocabulary cuts two of them so that they begin with the same token, the token that follows it divides their share.
 *
 * <p>Immutable; safe for any thread.
 */
final class VerdictShares {

    private final Map<Choice, int[]> verdicts;
    private final List<int[]> places = new ArrayList<>();

    /** @param verdicts the tokens of each choice, none of which is the beginning of another */
    VerdictShares(Map<Choice, int[]> verdicts) {
        this.verdicts = Map.copyOf(verdicts);
        find(List.of(Choice.values()), 0);
    }

    private void find(List<Choice> among, int depth) {
        places.add(Arrays.copyOf(tokens(among.getFirst()), depth));
        byToken(among, depth).values().stream()
                .filter(choices -> choices.size() > 1)
                .forEach(choices -> find(choices, depth + 1));
    }

    /** What is said of a verdict where the model has a choice: first nothing, then what several verdicts begin with. */
    List<int[]> places() {
        return places;
    }

    /**
     * @param logits of the token that follows each of {@link #places()}
     * @return for every choice, in [0, 1], with a sum of 1
     */
    Map<Choice, Double> of(List<float[]> logits) {
        Map<Choice, Double> shares = new EnumMap<>(Choice.class);
        split(logits.iterator(), List.of(Choice.values()), 0, 1, shares);
        return shares;
    }

    private void split(
            Iterator<float[]> logits, List<Choice> among, int depth, double share, Map<Choice, Double> shares) {
        Map<Integer, List<Choice>> byToken = byToken(among, depth);
        Map<Integer, Double> softmax = softmax(logits.next(), byToken.keySet());
        byToken.forEach((token, choices) -> {
            double part = share * softmax.getOrDefault(token, 0.0);
            if (choices.size() == 1) {
                shares.put(choices.getFirst(), part);
            } else {
                split(logits, choices, depth + 1, part, shares);
            }
        });
    }

    private Map<Integer, List<Choice>> byToken(List<Choice> among, int depth) {
        return among.stream()
                .collect(Collectors.groupingBy(
                        choice -> tokens(choice)[depth], LinkedHashMap::new, Collectors.toList()));
    }

    private int[] tokens(Choice choice) {
        return verdicts.getOrDefault(choice, new int[0]);
    }

    private static Map<Integer, Double> softmax(float[] logits, Set<Integer> tokens) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int token : tokens) {
            if (token >= logits.length || !Float.isFinite(logits[token])) {
                throw new EngineException("the model's logit of verdict token %d is %s"
                        .formatted(token, token < logits.length ? logits[token] : "missing"));
            }
            largest = Math.max(largest, logits[token]);
        }
        Map<Integer, Double> powers = new LinkedHashMap<>();
        double sum = 0;
        for (int token : tokens) {
            double power = Math.exp(logits[token] - largest);
            powers.put(token, power);
            sum += power;
        }
        double all = sum;
        powers.replaceAll((_, power) -> power / all);
        return powers;
    }
}
