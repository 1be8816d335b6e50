package goshawk.appliance.evaluate;

/** What good parts look like, pixel by pixel: mean and spread of level and relief. Filled by one thread, then read by any. */
final class GoldenModel {

    /** Spreads below this are not believed: a few hundred good parts do not show every good part. */
    private static final float LEAST_SPREAD = 0.02f;

    private final Spread level = new Spread(BracketLayout.WIDTH * BracketLayout.HEIGHT);
    private final Spread relief = new Spread(BracketLayout.WIDTH * BracketLayout.HEIGHT);
    private final Spread label = new Spread(FlatLabel.WIDTH * FlatLabel.HEIGHT);
    private int parts;

    void add(FlatPart good) {
        parts++;
        level.add(good.level(), parts);
        relief.add(good.relief(), parts);
        label.add(parts == 1 ? FlatLabel.asItLies(good) : label(good).relief(), parts);
    }

    /** How many spreads a part's relief is off its mean, at each pixel. */
    float[] reliefOff(FlatPart part) {
        return relief.off(part.relief(), parts);
    }

    float[] levelOff(FlatPart part) {
        return level.off(part.level(), parts);
    }

    /** The part's label, laid on the mean of the good ones. */
    FlatLabel label(FlatPart part) {
        return FlatLabel.on(label.mean, part);
    }

    float[] labelOff(FlatLabel laid) {
        return label.off(laid.relief(), parts);
    }

    /** Running mean and sum of squares (Welford). */
    private static final class Spread {

        private final float[] mean;
        private final float[] squares;

        Spread(int size) {
            mean = new float[size];
            squares = new float[size];
        }

        void add(float[] values, int count) {
            for (int i = 0; i < values.length; i++) {
                float before = values[i] - mean[i];
                mean[i] += before / count;
                squares[i] += before * (values[i] - mean[i]);
            }
        }

        float[] off(float[] values, int count) {
            float[] off = new float[values.length];
            for (int i = 0; i < values.length; i++) {
                float spread = (float) Math.sqrt(squares[i] / Math.max(1, count - 1));
                off[i] = (values[i] - mean[i]) / (spread + LEAST_SPREAD);
            }
            return off;
        }
    }
}
