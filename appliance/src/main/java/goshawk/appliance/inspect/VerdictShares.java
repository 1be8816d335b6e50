package goshawk.appliance.inspect;

import goshawk.appliance.engine.Engine;
import goshawk.appliance.engine.EngineException;
import goshawk.appliance.inspect.Conversation.Choice;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The model's shares for PASS, REJECT and REVIEW: the softmax over their first tokens, and over nothing else. Where a
 * vocabulary cuts two of them so that they begin with the same token, the model reads that token and is asked again.
 */
final class VerdictShares {

    private final Engine engine;
    private final Map<Choice, int[]> verdicts;
    private final Map<Choice, Double> shares = new EnumMap<>(Choice.class);

    private VerdictShares(Engine engine, Map<Choice, int[]> verdicts) {
        this.engine = engine;
        this.verdicts = verdicts;
    }

    /**
     * @param asked the conversation up to the verdict; stays open
     * @param logits of the token that follows
     * @return for every choice, in [0, 1], with a sum of 1
     */
    static Map<Choice, Double> of(Engine engine, Engine.Context asked, float[] logits, Conversation conversation) {
        var shares = new VerdictShares(engine, conversation.verdicts());
        shares.split(asked, logits, List.of(Choice.values()), 0, 1);
        return shares.shares;
    }

    private void split(Engine.Context context, float[] logits, List<Choice> among, int depth, double share) {
        Map<Integer, List<Choice>> byToken = among.stream()
                .collect(Collectors.groupingBy(
                        choice -> tokens(choice)[depth], LinkedHashMap::new, Collectors.toList()));
        Map<Integer, Double> softmax = softmax(logits, byToken.keySet());
        byToken.forEach((token, choices) -> {
            double part = share * softmax.getOrDefault(token, 0.0);
            if (choices.size() == 1) {
                shares.put(choices.getFirst(), part);
            } else {
                Engine.Step step = engine.read(context, new int[] {token}, List.of());
                try (Engine.Context longer = step.context()) {
                    split(longer, step.logits(), choices, depth + 1, part);
                }
            }
        });
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
