package goshawk.appliance.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.appliance.engine.Engine.Context;
import goshawk.appliance.engine.Engine.PictureFeatures;
import goshawk.appliance.engine.Engine.Step;
import goshawk.trtbuild.ElementType;
import goshawk.trtbuild.EngineBuilder;
import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.TargetProfile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The engine against transformers, in all forms of the graph; logits are of size 1 to 10. */
class OnnxParityTest {

    private static final float TOLERANCE = 1e-4f;

    @TempDir
    Path cache;

    static Stream<Arguments> checkpointsAndProfiles() {
        return Stream.of("tiny-f32", "tiny-bf16", "tiny-fp8", "tiny-fp8-ragged", "tiny-yarn", "tiny-yarn-scaled")
                .flatMap(name -> Stream.of(
                                TargetProfile.CPU,
                                TargetProfile.PRIMITIVE,
                                DeviceGraphModel.WRITTEN_OUT,
                                DeviceGraphModel.IN_PLACE)
                        .map(profile -> Arguments.of(name, profile)));
    }

    @ParameterizedTest
    @MethodSource("checkpointsAndProfiles")
    void aConversationHasTheLogitsOfTransformers(String name, TargetProfile profile) {
        try (Golden golden = Golden.open(name);
                Engine engine = open(golden, profile)) {
            var seen = golden.pictures(patchSize(golden, profile)).stream()
                    .map(engine::see)
                    .toList();
            try (Context start = engine.start()) {
                Step step = engine.read(start, golden.integers("ids"), seen);
                assertClose(step.logits(), golden.floats("prefill_logits"));
                assertDecodes(engine, golden, step);
            }
            seen.forEach(PictureFeatures::close);
        }
    }

    /** Continuations that begin alike, one that is part of another, one that is repeated: as if each were read alone. */
    @ParameterizedTest
    @MethodSource("checkpointsAndProfiles")
    void askingTogetherIsReadingOneByOne(String name, TargetProfile profile) {
        try (Golden golden = Golden.open(name);
                Engine engine = open(golden, profile)) {
            var seen = golden.pictures(patchSize(golden, profile)).stream()
                    .map(engine::see)
                    .toList();
            List<int[]> continuations = List.of(
                    new int[] {7, 8, 9},
                    new int[] {7, 8, 1, 2, 3, 4, 5, 6},
                    new int[] {100},
                    new int[] {7, 8},
                    new int[] {7, 8, 9});
            try (Context start = engine.start();
                    Context shown =
                            engine.read(start, golden.integers("ids"), seen).context()) {
                List<float[]> together = engine.ask(shown, continuations);
                assertThat(together).hasSameSizeAs(continuations);
                for (int i = 0; i < continuations.size(); i++) {
                    Step alone = engine.read(shown, continuations.get(i), List.of());
                    alone.context().close();
                    assertClose(together.get(i), alone.logits());
                }
                assertThat(engine.ask(shown, continuations).toArray())
                        .as("the same bits")
                        .isEqualTo(together.toArray());
                int[] named = {100, 7, 0};
                List<float[]> some = engine.ask(shown, continuations, named);
                assertThat(some).hasSameSizeAs(continuations);
                for (int i = 0; i < continuations.size(); i++) {
                    float[] all = together.get(i);
                    assertThat(some.get(i)).as("the same bits").containsExactly(all[100], all[7], all[0]);
                }
                assertThatThrownBy(() -> engine.ask(shown, continuations, new int[] {together.getFirst().length}))
                        .isInstanceOf(EngineException.class)
                        .hasMessageStartingWith(
                                "ask: token %d, the vocabulary has".formatted(together.getFirst().length));
                assertThat(shown.length()).isEqualTo(golden.integers("ids").length);
                try (Context again = engine.show(start, golden.integers("ids"), seen)) {
                    assertThat(engine.ask(again, continuations).toArray())
                            .as("shown is read")
                            .isEqualTo(together.toArray());
                }
            }
            seen.forEach(PictureFeatures::close);
        }
    }

    /** What transformers decoded, asked in one pass: every beginning of it is a continuation. */
    @ParameterizedTest
    @MethodSource("checkpointsAndProfiles")
    void askingTogetherHasTheLogitsOfTransformers(String name, TargetProfile profile) {
        try (Golden golden = Golden.open(name);
                Engine engine = open(golden, profile)) {
            var seen = golden.pictures(patchSize(golden, profile)).stream()
                    .map(engine::see)
                    .toList();
            int[] decoded = golden.integers("decode_tokens");
            List<int[]> beginnings = new ArrayList<>();
            for (int length = decoded.length; length > 0; length--) {
                beginnings.add(Arrays.copyOf(decoded, length));
            }
            try (Context start = engine.start();
                    Context shown =
                            engine.read(start, golden.integers("ids"), seen).context()) {
                List<float[]> together = engine.ask(shown, beginnings);
                for (int i = 0; i < decoded.length; i++) {
                    assertClose(together.get(i), golden.row("decode_logits", decoded.length - 1 - i));
                }
            }
            seen.forEach(PictureFeatures::close);
        }
    }

    @ParameterizedTest
    @MethodSource("checkpointsAndProfiles")
    void readingInPiecesIsReadingAtOnce(String name, TargetProfile profile) {
        try (Golden golden = Golden.open(name);
                Engine engine = open(golden, profile)) {
            int[] ids = golden.integers("ids");
            var seen = golden.pictures(patchSize(golden, profile)).stream()
                    .map(engine::see)
                    .toList();
            // Pieces of 4, 1 + the first picture + 3, and the rest.
            int cut = 4;
            int second = 5 + 1 + seen.getFirst().tokens() + 3;
            try (Context start = engine.start();
                    Context first = engine.read(start, Arrays.copyOfRange(ids, 0, cut), List.of())
                            .context();
                    Context withPicture = engine.read(
                                    first, Arrays.copyOfRange(ids, cut, second), List.of(seen.getFirst()))
                            .context()) {
                Step last = engine.read(
                        withPicture, Arrays.copyOfRange(ids, second, ids.length), seen.subList(1, seen.size()));
                assertClose(last.logits(), golden.floats("prefill_logits"));
                assertDecodes(engine, golden, last);
            }
            seen.forEach(PictureFeatures::close);
        }
    }

    /** Against FP32 arithmetic on the merged weights; how far these are from the adapter beside the checkpoint is printed. */
    @ParameterizedTest
    @CsvSource({"tiny-f32, list-f32", "tiny-bf16, regex-bf16", "tiny-fp8, plain-fp8", "tiny-fp8-ragged, old-names-fp8"})
    void anAdapterThatIsMergedHasTheLogitsOfPeft(String name, String adapter) {
        Path folder = Golden.folder("adapters/" + adapter);
        try (Golden golden = Golden.open(Golden.folder(name), folder.resolve("golden.safetensors"))) {
            EngineFolder built = EngineBuilder.build(
                    golden.checkpoint(), Optional.of(folder), cache, TargetProfile.CPU, (_, _, _) -> {});
            var patches = golden.pictures(built.config().vision().patchSize());
            try (Engine engine = Engines.open(built, 2);
                    Context start = engine.start()) {
                var seen = patches.stream().map(engine::see).toList();
                Step step = engine.read(start, golden.integers("ids"), seen);
                float[] beside = golden.floats("peft_prefill_logits");
                double difference = 0;
                for (int i = 0; i < beside.length; i++) {
                    difference = Math.max(difference, Math.abs(beside[i] - step.logits()[i]));
                }
                System.out.printf("%s: merging moves the logits by at most %.2e%n", adapter, difference);
                assertClose(step.logits(), golden.floats("prefill_logits"));
                assertDecodes(engine, golden, step);
                seen.forEach(PictureFeatures::close);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny-bf16", "tiny-fp8", "tiny-fp8-ragged"})
    void aHeadInSeveralPiecesIsTheSameHead(String name) {
        var pieces = new TargetProfile("pieces", 24, ElementType.F32, TargetProfile.Operators.FUSED, 4096);
        aConversationHasTheLogitsOfTransformers(name, pieces);
    }

    static void assertDecodes(Engine engine, Golden golden, Step prefilled) {
        int[] tokens = golden.integers("decode_tokens");
        var contexts = new ArrayList<Context>(List.of(prefilled.context()));
        float[] logits = prefilled.logits();
        for (int i = 0; i < tokens.length; i++) {
            assertThat(largest(logits)).as("token %d", i).isEqualTo(tokens[i]);
            Step step = engine.read(contexts.getLast(), new int[] {tokens[i]}, List.of());
            contexts.add(step.context());
            logits = step.logits();
            assertClose(logits, golden.row("decode_logits", i));
        }
        contexts.forEach(Context::close);
    }

    private Engine open(Golden golden, TargetProfile profile) {
        return open(EngineBuilder.build(golden.checkpoint(), cache, profile, (_, _, _) -> {}), profile);
    }

    /** With what runs such graphs. */
    static Engine open(EngineFolder folder, TargetProfile profile) {
        return profile.isForDevice() ? DeviceGraphModel.open(folder) : Engines.open(folder, 2);
    }

    private int patchSize(Golden golden, TargetProfile profile) {
        EngineFolder folder = EngineBuilder.build(golden.checkpoint(), cache, profile, (_, _, _) -> {});
        return folder.config().vision().patchSize();
    }

    static int largest(float[] logits) {
        int best = 0;
        for (int i = 1; i < logits.length; i++) {
            best = logits[i] > logits[best] ? i : best;
        }
        return best;
    }

    static void assertClose(float[] actual, float[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < actual.length; i++) {
            assertThat(actual[i]).as("number %d", i).isCloseTo(expected[i], Offset.offset(TOLERANCE));
        }
    }
}
