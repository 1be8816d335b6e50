package goshawk.trtbuild.tensorrt;

import goshawk.trtbuild.Gpu;
import goshawk.trtbuild.WeightForm;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.cuda.global.nvrtc;
import org.bytedeco.cuda.nvrtc._nvrtcProgram;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.SizeTPointer;

/** Compiles kernels of our own with NVRTC, CUDA's compiler in a library, for one model and one device. */
public final class KernelCompiler {

    /** What stands before each of the others. */
    private static final String COMMON = "common.cu";

    private static final String ATTENTION = "cached-attention.cu";

    /** Behind it; nothing for other GPUs and heads than it is for. */
    private static final String ATTENTION_OF_MANY = "cached-attention-many.cu";

    private static final String INT4_MATRIX = "int4-matrix.cu";

    /** Nothing for other GPUs and sizes. */
    private static final String GATED = "gated-many.cu";

    private static final String DECODE = "decode.cu";

    private KernelCompiler() {}

    /** All kernels in CUDA C++, to tell whether they are others. */
    public static String sources() {
        return joined(ATTENTION, ATTENTION_OF_MANY, INT4_MATRIX, GATED, DECODE);
    }

    private static String joined(String... names) {
        return Stream.concat(Stream.of(COMMON), Stream.of(names))
                .map(KernelCompiler::read)
                .collect(Collectors.joining());
    }

    private static String read(String name) {
        try (InputStream source = Objects.requireNonNull(KernelCompiler.class.getResourceAsStream(name), name)) {
            return "#line 1 \"%s\"\n%s".formatted(name, new String(source.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the kernels that come with this program", e);
        }
    }

    /**
     * What a compiler is given.
     *
     * @param name of the source, for its messages
     */
    record Program(String name, String source, List<String> options) {

        static Program of(OperatorSizes sizes, Gpu gpu) {
            String sources = joined(ATTENTION, ATTENTION_OF_MANY, INT4_MATRIX, GATED);
            return of(
                    "operators.cu",
                    sources,
                    gpu,
                    Stream.concat(definitions(sizes.attention()), token(sizes.hidden(), sizes.mlp())));
        }

        static Program of(DecodeSizes sizes, Gpu gpu) {
            Stream<String> own = Stream.of(
                    "-DLAYERS=" + type(sizes.layersForm()),
                    "-DHEAD=" + type(sizes.headForm()),
                    "-DVOCABULARY=" + sizes.vocabulary());
            Stream<String> others = Stream.concat(definitions(sizes.attention()), token(sizes.hidden(), sizes.mlp()));
            return of(DECODE, joined(DECODE), gpu, Stream.concat(others, own));
        }

        private static Stream<String> token(int hidden, int mlp) {
            return Stream.of("-DLAYER_SIZE=" + hidden, "-DMLP_SIZE=" + mlp);
        }

        /** As the source calls a form. */
        private static String type(WeightForm form) {
            return switch (form) {
                case FP8 -> "E4m3";
                case INT4 -> "Int4";
                case BF16 -> "Bf16";
            };
        }

        private static Program of(String name, String source, Gpu gpu, Stream<String> definitions) {
            // Hopper's products of matrices in shared memory are no other's, before or after.
            String target =
                    "--gpu-architecture=sm_%d%d%s".formatted(gpu.major(), gpu.minor(), gpu.isHopper() ? "a" : "");
            return new Program(
                    name,
                    source,
                    Stream.concat(Stream.of(target, "--std=c++17"), definitions).toList());
        }
    }

    /**
     * Compiles those of the operators in the text's graph. Takes seconds.
     *
     * @return machine code for the device's compute capability, which {@link TextOperators} load
     * @throws NativeCallException with the compiler's words, or if its library is missing
     */
    public static byte[] cubin(OperatorSizes sizes, Gpu gpu) {
        return compiled(Program.of(sizes, gpu));
    }

    /**
     * As {@link #cubin(OperatorSizes, Gpu)}, those of a few tokens, for {@link DecodeKernels}.
     */
    public static byte[] cubin(DecodeSizes sizes, Gpu gpu) {
        return compiled(Program.of(sizes, gpu));
    }

    private static Stream<String> definitions(AttentionSizes sizes) {
        return Stream.of(
                "-DHEADS=" + sizes.heads(),
                "-DKV_HEADS=" + sizes.kvHeads(),
                "-DHEAD_SIZE=" + sizes.headSize(),
                "-DEPSILON=%sf".formatted(sizes.normEpsilon()));
    }

    static byte[] compiled(Program what) {
        String[] options = what.options.toArray(String[]::new);
        try (var text = new BytePointer(what.source, StandardCharsets.UTF_8);
                var name = new BytePointer(what.name, StandardCharsets.UTF_8);
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
            throw Device.missing("NVRTC (libnvrtc, of CUDA)", e);
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
