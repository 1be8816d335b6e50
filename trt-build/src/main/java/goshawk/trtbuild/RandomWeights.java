package goshawk.trtbuild;

import goshawk.trtbuild.ModelTensors.Planned;
import goshawk.trtbuild.SafetensorsWriter.Entry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;

/**
 * Normally distributed weights, as large as a trained model's: what each matrix makes of a normalised input is of size
 * one, what all layers add is as large as an embedding, and logits have a deviation of two.
 */
final class RandomWeights {

    /** Values drawn once; weights are drawn from among them, four for each random number. */
    private static final int DRAWN = 1 << 16;

    /** FP8 weights of one deviation are stored as this number, so that five fit below the largest, 448. */
    private static final float FP8_DEVIATION = 89.6f;

    private static final float LARGEST_FP8 = 448;

    private RandomWeights() {}

    static void write(SafetensorsWriter writer, Entry entry, Planned tensor, ModelConfig config, long seed)
            throws IOException {
        long tensorSeed = seed * 0x9E3779B97F4A7C15L + entry.name().hashCode();
        float[] values = new float[DRAWN];
        var random = new Random(tensorSeed);
        boolean isScale = entry.name().endsWith("_scale_inv");
        float deviation = deviation(tensor, config);
        for (int i = 0; i < DRAWN; i++) {
            values[i] = isScale
                    ? deviation / FP8_DEVIATION * (0.8f + 0.4f * random.nextFloat())
                    : (float) random.nextGaussian() * deviation + (tensor.role() == ModelTensors.Role.GAIN ? 1 : 0);
        }
        int[] bits = switch (entry.type()) {
            case F32 -> bits(values);
            case BF16 -> Arrays.stream(bits(values)).map(RandomWeights::bf16).toArray();
            case F8_E4M3 -> fp8(values, deviation);
            default -> throw new IllegalArgumentException("random " + entry.type());
        };
        fill(writer, entry.bytes() / entry.type().bytes(), entry.type().bytes(), bits, tensorSeed);
    }

    private static float deviation(Planned tensor, ModelConfig config) {
        double rowSize = Math.sqrt(tensor.shape().stream().skip(1).reduce(1L, Math::multiplyExact));
        double embedding = 2 / Math.sqrt(config.text().hidden());
        boolean isText = tensor.name().startsWith(ModelTensors.TEXT);
        double writers =
                2.0 * (isText ? config.text().layers() : config.vision().depth());
        return (float)
                switch (tensor.role()) {
                    case TABLE -> embedding;
                    case READER -> 1 / rowSize;
                    case WRITER -> (isText ? 2 * embedding : 1) / rowSize / Math.sqrt(writers);
                    case PICTURE -> embedding / rowSize;
                    case HEAD -> 2 / rowSize;
                    case GAIN -> 0.1;
                    case BIAS -> 0.02;
                };
    }

    private static int[] bits(float[] values) {
        int[] bits = new int[values.length];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = Float.floatToRawIntBits(values[i]);
        }
        return bits;
    }

    /** To the nearest, halves to even. */
    private static int bf16(int bits) {
        return (bits + 0x7FFF + (bits >>> 16 & 1)) >>> 16;
    }

    private static int[] fp8(float[] values, float deviation) {
        float[] known = new float[127];
        for (int code = 0; code < known.length; code++) {
            int exponent = code >> 3;
            int mantissa = code & 7;
            known[code] = exponent == 0 ? mantissa / 512f : (1 + mantissa / 8f) * (float) Math.scalb(1.0, exponent - 7);
        }
        int[] codes = new int[values.length];
        for (int i = 0; i < codes.length; i++) {
            float wanted = Math.min(Math.abs(values[i]) / deviation * FP8_DEVIATION, LARGEST_FP8);
            int above = Arrays.binarySearch(known, wanted);
            int nearest = above >= 0 ? above : -above - 1;
            if (above < 0 && nearest > 0 && wanted - known[nearest - 1] < known[nearest] - wanted) {
                nearest--;
            }
            codes[i] = nearest | (values[i] < 0 ? 0x80 : 0);
        }
        return codes;
    }

    /** SplitMix64: fast, and the same on every machine. */
    private static void fill(SafetensorsWriter writer, long count, int width, int[] bits, long seed)
            throws IOException {
        long state = seed;
        long left = count;
        while (left > 0) {
            state += 0x9E3779B97F4A7C15L;
            long mixed = (state ^ (state >>> 30)) * 0xBF58476D1CE4E5B9L;
            mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
            mixed ^= mixed >>> 31;
            ByteBuffer room = writer.room(4 * width);
            for (int k = 0; k < 4 && left > 0; k++, left--) {
                int value = bits[(int) (mixed >>> (16 * k)) & (DRAWN - 1)];
                switch (width) {
                    case 1 -> room.put((byte) value);
                    case 2 -> room.putShort((short) value);
                    default -> room.putInt(value);
                }
            }
        }
    }
}
