package goshawk.trtbuild.tensorrt;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import goshawk.trtbuild.Gpu;
import goshawk.trtbuild.Python;
import goshawk.trtbuild.WeightForm;
import goshawk.trtbuild.tensorrt.KernelCompiler.Program;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * NVRTC, which comes with a Python package, takes the kernels for each generation of GPUs; run by {@code ./goshawk test --python}. It is called
 * without JavaCPP, whose bindings want a driver, too.
 */
@Tag("python")
class KernelCompilerPythonTest {

    private static final List<Integer> GPUS = List.of(80, 86, 87, 89, 90, 100, 120);
    private static final AttentionSizes B8 = new AttentionSizes(32, 8, 128, 1e-6f);

    private static SymbolLookup nvrtc = SymbolLookup.loaderLookup();

    @BeforeAll
    static void loadTheLibrary() throws IOException, InterruptedException {
        String where = "import importlib.metadata as m;"
                + "print(*[f.locate() for f in m.files('nvidia-cuda-nvrtc') if f.name == 'libnvrtc.so.13'])";
        Path library = Path.of(Python.printed(List.of("-c", where)).strip());
        try (Stream<Path> beside = Files.list(Objects.requireNonNull(library.getParent()))) {
            beside.filter(it -> it.getFileName().toString().startsWith("libnvrtc-builtins.so"))
                    .forEach(it -> SymbolLookup.libraryLookup(it, Arena.global())); // is found by its name then
        }
        nvrtc = SymbolLookup.libraryLookup(library, Arena.global());
    }

    private static Stream<Arguments> gpusAndSizes() {
        return GPUS.stream()
                .flatMap(gpu -> Stream.of(
                                B8,
                                new AttentionSizes(6, 2, 16, 1e-6f),
                                new AttentionSizes(7, 1, 48, 1e-6f),
                                new AttentionSizes(24, 8, 128, 1e-6f),
                                new AttentionSizes(2, 2, 256, 1e-6f))
                        .map(sizes -> Arguments.of(gpu, sizes)));
    }

    @ParameterizedTest
    @MethodSource("gpusAndSizes")
    void attentionIsMachineCode(int capability, AttentionSizes sizes) {
        Gpu gpu = gpu(capability);
        String code = compiled(Program.of(new OperatorSizes(sizes, 4096, 12288), gpu));
        assertThat(code).contains(".text.prepare", ".text.attend", ".text.combine", ".text.unpack");
        assertThat(code.contains(".text.attendMany")).isEqualTo(gpu.isHopper() && sizes.hasMany());
        assertThat(code.contains(".text.gatedMany")).isEqualTo(gpu.isHopper());
    }

    private static Stream<Arguments> gpusAndForms() {
        return GPUS.stream()
                .flatMap(gpu -> Stream.of(
                        Arguments.of(gpu, WeightForm.FP8, WeightForm.FP8),
                        Arguments.of(gpu, WeightForm.FP8, WeightForm.BF16),
                        Arguments.of(gpu, WeightForm.INT4, WeightForm.BF16)));
    }

    @ParameterizedTest
    @MethodSource("gpusAndForms")
    void fewTokensAreMachineCode(int capability, WeightForm layers, WeightForm head) {
        var sizes = new DecodeSizes(2, 4096, 12288, 151936, B8, layers, head);
        String code = compiled(Program.of(sizes, gpu(capability)));
        assertThat(code).contains(".text.heads1", ".text.gated8", ".text.head8");
    }

    private static Gpu gpu(int capability) {
        return new Gpu("Test GPU", capability / 10, capability % 10, 80L << 30, 80L << 30, false);
    }

    private static String compiled(Program what) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(ADDRESS);
            call(
                    "nvrtcCreateProgram",
                    address,
                    arena.allocateFrom(what.source()),
                    arena.allocateFrom(what.name()),
                    0,
                    MemorySegment.NULL,
                    MemorySegment.NULL);
            MemorySegment program = address.get(ADDRESS, 0);
            MemorySegment options = arena.allocate(ADDRESS, what.options().size());
            for (int i = 0; i < what.options().size(); i++) {
                options.setAtIndex(ADDRESS, i, arena.allocateFrom(what.options().get(i)));
            }
            int code = call("nvrtcCompileProgram", program, what.options().size(), options);
            assertThat(code)
                    .as(() -> result(arena, program, "nvrtcGetProgramLog"))
                    .isZero();
            String cubin = result(arena, program, "nvrtcGetCUBIN");
            call("nvrtcDestroyProgram", address);
            return cubin;
        }
    }

    private static String result(Arena arena, MemorySegment program, String what) {
        MemorySegment size = arena.allocate(JAVA_LONG);
        call(what + "Size", program, size);
        MemorySegment bytes = arena.allocate(size.get(JAVA_LONG, 0));
        call(what, program, bytes);
        return new String(bytes.toArray(JAVA_BYTE), StandardCharsets.ISO_8859_1);
    }

    private static int call(String function, Object... operands) {
        MemoryLayout[] layouts = Stream.of(operands)
                .map(it -> it instanceof Integer ? JAVA_INT : ADDRESS)
                .toArray(MemoryLayout[]::new);
        try {
            return (int) Linker.nativeLinker()
                    .downcallHandle(nvrtc.findOrThrow(function), FunctionDescriptor.of(JAVA_INT, layouts))
                    .invokeWithArguments(operands);
        } catch (Throwable e) {
            throw new AssertionError(function, e);
        }
    }
}
