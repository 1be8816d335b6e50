package goshawk.trtbuild;

import java.util.Arrays;
import java.util.List;
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
        /** Of all rows, column by column; empty where no mean is told. */
        private double[] sums = new double[0];

        void add(float[] mean, long count) {
            if (sums.length == 0) {
                sums = new double[mean.length];
            }
            for (int i = 0; i < mean.length; i++) {
                sums[i] += (double) mean[i] * count;
            }
        }

        List<Float> mean() {
            return Arrays.stream(sums).mapToObj(sum -> (float) (sum / rows)).toList();
        }

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
     * @param mean of these rows, column by column; empty where it is not told
     * @throws CheckpointException if one is not finite: the model computes nonsense
     */
    public void add(String linear, float[] largest, float[] mean) {
        Histogram histogram = histograms.computeIfAbsent(linear, _ -> new Histogram());
        for (float magnitude : largest) {
            if (!Float.isFinite(magnitude)) {
                throw new CheckpointException("the input of %s became %s; the checkpoint is damaged or the picture is"
                        .formatted(linear, magnitude));
            }
            histogram.add(magnitude);
        }
        histogram.add(mean, largest.length);
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

    /** The mean of each layer's input, {@code [in]}, where it was told. */
    public SortedMap<String, List<Float>> means() {
        var means = new TreeMap<String, List<Float>>();
        histograms.forEach((linear, histogram) -> {
            if (histogram.sums.length > 0) {
                means.put(linear, histogram.mean());
            }
        });
        return means;
    }
}
