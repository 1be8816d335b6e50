package goshawk.camera.quality;

/**
 * How wide a blurred edge is, by how much more its level changes over far pixels than over near ones: of a sharp edge both see
 * all of it, of a wide one the near pixels see a part. A table of one kind of edge, a step behind a Gaussian blur.
 */
final class EdgeWidth {

    /** More is not told apart, in pixels. */
    static final double WIDEST = 10;

    private static final double STEP = 0.05;

    private final double[] ratios = new double[(int) Math.round(WIDEST / STEP) + 1];

    /**
     * @param near half of the distance of the near pixels
     * @param far half of the distance of the far pixels
     */
    EdgeWidth(double near, double far) {
        ratios[0] = 1;
        for (int i = 1; i < ratios.length; i++) {
            double sigma = i * STEP;
            ratios[i] = (2 * step(far / sigma) - 1) / (2 * step(near / sigma) - 1);
        }
    }

    /** The normal distribution's share below {@code x}, to 1e-7 (Abramowitz and Stegun 26.2.17). */
    private static double step(double x) {
        double t = 1 / (1 + 0.2316419 * Math.abs(x));
        double tail = Math.exp(-x * x / 2)
                / Math.sqrt(2 * Math.PI)
                * t
                * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
        return x >= 0 ? 1 - tail : tail;
    }

    /**
     * @param ratio of the level's change over the far pixels to that over the near ones, in the middle of the edge
     * @return standard deviation of the blur in pixels, in [0, {@link #WIDEST}]
     */
    double sigma(double ratio) {
        if (ratio <= ratios[0]) {
            return 0;
        }
        for (int i = 1; i < ratios.length; i++) {
            if (ratio <= ratios[i]) {
                return (i - 1 + (ratio - ratios[i - 1]) / (ratios[i] - ratios[i - 1])) * STEP;
            }
        }
        return WIDEST;
    }
}
