package goshawk.appliance.engine;

import static org.assertj.core.api.Assertions.assertThat;

import goshawk.appliance.engine.Engine.Context;
import goshawk.appliance.engine.Engine.PictureFeatures;
import goshawk.appliance.engine.Engine.Step;
import goshawk.trtbuild.EngineBuilder;
import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.ModelConfig;
import goshawk.trtbuild.Patches;
import goshawk.trtbuild.TargetProfile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * {@link NativeEngine} over the graphs for TensorRT beside the CPU's engine of the same checkpoint: the same logits,
 * whatever is read in whatever pieces.
 */
class DeviceGraphTest {

    /** Of the largest logit. */
    private static final double TOLERANCE = 1e-4;

    /** More tokens than there is room for at first. */
    private static final int MANY = 40;

    @TempDir
    Path cache;

    static Stream<Arguments> profilesCheckpointsAndPasses() {
        Path nano = Path.of(System.getProperty("goshawk.root", "..")).resolve("trt-build/nano/checkpoint");
        return Stream.of(DeviceGraphModel.WRITTEN_OUT, DeviceGraphModel.IN_PLACE)
                .flatMap(profile -> Stream.of(nano, Golden.folder("tiny-f32"), Golden.folder("tiny-bf16"))
                        .flatMap(checkpoint -> IntStream.of(7, 1024)
                                .mapToObj(prefillTokens -> Arguments.argumentSet(
                                        "%s, %s, %d tokens a pass"
                                                .formatted(profile.name(), checkpoint.getFileName(), prefillTokens),
                                        profile,
                                        checkpoint,
                                        prefillTokens))));
    }

    /** A conversation with an engine. */
    private interface Talk {

        /** @return all logits that were seen on the way */
        List<float[]> with(Speaker speaker);
    }

    private void agree(TargetProfile profile, Path checkpoint, int prefillTokens, Talk talk) {
        EngineFolder plain = EngineBuilder.build(checkpoint, cache, (_, _, _) -> {});
        EngineFolder device = EngineBuilder.build(checkpoint, cache, profile, (_, _, _) -> {});
        List<float[]> expected;
        try (var speaker = new Speaker(Engines.open(plain, 2), plain.config())) {
            expected = talk.with(speaker);
        }
        try (var speaker = new Speaker(DeviceGraphModel.open(device, prefillTokens), device.config())) {
            List<float[]> said = talk.with(speaker);
            assertThat(said).hasSameSizeAs(expected);
            for (int i = 0; i < said.size(); i++) {
                assertAgrees(i, said.get(i), expected.get(i));
            }
        }
    }

    private static void assertAgrees(int answer, float[] actual, float[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        double scale = 0;
        double off = 0;
        for (int i = 0; i < expected.length; i++) {
            scale = Math.max(scale, Math.abs(expected[i]));
            off = Math.max(off, Math.abs(actual[i] - expected[i]));
        }
        assertThat(off / scale).as("answer %d", answer).isLessThan(TOLERANCE);
        assertThat(OnnxParityTest.largest(actual)).as("answer %d", answer).isEqualTo(OnnxParityTest.largest(expected));
    }

    @ParameterizedTest
    @MethodSource("profilesCheckpointsAndPasses")
    void aPictureIsSeenReadAndAskedAbout(TargetProfile profile, Path checkpoint, int prefillTokens) {
        agree(profile, checkpoint, prefillTokens, speaker -> {
            Step shown = speaker.read(speaker.start(), List.of(speaker.see(1, 8, 12, 1)), 5, 6);
            var logits = new ArrayList<>(List.of(shown.logits()));
            logits.addAll(speaker.engine.ask(
                    shown.context(),
                    List.of(new int[] {7, 8, 9}, new int[] {7, 8, 1, 2, 3}, new int[] {100}, new int[] {7, 8})));
            List<int[]> many = IntStream.range(0, 9)
                    .mapToObj(i -> IntStream.rangeClosed(0, i % 3)
                            .map(j -> 20 + 5 * i + j)
                            .toArray())
                    .toList();
            List<float[]> all = speaker.engine.ask(shown.context(), many);
            logits.addAll(all);
            List<float[]> some = speaker.engine.ask(shown.context(), many, new int[] {9, 2});
            for (int i = 0; i < many.size(); i++) {
                assertThat(some.get(i)).as("the same bits").containsExactly(all.get(i)[9], all.get(i)[2]);
            }
            logits.add(speaker.read(shown.context(), List.of(), 7, 8, 9).logits());
            return logits;
        });
    }

    @ParameterizedTest
    @MethodSource("profilesCheckpointsAndPasses")
    void tokensAreReadOneByOne(TargetProfile profile, Path checkpoint, int prefillTokens) {
        agree(profile, checkpoint, prefillTokens, speaker -> {
            var logits = new ArrayList<float[]>();
            Context at = speaker.start();
            for (int i = 0; i < MANY; i++) {
                Step step = speaker.read(at, List.of(), 11 + 3 * i);
                logits.add(step.logits());
                at = step.context();
            }
            logits.add(speaker.read(at, List.of(), 1, 2, 3).logits());
            return logits;
        });
    }

    /** Each is read on after the other was begun, and after what both came from was closed. */
    @ParameterizedTest
    @MethodSource("profilesCheckpointsAndPasses")
    void branchesOfOnePastDoNotSeeEachOther(TargetProfile profile, Path checkpoint, int prefillTokens) {
        agree(profile, checkpoint, prefillTokens, speaker -> {
            var logits = new ArrayList<float[]>();
            Context nothing = speaker.start();
            Context past = speaker.read(nothing, List.of(), 3, 14, 15, 92).context();
            var ends = new ArrayList<Context>();
            for (int branch = 0; branch < 3; branch++) {
                Step begun = branch == 1
                        ? speaker.read(past, List.of(), 20)
                        : speaker.read(past, List.of(), 30 + branch, 40);
                logits.add(begun.logits());
                ends.add(begun.context());
            }
            Step other = speaker.read(nothing, List.of(), 60, 61);
            logits.add(other.logits());
            past.close();
            nothing.close();
            for (int i = 0; i < MANY; i++) {
                int branch = i % ends.size();
                Step step = speaker.read(ends.get(branch), List.of(), 50 + i);
                logits.add(step.logits());
                ends.set(branch, step.context());
            }
            logits.addAll(speaker.engine.ask(other.context(), List.of(new int[] {1, 2}, new int[] {2, 1})));
            return logits;
        });
    }

    @ParameterizedTest
    @MethodSource("profilesCheckpointsAndPasses")
    void severalPicturesAndAFilmAreRead(TargetProfile profile, Path checkpoint, int prefillTokens) {
        agree(profile, checkpoint, prefillTokens, speaker -> {
            var logits = new ArrayList<float[]>();
            PictureFeatures first = speaker.see(1, 6, 8, 1);
            PictureFeatures film = speaker.see(2, 4, 6, 2);
            PictureFeatures last = speaker.see(1, 4, 4, 3);
            Step together = speaker.read(speaker.start(), List.of(first, film, last), 5, 6);
            logits.add(together.logits());
            Step turned = speaker.read(speaker.start(), List.of(last, first), 5);
            logits.add(turned.logits());
            logits.add(speaker.read(turned.context(), List.of(film), 9).logits());
            logits.add(speaker.read(together.context(), List.of(), 9).logits());
            return logits;
        });
    }

    /** Keeps what an engine made, and closes it. */
    private static final class Speaker implements AutoCloseable {

        private final Engine engine;
        private final ModelConfig config;
        private final List<Context> contexts = new ArrayList<>();
        /** What was seen, with the number of its frames: each has its own run of picture tokens. */
        private final Map<PictureFeatures, Integer> frames = new LinkedHashMap<>();

        Speaker(Engine engine, ModelConfig config) {
            this.engine = engine;
            this.config = config;
        }

        PictureFeatures see(int steps, int rows, int columns, int seed) {
            Patches patches =
                    Golden.patches(steps, rows, columns, config.vision().patchSize(), seed);
            PictureFeatures features = engine.see(patches);
            frames.put(features, steps);
            return features;
        }

        Context start() {
            Context nothing = engine.start();
            contexts.add(nothing);
            return nothing;
        }

        /** Pictures, words before each of their frames, then words. */
        Step read(Context past, List<PictureFeatures> pictures, int... words) {
            IntStream tokens = IntStream.empty();
            for (PictureFeatures picture : pictures) {
                int steps = Objects.requireNonNull(frames.get(picture));
                for (int frame = 0; frame < steps; frame++) {
                    int[] shown = new int[2 + picture.tokens() / steps];
                    Arrays.fill(shown, config.tokens().image());
                    shown[0] = 4;
                    shown[1] = 10 + frame;
                    tokens = IntStream.concat(tokens, Arrays.stream(shown));
                }
            }
            Step step = engine.read(
                    past, IntStream.concat(tokens, Arrays.stream(words)).toArray(), pictures);
            contexts.add(step.context());
            return step;
        }

        @Override
        public void close() {
            contexts.forEach(Context::close);
            frames.keySet().forEach(PictureFeatures::close);
            engine.close();
        }
    }
}
