package goshawk.appliance.machine;

import static org.assertj.core.api.Assertions.assertThat;

import goshawk.trtbuild.Gpu;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineTest {

    @TempDir
    Path dir;

    @Test
    void aMachineWithoutGpuLacksNothing() {
        Machine machine = Machine.read(Captured.plain());
        assertThat(machine.gpu()).isEmpty();
        assertThat(machine.driver()).isEmpty();
        assertThat(machine.hasDevice()).isFalse();
        assertThat(machine.toDo()).isEmpty();
        assertThat(Machine.read(new Captured()).toDo()).as("not even files").isEmpty();
    }

    @Test
    void aWorkstationIsReadFromItsDriverAndLoader() {
        Machine machine = Machine.read(Captured.h100());
        assertThat(machine.gpu()).contains(new Gpu("NVIDIA H100 80GB HBM3", 9, 0, 81559L << 20, 81079L << 20, false));
        assertThat(machine.gpus()).isEqualTo(2);
        assertThat(machine.clock()).isEqualTo("at 345 of 1980 MHz, limited to 700 W");
        assertThat(machine.driver()).contains("580.82.07");
        assertThat(machine.cuda()).contains("13.0");
        assertThat(machine.tensorRt())
                .contains(new Library("10.6.0", "/usr/lib/x86_64-linux-gnu/libnvinfer.so.10.6.0"));
        assertThat(machine.cudaRuntime().map(Library::version)).contains("13.0.96");
        assertThat(machine.nvrtc()).contains(new Library("13.0.88", "/usr/local/cuda/lib64/libnvrtc.so.13.0.88"));
        assertThat(machine.toDo()).isEmpty();
    }

    @Test
    void aJetsonIsReadFromItsOwnFiles() {
        Machine machine = Machine.read(Captured.orin());
        assertThat(machine.gpu())
                .contains(
                        new Gpu("NVIDIA Jetson AGX Orin Developer Kit", 8, 7, 64349352L << 10, 58720256L << 10, true));
        assertThat(machine.jetson())
                .contains(new Jetson(
                        "NVIDIA Jetson AGX Orin Developer Kit", "36.4.3", Optional.of("6.2"), Optional.of("MAXN")));
        assertThat(machine.driver()).contains("540.4.0");
        assertThat(machine.tensorRt().map(Library::version)).contains("10.3.0");
        assertThat(machine.toDo()).isEmpty();
    }

    @Test
    void whatIsMissingIsNamedWithTheLineThatInstallsIt() {
        assertThat(Machine.read(Captured.h100().without("ldconfig -p")).toDo())
                .hasSize(2)
                .anyMatch(it ->
                        it.contains("TensorRT is not here, want 10.3 or a newer 10: apt-get install libnvinfer10"))
                .anyMatch(
                        it -> it.contains(
                                "load NVRTC, cuBLAS, cuDNN, not here: apt-get install cuda-nvrtc-13-0 libcublas-13-0 libcudnn9-cuda-13, from NVIDIA's CUDA repository"));
        assertThat(Machine.read(Captured.h100()
                                .withoutLibrary("libnvinfer.so.10")
                                .withLibrary("libnvinfer.so.8", "/usr/lib/libnvinfer.so.8.6.1"))
                        .toDo())
                .singleElement()
                .asString()
                .contains("TensorRT 8.6.1 is here, want 10.3");
        assertThat(Machine.read(Captured.h100().withoutLibrary("libnvonnxparser.so.10"))
                        .toDo())
                .singleElement()
                .asString()
                .contains("without libnvonnxparser.so.10");
        assertThat(Machine.read(Captured.plain().with("/proc/bus/pci/devices", "0100\t10de2684\t10\t0\n"))
                        .toDo())
                .singleElement()
                .asString()
                .contains("no driver answers: install NVIDIA's driver");
    }

    @Test
    void withoutALibraryOfCudaTheBindingsCannotBeLoaded() {
        Machine machine = Machine.read(Captured.h100().withoutLibrary("libnvrtc.so.13"));
        assertThat(machine.nvrtc()).isEmpty();
        assertThat(machine.toDo())
                .singleElement()
                .asString()
                .startsWith("TensorRT's bindings load NVRTC, not here: apt-get install cuda-nvrtc-13-0, from");
        assertThat(Machine.read(Captured.h100().withoutLibrary("libcudnn_cnn.so.9"))
                        .toDo())
                .singleElement()
                .asString()
                .startsWith("TensorRT's bindings load cuDNN, not here: apt-get install libcudnn9-cuda-13, from");
        assertThat(Machine.read(Captured.orin().withoutLibrary("libnvrtc.so.12"))
                        .toDo())
                .singleElement()
                .asString()
                .contains("NVRTC", "sudo apt-get install nvidia-jetpack");
    }

    /** Such a driver does not know the question for the compute capability. */
    @Test
    void aDriverThatIsTooOldIsNamed() {
        Captured old = Captured.h100();
        old.with("nvidia-smi", "| NVIDIA-SMI 470.82.01    Driver Version: 470.82.01    CUDA Version: 11.4     |\n");
        old.without(
                "nvidia-smi --query-gpu=name,compute_cap,memory.total,memory.free,clocks.sm,clocks.max.sm,power.limit --format=csv,noheader,nounits");
        assertThat(Machine.read(old).toDo())
                .singleElement()
                .asString()
                .contains("driver 470.82.01 is too old: install one that runs CUDA 12 or newer");
    }

    @Test
    void aJetsonIsToldWhichJetPackAndWhichPowerMode() {
        assertThat(Machine.read(Captured.orin()
                                .with("dpkg-query -W -f=${Version} nvidia-jetpack", "5.1.2-b104")
                                .with("nvpmodel -q", "NV Power Mode: MODE_30W\n2\n"))
                        .toDo())
                .hasSize(2)
                .anyMatch(it ->
                        it.contains("JetPack 5.1.2 has no TensorRT 10.3: install JetPack 6.2 (TensorRT 10.3) or 7.2"))
                .anyMatch(it -> it.contains("power mode MODE_30W holds it back"));
        assertThat(Machine.read(Captured.orin()
                                .without("dpkg-query -W -f=${Version} nvidia-jetpack")
                                .without("ldconfig -p"))
                        .toDo())
                .hasSize(2)
                .allMatch(it -> it.contains("sudo apt-get install nvidia-jetpack"));
        assertThat(Machine.read(Captured.orin().with("nvpmodel -q", "NV Power Mode: MAXN_SUPER\n0\n"))
                        .toDo())
                .isEmpty();
    }

    @Test
    void commandsThatAreNotThereOrFailSayNothing() throws Exception {
        MachineSource here = MachineSource.local();
        assertThat(here.output("a-command-that-nobody-has")).isEmpty();
        assertThat(here.output("sh", "-c", "echo said; exit 3")).isEmpty();
        assertThat(here.output("sh", "-c", "echo said; echo not >&2")).contains("said\n");
        assertThat(here.file(dir.resolve("none").toString())).isEmpty();
        Path file = Files.writeString(dir.resolve("lib.so.1.2"), "");
        Path link = Files.createSymbolicLink(dir.resolve("lib.so.1"), file);
        assertThat(here.target(link.toString())).contains(file.toRealPath().toString());
        assertThat(List.of(here.target(dir.resolve("none").toString()))).containsExactly(Optional.empty());
    }

    @Test
    void whatTheLoadersPathHasComesFirst() {
        Machine machine = Machine.read(Captured.h100()
                .with("printenv LD_LIBRARY_PATH", "/none::/opt/tensorrt/lib\n")
                .with("ls /opt/tensorrt/lib", "libnvinfer.so\nlibnvinfer.so.10\nlibnvinfer_plugin.so.10\n")
                .with("-> /opt/tensorrt/lib/libnvinfer.so.10", "/opt/tensorrt/lib/libnvinfer.so.10.9.0"));
        assertThat(machine.tensorRt()).contains(new Library("10.9.0", "/opt/tensorrt/lib/libnvinfer.so.10.9.0"));
    }
}
