package goshawk.appliance.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import goshawk.appliance.engine.Engine.Context;
import goshawk.appliance.engine.Engine.PictureFeatures;
import goshawk.trtbuild.ActivationRanges;
import goshawk.trtbuild.ActivationScales;
import goshawk.trtbuild.EngineBuilder;
import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.Safetensors;
import goshawk.trtbuild.TargetProfile;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Comparator;
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
                OnnxEngineParityTest.assertClose(step.logits(), golden.floats("prefill_logits"));
                OnnxEngineParityTest.assertDecodes(engine, golden, step);
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
