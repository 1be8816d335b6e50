package goshawk.trtbuild;

import java.util.Arrays;

/**
 * Resizes pictures as Pillow and torchvision do: across, then down, with a filter as wide as the reduction asks
 * (antialiasing), in fixed-point numbers, rounded to bytes after each pass.
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

    /** How exact the fixed-point weights are. */
    enum Weighting {
        /** Pillow: 22 bits of fraction. */
        PILLOW {
            @Override
            int fraction(double largest) {
                return 22;
            }
        },
        /** torchvision on bytes: as many bits as the largest weight leaves room for in 16. */
        TORCH {
            @Override
            int fraction(double largest) {
                int bits = 0;
                while (bits < 22 && (int) (0.5 + largest * (1 << (bits + 1))) < 1 << 15) {
                    bits++;
                }
                return bits;
            }
        };

        abstract int fraction(double largest);
    }

    private Resampling() {}

    /**
     * @param rgb {@code width × height} pixels of three bytes; may be longer
     * @return {@code toWidth × toHeight} pixels; {@code rgb} itself when there is nothing to do
     */
    static byte[] resize(
            byte[] rgb, int width, int height, int toWidth, int toHeight, Filter filter, Weighting weighting) {
        byte[] wide = width == toWidth ? rgb : across(rgb, height, Weights.of(width, toWidth, filter, weighting));
        return height == toHeight ? wide : down(wide, toWidth, Weights.of(height, toHeight, filter, weighting));
    }

    private static byte[] across(byte[] rgb, int height, Weights weights) {
        int width = weights.from;
        int toWidth = weights.first.length;
        byte[] out = new byte[toWidth * height * 3];
        for (int y = 0; y < height; y++) {
            int row = y * width * 3;
            int to = y * toWidth * 3;
            for (int x = 0; x < toWidth; x++) {
                int red = weights.half();
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
                out[to++] = weights.rounded(red);
                out[to++] = weights.rounded(green);
                out[to++] = weights.rounded(blue);
            }
        }
        return out;
    }

    private static byte[] down(byte[] rgb, int width, Weights weights) {
        int toHeight = weights.first.length;
        int row = width * 3;
        byte[] out = new byte[row * toHeight];
        int[] sums = new int[row];
        for (int y = 0; y < toHeight; y++) {
            Arrays.fill(sums, weights.half());
            for (int k = 0; k < weights.count[y]; k++) {
                int w = weights.values[y * weights.length + k];
                int from = (weights.first[y] + k) * row;
                for (int x = 0; x < row; x++) {
                    sums[x] += (rgb[from + x] & 0xff) * w;
                }
            }
            for (int x = 0; x < row; x++) {
                out[y * row + x] = weights.rounded(sums[x]);
            }
        }
        return out;
    }

    /**
     * For each pixel of the result: which pixels it is made of, and how much of each.
     *
     * @param from pixels of the source
     * @param length entries of {@code values} a pixel
     * @param fraction bits of {@code values} behind the point
     */
    private record Weights(int from, int[] first, int[] count, int[] values, int length, int fraction) {

        static Weights of(int from, int to, Filter filter, Weighting weighting) {
            double scale = (double) from / to;
            double widening = Math.max(scale, 1);
            double support = filter.support * widening;
            int length = (int) Math.ceil(support) * 2 + 1;
            int[] first = new int[to];
            int[] count = new int[to];
            double[] shares = new double[to * length];
            double largest = 0;
            for (int i = 0; i < to; i++) {
                double centre = (i + 0.5) * scale;
                first[i] = Math.max(0, (int) (centre - support + 0.5));
                count[i] = Math.min(from, (int) (centre + support + 0.5)) - first[i];
                double sum = 0;
                for (int k = 0; k < count[i]; k++) {
                    double share = filter.at((k + first[i] - centre + 0.5) * (1 / widening));
                    shares[i * length + k] = share;
                    sum += share;
                }
                for (int k = i * length; k < i * length + count[i]; k++) {
                    shares[k] = sum == 0 ? shares[k] : shares[k] / sum;
                    largest = Math.max(largest, shares[k]);
                }
            }
            int fraction = weighting.fraction(largest);
            int[] values = new int[shares.length];
            for (int k = 0; k < shares.length; k++) {
                values[k] = (int) ((shares[k] < 0 ? -0.5 : 0.5) + shares[k] * (1 << fraction));
            }
            return new Weights(from, first, count, values, length, fraction);
        }

        int half() {
            return 1 << (fraction - 1);
        }

        byte rounded(int sum) {
            return (byte) Math.clamp(sum >> fraction, 0, 255);
        }
    }
}
