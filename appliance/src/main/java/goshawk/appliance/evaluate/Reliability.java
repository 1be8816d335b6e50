package goshawk.appliance.evaluate;

import java.util.ArrayList;
import java.util.List;

/**
 * How far confidences can be believed: of all that were near 0.7, seven in ten should be true.
 *
 * @param bins ten of equal width, those without examples left out
 * @param expectedError expected calibration error: mean distance of a bin's confidence from its share of true ones, weighted by
 *     the bins' examples, in [0, 1]
 * @param brier mean squared distance of confidence and truth, in [0, 1]
 * @param examples of all bins
 */
public record Reliability(List<Bin> bins, double expectedError, double brier, int examples) {

    private static final int BINS = 10;

    /**
     * Examples of like confidence.
     *
     * @param confidence mean of theirs
     * @param isTrue how many of them were true
     */
    public record Bin(double confidence, Proportion isTrue) {}

    public Reliability {
        bins = List.copyOf(bins);
    }

    /** @param confidences each in [0, 1] */
    static Reliability of(double[] confidences, boolean[] isTrue) {
        int[] hits = new int[BINS];
        int[] trials = new int[BINS];
        double[] sums = new double[BINS];
        double squares = 0;
        for (int i = 0; i < confidences.length; i++) {
            int bin = Math.min(BINS - 1, (int) (confidences[i] * BINS));
            hits[bin] += isTrue[i] ? 1 : 0;
            trials[bin]++;
            sums[bin] += confidences[i];
            double off = confidences[i] - (isTrue[i] ? 1 : 0);
            squares += off * off;
        }
        List<Bin> bins = new ArrayList<>();
        double error = 0;
        for (int bin = 0; bin < BINS; bin++) {
            if (trials[bin] > 0) {
                bins.add(new Bin(sums[bin] / trials[bin], new Proportion(hits[bin], trials[bin])));
                error += Math.abs(sums[bin] - hits[bin]);
            }
        }
        int examples = confidences.length;
        return new Reliability(bins, error / examples, squares / examples, examples);
    }
}
