package goshawk.appliance;

import goshawk.appliance.machine.Jetson;
import goshawk.appliance.machine.Library;
import goshawk.appliance.machine.Machine;
import goshawk.trtbuild.CheckpointException;
import goshawk.trtbuild.Gpu;
import goshawk.trtbuild.GpuMemory;
import goshawk.trtbuild.GpuProfile;
import goshawk.trtbuild.MemoryNeed;
import goshawk.trtbuild.ModelConfig;
import goshawk.trtbuild.PrecisionChoice;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** One page about a machine: what it has, what will run a model on it and why, and what is to be installed. */
final class DoctorPage {

    private final List<String> lines = new ArrayList<>();

    private DoctorPage() {}

    /**
     * @param model what it is called
     * @param config its sizes
     * @param host processors and memory, for a person
     */
    static List<String> of(Machine machine, String host, String model, ModelConfig config) {
        var page = new DoctorPage();
        page.line("machine", host);
        machine.jetson().ifPresent(page::jetson);
        page.gpu(machine);
        page.line("TensorRT", library(machine.tensorRt()));
        page.line("CUDA", library(machine.cudaRuntime()));
        page.line("NVRTC", library(machine.nvrtc()));
        machine.gpu().ifPresent(gpu -> page.precision(gpu, model, config));
        page.line(
                "runs with",
                machine.gpu().isPresent()
                        ? "TensorRT where its engine was built and proven (./goshawk engine build, ./goshawk engine verify), else the CPU runtime (ONNX Runtime, FP32)"
                        : "the CPU runtime (ONNX Runtime, FP32), because there is no GPU that can be used");
        machine.toDo().forEach(thing -> page.line("to do", thing));
        if (machine.toDo().isEmpty()) {
            page.line("to do", "nothing");
        }
        return List.copyOf(page.lines);
    }

    private void line(String name, String text) {
        lines.add("%-14s %s".formatted(name, text));
    }

    private void jetson(Jetson jetson) {
        line(
                "Jetson",
                "%s; JetPack %s, Linux %s; power mode %s"
                        .formatted(
                                jetson.model(),
                                jetson.jetpack().orElse("not installed"),
                                jetson.l4t().isEmpty() ? "not NVIDIA's" : jetson.l4t(),
                                jetson.powerMode().orElse("unknown")));
        line("", "supported are JetPack 6.2 (TensorRT 10.3) and JetPack 7.2 (TensorRT 10.16)");
    }

    private void gpu(Machine machine) {
        if (machine.gpu().isPresent()) {
            Gpu gpu = machine.gpu().get();
            line(
                    "GPU",
                    "%s, %s of %s free%s%s"
                            .formatted(
                                    gpu.words(),
                                    MemoryNeed.words(gpu.freeBytes()),
                                    MemoryNeed.words(gpu.memoryBytes()),
                                    gpu.isShared() ? ", shared with the machine" : "",
                                    machine.clock().isEmpty() ? "" : "; " + machine.clock()));
            if (machine.gpus() > 1) {
                line("", "and %d more, which are not used".formatted(machine.gpus() - 1));
            }
        } else {
            line("GPU", machine.hasDevice() ? "an NVIDIA device that no driver speaks for" : "none");
        }
        line(
                "driver",
                machine.driver()
                        .map(version -> version
                                + machine.cuda()
                                        .map(it -> ", runs CUDA up to " + it)
                                        .orElse(""))
                        .orElse("none"));
    }

    private static String library(Optional<Library> found) {
        return found.map(it -> "%s, %s".formatted(it.version(), it.file())).orElse("none");
    }

    private void precision(Gpu gpu, String model, ModelConfig config) {
        for (GpuProfile profile : GpuProfile.values()) {
            String said;
            try {
                PrecisionChoice choice =
                        PrecisionChoice.of(gpu, PrecisionChoice.Wish.AUTO, form -> GpuMemory.of(config, profile, form));
                said = "%s About %s."
                        .formatted(
                                choice.why(),
                                MemoryNeed.words(GpuMemory.of(config, profile, choice.form())
                                        .total()));
            } catch (CheckpointException e) {
                said = String.valueOf(e.getMessage());
            }
            line(
                    profile == GpuProfile.USUAL ? "precision" : "",
                    "%s, %s: %s".formatted(model, profile.name().toLowerCase(Locale.ROOT), said));
        }
    }
}
