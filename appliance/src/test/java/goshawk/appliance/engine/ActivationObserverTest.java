package goshawk.appliance.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import goshawk.appliance.engine.Engine.Context;
import goshawk.appliance.engine.Engine.PictureFeatures;
import goshawk.trtbuild.ActivationRanges;
import goshawk.trtbuild.ActivationScales;
import goshawk.trtbuild.Checkpoint;
import goshawk.trtbuild.EngineBuilder;
import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.Safetensors;
import goshawk.trtbuild.TargetProfile;
import goshawk.trtbuild.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is told of a model's activations, beside what hooks in transformers saw; see {@code make_quantised_goldens.py}. */
class ActivationObserverTest {

    @TempDir
    Path cache;

    @ParameterizedTest
    @ValueSource(strings = {"tiny-f32", "tiny-bf16", "tiny-fp8", "tiny-fp8-ragged"})
    void everyLinearLayersInputIsAsLargeAsInTransformers(String name) {
        var ranges = new ActivationRanges();
        try (Golden golden = Golden.open(name)) {
            EngineFolder built =
                    EngineBuilder.build(golden.checkpoint(), cache, TargetProfile.CALIBRATION, (_, _, _) -> {});
            try (Engine engine = Engines.open(built, 2, OptionalInt.empty(), ranges::add);
                    Context start = engine.start()) {
                var seen = golden.pictures(built.config().vision().patchSize()).stream()
                        .map(engine::see)
                        .toList();
                Engine.Step step = engine.read(start, golden.integers("ids"), seen);
                OnnxParityTest.assertClose(step.logits(), golden.floats("prefill_logits"));
                OnnxParityTest.assertDecodes(engine, golden, step);
                seen.forEach(PictureFeatures::close);
            }
        }
        Map<String, Float> expected = expected(name);
        String last = expected.keySet().stream()
                .filter(linear -> linear.startsWith("model.language_model.layers."))
                .map(linear -> linear.substring(0, linear.indexOf('.', "model.language_model.layers.".length()) + 1))
                .max(Comparator.naturalOrder())
                .orElseThrow();
        Map<String, ActivationScales.Range> told = ranges.within(0.9);
        assertThat(told.keySet()).isEqualTo(expected.keySet());
        told.forEach((linear, range) -> {
            float hooked = Objects.requireNonNull(expected.get(linear));
            float slack = 2e-4f * range.largest();
            // of the last layer we compute less: all but keys and values of the tokens that are asked alone
            if (linear.startsWith(last) && !linear.matches(".*[kv]_proj")) {
                assertThat(range.largest()).as(linear).isLessThanOrEqualTo(hooked + slack);
            } else {
                assertThat(range.largest()).as(linear).isCloseTo(hooked, within(slack));
            }
            assertThat(range.usual()).as(linear).isPositive().isLessThanOrEqualTo(range.largest());
        });
        try (Checkpoint checkpoint = Checkpoint.open(Golden.folder(name).toAbsolutePath())) {
            assertThat(ranges.means()).hasSizeGreaterThan(4);
            ranges.means().forEach((linear, mean) -> assertOfANorm(checkpoint, linear, mean));
        }
    }

    /** What a norm puts out, before its weight and its bias, has no mean in any row; nor has the mean of the rows. */
    private static void assertOfANorm(Checkpoint checkpoint, String linear, List<Float> mean) {
        String norm = linear.substring("model.visual.".length())
                .replace("attn.qkv", "norm1")
                .replace("mlp.linear_fc1", "norm2")
                .replace("linear_fc1", "norm");
        float[] weight = numbers(checkpoint, checkpoint.vision(norm + ".weight"));
        float[] bias = numbers(checkpoint, checkpoint.vision(norm + ".bias"));
        double sum = 0;
        double magnitude = 0;
        for (int i = 0; i < mean.size(); i++) {
            double plain = (mean.get(i) - bias[i % bias.length]) / weight[i % weight.length];
            sum += plain;
            magnitude += Math.abs(plain);
        }
        assertThat(magnitude / mean.size()).as(linear).isGreaterThan(1e-3);
        assertThat(sum / mean.size()).as(linear).isCloseTo(0, within(1e-4));
    }

    private static float[] numbers(Checkpoint checkpoint, Tensor tensor) {
        MemorySegment bytes = checkpoint.bytes(tensor);
        float[] numbers = new float[Math.toIntExact(tensor.elements())];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = switch (tensor.type()) {
                case F32 -> bytes.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i);
                case BF16 -> Float.intBitsToFloat(bytes.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i) << 16);
                case F16 -> Float.float16ToFloat(bytes.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i));
                default -> throw new IllegalStateException("a norm of " + tensor.type());
            };
        }
        return numbers;
    }

    private static Map<String, Float> expected(String name) {
        var largest = new TreeMap<String, Float>();
        Path file = Golden.folder("quantised").resolve(name + ".safetensors");
        try (Safetensors answers = Safetensors.open(file)) {
            answers.tensors().forEach((key, tensor) -> {
                if (key.startsWith(TargetProfile.OBSERVED)) {
                    largest.put(
                            key.substring(TargetProfile.OBSERVED.length()),
                            answers.bytes(tensor).get(ValueLayout.JAVA_FLOAT_UNALIGNED, 0));
                }
            });
        }
        return largest;
    }
}
