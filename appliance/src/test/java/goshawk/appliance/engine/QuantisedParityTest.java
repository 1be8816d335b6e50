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
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
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
    @Test
    void fp8IsWhatTorchMakesOfIt() {
        List<Double> distances = new ArrayList<>();
        for (String name : List.of("tiny-f32", "tiny-bf16", "tiny-fp8", "tiny-fp8-ragged")) {
            distances.add(fp8Distance(name));
            System.out.printf("%s in FP8: at most %.2g of the logits' norm from torch%n", name, distances.getLast());
        }
        assertThat(distances).anyMatch(distance -> distance < 1e-4).allMatch(distance -> distance < 0.25);
    }

    private double fp8Distance(String name) {
        Path answers = Golden.folder("quantised").resolve(name + ".safetensors");
        double largest = 0;
        try (Golden exact = Golden.open(name);
                Golden golden = Golden.open(exact.checkpoint(), answers)) {
            EngineFolder built = build(exact.checkpoint(), Wish.FP8, Optional.of(scales(exact.checkpoint(), answers)));
            assertThat(plan(built)).as("all layers").allMatch(LinearPlan.Fp8.class::isInstance);
            try (Engine engine = TwoWaysModel.open(built);
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

    /** Four bits beside a checkpoint that holds what they mean. */
    @ParameterizedTest
    @ValueSource(strings = {"tiny-bf16", "tiny-fp8"})
    void int4IsTheCheckpointWithItsNumbersRounded(String name) throws IOException {
        try (Golden golden = Golden.open(name)) {
            EngineFolder built = build(golden.checkpoint(), Wish.INT4, Optional.empty());
            assertThat(plan(built)).anyMatch(LinearPlan.Int4.class::isInstance);
            Path rounded = unpacked(golden.checkpoint(), built);
            EngineFolder plain = EngineBuilder.build(rounded, cache, TargetProfile.CPU, (_, _, _) -> {});
            float[] four = prefill(TwoWaysModel.open(built), built, golden);
            OnnxEngineParityTest.assertClose(four, prefill(Engines.open(plain, 2), plain, golden));
            assertThat(distance(four, golden.floats("prefill_logits"))).isGreaterThan(0.01);
        }
    }

    private EngineFolder build(Path checkpoint, Wish wish, Optional<ActivationScales> scales) {
        var target =
                new GpuTarget(new Gpu("Test GPU", 9, 0, 80L << 30, 80L << 30, false), wish, GpuProfile.SMALL, scales);
        return EngineBuilder.build(checkpoint, Optional.empty(), cache, TwoWaysModel.PROFILE, target, (_, _, _) -> {});
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
                            new ActivationScales.Range(1, largest, largest));
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
                linears);
    }

    /** A checkpoint without anything quantised, whose matrices are those of an engine in four bits. */
    private Path unpacked(Path checkpoint, EngineFolder built) throws IOException {
        Path folder = Files.createDirectories(cache.resolve("unpacked"));
        var mapper = new ObjectMapper();
        ObjectNode config =
                (ObjectNode) mapper.readTree(checkpoint.resolve("config.json").toFile());
        config.remove("quantization_config");
        mapper.writeValue(folder.resolve("config.json").toFile(), config);
        Path file = built.manifest().weightNames().stream()
                .filter(it -> it.endsWith("quantised.safetensors"))
                .map(built.weightsFolder()::resolve)
                .findFirst()
                .orElseThrow();
        ObjectNode header = mapper.createObjectNode();
        var data = new ByteArrayOutputStream();
        try (Checkpoint opened = Checkpoint.open(checkpoint);
                Safetensors quantised = Safetensors.open(file)) {
            var all = new LinkedHashMap<String, byte[]>();
            var shapes = new LinkedHashMap<String, List<Long>>();
            var types = new LinkedHashMap<String, String>();
            for (Tensor tensor : opened.tensors()) {
                if (!tensor.name().endsWith("_scale_inv")) {
                    all.put(tensor.name(), opened.bytes(tensor).toArray(ValueLayout.JAVA_BYTE));
                    shapes.put(tensor.name(), tensor.shape());
                    types.put(tensor.name(), tensor.type().name());
                }
            }
            for (Tensor tensor : quantised.tensors().values()) {
                if (tensor.type() == ElementType.U8) {
                    Tensor scale = Objects.requireNonNull(quantised.tensors().get(tensor.name() + "_scale"));
                    all.put(tensor.name(), numbers(quantised, tensor, scale));
                    shapes.put(
                            tensor.name(),
                            List.of(tensor.shape().get(0), 2 * tensor.shape().get(1)));
                    types.put(tensor.name(), "F32");
                } else if (tensor.type() == ElementType.BF16) {
                    all.put(tensor.name(), quantised.bytes(tensor).toArray(ValueLayout.JAVA_BYTE));
                    types.put(tensor.name(), "BF16");
                }
            }
            all.forEach((name, bytes) -> {
                ObjectNode entry = header.putObject(name).put("dtype", types.get(name));
                Objects.requireNonNull(shapes.get(name)).forEach(entry.withArray("shape")::add);
                entry.withArray("data_offsets").add(data.size()).add(data.size() + bytes.length);
                data.writeBytes(bytes);
            });
        }
        byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
        var whole = new ByteArrayOutputStream();
        whole.writeBytes(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(json.length)
                .array());
        whole.writeBytes(json);
        whole.writeBytes(data.toByteArray());
        Files.write(folder.resolve("model.safetensors"), whole.toByteArray());
        return folder;
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
