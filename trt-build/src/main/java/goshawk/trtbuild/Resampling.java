package goshawk.trtbuild;

import java.util.Arrays;

/**
 * Resizes pictures as Pillow does: across, then down, with a filter as wide as the reduction asks (antialiasing), in
 * fixed-point numbers with 22 bits of fraction, rounded to bytes after each pass.
 */
final class Resampling {

    enum Filter {
        BILINEAR(1) {
            @Override
            double at(double x) {
                return Math.max(0, 1 - Math.abs(x));
            }
        },
        /** Keys' cubic with a = −0.5. */
        BICUBIC(2) {
            @Override
            double at(double x) {
                double a = -0.5;
                double d = Math.abs(x);
                if (d < 1) {
                    return ((a + 2) * d - (a + 3)) * d * d + 1;
                }
                return d < 2 ? (((d - 5) * d + 8) * d - 4) * a : 0;
            }
        };

        private final double support;

        Filter(double support) {
            this.support = support;
        }

        abstract double at(double x);
    }

    private static final int FRACTION = 22;

    private Resampling() {}

    /**
     * @param rgb {@code width × height} pixels of three bytes; may be longer
     * @return {@code toWidth × toHeight} pixels; {@code rgb} itself when there is nothing to do
     */
    static byte[] resize(byte[] rgb, int width, int height, int toWidth, int toHeight, Filter filter) {
        byte[] wide = width == toWidth ? rgb : across(rgb, width, height, toWidth, filter);
        return height == toHeight ? wide : down(wide, toWidth, height, toHeight, filter);
    }

    private static byte[] across(byte[] rgb, int width, int height, int toWidth, Filter filter) {
        var weights = Weights.of(width, toWidth, filter);
        byte[] out = new byte[toWidth * height * 3];
        for (int y = 0; y < height; y++) {
            int row = y * width * 3;
            int to = y * toWidth * 3;
            for (int x = 0; x < toWidth; x++) {
                int red = 1 << (FRACTION - 1);
                int green = red;
                int blue = red;
                int from = row + weights.first[x] * 3;
                int weight = x * weights.length;
                for (int k = 0; k < weights.count[x]; k++) {
                    int w = weights.values[weight++];
                    red += (rgb[from] & 0xff) * w;
                    green += (rgb[from + 1] & 0xff) * w;
                    blue += (rgb[from + 2] & 0xff) * w;
                    from += 3;
                }
                out[to++] = rounded(red);
                out[to++] = rounded(green);
                out[to++] = rounded(blue);
            }
        }
        return out;
    }

    private static byte[] down(byte[] rgb, int width, int height, int toHeight, Filter filter) {
        var weights = Weights.of(height, toHeight, filter);
        int row = width * 3;
        byte[] out = new byte[row * toHeight];
        int[] sums = new int[row];
        for (int y = 0; y < toHeight; y++) {
            Arrays.fill(sums, 1 << (FRACTION - 1));
            for (int k = 0; k < weights.count[y]; k++) {
                int w = weights.values[y * weights.length + k];
                int from = (weights.first[y] + k) * row;
                for (int x = 0; x < row; x++) {
                    sums[x] += (rgb[from + x] & 0xff) * w;
                }
            }
            for (int x = 0; x < row; x++) {
                out[y * row + x] = rounded(sums[x]);
            }
        }
        return out;
    }

    private static byte rounded(int sum) {
        return (byte) Math.clamp(sum >> FRACTION, 0, 255);
    }

    /**
     * For each pixel of the result: which pixels it is made of, and how much of each.
     *
     * @param length entries of {@code values} a pixel
     */
    private record Weights(int[] first, int[] count, int[] values, int length) {

        static Weights of(int from, int to, Filter filter) {
            double scale = (double) from / to;
            double widening = Math.max(scale, 1);
            double support = filter.support * widening;
            int length = (int) Math.ceil(support) * 2 + 1;
            int[] first = new int[to];
            int[] count = new int[to];
            int[] values = new int[to * length];
            double[] shares = new double[length];
            for (int i = 0; i < to; i++) {
                double centre = (i + 0.5) * scale;
                first[i] = Math.max(0, (int) (centre - support + 0.5));
                count[i] = Math.min(from, (int) (centre + support + 0.5)) - first[i];
                double sum = 0;
                for (int k = 0; k < count[i]; k++) {
                    shares[k] = filter.at((k + first[i] - centre + 0.5) * (1 / widening));
                    sum += shares[k];
                }
                for (int k = 0; k < count[i]; k++) {
                    double share = sum == 0 ? shares[k] : shares[k] / sum;
                    values[i * length + k] = (int) ((share < 0 ? -0.5 : 0.5) + share * (1 << FRACTION));
                }
            }
            return new Weights(first, count, values, length);
        }
    }
}
