package goshawk.appliance.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.appliance.engine.Engine.Context;
import goshawk.appliance.engine.Engine.PictureFeatures;
import goshawk.appliance.engine.Engine.Step;
import goshawk.trtbuild.EngineBuilder;
import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.MemoryNeed;
import goshawk.trtbuild.ModelConfig;
import goshawk.trtbuild.Patches;
import goshawk.trtbuild.VisionTables;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OnnxModelTest {

    /** The numbers in a patch of tiny-f32: 3 colours, 2 frames, 8 × 8 pixels. */
    private static final int PATCH = 3 * 2 * 8 * 8;

    private static final int IMAGE = 250;
    private static final int[] WORDS = {3, 14, 15, 92, 65};

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"tiny-f32", "tiny-bf16", "tiny-fp8", "tiny-fp8-ragged"})
    void everyPictureHasTheFeaturesOfTransformers(String name) {
        try (Golden golden = Golden.open(name)) {
            EngineFolder built = build(golden.checkpoint());
            int[] grids = golden.integers("grids");
            int patch = name.equals("tiny-fp8") ? 4 * PATCH : PATCH;
            Patches twoFrames = Golden.patches(2, grids[1], grids[2], patch, 5);
            OnnxParityTest.assertClose(features(built, twoFrames), golden.floats("two_frames"));
            if (grids.length == 3) {
                Patches picture = golden.pictures(patch).getFirst();
                OnnxParityTest.assertClose(features(built, picture), golden.floats("features"));
            }
        }
    }

    /** What the vision tower sees, {@code [1 + taps, tokens, hidden]}. */
    static float[] features(EngineFolder built, Patches patches) {
        VisionTables tables = new Preflight(built.config()).tables(patches.gridT(), patches.gridH(), patches.gridW());
        try (OnnxModel model = OnnxModel.load(built, 2, (_, _, _) -> {});
                OnnxModel.Seen seen = model.see(
                        MemorySegment.ofArray(patches.pixels()),
                        patches.gridT(),
                        patches.gridH(),
                        patches.gridW(),
                        tables)) {
            return seen.numbers();
        }
    }

    @Test
    void manyContinuationsShareOnePast() {
        try (Engine engine = tiny();
                Context start = engine.start()) {
            Step shared = engine.read(start, WORDS, List.of());
            Step first = engine.read(shared.context(), new int[] {1, 2}, List.of());
            Step other = engine.read(shared.context(), new int[] {7}, List.of());
            Step again = engine.read(shared.context(), new int[] {1, 2}, List.of());
            assertThat(again.logits()).isEqualTo(first.logits()).isNotEqualTo(other.logits());
            assertThat(shared.context().length()).isEqualTo(5);
            assertThat(first.context().length()).isEqualTo(7);
            // What follows may outlive what it came from.
            shared.context().close();
            Step later = engine.read(first.context(), new int[] {4}, List.of());
            assertThat(later.context().length()).isEqualTo(8);
            Stream.of(first, other, again, later).map(Step::context).forEach(Context::close);
        }
    }

    @Test
    void anotherThreadIsRefused() {
        try (Engine engine = tiny()) {
            assertThatThrownBy(() -> CompletableFuture.runAsync(engine::start).join())
                    .hasCauseInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("used by");
        }
    }

    @Test
    void aContextThatIsStillOutKeepsTheEngineFromClosing() {
        Engine engine = tiny();
        Context start = engine.start();
        assertThatThrownBy(engine::close)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("1 contexts or picture features never closed");
        start.close();
        start.close();
        engine.close();
    }

    @Test
    void whatCannotBeReadIsRefusedByName() {
        try (Engine engine = tiny();
                Context start = engine.start();
                PictureFeatures picture = engine.see(Golden.patches(1, 2, 4, PATCH, 0))) {
            refused(() -> engine.read(start, new int[0], List.of()), "read: no token was given");
            refused(() -> engine.read(start, new int[] {256}, List.of()), "read: token 256, the vocabulary has 256");
            refused(() -> engine.read(start, new int[] {-1}, List.of()), "read: token -1, the vocabulary has 256");
            refused(
                    () -> engine.read(start, new int[] {IMAGE}, List.of()),
                    "read: token 0 stands for a picture that was not given");
            refused(
                    () -> engine.read(start, new int[] {IMAGE, 1}, List.of(picture)),
                    "read: a picture of 2 tokens has place for 1");
            refused(() -> engine.read(start, WORDS, List.of(picture)), "read: 1 pictures have no token");
            refused(() -> engine.ask(start, List.of()), "ask: no token was given");
            refused(() -> engine.ask(start, List.of(WORDS, new int[0])), "ask: no token was given");
            refused(
                    () -> engine.ask(start, List.of(new int[] {1, IMAGE})),
                    "ask: token 250 stands for a picture; read it first");
        }
    }

    @Test
    void patchesThatDoNotFitAreRefusedByName() {
        try (Engine engine = tiny()) {
            refused(() -> engine.see(new Patches(new float[10], 1, 2, 2)), "see: 10 numbers for 4 patches of 384");
            refused(
                    () -> engine.see(Golden.patches(1, 3, 2, PATCH, 0)),
                    "see: a grid of 1×3×2 patches; want multiples of 2");
        }
    }

    @Test
    void aGraphThatTheRuntimeRefusesIsAnEngineException() throws IOException {
        EngineFolder built = build(checkpoint());
        // The weights shrink after they were verified: the runtime, not we, finds out.
        Path weights = built.weightsFolder().resolve("model.safetensors");
        Files.write(weights, new byte[100]);
        assertThatThrownBy(() -> Engines.open(built, 1, OptionalInt.empty()))
                .isInstanceOf(EngineException.class)
                .hasMessageStartingWith("createSession vision: ");
    }

    @Test
    void theLinksOfTheHuggingFaceCacheAreFollowed() throws IOException {
        Path blobs = Files.createDirectories(folder.resolve("hub/blobs"));
        Path snapshot = Files.createDirectories(folder.resolve("hub/snapshots/0123abcd"));
        try (Golden golden = Golden.open("tiny-bf16");
                Stream<Path> files = Files.list(golden.checkpoint())) {
            for (Path file : files.toList()) {
                Path blob = blobs.resolve("blob-of-" + file.getFileName());
                Files.copy(file, blob);
                Path link = snapshot.resolve(file.getFileName().toString());
                Files.createSymbolicLink(link, Path.of("../../blobs").resolve(blob.getFileName()));
            }
        }
        try (Engine engine = open(snapshot);
                Context start = engine.start()) {
            Step step = engine.read(start, WORDS, List.of());
            assertThat(step.logits()).hasSize(256);
            step.context().close();
        }
    }

    @Test
    void theIdentityNamesModelPrecisionAndRuntime() {
        EngineFolder built = build(goldenFolder());
        try (Engine engine = Engines.open(built, 1, OptionalInt.empty())) {
            assertThat(engine.identity())
                    .isEqualTo(new EngineIdentity(
                            "tiny-f32", built.hash(), "fp32 arithmetic, weights F32", "ONNX Runtime 1.29.0, CPU"));
        }
    }

    @Test
    void aConversationThatIsTooLongIsRefusedBeforeItIsComputed() {
        EngineFolder built = build(goldenFolder());
        try (Engine engine = Engines.open(built, 1, OptionalInt.of(7));
                Context start = engine.start()) {
            Step first = engine.read(start, WORDS, List.of());
            assertThatThrownBy(() -> engine.read(first.context(), new int[] {1, 2, 3}, List.of()))
                    .isInstanceOf(EngineException.ContextFull.class)
                    .hasMessage(
                            "read: the conversation would have 8 tokens, there is room for 7; show smaller or fewer pictures, or give more with --context");
            Step last = engine.read(first.context(), new int[] {1, 2}, List.of());
            assertThat(last.context().length()).isEqualTo(7);
            Stream.of(first, last).map(Step::context).forEach(Context::close);
        }
        assertThatThrownBy(() -> Engines.open(built, 1, OptionalInt.of(4097)))
                .isInstanceOf(EngineException.class)
                .hasMessage("a context of 4,097 tokens is wanted, the model knows 4,096; ask for less");
    }

    @Test
    void theContextIsBoundedByMemory() {
        ModelConfig config = build(goldenFolder()).config();
        // tiny-f32: 3 layers, 2 heads of 32, keys and values, 4 bytes: 1,536 bytes a token, twice during a step.
        MemoryNeed need = MemoryNeed.besideWeights(config, MemoryNeed.Target.CPU_FP32);
        long room = need.vision(128 * 128) + 100 * 2 * 1536L;
        assertThat(ContextLimit.of(need, OptionalInt.empty(), room).tokens()).isEqualTo(100);
        assertThat(ContextLimit.of(need, OptionalInt.of(99), room).tokens()).isEqualTo(99);
        refused(
                () -> ContextLimit.of(need, OptionalInt.of(200), room),
                "a context of 200 tokens needs 0 MiB for keys and values, twice while a step is computed, and 57 MiB are free; ask for at most 100, or use a larger machine");
        assertThatThrownBy(() -> ContextLimit.of(need, OptionalInt.empty(), 1000))
                .isInstanceOf(EngineException.class)
                .hasMessageContaining("ask for at most 0");
        var limit = ContextLimit.of(need, OptionalInt.empty(), Long.MAX_VALUE);
        assertThat(limit.tokens()).isEqualTo(4096);
        assertThatThrownBy(() -> limit.check(4000, 4097))
                .isInstanceOf(EngineException.ContextFull.class)
                .hasMessageContaining("would reach position 4,097, the model knows 4,096");
    }

    private static void refused(Runnable call, String because) {
        assertThatThrownBy(call::run).isInstanceOf(EngineException.class).hasMessage(because);
    }

    private Engine tiny() {
        return open(goldenFolder());
    }

    private Engine open(Path checkpoint) {
        return Engines.open(build(checkpoint), 2, OptionalInt.empty());
    }

    private EngineFolder build(Path checkpoint) {
        return EngineBuilder.build(checkpoint, folder.resolve("cache"), (_, _, _) -> {});
    }

    private static Path goldenFolder() {
        try (Golden golden = Golden.open("tiny-f32")) {
            return golden.checkpoint();
        }
    }

    private Path checkpoint() throws IOException {
        Path copy = Files.createDirectories(folder.resolve("copy"));
        for (String name : List.of("config.json", "model.safetensors")) {
            Files.copy(goldenFolder().resolve(name), copy.resolve(name));
        }
        return copy;
    }
}
