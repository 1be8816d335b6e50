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

    /** Rows of which so many lie in a core's first cache together. */
    private static final int TILE = 16;

    private Resampling() {}

    /**
     * @param rgb {@code width × height} pixels of three bytes; may be longer
     * @return {@code toWidth × toHeight} pixels; {@code rgb} itself when there is nothing to do
     */
    static byte[] resize(
            byte[] rgb, int width, int height, int toWidth, int toHeight, Filter filter, Weighting weighting) {
        byte[] wide = rgb;
        if (width != toWidth) {
            byte[] turned = down(turned(rgb, width, height), height, Weights.of(width, toWidth, filter, weighting));
            wide = turned(turned, height, toWidth);
        }
        return height == toHeight ? wide : down(wide, toWidth, Weights.of(height, toHeight, filter, weighting));
    }

    /** Rows become columns: downwards, a whole row is resized with the same weights, in vector instructions. */
    private static byte[] turned(byte[] rgb, int width, int height) {
        byte[] out = new byte[width * height * 3];
        for (int top = 0; top < height; top += TILE) {
            int bottom = Math.min(top + TILE, height);
            for (int x = 0; x < width; x++) {
                int from = (top * width + x) * 3;
                int to = (x * height + top) * 3;
                for (int y = top; y < bottom; y++) {
                    out[to] = rgb[from];
                    out[to + 1] = rgb[from + 1];
                    out[to + 2] = rgb[from + 2];
                    from += width * 3;
                    to += 3;
                }
            }
        }
        return out;
    }

    private static byte[] down(byte[] rgb, int width, Weights weights) {
        int row = width * 3;
        byte[] out = new byte[row * weights.first.length];
        // Bytes are widened once: the virtual machine makes vector instructions of sums of ints alone.
        int[][] wide = new int[weights.length][row];
        int widened = 0;
        int[] sums = new int[row];
        for (int y = 0; y < weights.first.length; y++) {
            int end = weights.first[y] + weights.count[y];
            for (; widened < end; widened++) {
                widen(rgb, widened * row, wide[widened % weights.length]);
            }
            Arrays.fill(sums, 1 << (weights.fraction - 1));
            for (int k = 0; k < weights.count[y]; k++) {
                add(wide[(weights.first[y] + k) % weights.length], weights.values[y * weights.length + k], sums);
            }
            round(sums, weights.fraction, out, y * row);
        }
        return out;
    }

    private static void widen(byte[] rgb, int from, int[] wide) {
        for (int x = 0; x < wide.length; x++) {
            wide[x] = rgb[from + x] & 0xff;
        }
    }

    private static void add(int[] pixels, int weight, int[] sums) {
        for (int x = 0; x < sums.length; x++) {
            sums[x] += pixels[x] * weight;
        }
    }

    private static void round(int[] sums, int fraction, byte[] out, int to) {
        for (int x = 0; x < sums.length; x++) {
            out[to + x] = (byte) Math.max(0, Math.min(255, sums[x] >> fraction));
        }
    }

    /**
     * For each pixel of the result: which pixels it is made of, and how much of each.
     *
     * @param length entries of {@code values} a pixel
     * @param fraction bits of {@code values} behind the point
     */
    private record Weights(int[] first, int[] count, int[] values, int length, int fraction) {

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
            return new Weights(first, count, values, length, fraction);
        }
    }
}
