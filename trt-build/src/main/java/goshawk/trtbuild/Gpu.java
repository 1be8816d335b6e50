package goshawk.trtbuild;

/**
 * A GPU, as far as it decides what is built for it.
 *
 * @param name as the driver calls it
 * @param major and {@code minor}: compute capability, 8 and 9 for SM 8.9
 * @param memoryBytes all of its memory; on a Jetson that of the machine
 * @param freeBytes what nobody uses
 * @param isShared whether its memory is the machine's, as on a Jetson
 */
public record Gpu(String name, int major, int minor, long memoryBytes, long freeBytes, boolean isShared) {

    /** How a GPU multiplies FP8. */
    public enum Fp8 {
        /** Its tensor cores do: SM 8.9 and newer. */
        TENSOR_CORES,
        /** It has no FP8 arithmetic; kernels of our own that read FP8 and multiply BF16 are to come: SM 8.7, Orin. */
        OWN_KERNELS,
        NOT
    }

    public Fp8 fp8() {
        int capability = 10 * major + minor;
        return capability >= 89 ? Fp8.TENSOR_CORES : capability == 87 ? Fp8.OWN_KERNELS : Fp8.NOT;
    }

    /** Whether it computes in BF16, without which nothing of ours runs: SM 8.0 and newer. */
    public boolean hasBf16() {
        return major >= 8;
    }

    /** Whether it has the instructions of SM 9.0, as an H100, which are no other generation's. */
    public boolean isHopper() {
        return major == 9 && minor == 0;
    }

    /** For a person. */
    public String words() {
        return "%s (SM %d.%d)".formatted(name, major, minor);
    }
}
