package goshawk.trtbuild.tensorrt;

import goshawk.trtbuild.Gpu;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.bytedeco.cuda.global.nvrtc;
import org.bytedeco.cuda.nvrtc._nvrtcProgram;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.SizeTPointer;

/** Compiles the kernels of the text's attention with NVRTC, CUDA's compiler in a library, for one model and one device. */
public final class KernelCompiler {

    private static final String SOURCE = "cached-attention.cu";

    private KernelCompiler() {}

    /** The kernels in CUDA C++. */
    public static String source() {
        try (InputStream source = Objects.requireNonNull(KernelCompiler.class.getResourceAsStream(SOURCE), SOURCE)) {
            return new String(source.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the kernels that come with this program", e);
        }
    }

    /**
     * Compiles them. Takes seconds.
     *
     * @return machine code for the device's compute capability, which {@link AttentionKernels} loads
     * @throws NativeCallException with the compiler's words, or if its library is missing
     */
    public static byte[] cubin(AttentionSizes sizes, Gpu gpu) {
        return compiled(
                source(),
                "--gpu-architecture=sm_%d%d".formatted(gpu.major(), gpu.minor()),
                "--std=c++17",
                "-DHEADS=" + sizes.heads(),
                "-DKV_HEADS=" + sizes.kvHeads(),
                "-DHEAD_SIZE=" + sizes.headSize(),
                "-DEPSILON=%sf".formatted(sizes.normEpsilon()));
    }

    static byte[] compiled(String source, String... options) {
        try (var text = new BytePointer(source, StandardCharsets.UTF_8);
                var name = new BytePointer(SOURCE, StandardCharsets.UTF_8);
                var list = new PointerPointer<BytePointer>(options);
                var nothing = new PointerPointer<Pointer>((Pointer) null)) {
            var program = new _nvrtcProgram();
            check("nvrtcCreateProgram", nvrtc.nvrtcCreateProgram(program, text, name, 0, nothing, nothing));
            try {
                int code = nvrtc.nvrtcCompileProgram(program, options.length, list);
                if (code != nvrtc.NVRTC_SUCCESS) {
                    throw new NativeCallException("nvrtcCompileProgram", words(code) + "\n" + log(program));
                }
                return cubin(program);
            } finally {
                nvrtc.nvrtcDestroyProgram(program);
            }
        } catch (LinkageError e) {
            throw Device.missing("NVRTC, the library of CUDA that compiles kernels,", e);
        }
    }

    private static byte[] cubin(_nvrtcProgram program) {
        try (var bytes = new SizeTPointer(1)) {
            check("nvrtcGetCUBINSize", nvrtc.nvrtcGetCUBINSize(program, bytes));
            byte[] cubin = new byte[Math.toIntExact(bytes.get())];
            check("nvrtcGetCUBIN", nvrtc.nvrtcGetCUBIN(program, cubin));
            return cubin;
        }
    }

    /** What the compiler says of the source. */
    private static String log(_nvrtcProgram program) {
        try (var bytes = new SizeTPointer(1)) {
            check("nvrtcGetProgramLogSize", nvrtc.nvrtcGetProgramLogSize(program, bytes));
            byte[] log = new byte[Math.toIntExact(bytes.get())];
            check("nvrtcGetProgramLog", nvrtc.nvrtcGetProgramLog(program, log));
            return new String(log, StandardCharsets.UTF_8).replace("\0", "").strip();
        }
    }

    private static void check(String call, int code) {
        if (code != nvrtc.NVRTC_SUCCESS) {
            throw new NativeCallException(call, words(code));
        }
    }

    private static String words(int code) {
        return "%s (NVRTC error %d)".formatted(nvrtc.nvrtcGetErrorString(code).getString(), code);
    }
}
