package goshawk.trtbuild.tensorrt;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.bytedeco.cuda.cudart.CUtensorMap;
import org.bytedeco.cuda.global.cudart;

/**
 * How a kernel has the device fetch boxes of a tensor of bytes (TMA), each with 128 bytes of the first dimension, laid down as products of matrices in
 * shared memory read them; what lies outside is zero. CUDA's {@code CUtensorMap}, in memory that is used again: one thread's.
 */
final class TensorMap {

    private static final long BYTES = 128;
    private static final long ALIGNMENT = 64;

    private final MemorySegment memory = Arena.ofAuto().allocate(BYTES, ALIGNMENT);
    private final CUtensorMap map = new CUtensorMap(Address.of(memory));

    /** Where it lies, for a kernel that takes it by value. */
    MemorySegment memory() {
        return memory;
    }

    /**
     * @param address on the device, a multiple of 16
     * @param sizes of dimensions, the one whose bytes lie side by side first
     * @param strides in bytes, of all dimensions but the first, multiples of 16
     * @param box sizes of it
     */
    void set(long address, long[] sizes, long[] strides, int[] box) {
        int[] steps = new int[box.length];
        Arrays.fill(steps, 1);
        Cuda.check(
                "cuTensorMapEncodeTiled",
                cudart.cuTensorMapEncodeTiled(
                        map,
                        cudart.CU_TENSOR_MAP_DATA_TYPE_UINT8,
                        sizes.length,
                        new Address(address),
                        sizes,
                        strides,
                        box,
                        steps,
                        cudart.CU_TENSOR_MAP_INTERLEAVE_NONE,
                        cudart.CU_TENSOR_MAP_SWIZZLE_128B,
                        cudart.CU_TENSOR_MAP_L2_PROMOTION_L2_256B,
                        cudart.CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE));
    }
}
