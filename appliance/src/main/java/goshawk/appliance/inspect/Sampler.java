package goshawk.appliance.inspect;

import java.util.Arrays;
import java.util.Random;

/**
 * Picks the next token from logits: the likeliest, or by chance. Chance comes from a seed, so an answer can be had again.
 * Belongs to one thread.
 */
public final class Sampler {

    private final double temperature;
    private final int topK;
    private final double topP;
    private final Random random;

    private Sampler(double temperature, int topK, double topP, Random random) {
        this.temperature = temperature;
        this.topK = topK;
        this.topP = topP;
        this.random = random;
    }

    /** Always the likeliest token; of equal ones that with the lowest id. */
    public static Sampler greedy() {
        return new Sampler(0, 0, 1, new Random(0));
    }

    /**
     * By chance among the likeliest.
     *
     * @param temperature greater than 0; 1 takes the model's shares as they are
     * @param topK how many of the likeliest tokens take part; 0 for all
     * @param topP the likeliest that together have this share take part, in (0, 1]
     */
    public static Sampler sampled(double temperature, int topK, double topP, long seed) {
        if (!(temperature > 0 && topK >= 0 && topP > 0 && topP <= 1)) {
            throw new IllegalArgumentException("want temperature > 0, topK >= 0, topP in (0, 1]; got %s, %s, %s"
                    .formatted(temperature, topK, topP));
        }
        return new Sampler(temperature, topK, topP, new Random(seed));
    }

    /** One of all tokens. */
    public int pick(float[] logits) {
        int[] all = new int[logits.length];
        Arrays.setAll(all, i -> i);
        return pick(logits, all);
    }

    /**
     * One of {@code among}.
     *
     * @param among at least one; ids beyond {@code logits} do not take part
     * @throws IllegalArgumentException when nothing can be picked: none take part, or their logits are no numbers
     */
    public int pick(float[] logits, int[] among) {
        int best = -1;
        for (int id : among) {
            if (id < logits.length && !Float.isNaN(logits[id]) && isBetter(logits, id, best)) {
                best = id;
            }
        }
        if (best < 0 || logits[best] == Float.NEGATIVE_INFINITY || logits[best] == Float.POSITIVE_INFINITY) {
            throw new IllegalArgumentException("no token can be picked among " + among.length);
        }
        return temperature == 0 ? best : byChance(logits, among);
    }

    private static boolean isBetter(float[] logits, int id, int best) {
        return best < 0 || logits[id] > logits[best] || (logits[id] == logits[best] && id < best);
    }

    private int byChance(float[] logits, int[] among) {
        Integer[] ranked = Arrays.stream(among)
                .filter(id -> id < logits.length && !Float.isNaN(logits[id]))
                .boxed()
                .sorted((a, b) -> logits[a] != logits[b] ? Float.compare(logits[b], logits[a]) : Integer.compare(a, b))
                .limit(topK == 0 ? Integer.MAX_VALUE : topK)
                .toArray(Integer[]::new);
        double[] shares = new double[ranked.length];
        for (int i = 0; i < shares.length; i++) {
            shares[i] = Math.exp((logits[ranked[i]] - logits[ranked[0]]) / temperature);
        }
        double sum = Arrays.stream(shares).sum();
        double kept = 0;
        int count = 0;
        while (count < shares.length && kept < topP * sum) {
            kept += shares[count++];
        }
        double dart = random.nextDouble() * kept;
        for (int i = 0; i < count; i++) {
            dart -= shares[i];
            if (dart < 0) {
                return ranked[i];
            }
        }
        return ranked[count - 1];
    }
}
