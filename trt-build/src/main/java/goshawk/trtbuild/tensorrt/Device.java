package goshawk.trtbuild.tensorrt;

import goshawk.trtbuild.Gpu;
import org.bytedeco.cuda.cudart.cudaDeviceProp;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.SizeTPointer;

/** The machine's first GPU, for the calling thread. */
public final class Device {

    /** Kernels whose stack is known have memory of their own size; this is for others, of which there may be none. */
    private static final long STACK_BYTES = 256;

    private Device() {}

    /**
     * Makes it the calling thread's device.
     *
     * @throws NativeCallException if there is none, or a library is missing
     */
    public static Gpu open() {
        try {
            Cuda.check("cudaSetDevice", cudart.cudaSetDevice(0));
            return gpu();
        } catch (LinkageError e) {
            throw missing("CUDA 13", e);
        }
    }

    private static Gpu gpu() {
        try (var properties = new cudaDeviceProp()) {
            Cuda.check("cudaGetDeviceProperties", cudart.cudaGetDeviceProperties(properties, 0));
            return new Gpu(
                    properties.name().getString(),
                    properties.major(),
                    properties.minor(),
                    properties.totalGlobalMem(),
                    freeBytes(),
                    properties.integrated() != 0);
        }
    }

    /**
     * Has the process take less of the device: CUDA keeps stacks for all threads that could run at once, of 1 KiB each if nothing is said,
     * which is 264 MiB on an H100. To be called before anything is computed.
     */
    public static void limitStacks() {
        Cuda.check("cudaDeviceSetLimit of stacks", cudart.cudaDeviceSetLimit(cudart.cudaLimitStackSize, STACK_BYTES));
    }

    /** What nobody uses. */
    public static long freeBytes() {
        try (var free = new SizeTPointer(1);
                var total = new SizeTPointer(1)) {
            Cuda.check("cudaMemGetInfo", cudart.cudaMemGetInfo(free, total));
            return free.get();
        }
    }

    /** Of the device; each computes some blocks of a kernel at a time. */
    static int multiprocessors() {
        int[] count = new int[1];
        Cuda.check(
                "cudaDeviceGetAttribute",
                cudart.cudaDeviceGetAttribute(count, cudart.cudaDevAttrMultiProcessorCount, 0));
        return count[0];
    }

    /** Version of CUDA's runtime, for example {@code 13.0}. */
    public static String cudaVersion() {
        int[] version = new int[1];
        Cuda.check("cudaRuntimeGetVersion", cudart.cudaRuntimeGetVersion(version));
        return "%d.%d".formatted(version[0] / 1000, version[0] % 1000 / 10);
    }

    static NativeCallException missing(String what, LinkageError e) {
        return new NativeCallException(
                "loading " + what,
                new IllegalStateException(
                        "%s cannot be loaded (%s); ./goshawk doctor says what to install".formatted(what, reason(e)),
                        e));
    }

    private static String reason(Throwable e) {
        Throwable last = e;
        while (last.getCause() != null) {
            last = last.getCause();
        }
        return String.valueOf(last.getMessage()).lines().findFirst().orElse("");
    }
}
