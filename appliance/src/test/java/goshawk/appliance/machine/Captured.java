package goshawk.appliance.machine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A machine of which only texts are left: what commands printed and what stood in files. The page of nvidia-smi on an Orin is
 * from dusty-nv/jetson-containers#1403, its libraries are those of rbonghi/jetson_stats#603.
 */
public final class Captured implements MachineSource {

    private final Map<String, String> texts = new HashMap<>();

    /** A computer without anything of NVIDIA's. */
    public static Captured plain() {
        return new Captured()
                .with("/proc/bus/pci/devices", "0010\t80861237\t0\n0018\t10001af4\t0\n")
                .with(
                        "ldconfig -p",
                        "2 libs found in cache `/etc/ld.so.cache'\n\tlibz.so.1 (libc6,x86-64) => /lib/libz.so.1\n");
    }

    /** An H100 with TensorRT 10.6. */
    public static Captured h100() {
        return new Captured()
                .with("nvidia-smi", resource("h100-smi.txt"))
                .with(
                        "nvidia-smi --query-gpu=name,compute_cap,memory.total,memory.free,clocks.sm,clocks.max.sm,power.limit --format=csv,noheader,nounits",
                        "NVIDIA H100 80GB HBM3, 9.0, 81559, 81079, 345, 1980, 700.00\nNVIDIA H100 80GB HBM3, 9.0, 81559, 81079, 345, 1980, 700.00\n")
                .with("/proc/bus/pci/devices", "1900\t10de2330\t1a\tc0000000\n")
                .withLibrary("libnvinfer.so.10", "/usr/lib/x86_64-linux-gnu/libnvinfer.so.10.6.0")
                .withLibrary("libnvinfer_plugin.so.10", "/usr/lib/x86_64-linux-gnu/libnvinfer_plugin.so.10.6.0")
                .withLibrary("libnvonnxparser.so.10", "/usr/lib/x86_64-linux-gnu/libnvonnxparser.so.10.6.0")
                .withLibrary("libcudart.so.13", "/usr/local/cuda/lib64/libcudart.so.13.0.96")
                .withLibrary("libnvrtc.so.13", "/usr/local/cuda/lib64/libnvrtc.so.13.0.88")
                .withLibrary("libcublas.so.13", "/usr/local/cuda/lib64/libcublas.so.13.0.2.14")
                .withLibrary("libcudnn_cnn.so.9", "/usr/lib/x86_64-linux-gnu/libcudnn_cnn.so.9.13.0");
    }

    /** An AGX Orin with JetPack 6.2. */
    public static Captured orin() {
        return new Captured()
                .with("nvidia-smi", resource("orin-smi.txt"))
                .with(
                        "nvidia-smi --query-gpu=name,compute_cap,memory.total,memory.free,clocks.sm,clocks.max.sm,power.limit --format=csv,noheader,nounits",
                        "Orin (nvgpu), [N/A], [N/A], [N/A], [N/A], [N/A], [N/A]\n")
                .with("/proc/device-tree/model", "NVIDIA Jetson AGX Orin Developer Kit\0")
                .with(
                        "/etc/nv_tegra_release",
                        "# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic, EABI: aarch64, DATE: Wed Jan  8 01:49:37 UTC 2025\n")
                .with("dpkg-query -W -f=${Version} nvidia-jetpack", "6.2+b77")
                .with("nvpmodel -q", "NV Power Mode: MAXN\n0\n")
                .with(
                        "/proc/meminfo",
                        "MemTotal:       64349352 kB\nMemFree:        41000000 kB\nMemAvailable:   58720256 kB\n")
                .withLibrary("libnvinfer.so.10", "/usr/lib/aarch64-linux-gnu/libnvinfer.so.10.3.0")
                .withLibrary("libnvinfer_plugin.so.10", "/usr/lib/aarch64-linux-gnu/libnvinfer_plugin.so.10.3.0")
                .withLibrary("libnvonnxparser.so.10", "/usr/lib/aarch64-linux-gnu/libnvonnxparser.so.10.3.0")
                .withLibrary("libcudart.so.12", "/usr/local/cuda-12.6/lib64/libcudart.so.12.6.68")
                .withLibrary("libnvrtc.so.12", "/usr/local/cuda-12.6/lib64/libnvrtc.so.12.6.68")
                .withLibrary("libcublas.so.12", "/usr/local/cuda-12.6/lib64/libcublas.so.12.6.1.4")
                .withLibrary("libcudnn_cnn.so.9", "/usr/lib/aarch64-linux-gnu/libcudnn_cnn.so.9.3.0");
    }

    public Captured with(String name, String text) {
        texts.put(name, text);
        return this;
    }

    public Captured without(String name) {
        texts.remove(name);
        return this;
    }

    Captured withLibrary(String soname, String file) {
        String line = "\t%s (libc6,AArch64) => /usr/lib/%s\n".formatted(soname, soname);
        return with("ldconfig -p", texts.getOrDefault("ldconfig -p", "") + line).with("-> /usr/lib/" + soname, file);
    }

    Captured withoutLibrary(String soname) {
        return with("ldconfig -p", texts.getOrDefault("ldconfig -p", "").replace(soname + " ", "libother.so.1 "));
    }

    @Override
    public Optional<String> output(String... command) {
        return Optional.ofNullable(texts.get(String.join(" ", command)));
    }

    @Override
    public Optional<String> file(String path) {
        return Optional.ofNullable(texts.get(path));
    }

    @Override
    public Optional<String> target(String path) {
        return Optional.ofNullable(texts.get("-> " + path));
    }

    private static String resource(String name) {
        try (var in = Objects.requireNonNull(Captured.class.getResourceAsStream("/machines/" + name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
