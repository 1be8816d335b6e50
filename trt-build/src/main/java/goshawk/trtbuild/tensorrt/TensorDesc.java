package goshawk.trtbuild.tensorrt;

import java.util.Arrays;

/**
 * How TensorRT describes a tensor to a plugin: {@code nvinfer1::PluginTensorDesc}, which also begins a {@code
 * DynamicPluginTensorDesc}.
 *
 * @param address of one, as long as the call in which it was passed
 */
record TensorDesc(long address) {

    static final int FLOAT = 0;
    static final int INT32 = 3;
    static final int FP8 = 6;
    static final int BF16 = 7;

    /** Bytes from one to the next. */
    static final long BYTES = 88;

    /** Bytes from one to the next where each has the sizes of a profile as well. */
    static final long DYNAMIC_BYTES = 304;

    /** Of {@code nvinfer1::Dims}: how many there are, then room for eight. */
    private static final long DIMS_BYTES = 72;

    private static final long TYPE = DIMS_BYTES;
    private static final long FORMAT = TYPE + Integer.BYTES;
    private static final long SMALLEST = BYTES;
    private static final long LARGEST = SMALLEST + DIMS_BYTES;
    private static final int LINEAR = 0;

    static TensorDesc of(long descs, int place) {
        return new TensorDesc(descs + place * BYTES);
    }

    static TensorDesc ofDynamic(long descs, int place) {
        return new TensorDesc(descs + place * DYNAMIC_BYTES);
    }

    int type() {
        return RawMemory.getInt(address + TYPE);
    }

    /** Number after number, without gaps. */
    boolean isLinear() {
        return RawMemory.getInt(address + FORMAT) == LINEAR;
    }

    /** Number of dimensions. */
    int rank() {
        return RawMemory.getInt(address);
    }

    /** All of them. */
    long[] sizes() {
        long[] sizes = new long[rank()];
        Arrays.setAll(sizes, this::size);
        return sizes;
    }

    /** Negative where it is not known yet. */
    long size(int dimension) {
        return size(address, dimension);
    }

    /** In the profile, of a dynamic one. */
    long smallest(int dimension) {
        return size(address + SMALLEST, dimension);
    }

    /** In the profile, of a dynamic one. */
    long largest(int dimension) {
        return size(address + LARGEST, dimension);
    }

    private static long size(long dims, int dimension) {
        return RawMemory.getLong(dims + Long.BYTES * (1L + dimension));
    }
}
