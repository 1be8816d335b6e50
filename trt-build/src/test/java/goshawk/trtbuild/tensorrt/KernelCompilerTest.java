package goshawk.trtbuild.tensorrt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import goshawk.trtbuild.Gpu;
import goshawk.trtbuild.WeightForm;
import goshawk.trtbuild.tensorrt.KernelCompiler.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Of a machine without NVRTC; where it is, the kernels are compiled and a mistake is named. */
class KernelCompilerTest {

    private static final AttentionSizes SIZES = new AttentionSizes(4, 2, 32, 1e-6f);
    private static final OperatorSizes OPERATORS = new OperatorSizes(SIZES, 128, 256);
    private static final Gpu GPU = new Gpu("Test GPU", 9, 0, 80L << 30, 80L << 30, false);

    @TempDir
    Path dir;

    private static boolean hasNvrtc() {
        try {
            return KernelCompiler.compiled(new Program("nothing.cu", "", List.of("--gpu-architecture=sm_90"))).length
                    > 0;
        } catch (NativeCallException e) {
            return !e.call().startsWith("loading");
        }
    }

    @Test
    void withoutTheLibraryItIsNamedWithWhatToDo() {
        if (hasNvrtc()) {
            abort("NVRTC is here");
        }
        assertThatThrownBy(() -> KernelCompiler.cubin(OPERATORS, GPU))
                .isInstanceOf(NativeCallException.class)
                .hasMessageStartingWith("loading NVRTC (libnvrtc, of CUDA): ")
                .hasMessageContaining("./goshawk doctor says what to install");
    }

    @Test
    void withItTheKernelsAreMachineCode() {
        if (!hasNvrtc()) {
            abort("there is no NVRTC");
        }
        assertThat(KernelCompiler.cubin(OPERATORS, GPU)).startsWith(0x7F, 'E', 'L', 'F');
        assertThat(KernelCompiler.cubin(new DecodeSizes(2, 64, 128, 500, SIZES, WeightForm.FP8, WeightForm.BF16), GPU))
                .startsWith(0x7F, 'E', 'L', 'F');
        var mistaken = new Program("attend.cu", "__global__ void attend() { there }", List.of("-DONE=1"));
        assertThatThrownBy(() -> KernelCompiler.compiled(mistaken))
                .isInstanceOf(NativeCallException.class)
                .hasMessageContaining("nvrtcCompileProgram")
                .hasMessageContaining("identifier \"there\" is undefined");
    }

    @Test
    void kernelsAreNotLoadedWithoutADevice() throws IOException {
        try {
            abort("there is %s here".formatted(Device.open().words()));
        } catch (NativeCallException e) {
            Path cubin = Files.writeString(dir.resolve("attention.cubin"), "");
            assertThatThrownBy(() -> TextOperators.load(cubin, OPERATORS)).isInstanceOf(NativeCallException.class);
        }
    }
}
