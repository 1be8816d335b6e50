package goshawk.trtbuild;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;

/**
 * Positions of tokens in time, height and width (interleaved MRoPE). Text advances all three; the tokens of a picture
 * stand still in time and lie on their grid; the text after it goes on behind the largest.
 *
 * @param time one a token
 * @param height one a token
 * @param width one a token
 * @param next position of the token that follows, in all three
 */
public record TextPositions(int[] time, int[] height, int[] width, int next) {

    /** The tokens of one frame of a picture: rows and columns after merging. */
    public record Frame(int rows, int columns) {}

    /**
     * @param start position of the first token: 0, or {@link #next()} of what was read before
     * @param frames of all pictures among {@code tokens}, in order
     * @throws IllegalArgumentException if the picture tokens are not exactly those of {@code frames}
     */
    public static TextPositions of(int[] tokens, int start, ModelConfig.Tokens ids, List<Frame> frames) {
        var positions = new TextPositions(new int[tokens.length], new int[tokens.length], new int[tokens.length], 0);
        Queue<Frame> left = new ArrayDeque<>(frames);
        int next = start;
        int i = 0;
        while (i < tokens.length) {
            if (!ids.isPicture(tokens[i])) {
                positions.set(i++, next, next, next);
                next++;
                continue;
            }
            Frame frame = left.poll();
            if (frame == null) {
                throw new IllegalArgumentException("token %d stands for a picture that was not given".formatted(i));
            }
            int size = frame.rows() * frame.columns();
            for (int k = 0; k < size; k++, i++) {
                if (i == tokens.length || !ids.isPicture(tokens[i])) {
                    throw new IllegalArgumentException("a picture of %d tokens has place for %d".formatted(size, k));
                }
                positions.set(i, next, next + k / frame.columns(), next + k % frame.columns());
            }
            next += Math.max(frame.rows(), frame.columns());
        }
        if (!left.isEmpty()) {
            throw new IllegalArgumentException("%d pictures have no token".formatted(left.size()));
        }
        return new TextPositions(positions.time, positions.height, positions.width, next);
    }

    /**
     * Text that need not follow one behind the other.
     *
     * @param start position of a token with nothing before it
     * @param depths how many tokens each has before it
     */
    public static TextPositions ofText(int[] depths, int start) {
        int[] at = Arrays.stream(depths).map(depth -> start + depth).toArray();
        return new TextPositions(at, at, at, Arrays.stream(at).max().orElse(start - 1) + 1);
    }

    /** {@code 1 / theta^(k / count)}, rounded as the reference rounds: each step in FP32. */
    static float[] frequencies(float theta, int count) {
        float[] frequencies = new float[count];
        for (int k = 0; k < count; k++) {
            float exponent = (float) (2 * k) / (2 * count);
            frequencies[k] = 1 / (float) Math.pow(theta, exponent);
        }
        return frequencies;
    }

    private void set(int i, int t, int h, int w) {
        time[i] = t;
        height[i] = h;
        width[i] = w;
    }
}
