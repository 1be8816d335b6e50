package goshawk.appliance.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import goshawk.appliance.engine.EnginePair.Distance;
import goshawk.trtbuild.Patches;
import java.util.List;
import org.junit.jupiter.api.Test;

class EnginePairTest {

    private static final Patches PICTURE = new Patches(new float[0], 0, 0, 0);

    private final CountingEngine reference = new CountingEngine(() -> {});
    private final CountingEngine candidate = new CountingEngine(() -> {});
    private final EnginePair pair = new EnginePair(reference, candidate);

    @Test
    void bothAreAskedTheSameAndAllIsGivenBack() {
        try (Engine.Context nothing = pair.start();
                Engine.PictureFeatures seen = pair.see(PICTURE);
                Engine.Context shown = pair.show(nothing, new int[] {1, 2}, List.of(seen));
                Engine.Context said = pair.read(shown, new int[] {7}, List.of()).context()) {
            assertThat(said.length()).isEqualTo(3);
            List<int[]> continuations = List.of(new int[] {4}, new int[] {5});
            assertThat(pair.ask(said, continuations)).containsExactly(new float[] {4}, new float[] {5});
            assertThat(pair.ask(said, continuations, new int[] {0, 0}))
                    .containsExactly(new float[] {4, 4}, new float[] {5, 5});
            assertThatThrownBy(() -> pair.ask(said, continuations, new int[] {1}))
                    .isInstanceOf(EngineException.class)
                    .hasMessage("ask: token 1, the vocabulary has 1");
        }
        pair.close();
        for (CountingEngine each : List.of(reference, candidate)) {
            assertThat(each.steps()).isEqualTo(6);
            assertThat(each.shown()).isEqualTo(1);
        }
        assertThat(reference.open()).isZero();
        assertThat(candidate.open()).isZero();
    }

    @Test
    void whatIsAskedAndWhatFollowsWordsIsHeardOnce() {
        try (Engine.Context nothing = pair.start();
                Engine.PictureFeatures seen = pair.see(PICTURE);
                Engine.Context shown = pair.show(nothing, new int[] {1}, List.of(seen));
                Engine.Context said = pair.read(shown, new int[] {2}, List.of()).context()) {
            pair.ask(said, List.of(new int[] {4}, new int[] {5}));
            pair.ask(said, List.of(new int[] {6}), new int[] {0});
        }
        EnginePair.Heard heard = pair.heard();
        assertThat(heard.read()).as("not of what is shown").containsExactly(new Distance(0, true));
        assertThat(heard.scored()).hasSize(3);
        assertThat(pair.heard()).isEqualTo(new EnginePair.Heard(List.of(), List.of()));
    }

    /** Who asks about one token: all are compared. */
    @Test
    void whatIsAskedOfSomeTokensIsComparedInTheWholeVocabulary() {
        var other = new EnginePair(new CountingEngine(() -> {}, 3, 4), new CountingEngine(() -> {}, 3, 4.05f));
        try (Engine.Context nothing = other.start()) {
            assertThat(other.ask(nothing, List.of(new int[] {1}), new int[] {0}))
                    .containsExactly(new float[] {3});
        }
        assertThat(other.heard().scored())
                .singleElement()
                .satisfies(it -> assertThat(it.relativeError()).isCloseTo(0.01, within(1e-6)));
    }

    @Test
    void aDistanceIsAPartOfTheReferencesNorm() {
        Distance near = Distance.of(new float[] {3, 4}, new float[] {3, 4.05f});
        assertThat(near.relativeError()).isCloseTo(0.01, within(1e-6));
        assertThat(near.isSameTop()).isTrue();
        Distance swapped = Distance.of(new float[] {3, 4}, new float[] {4, 3});
        assertThat(swapped.relativeError()).isCloseTo(Math.sqrt(2) / 5, within(1e-6));
        assertThat(swapped.isSameTop()).isFalse();
        assertThat(Distance.of(new float[] {3, 4}, new float[] {3, Float.NaN}).relativeError())
                .isInfinite();
        assertThat(Distance.of(new float[] {3, 4}, new float[] {3}))
                .as("logits are missing")
                .isEqualTo(new Distance(Double.POSITIVE_INFINITY, false));
    }

    @Test
    void whenTheCandidateFailsNothingOfTheReferencesStaysOpen() {
        boolean[] fails = {false};
        var failing = new CountingEngine(() -> {
            if (fails[0]) {
                throw new EngineException("enqueueV3 returned false");
            }
        });
        var broken = new EnginePair(reference, failing);
        try (Engine.Context nothing = broken.start()) {
            fails[0] = true;
            assertThatThrownBy(() -> broken.see(PICTURE)).isInstanceOf(EngineException.class);
            assertThatThrownBy(() -> broken.read(nothing, new int[] {1}, List.of()))
                    .isInstanceOf(EngineException.class);
            assertThatThrownBy(() -> broken.show(nothing, new int[] {1}, List.of()))
                    .isInstanceOf(EngineException.class);
            assertThatThrownBy(() -> broken.ask(nothing, List.of(new int[] {1})))
                    .isInstanceOf(EngineException.class);
        }
        assertThat(reference.open()).isZero();
        assertThat(failing.open()).isZero();
    }
}
