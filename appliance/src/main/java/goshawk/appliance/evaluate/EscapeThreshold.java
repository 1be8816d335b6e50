package goshawk.appliance.evaluate;

import java.util.Arrays;

/**
 * The highest threshold that lets no more than a stated share of bad parts pass, as far as the labelled bad parts can prove it.
 *
 * <p>The number of escapes that may be tolerated follows from the number of bad parts alone; the threshold is then the score of
 * the next part. So the exact bound (Clopper and Pearson) holds although the threshold was chosen on the very parts that it is
 * counted on: it is a distribution-free tolerance limit (Wilks).
 *
 * @param value of score plus doubt, in [0, 1]; 1 where the bound cannot be had
 * @param isProven false when there are too few bad parts: {@code value} then says nothing
 * @param escapes bad parts below {@code value}, of all
 * @param bound of the share behind {@code escapes}, one-sided; of no escapes where the bound cannot be had
 * @param needed bad parts without an escape that it takes at the least
 */
public record EscapeThreshold(double value, boolean isProven, Proportion escapes, double bound, int needed) {

    /** Digits after the point of a threshold: people copy it. */
    private static final double STEPS = 1e9;

    /**
     * @param shares score plus doubt of each bad part
     * @param rate largest share of escapes, in (0, 1)
     */
    static EscapeThreshold of(double[] shares, double rate, double confidence) {
        double[] sorted = shares.clone();
        Arrays.sort(sorted);
        int needed = Proportion.trialsWithoutHit(rate, confidence);
        if (sorted.length < needed) {
            var none = new Proportion(0, sorted.length);
            return new EscapeThreshold(1, false, none, none.atMost(confidence), needed);
        }
        int tolerated = 0;
        while (tolerated + 1 < sorted.length
                && new Proportion(tolerated + 1, sorted.length).atMost(confidence) <= rate) {
            tolerated++;
        }
        double value = Math.floor(sorted[tolerated] * STEPS) / STEPS; // downwards: that part itself is caught
        int below = (int) Arrays.stream(sorted).filter(share -> share < value).count();
        double bound = new Proportion(tolerated, sorted.length).atMost(confidence);
        return new EscapeThreshold(value, true, new Proportion(below, sorted.length), bound, needed);
    }
}
