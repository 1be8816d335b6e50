package goshawk.appliance.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import goshawk.appliance.domain.Calibration.Curve;
import goshawk.camera.Frame;
import goshawk.camera.Views;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class CalibrationTest {

    private static final Provenance RUNNING = Records.PROVENANCE;

    private static Calibration of(String version, String prompts, String engine) {
        return new Calibration(
                "f".repeat(64),
                RUNNING.recipe(),
                version,
                prompts,
                "nano",
                engine,
                RUNNING.precision(),
                Map.of("bolt", new Curve(0.5, -1)));
    }

    @Test
    void itServesTheRecipeAndEngineThatItWasMeasuredWith() {
        Calibration calibration = of("1.0", RUNNING.promptsHash(), RUNNING.engineHash());
        assertThatCode(() -> calibration.check(RUNNING)).doesNotThrowAnyException();
    }

    @Test
    void anotherRecipeVersionAndOtherPromptsAndAnotherEngineAreRefusedByName() {
        assertThatThrownBy(() ->
                        of("0.9", RUNNING.promptsHash(), RUNNING.engineHash()).check(RUNNING))
                .isInstanceOf(CalibrationException.class)
                .hasMessageContaining("measured with recipe bracket 0.9, not with bracket 1.0");
        assertThatThrownBy(() -> of("1.0", "e".repeat(64), RUNNING.engineHash()).check(RUNNING))
                .hasMessageContaining("prompts eeeeeeeeeeee")
                .hasMessageContaining("not with prompts bbbbbbbbbbbb");
        assertThatThrownBy(
                        () -> of("1.0", RUNNING.promptsHash(), "e".repeat(64)).check(RUNNING))
                .hasMessageContaining("engine nano eeeeeeeeeeee")
                .hasMessageContaining("not with engine nano cccccccccccc");
    }

    @Test
    void aConfidenceIsGivenBesideTheScoreAndDecidesNothing() {
        Calibration calibration = of("1.0", RUNNING.promptsHash(), RUNNING.engineHash());
        var inspector = new CalibratedInspector(
                new Inspector() {
                    @Override
                    public Inspection.Completed inspect(Views views, Deadline deadline) {
                        return Records.seen(0.9);
                    }

                    @Override
                    public void close() {}
                },
                calibration);
        try (inspector;
                Frame frame = Frame.of(1, 1, new byte[3])) {
            Inspection.Completed seen = inspector.inspect(frame, new Deadline(1, () -> 0));
            PromptScore score = seen.scores().getFirst();
            assertThat(score.score()).isEqualTo(0.9);
            double logit = Math.log(0.91 / 0.09);
            assertThat(score.confidence().orElseThrow()).isCloseTo(1 / (1 + Math.exp(1 - 0.5 * logit)), within(1e-12));
            assertThat(score.confidence().orElseThrow())
                    .isLessThan(score.prompt().rejectAt() + 0.1);
            assertThat(new DecisionPolicy().decide(seen)).isEqualTo(new DecisionPolicy().decide(Records.seen(0.9)));
        }
    }

    @Test
    void aScoreOfAllOrNothingHasAFiniteLogit() {
        assertThat(Calibration.logit(new PromptScore(Records.BOLT, "plate", 1, 0)))
                .isEqualTo(36);
        assertThat(Calibration.logit(new PromptScore(Records.BOLT, "plate", 0, 0)))
                .isEqualTo(-36);
    }

    @Test
    void aPromptWithoutACurveHasNoConfidence() {
        Calibration none = new Calibration("", "", "", "", "", "", "", Map.of());
        assertThat(none.confidence(new PromptScore(Records.BOLT, "plate", 0.5, 0)))
                .isEqualTo(OptionalDouble.empty());
    }
}
