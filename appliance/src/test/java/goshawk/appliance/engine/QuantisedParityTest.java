package goshawk.appliance.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import goshawk.appliance.engine.Engine.Context;
import goshawk.appliance.engine.Engine.PictureFeatures;
import goshawk.appliance.engine.Engine.Step;
import goshawk.trtbuild.ActivationScales;
import goshawk.trtbuild.Checkpoint;
import goshawk.trtbuild.ElementType;
import goshawk.trtbuild.EngineBuilder;
import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.Gpu;
import goshawk.trtbuild.GpuProfile;
import goshawk.trtbuild.GpuTarget;
import goshawk.trtbuild.LinearPlan;
import goshawk.trtbuild.PrecisionChoice.Wish;
import goshawk.trtbuild.Safetensors;
import goshawk.trtbuild.TargetProfile;
import goshawk.trtbuild.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The graphs with quantised layers that TensorRT is given, in FP32 on ONNX Runtime, which knows E4M3 and four bits too. */
class QuantisedParityTest {

    @TempDir
    Path cache;

    /**
     * Every linear layer in E4M3, its input too, beside the same in torch; see {@code make_quantised_goldens.py}. A number at
     * the edge between two of E4M3 may fall to either side, when sums are added in another order, and everything that is
     * computed from it moves with it: in torch itself a change of 2e-7 in the pixels moved one checkpoint's logits by 0.11 of
     * their norm and left those of the others where they were. So a checkpoint either agrees to a few millionths, which
     * proves all of its layers, or is as far off as quantising goes; the first must happen.
     */
    @ParameterizedTest
    @MethodSource("profiles")
    void fp8IsWhatTorchMakesOfIt(TargetProfile profile) {
        List<Double> distances = new ArrayList<>();
        for (String name : List.of("tiny-f32", "tiny-bf16", "tiny-fp8", "tiny-fp8-ragged")) {
            distances.add(fp8Distance(name, profile));
            System.out.printf(
                    "%s in FP8, %s: at most %.2g of the logits' norm from torch%n",
                    name, profile.name(), distances.getLast());
        }
        assertThat(distances).anyMatch(distance -> distance < 1e-4).allMatch(distance -> distance < 0.25);
    }

    static Stream<TargetProfile> profiles() {
        return Stream.of(DeviceGraphModel.WRITTEN_OUT, DeviceGraphModel.IN_PLACE);
    }

    private double fp8Distance(String name, TargetProfile profile) {
        Path answers = Golden.folder("quantised").resolve(name + ".safetensors");
        double largest = 0;
        try (Golden exact = Golden.open(name);
                Golden golden = Golden.open(exact.checkpoint(), answers)) {
            EngineFolder built =
                    build(exact.checkpoint(), profile, Wish.FP8, Optional.of(scales(exact.checkpoint(), answers)));
            assertThat(plan(built)).as("all layers").allMatch(LinearPlan.Fp8.class::isInstance);
            try (Engine engine = DeviceGraphModel.open(built);
                    Context start = engine.start()) {
                var seen = exact.pictures(built.config().vision().patchSize()).stream()
                        .map(engine::see)
                        .toList();
                var contexts = new ArrayList<Context>();
                Step step = engine.read(start, exact.integers("ids"), seen);
                contexts.add(step.context());
                largest = distance(step.logits(), golden.floats("prefill_logits"));
                assertThat(distance(step.logits(), exact.floats("prefill_logits")))
                        .as("E4M3 is seen")
                        .isGreaterThan(0.05);
                int[] decoded = exact.integers("decode_tokens");
                for (int i = 0; i < decoded.length; i++) {
                    step = engine.read(contexts.getLast(), new int[] {decoded[i]}, List.of());
                    contexts.add(step.context());
                    largest = Math.max(largest, distance(step.logits(), golden.row("decode_logits", i)));
                }
                contexts.forEach(Context::close);
                seen.forEach(PictureFeatures::close);
            }
        }
        return largest;
    }

    private static Collection<LinearPlan> plan(EngineFolder built) {
        return Objects.requireNonNull(built.manifest().quantised())
                .plan()
                .linears()
                .values();
    }

    /** Matrices that are given, beside a checkpoint that holds the same. */
    @ParameterizedTest
    @ValueSource(strings = {"tiny-f32", "tiny-bf16", "tiny-fp8", "tiny-fp8-ragged"})
    void bf16IsTheCheckpointWithItsNumbersRounded(String name) throws IOException {
        try (Golden golden = Golden.open(name)) {
            EngineFolder built = build(golden.checkpoint(), DeviceGraphModel.GIVEN, Wish.BF16, Optional.empty());
            EngineFolder plain = EngineBuilder.build(
                    unpacked(golden.checkpoint(), built), cache, TargetProfile.CPU, (_, _, _) -> {});
            OnnxParityTest.assertClose(
                    prefill(DeviceGraphModel.open(built), built, golden),
                    prefill(Engines.open(plain, 2), plain, golden));
        }
    }

    /** Four bits, and a head in BF16 that is given, beside a checkpoint that holds what they mean. */
    @ParameterizedTest
    @ValueSource(strings = {"tiny-bf16", "tiny-fp8"})
    void int4IsTheCheckpointWithItsNumbersRounded(String name) throws IOException {
        try (Golden golden = Golden.open(name)) {
            EngineFolder built = build(golden.checkpoint(), DeviceGraphModel.GIVEN, Wish.INT4, Optional.empty());
            assertThat(plan(built)).anyMatch(LinearPlan.Int4.class::isInstance);
            Path rounded = unpacked(golden.checkpoint(), built);
            EngineFolder plain = EngineBuilder.build(rounded, cache, TargetProfile.CPU, (_, _, _) -> {});
            float[] four = prefill(DeviceGraphModel.open(built), built, golden);
            OnnxParityTest.assertClose(four, prefill(Engines.open(plain, 2), plain, golden));
            assertThat(distance(four, golden.floats("prefill_logits"))).isGreaterThan(0.01);
        }
    }

    /** Large means are taken from the vision tower's norms, and the layers behind make up for it: nothing changes. */
    @Test
    void whatIsTakenFromANormTheLayerBehindItAdds() throws IOException {
        try (Golden golden = Golden.open("tiny-f32")) {
            ActivationScales scales =
                    scales(golden.checkpoint(), Golden.folder("quantised").resolve("tiny-f32.safetensors"));
            var means = new TreeMap<String, List<Float>>();
            try (Checkpoint opened = Checkpoint.open(golden.checkpoint())) {
                scales.linears().forEach((linear, range) -> {
                    if (linear.matches("model\\.visual\\..*(attn\\.qkv|linear_fc1)")) {
                        Tensor weight = opened.vision(linear.substring("model.visual.".length()) + ".weight");
                        means.put(linear, mean(weight.shape().getLast(), range.largest()));
                    }
                });
            }
            EngineFolder built =
                    build(golden.checkpoint(), DeviceGraphModel.IN_PLACE, Wish.FP8, Optional.of(with(scales, means)));
            Path file = GivenMatrices.file(built).orElseThrow();
            try (Safetensors changed = Safetensors.open(file)) {
                List<Tensor> biases = changed.tensors().values().stream()
                        .filter(tensor -> tensor.name().endsWith(".bias"))
                        .toList();
                assertThat(biases).hasSize(2 * means.size());
                Path folder = Files.createDirectories(cache.resolve("centred"));
                Files.copy(golden.checkpoint().resolve("config.json"), folder.resolve("config.json"));
                var tensors = new LinkedHashMap<String, Stored>();
                try (Checkpoint opened = Checkpoint.open(golden.checkpoint())) {
                    opened.tensors()
                            .forEach(tensor -> tensors.put(tensor.name(), Stored.of(opened.bytes(tensor), tensor)));
                }
                for (Tensor bias : biases) {
                    Stored before = tensors.put(bias.name(), Stored.of(changed.bytes(bias), bias));
                    assertThat(Objects.requireNonNull(before, bias.name()).bytes)
                            .isNotEqualTo(changed.bytes(bias).toArray(ValueLayout.JAVA_BYTE));
                }
                write(folder.resolve("model.safetensors"), tensors);
                EngineFolder plain = EngineBuilder.build(folder, cache, TargetProfile.CPU, (_, _, _) -> {});
                OnnxParityTest.assertClose(
                        prefill(Engines.open(plain, 2), plain, golden), golden.floats("prefill_logits"));
            }
        }
    }

    private static List<Float> mean(long size, float largest) {
        return LongStream.range(0, size)
                .mapToObj(i -> largest * ((i * 7) % 11 - 5) / 10)
                .toList();
    }

    private static ActivationScales with(ActivationScales scales, SortedMap<String, List<Float>> means) {
        return new ActivationScales(
                scales.format(),
                scales.checkpoint(),
                scales.recipe(),
                scales.pictures(),
                scales.share(),
                scales.linears(),
                means);
    }

    private EngineFolder build(Path checkpoint, TargetProfile profile, Wish wish, Optional<ActivationScales> scales) {
        var target =
                new GpuTarget(new Gpu("Test GPU", 9, 0, 80L << 30, 80L << 30, false), wish, GpuProfile.SMALL, scales);
        return EngineBuilder.build(checkpoint, Optional.empty(), cache, profile, target, (_, _, _) -> {});
    }

    private static float[] prefill(Engine opened, EngineFolder built, Golden golden) {
        try (Engine engine = opened;
                Context start = engine.start()) {
            var seen = golden.pictures(built.config().vision().patchSize()).stream()
                    .map(engine::see)
                    .toList();
            Step step = engine.read(start, golden.integers("ids"), seen);
            step.context().close();
            seen.forEach(PictureFeatures::close);
            return step.logits();
        }
    }

    /** Norm of the difference, as a part of the norm of what is expected. */
    private static double distance(float[] actual, float[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < actual.length; i++) {
            difference += Math.pow(actual[i] - expected[i], 2);
            norm += Math.pow(expected[i], 2);
        }
        return Math.sqrt(difference / norm);
    }

    private ActivationScales scales(Path checkpoint, Path answers) {
        var linears = new TreeMap<String, ActivationScales.Range>();
        try (Safetensors opened = Safetensors.open(answers)) {
            opened.tensors().forEach((key, tensor) -> {
                if (key.startsWith(TargetProfile.OBSERVED)) {
                    float largest = opened.bytes(tensor).get(ValueLayout.JAVA_FLOAT_UNALIGNED, 0);
                    linears.put(
                            key.substring(TargetProfile.OBSERVED.length()),
                            new ActivationScales.Range(
                                    1, largest / 2, largest / 2)); // a scale has room for twice as much
                }
            });
        }
        EngineFolder built = EngineBuilder.build(checkpoint, cache, TargetProfile.CALIBRATION, (_, _, _) -> {});
        return new ActivationScales(
                ActivationScales.FORMAT,
                built.manifest().checkpoint().sha256(),
                new ActivationScales.Recipe("golden", "1", "0"),
                1,
                0.999,
                linears,
                new TreeMap<>());
    }

    /** A checkpoint without anything quantised, whose matrices are those of an engine in four bits. */
    private Path unpacked(Path checkpoint, EngineFolder built) throws IOException {
        Path folder = Files.createDirectories(cache.resolve("unpacked"));
        var mapper = new ObjectMapper();
        ObjectNode config =
                (ObjectNode) mapper.readTree(checkpoint.resolve("config.json").toFile());
        config.remove("quantization_config");
        mapper.writeValue(folder.resolve("config.json").toFile(), config);
        var all = new LinkedHashMap<String, Stored>();
        try (Checkpoint opened = Checkpoint.open(checkpoint);
                Safetensors quantised =
                        Safetensors.open(GivenMatrices.file(built).orElseThrow())) {
            for (Tensor tensor : opened.tensors()) {
                if (!tensor.name().endsWith("_scale_inv")) {
                    all.put(tensor.name(), Stored.of(opened.bytes(tensor), tensor));
                }
            }
            for (Tensor tensor : quantised.tensors().values()) {
                if (tensor.type() == ElementType.U8) {
                    Tensor scale = Objects.requireNonNull(quantised.tensors().get(tensor.name() + "_scale"));
                    List<Long> shape =
                            List.of(tensor.shape().get(0), 2 * tensor.shape().get(1));
                    all.put(tensor.name(), new Stored("F32", shape, numbers(quantised, tensor, scale)));
                } else if (tensor.type() == ElementType.BF16) {
                    all.put(tensor.name(), Stored.of(quantised.bytes(tensor), tensor));
                }
            }
        }
        write(folder.resolve("model.safetensors"), all);
        return folder;
    }

    /** A tensor of a checkpoint that is made here. */
    private record Stored(String type, List<Long> shape, byte[] bytes) {

        static Stored of(MemorySegment bytes, Tensor tensor) {
            return new Stored(tensor.type().name(), tensor.shape(), bytes.toArray(ValueLayout.JAVA_BYTE));
        }
    }

    private static void write(Path file, Map<String, Stored> tensors) throws IOException {
        ObjectNode header = new ObjectMapper().createObjectNode();
        var data = new ByteArrayOutputStream();
        tensors.forEach((name, tensor) -> {
            ObjectNode entry = header.putObject(name).put("dtype", tensor.type);
            tensor.shape.forEach(entry.withArray("shape")::add);
            entry.withArray("data_offsets").add(data.size()).add(data.size() + tensor.bytes.length);
            data.writeBytes(tensor.bytes);
        });
        byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
        var whole = new ByteArrayOutputStream();
        whole.writeBytes(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(json.length)
                .array());
        whole.writeBytes(json);
        whole.writeBytes(data.toByteArray());
        Files.write(file, whole.toByteArray());
    }

    private static byte[] numbers(Safetensors file, Tensor packed, Tensor scale) {
        byte[] pairs = file.bytes(packed).toArray(ValueLayout.JAVA_BYTE);
        float[] scales = file.bytes(scale).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
        ByteBuffer numbers = ByteBuffer.allocate(8 * pairs.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < 2 * pairs.length; i++) {
            int four = pairs[i / 2] >> (i % 2 * 4) & 15;
            numbers.putFloat((four > 7 ? four - 16 : four) * scales[i / 128]);
        }
        return numbers.array();
    }
}
