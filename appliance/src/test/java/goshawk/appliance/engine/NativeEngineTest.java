package goshawk.appliance.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.trtbuild.EngineBuilder;
import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.MemoryNeed;
import goshawk.trtbuild.ModelConfig;
import goshawk.trtbuild.Patches;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What stands above a native layer: everything that the layer must never be asked is refused here. */
class NativeEngineTest {

    @TempDir
    Path cache;

    private EngineFolder folder;
    private FaultyModel model = new FaultyModel(_ -> FaultyModel.Fault.NONE, 0);

    @BeforeEach
    void build() {
        folder = EngineBuilder.build(Golden.folder("tiny-f32"), cache, (_, _, _) -> {});
    }

    private NativeEngine open(FaultyModel.Faults faults, OptionalInt context) {
        return NativeEngine.open(
                folder,
                new EngineIdentity("fake", folder.hash(), "none", "none"),
                MemoryNeed.Target.GPU_BF16,
                _ -> model = new FaultyModel(faults, 0),
                context);
    }

    private Patches picture(int seed) {
        return Golden.patches(1, 4, 6, folder.config().vision().patchSize(), seed);
    }

    private int[] shown(int tokens) {
        int[] shown = new int[tokens + 1];
        Arrays.fill(shown, folder.config().tokens().image());
        shown[tokens] = 9;
        return shown;
    }

    @Test
    void continuationsThatAreAskedTogetherAreThoseThatAreReadApart() {
        try (NativeEngine engine = open(_ -> FaultyModel.Fault.NONE, OptionalInt.empty());
                Engine.PictureFeatures seen = engine.see(picture(1));
                Engine.Context nothing = engine.start();
                Engine.Context past = engine.read(nothing, shown(seen.tokens()), List.of(seen))
                        .context()) {
            assertThat(seen.tokens()).isEqualTo(6);
            assertThat(past.length()).isEqualTo(7);
            List<int[]> continuations =
                    List.of(new int[] {3, 4, 5}, new int[] {3, 4}, new int[] {3, 6, 7, 8}, new int[] {1});
            List<float[]> together = engine.ask(past, continuations);
            assertThat(together).hasSize(4);
            assertNamed(engine, past, continuations, together);
            for (int i = 0; i < 4; i++) {
                Engine.Step apart = engine.read(past, continuations.get(i), List.of());
                assertThat(together.get(i)).as("continuation %d", i).isEqualTo(apart.logits());
                apart.context().close();
            }
        }
        assertThat(model.open()).isZero();
    }

    /** Some tokens' logits are those of the whole vocabulary, in the order in which they are asked for. */
    private static void assertNamed(Engine engine, Engine.Context past, List<int[]> continuations, List<float[]> all) {
        List<float[]> some = engine.ask(past, continuations, new int[] {4, 0, 4});
        assertThat(some).hasSameSizeAs(all);
        for (int i = 0; i < some.size(); i++) {
            float[] whole = all.get(i);
            assertThat(some.get(i)).containsExactly(whole[4], whole[0], whole[4]);
        }
    }

    /** By their number, and by their tokens. */
    @ParameterizedTest
    @CsvSource({"11, 1", "5, 4", "4, 12"})
    void continuationsForMoreThanOnePassAreAskedInSeveral(int count, int length) {
        var calls = new ArrayList<String>();
        FaultyModel.Faults counting = call -> {
            calls.add(call);
            return FaultyModel.Fault.NONE;
        };
        try (NativeEngine engine = open(counting, OptionalInt.empty());
                Engine.Context nothing = engine.start();
                Engine.Context past =
                        engine.read(nothing, new int[] {1, 2}, List.of()).context()) {
            List<int[]> continuations = IntStream.range(0, count)
                    .mapToObj(
                            i -> IntStream.range(0, length).map(j -> 3 + i + j).toArray())
                    .toList();
            List<float[]> together = engine.ask(past, continuations);
            assertThat(calls.stream().filter("suffix"::equals).count()).isGreaterThan(1);
            assertThat(together).hasSize(count);
            assertNamed(engine, past, continuations, together);
            for (int i = 0; i < count; i++) {
                Engine.Step apart = engine.read(past, continuations.get(i), List.of());
                assertThat(together.get(i)).as("continuation %d", i).isEqualTo(apart.logits());
                apart.context().close();
            }
            calls.clear();
            int longer = FaultyModel.PASS.tokens() + 1;
            refused(
                    () -> engine.ask(past, List.of(new int[] {1}, new int[longer])),
                    "ask: a continuation of %d tokens, the engine was built for %d; read it instead"
                            .formatted(longer, longer - 1));
            assertThat(calls).as("nothing was computed").isEmpty();
        }
    }

    @Test
    void readingAtOnceAndTokenByTokenIsTheSame() {
        try (NativeEngine engine = open(_ -> FaultyModel.Fault.NONE, OptionalInt.empty());
                Engine.Context nothing = engine.start()) {
            Engine.Step whole = engine.read(nothing, new int[] {1, 2, 3}, List.of());
            Engine.Step one = engine.read(nothing, new int[] {1}, List.of());
            Engine.Step two = engine.read(one.context(), new int[] {2}, List.of());
            Engine.Step three = engine.read(two.context(), new int[] {3}, List.of());
            assertThat(three.logits()).isEqualTo(whole.logits()).isNotEqualTo(two.logits());
            List.of(whole, one, two, three).forEach(step -> step.context().close());
        }
    }

    @Test
    void whatIsShownIsReadWithoutWaiting() {
        var calls = new ArrayList<String>();
        FaultyModel.Faults counting = call -> {
            calls.add(call);
            return FaultyModel.Fault.NONE;
        };
        try (NativeEngine engine = open(counting, OptionalInt.empty());
                Engine.PictureFeatures seen = engine.see(picture(1));
                Engine.Context nothing = engine.start();
                Engine.Context shown = engine.show(nothing, shown(seen.tokens()), List.of(seen));
                Engine.Context further = engine.show(shown, new int[] {3}, List.of())) {
            assertThat(calls).as("none that waits").containsExactly("see", "prefill", "decode");
            Engine.Step read = engine.read(nothing, shown(seen.tokens()), List.of(seen));
            Engine.Step one = engine.read(read.context(), new int[] {3}, List.of());
            assertThat(further.length()).isEqualTo(one.context().length());
            List<int[]> next = List.of(new int[] {5});
            assertThat(engine.ask(further, next).getFirst())
                    .isEqualTo(engine.ask(one.context(), next).getFirst());
            one.context().close();
            read.context().close();
        }
        assertThat(model.open()).isZero();
    }

    /** A device's failure comes up where it is waited for, and leaves nothing open. */
    @Test
    void whatFailsBehindAShowIsToldByTheCallThatWaits() {
        try (NativeEngine engine = open(
                        call -> call.equals("logits") ? FaultyModel.Fault.FAILS : FaultyModel.Fault.NONE,
                        OptionalInt.empty());
                Engine.Context nothing = engine.start();
                Engine.Context shown = engine.show(nothing, new int[] {1, 2}, List.of())) {
            assertThatThrownBy(() -> engine.read(shown, new int[] {3}, List.of()))
                    .isInstanceOf(EngineException.CallFailed.class);
        }
        assertThat(model.open()).isZero();
    }

    @Test
    void whatTheNativeLayerMustNotBeAskedIsRefused() {
        ModelConfig config = folder.config();
        try (NativeEngine engine = open(_ -> FaultyModel.Fault.NONE, OptionalInt.of(8));
                Engine.PictureFeatures seen = engine.see(picture(1));
                Engine.Context nothing = engine.start()) {
            refused(() -> engine.read(nothing, new int[0], List.of()), "read: no token was given");
            refused(
                    () -> engine.read(nothing, new int[] {config.text().vocabulary()}, List.of()),
                    "read: token %d, the vocabulary has %d"
                            .formatted(config.text().vocabulary(), config.text().vocabulary()));
            refused(() -> engine.read(nothing, shown(5), List.of(seen)), "read: a picture of 6 tokens has place for 5");
            refused(() -> engine.read(nothing, new int[] {1, 2}, List.of(seen)), "read: 1 pictures have no token");
            refused(
                    () -> engine.ask(nothing, List.of(new int[] {config.tokens().image()})),
                    "ask: token %d stands for a picture; read it first"
                            .formatted(config.tokens().image()));
            for (int token : new int[] {-1, FaultyModel.LOGITS}) {
                refused(
                        () -> engine.ask(nothing, List.of(new int[] {1}), new int[] {0, token}),
                        "ask: token %d, the vocabulary has %d".formatted(token, FaultyModel.LOGITS));
            }
            refused(() -> engine.show(nothing, new int[0], List.of()), "read: no token was given");
            refused(() -> engine.show(nothing, shown(5), List.of(seen)), "read: a picture of 6 tokens has place for 5");
            refused(
                    () -> engine.see(new Patches(new float[7], 1, 4, 6)),
                    "see: 7 numbers for 24 patches of %d"
                            .formatted(config.vision().patchSize()));
            refused(
                    () -> engine.see(Golden.patches(1, 3, 5, config.vision().patchSize(), 1)),
                    "see: a grid of 1×3×5 patches; want multiples of 2");
            assertThatThrownBy(() -> engine.read(nothing, new int[9], List.of()))
                    .isInstanceOf(EngineException.ContextFull.class);
            assertThat(model.open()).as("nothing was made by what was refused").isEqualTo(2);
        }
    }

    private static void refused(Runnable call, String why) {
        assertThatThrownBy(call::run).isInstanceOf(EngineException.class).hasMessage(why);
    }

    @Test
    void conversationsThatTheDeviceCannotHoldAreRefusedWhenItIsOpened() {
        int known = folder.config().text().maxPositions();
        assertThatThrownBy(() -> open(_ -> FaultyModel.Fault.NONE, OptionalInt.of(known + 1)))
                .isInstanceOf(EngineException.class)
                .hasMessageContaining("the model knows");
    }

    @Test
    void aNativeFailureSaysWhichCallFailed() {
        try (NativeEngine engine = open(
                        call -> call.equals("decode") ? FaultyModel.Fault.FAILS : FaultyModel.Fault.NONE,
                        OptionalInt.empty());
                Engine.Context nothing = engine.start()) {
            assertThatThrownBy(() -> engine.read(nothing, new int[] {1}, List.of()))
                    .isInstanceOfSatisfying(
                            EngineException.CallFailed.class,
                            e -> assertThat(e.call()).isEqualTo("enqueueV3 decode"))
                    .hasMessage("enqueueV3 decode: returned false");
        }
    }

    @Test
    void itIsOneThreadsAndALeakIsLoud() {
        NativeEngine engine = open(_ -> FaultyModel.Fault.NONE, OptionalInt.empty());
        assertThatThrownBy(() -> CompletableFuture.runAsync(engine::start).join())
                .hasCauseInstanceOf(IllegalStateException.class);
        Engine.Context leak = engine.start();
        assertThatThrownBy(engine::close)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("1 contexts");
        leak.close();
        engine.close();
    }
}
