package goshawk.trtbuild;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;

/**
 * Cosines and sines of a text's rotary angles, worked out once a position: conversations come back to the same positions
 * part after part, and a cosine costs what a hundred copies do. Grows with the largest position asked for.
 *
 * <p>Belongs to one thread.
 */
public final class RotaryTable {

    private static final int SMALLEST = 1024;

    private final int half;
    private final int heightEnd;
    private final int widthEnd;
    private final float[] frequencies;
    private final float attention;
    /** {@code [positions, head size / 2]}. */
    private float[] cos = new float[0];

    private float[] sin = new float[0];

    public RotaryTable(ModelConfig.Text config) {
        this.half = config.headSize() / 2;
        this.heightEnd = 3 * config.ropeSections().get(1);
        this.widthEnd = 3 * config.ropeSections().get(2);
        this.frequencies = config.ropeScaling().frequencies(config.ropeTheta(), half);
        this.attention = (float) config.ropeScaling().attention();
    }

    /** Cosines of all angles, {@code [tokens, head size / 2]}, times what the model's scaling asks. */
    public float[] cos(TextPositions positions) {
        grow(positions);
        return turned(positions, cos);
    }

    /** Sines of all angles, {@code [tokens, head size / 2]}, times what the model's scaling asks. */
    public float[] sin(TextPositions positions) {
        grow(positions);
        return turned(positions, sin);
    }

    private void grow(TextPositions positions) {
        int known = cos.length / half;
        if (positions.next() > known) {
            int wanted = Math.max(SMALLEST, Integer.highestOneBit(positions.next() - 1) * 2);
            cos = longer(cos, known, wanted, Math::cos);
            sin = longer(sin, known, wanted, Math::sin);
        }
    }

    private float[] longer(float[] table, int known, int wanted, DoubleUnaryOperator function) {
        float[] longer = Arrays.copyOf(table, wanted * half);
        for (int at = known; at < wanted; at++) {
            for (int k = 0; k < half; k++) {
                float angle = at * frequencies[k];
                longer[at * half + k] = (float) function.applyAsDouble(angle) * attention;
            }
        }
        return longer;
    }

    /** Frequencies take turns between the axes; those that are left over go with time. */
    private float[] turned(TextPositions positions, float[] table) {
        int tokens = positions.time().length;
        float[] turned = new float[tokens * half];
        for (int i = 0; i < tokens; i++) {
            int time = positions.time()[i] * half;
            System.arraycopy(table, time, turned, i * half, half);
            int height = positions.height()[i] * half;
            int width = positions.width()[i] * half;
            if (height == time && width == time) {
                continue;
            }
            for (int k = 1; k < Math.min(heightEnd, half); k += 3) {
                turned[i * half + k] = table[height + k];
            }
            for (int k = 2; k < Math.min(widthEnd, half); k += 3) {
                turned[i * half + k] = table[width + k];
            }
        }
        return turned;
    }
}
