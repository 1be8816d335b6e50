package goshawk.trtbuild;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Numbers between FP32 and what a checkpoint stores: to the nearest, and to the even one of two that are as near. */
public final class Rounding {

    /** The largest number in e4m3. */
    static final float E4M3_LARGEST = 448;

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final int E4M3_LARGEST_BITS = 0x7e;
    private static final float E4M3_SMALLEST_NORMAL = 0x1p-6f;
    private static final float[] E4M3 = new float[256];

    static {
        for (int bits = 0; bits < E4M3.length; bits++) {
            E4M3[bits] = e4m3(bits);
        }
    }

    private Rounding() {}

    /** Element {@code index} of a tensor's bytes. */
    static float read(MemorySegment bytes, ElementType type, long index) {
        return switch (type) {
            case F32 -> bytes.get(FLOAT, 4 * index);
            case BF16 -> Float.intBitsToFloat(bytes.get(SHORT, 2 * index) << 16);
            case F16 -> Float.float16ToFloat(bytes.get(SHORT, 2 * index));
            case F8_E4M3 -> E4M3[bytes.get(ValueLayout.JAVA_BYTE, index) & 0xff];
            default -> throw new IllegalArgumentException(type + " holds no weights");
        };
    }

    /** Stores {@code value} as element {@code index} and returns what a reader will find there. */
    static float write(MemorySegment bytes, ElementType type, long index, float value) {
        switch (type) {
            case F32 -> bytes.set(FLOAT, 4 * index, value);
            case BF16 -> bytes.set(SHORT, 2 * index, bfloat16(value));
            case F16 -> bytes.set(SHORT, 2 * index, Float.floatToFloat16(value));
            case F8_E4M3 -> bytes.set(ValueLayout.JAVA_BYTE, index, toE4m3(value));
            default -> throw new IllegalArgumentException(type + " holds no weights");
        }
        return read(bytes, type, index);
    }

    /** {@code value} as a reader of {@code type} would find it. */
    static float rounded(ElementType type, float value) {
        return write(MemorySegment.ofArray(new byte[type.bytes()]), type, 0, value);
    }

    /** The bits of the BF16 number. */
    public static short bfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) ((bits >>> 16) | 0x40);
        }
        return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
    }

    private static float e4m3(int bits) {
        int exponent = (bits >> 3) & 15;
        int mantissa = bits & 7;
        if (exponent == 15 && mantissa == 7) {
            return Float.NaN;
        }
        float magnitude = exponent == 0 ? mantissa * 0x1p-9f : Math.scalb(1 + mantissa / 8f, exponent - 7);
        return (bits & 0x80) == 0 ? magnitude : -magnitude;
    }

    /** What is too large becomes the largest number. */
    private static byte toE4m3(float value) {
        int sign = value < 0 ? 0x80 : 0;
        float magnitude = Math.abs(value);
        if (magnitude < E4M3_SMALLEST_NORMAL) {
            return (byte) (sign | (int) Math.rint(magnitude * 0x1p9f));
        }
        int bits = Float.floatToRawIntBits(Math.min(magnitude, E4M3_LARGEST));
        int rounded = (bits + 0x7ffff + ((bits >>> 20) & 1)) >>> 20;
        return (byte) (sign | Math.min(rounded - (120 << 3), E4M3_LARGEST_BITS));
    }
}
