package goshawk.appliance.machine;

import goshawk.trtbuild.Gpu;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What a machine has, and what it lacks for an engine on its GPU.
 *
 * @param gpu the first one; empty where there is none that its driver knows
 * @param clock of that GPU, for a person
 * @param gpus how many there are
 * @param driver version of NVIDIA's driver
 * @param cuda the newest CUDA that the driver runs
 * @param tensorRt libnvinfer of any version
 * @param nvrtc CUDA's compiler, with which an engine's own kernels are made
 * @param missing of TensorRT's libraries that an engine is built with
 * @param missingOfCuda of CUDA's libraries that TensorRT's bindings load, whether an engine is built or run
 * @param hasDevice whether there is an NVIDIA device on the bus, driver or not
 */
public record Machine(
        Optional<Gpu> gpu,
        String clock,
        int gpus,
        Optional<String> driver,
        Optional<String> cuda,
        Optional<Library> cudaRuntime,
        Optional<Library> tensorRt,
        Optional<Library> nvrtc,
        List<String> missing,
        List<CudaPart> missingOfCuda,
        Optional<Jetson> jetson,
        boolean hasDevice) {

    private static final int TENSORRT = 10;

    /** Of the oldest TensorRT 10 that our graphs are written for: JetPack 6.2's. */
    private static final int TENSORRT_MINOR = 3;

    private static final int OLDEST_CUDA = 12;
    private static final String JETPACK = "sudo apt-get install nvidia-jetpack";
    private static final String REPOSITORY =
            "from NVIDIA's CUDA repository (https://developer.nvidia.com/cuda-downloads)";
    private static final List<String> PARTS = List.of("libnvinfer_plugin.so.10", "libnvonnxparser.so.10");

    private static final CudaPart NVRTC = new CudaPart("NVRTC", "libnvrtc\\.so\\.\\d+", "cuda-nvrtc-%1$s-%2$s");
    private static final List<CudaPart> CUDA_PARTS = List.of(
            NVRTC,
            new CudaPart("cuBLAS", "libcublas\\.so\\.\\d+", "libcublas-%1$s-%2$s"),
            new CudaPart("cuDNN", "libcudnn_cnn\\.so\\.\\d+", "libcudnn9-cuda-%1$s"));

    /**
     * A library of CUDA.
     *
     * @param soname a pattern
     * @param aptPackage that has it, with places for CUDA's version, major and minor
     */
    record CudaPart(String name, String soname, String aptPackage) {}

    public static Machine read(MachineSource source) {
        Optional<NvidiaSmi> driver = NvidiaSmi.ask(source);
        List<NvidiaSmi.Card> cards = driver.map(NvidiaSmi::gpus).orElse(List.of());
        Optional<Jetson> jetson = Jetson.ask(source);
        Optional<Gpu> own = jetson.flatMap(it -> it.gpu(source));
        // Ten first: a machine may have several, and only that one is ours.
        Optional<Library> tensorRt =
                Library.find(source, "libnvinfer\\.so\\.10").or(() -> Library.find(source, "libnvinfer\\.so\\.\\d+"));
        return new Machine(
                own.or(() -> cards.stream().findFirst().map(NvidiaSmi.Card::gpu)),
                own.isPresent()
                        ? ""
                        : cards.stream().findFirst().map(NvidiaSmi.Card::clock).orElse(""),
                own.isPresent() ? 1 : cards.size(),
                driver.map(NvidiaSmi::driver),
                driver.map(NvidiaSmi::cuda).filter(it -> !it.isEmpty()),
                Library.find(source, "libcudart\\.so\\.\\d+"),
                tensorRt,
                Library.find(source, NVRTC.soname()),
                PARTS.stream()
                        .filter(part ->
                                Library.find(source, part.replace(".", "\\.")).isEmpty())
                        .toList(),
                CUDA_PARTS.stream()
                        .filter(part -> Library.find(source, part.soname()).isEmpty())
                        .toList(),
                jetson,
                hasDevice(source));
    }

    /** The second word of each line is vendor and device. */
    private static boolean hasDevice(MachineSource source) {
        return source.file("/proc/bus/pci/devices")
                .map(devices -> devices.lines().anyMatch(line -> line.matches("\\S+\\s+10de\\S{4}\\s.*")))
                .orElse(false);
    }

    /** What must be installed before an engine for the GPU can be built or run; empty where nothing must, or there is no GPU. */
    public List<String> toDo() {
        if (gpu.isEmpty() && driver.isEmpty()) {
            return hasDevice
                    ? List.of(
                            "an NVIDIA device is on the bus but no driver answers: install NVIDIA's driver for CUDA 12 or newer and start again")
                    : List.of();
        }
        var toDo = new ArrayList<String>();
        if (jetson.isEmpty()
                && (gpu.isEmpty() || cuda.map(it -> major(it) < OLDEST_CUDA).orElse(true))) {
            toDo.add("driver %s is too old: install one that runs CUDA %d or newer"
                    .formatted(driver.orElse(""), OLDEST_CUDA));
        }
        String source = jetson.map(_ -> JETPACK)
                .orElse("apt-get install libnvinfer10 libnvinfer-plugin10 libnvonnxparsers10, " + REPOSITORY);
        boolean isOld = jetson.flatMap(Jetson::jetpack)
                .map(it -> major(it) < 6 || it.equals("6") || it.startsWith("6.0") || it.startsWith("6.1"))
                .orElse(false);
        if (isOld) {
            toDo.add("JetPack %s has no TensorRT %d.%d: install JetPack 6.2 (TensorRT 10.3) or 7.2 (TensorRT 10.16)"
                    .formatted(jetson.flatMap(Jetson::jetpack).orElse(""), TENSORRT, TENSORRT_MINOR));
        } else if (tensorRt.filter(it -> it.isFrom(TENSORRT, TENSORRT_MINOR)).isEmpty()) {
            toDo.add("TensorRT %s, want %d.%d or a newer %d: %s"
                    .formatted(
                            tensorRt.map(it -> it.version() + " is here").orElse("is not here"),
                            TENSORRT,
                            TENSORRT_MINOR,
                            TENSORRT,
                            source));
        } else if (!missing.isEmpty()) {
            toDo.add("TensorRT is here without %s: %s".formatted(String.join(" and ", missing), source));
        }
        if (!isOld && !missingOfCuda.isEmpty()) {
            toDo.add("TensorRT's bindings load %s, not here: %s"
                    .formatted(
                            missingOfCuda.stream().map(CudaPart::name).collect(Collectors.joining(", ")),
                            jetson.map(_ -> JETPACK)
                                    .orElseGet(() -> "apt-get install %s, %s".formatted(cudaPackages(), REPOSITORY))));
        }
        jetson.flatMap(Jetson::powerMode)
                .filter(mode -> !mode.startsWith("MAXN"))
                .ifPresent(mode -> toDo.add(
                        "power mode %s holds it back: sudo nvpmodel -q --verbose lists the modes, MAXN is the fastest"
                                .formatted(mode)));
        return List.copyOf(toDo);
    }

    /** For the CUDA that is here; for the newest that the driver runs where none is. */
    private String cudaPackages() {
        String version = cudaRuntime
                .map(Library::version)
                .filter(it -> it.contains("."))
                .or(() -> cuda)
                .orElse("13.0");
        Object[] parts = version.split("\\.", -1);
        return missingOfCuda.stream()
                .map(part -> part.aptPackage().formatted(parts))
                .collect(Collectors.joining(" "));
    }

    private static int major(String version) {
        return Integer.parseInt(version.split("\\.", -1)[0]);
    }
}
