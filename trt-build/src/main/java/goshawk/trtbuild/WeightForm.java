package goshawk.trtbuild;

import java.util.List;

/** How the weights of a linear layer are stored for a GPU. */
public enum WeightForm {
    /** E4M3, one scale for each output channel. */
    FP8("FP8, a scale an output channel"),
    /** Whole numbers from -7 to 7, two in a byte, one scale for {@link #INT4_BLOCK} inputs of an output channel. */
    INT4("INT4, a scale for 128 inputs of an output channel"),
    BF16("BF16");

    /** Inputs that share a scale in {@link #INT4}. */
    public static final int INT4_BLOCK = 128;

    /** Numbers of four bits in one of {@link #INT4_WORD}. */
    public static final int INT4_TOGETHER = 8;

    /** What a graph is given numbers of four bits in. */
    static final ElementType INT4_WORD = ElementType.I32;

    private final String words;

    WeightForm(String words) {
        this.words = words;
    }

    /** For a person. */
    public String words() {
        return words;
    }

    /** Whether rows of so many inputs can be stored so. */
    public boolean fits(long in) {
        return this != INT4 || in % INT4_BLOCK == 0;
    }

    /** Of a weight. */
    public int bits() {
        return switch (this) {
            case FP8 -> 8;
            case INT4 -> 4;
            case BF16 -> 16;
        };
    }

    /** Type and shape in the file; INT4 lies there as bytes. */
    SafetensorsWriter.Entry weight(String name, long out, long in) {
        return switch (this) {
            case FP8 -> new SafetensorsWriter.Entry(name, ElementType.F8_E4M3, List.of(out, in));
            case INT4 -> new SafetensorsWriter.Entry(name, ElementType.U8, List.of(out, in / 2));
            case BF16 -> new SafetensorsWriter.Entry(name, ElementType.BF16, List.of(out, in));
        };
    }

    /** Shape of the scales; empty where there are none. */
    List<Long> scales(long out, long in) {
        return switch (this) {
            case FP8 -> List.of(out);
            case INT4 -> List.of(out, in / INT4_BLOCK);
            case BF16 -> List.of();
        };
    }

    /**
     * Bytes of weights and scales together.
     *
     * @param scale type of the scales
     */
    long bytes(long out, long in, ElementType scale) {
        List<Long> scales = scales(out, in);
        long ofScales = scales.isEmpty() ? 0 : scales.stream().reduce((long) scale.bytes(), Math::multiplyExact);
        return weight("", out, in).bytes() + ofScales;
    }
}
