package goshawk.trtbuild;

import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Collects {@link ActivationScales.Range} while a model is used: for each layer a histogram of its rows' largest magnitudes,
 * with steps of a 64th of a factor of two, so that memory does not grow with what is seen. For one thread.
 */
public final class ActivationRanges {

    private static final int STEPS = 64;
    private static final int LOWEST = -40;
    private static final int HIGHEST = 40;

    private static final class Histogram {

        private final long[] counts = new long[(HIGHEST - LOWEST) * STEPS];
        private long rows;
        private float largest;

        void add(float magnitude) {
            rows++;
            largest = Math.max(largest, magnitude);
            double place = (Math.log(magnitude) / Math.log(2) - LOWEST) * STEPS;
            counts[(int) Math.clamp(place, 0, counts.length - 1)]++;
        }

        /** The upper edge of the step within which {@code share} of all rows lie. */
        float within(double share) {
            long left = (long) Math.ceil(share * rows);
            for (int i = 0; i < counts.length; i++) {
                left -= counts[i];
                if (left <= 0) {
                    return Math.min(largest, (float) Math.pow(2, LOWEST + (i + 1) / (double) STEPS));
                }
            }
            return largest;
        }
    }

    private final SortedMap<String, Histogram> histograms = new TreeMap<>();

    /**
     * @param linear the layer's name
     * @param largest the largest magnitude in each row of its input
     * @throws CheckpointException if one is not finite: the model computes nonsense
     */
    public void add(String linear, float[] largest) {
        Histogram histogram = histograms.computeIfAbsent(linear, _ -> new Histogram());
        for (float magnitude : largest) {
            if (!Float.isFinite(magnitude)) {
                throw new CheckpointException("the input of %s became %s; the checkpoint is damaged or the picture is"
                        .formatted(linear, magnitude));
            }
            histogram.add(magnitude);
        }
    }

    /** Begins anew: what was seen until now does not count. */
    public void clear() {
        histograms.clear();
    }

    /** What was seen so far. */
    public SortedMap<String, ActivationScales.Range> within(double share) {
        var ranges = new TreeMap<String, ActivationScales.Range>();
        histograms.forEach((linear, histogram) -> ranges.put(
                linear, new ActivationScales.Range(histogram.rows, histogram.largest, histogram.within(share))));
        return ranges;
    }
}
