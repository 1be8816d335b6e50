package goshawk.appliance.evaluate;

import java.util.function.DoublePredicate;

/**
 * {@code hits} of {@code trials}, and what that says about the share behind it.
 *
 * <p>The intervals are exact (Clopper and Pearson): whatever the true share is, they miss it at most as often as they
 * say. They cover the luck of the draw only, not whether the parts drawn are like those of the factory.
 *
 * @param hits in [0, trials]
 * @param trials 0 or more
 */
public record Proportion(int hits, int trials) {

    /** A share between {@code low} and {@code high}, both in [0, 1]. */
    public record Interval(double low, double high) {}

    public Proportion {
        if (hits < 0 || hits > trials) {
            throw new IllegalArgumentException("%d of %d is no proportion".formatted(hits, trials));
        }
    }

    /** Hits by trials; NaN without trials. */
    public double share() {
        return (double) hits / trials;
    }

    /** The two-sided 95 % interval. */
    public Interval exact95() {
        return new Interval(lowerBound(0.025), upperBound(0.025));
    }

    /** The share is at least this, with 95 % confidence (one-sided). */
    public double atLeast95() {
        return lowerBound(0.05);
    }

    /** The share is at most this, with 95 % confidence (one-sided). */
    public double atMost95() {
        return upperBound(0.05);
    }

    /** The share is at most this, with the confidence asked for (one-sided), in (0, 1). */
    public double atMost(double confidence) {
        return upperBound(1 - confidence);
    }

    /** How many trials without a hit it takes before the share is known to be at most {@code share}. */
    public static int trialsWithoutHit(double share, double confidence) {
        return share >= 1 ? 0 : (int) Math.ceil(Math.log(1 - confidence) / Math.log1p(-share) - 1e-9);
    }

    private double lowerBound(double risk) {
        if (hits == 0) {
            return 0;
        }
        double[] logFactorials = logFactorials(trials);
        return boundary(share -> tail(logFactorials, hits, trials, share) >= risk);
    }

    private double upperBound(double risk) {
        if (hits == trials) {
            return 1;
        }
        double[] logFactorials = logFactorials(trials);
        return boundary(share -> tail(logFactorials, 0, hits, share) < risk);
    }

    /** The share from which on {@code reached} holds, by halving. */
    private static double boundary(DoublePredicate reached) {
        double low = 0;
        double high = 1;
        for (int i = 0; i < 50; i++) {
            double middle = (low + high) / 2;
            if (reached.test(middle)) {
                high = middle;
            } else {
                low = middle;
            }
        }
        return (low + high) / 2;
    }

    /** Probability of {@code from} to {@code to} hits, both included, at this share in (0, 1). */
    private double tail(double[] logFactorials, int from, int to, double share) {
        double logHit = Math.log(share);
        double logMiss = Math.log1p(-share);
        double sum = 0;
        for (int k = from; k <= to; k++) {
            double ways = logFactorials[trials] - logFactorials[k] - logFactorials[trials - k];
            sum += Math.exp(ways + k * logHit + (trials - k) * logMiss);
        }
        return sum;
    }

    private static double[] logFactorials(int n) {
        double[] logs = new double[n + 1];
        for (int i = 2; i <= n; i++) {
            logs[i] = logs[i - 1] + Math.log(i);
        }
        return logs;
    }
}
