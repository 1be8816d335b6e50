package goshawk.appliance;

import static org.assertj.core.api.Assertions.assertThat;

import goshawk.appliance.machine.Captured;
import goshawk.appliance.machine.Machine;
import goshawk.trtbuild.ModelConfig;
import goshawk.trtbuild.PublishedShape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorPageTest {

    @TempDir
    Path dir;

    private String page(Captured captured) throws IOException {
        Path config = Files.writeString(
                dir.resolve("config.json"), PublishedShape.B8.config().toString());
        return String.join("\n", DoctorPage.of(Machine.read(captured), "8 cores", "8B", ModelConfig.read(config)));
    }

    @Test
    void withoutGpuItSaysPlainlyThatTheCpuIsUsed() throws IOException {
        assertThat(page(Captured.plain()))
                .contains("GPU            none")
                .contains("driver         none")
                .contains(
                        "runs with      the CPU runtime (ONNX Runtime, FP32), because there is no GPU that can be used")
                .contains("to do          nothing")
                .doesNotContain("precision")
                .doesNotContain("Jetson");
    }

    @Test
    void onAWorkstationItSaysWhatWillBeChosenAndWhy() throws IOException {
        assertThat(page(Captured.h100()))
                .contains("NVIDIA H100 80GB HBM3 (SM 9.0), 79.2 GiB of 79.6 GiB free; at 345 of 1980 MHz")
                .contains("and 1 more, which are not used")
                .contains("driver         580.82.07, runs CUDA up to 13.0")
                .contains("TensorRT       10.6.0, /usr/lib/x86_64-linux-gnu/libnvinfer.so.10.6.0")
                .contains("NVRTC          13.0.88, /usr/local/cuda/lib64/libnvrtc.so.13.0.88")
                .contains("8B, usual: FP8, because NVIDIA H100 80GB HBM3 (SM 9.0) multiplies it")
                .contains("About 9.6 GiB.")
                .contains("8B, small: FP8")
                .contains("to do          nothing");
    }

    @Test
    void onAJetsonItNamesJetPackAndPowerMode() throws IOException {
        assertThat(page(Captured.orin()))
                .contains("NVIDIA Jetson AGX Orin Developer Kit; JetPack 6.2, Linux 36.4.3; power mode MAXN")
                .contains("JetPack 6.2 (TensorRT 10.3) and JetPack 7.2 (TensorRT 10.16)")
                .contains("56.0 GiB of 61.4 GiB free, shared with the machine")
                .contains(
                        "BF16, because it fits and NVIDIA Jetson AGX Orin Developer Kit (SM 8.7) has no FP8 arithmetic");
    }

    @Test
    void whatDoesNotFitIsSaidWithItsFigures() throws IOException {
        Captured small = Captured.h100()
                .with(
                        "nvidia-smi --query-gpu=name,compute_cap,memory.total,memory.free,clocks.sm,clocks.max.sm,power.limit --format=csv,noheader,nounits",
                        "NVIDIA RTX 4060, 8.9, 9728, 9500, 210, 3105, 115.00\n");
        assertThat(page(small))
                .contains("8B, usual: the model needs about 9.6 GiB on NVIDIA RTX 4060 (SM 8.9) in FP8")
                .contains("take --profile small")
                .contains("8B, small: FP8, because NVIDIA RTX 4060 (SM 8.9) multiplies it");
    }
}
