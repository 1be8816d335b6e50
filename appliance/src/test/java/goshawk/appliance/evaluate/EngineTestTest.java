package goshawk.appliance.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.appliance.domain.Deadline;
import goshawk.appliance.domain.DefectPrompt;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.InspectionException;
import goshawk.appliance.domain.Inspector;
import goshawk.appliance.domain.PromptScore;
import goshawk.appliance.domain.Prompts;
import goshawk.appliance.domain.Severity;
import goshawk.appliance.domain.Timings;
import goshawk.appliance.engine.CountingEngine;
import goshawk.appliance.engine.Engine;
import goshawk.appliance.engine.EnginePair;
import goshawk.camera.CameraException;
import goshawk.camera.Cause;
import goshawk.camera.Frame;
import goshawk.camera.Views;
import goshawk.trtbuild.EngineVerification.Figures;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class EngineTestTest {

    private static final DefectPrompt PROMPT =
            Prompts.of("scratch", "Scratched?", List.of("scratch"), List.of("plate"), Severity.MINOR, 0.5, 0.2);

    private static final Timings NO_TIME =
            new Timings(Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO);

    private final EnginePair pair = new EnginePair(new CountingEngine(() -> {}), new CountingEngine(() -> {}));

    /** A picture of so many levels, and what an inspector makes of them. */
    private record Scores(Function<Integer, Double> scores) implements Inspector {

        @Override
        public Inspection.Completed inspect(Views views, Deadline deadline) {
            double score = scores.apply((int) views.only().rgb()[0]);
            return new Inspection.Completed(List.of(new PromptScore(PROMPT, "plate", score, 0)), List.of(), NO_TIME);
        }

        @Override
        public void close() {}
    }

    private static List<Supplier<ShownPicture>> pictures(int... levels) {
        List<Supplier<ShownPicture>> pictures = new ArrayList<>();
        for (int level : levels) {
            pictures.add(() ->
                    new ShownPicture("p" + level, Views.of(Frame.of(1, 1, new byte[] {(byte) level, 0, 0}))));
        }
        return pictures;
    }

    private EngineTest run(List<Supplier<ShownPicture>> pictures, Inspector together, Inspector alone) {
        return EngineTest.run(pictures, pair, together, alone, _ -> {});
    }

    /** Asks once, so that there is something to hear. */
    private double asked(double score) {
        try (Engine.Context nothing = pair.start()) {
            pair.ask(nothing, List.of(new int[] {1}));
        }
        return score;
    }

    @Test
    void aPictureWithAnotherVerdictIsNamedWithBoth() {
        var together = new Scores(level -> asked(level == 3 ? 0.3 : 0));
        var alone = new Scores(level -> level == 2 ? 0.3 : 0.0);
        Figures figures = run(pictures(1, 2, 3), together, alone).figures();
        assertThat(figures.pictures()).isEqualTo(3);
        assertThat(figures.sameVerdicts()).isEqualTo(1);
        assertThat(figures.otherVerdicts())
                .containsExactly("p2: PASS, the candidate REVIEW", "p3: REVIEW, the candidate PASS");
        assertThat(figures.scored().steps()).isEqualTo(3);
        assertThat(figures.answered().steps()).isZero();
    }

    @Test
    void anEngineThatFailsAgreesWithNobody() {
        var failing = new Scores(_ -> {
            throw new InspectionException(Cause.ENGINE, "enqueueV3 returned false");
        });
        Figures figures = run(pictures(1), failing, failing).figures();
        assertThat(figures.pictures()).isEqualTo(1);
        assertThat(figures.sameVerdicts()).isZero();
        assertThat(figures.otherVerdicts().getFirst()).contains("NOT_INSPECTED (enqueueV3 returned false)");
    }

    @Test
    void aPictureThatNobodyCanJudgeIsLeftOutAndNamed() {
        var lost = new Scores(level -> {
            if (level == 1) {
                throw new InspectionException(Cause.POSE, "no bore was found");
            }
            return asked(0);
        });
        List<Supplier<ShownPicture>> pictures = new ArrayList<>(pictures(1, 2));
        pictures.add(() -> {
            throw new CameraException("torn.png is no picture");
        });
        EngineTest test = run(pictures, lost, new Scores(_ -> 0.0));
        assertThat(test.leftOut()).hasSize(2);
        assertThat(test.leftOut().getFirst()).contains("p1", "no bore was found");
        assertThat(test.leftOut().getLast()).contains("torn.png is no picture");
        assertThat(test.figures().pictures()).isEqualTo(1);
        assertThatThrownBy(() -> run(pictures(1), lost, lost).figures())
                .isInstanceOf(EvaluationException.class)
                .hasMessageContaining("not one picture could be judged", "no bore was found");
    }

    @Test
    void theHashIsOfWhatWasShown() {
        var any = new Scores(_ -> 0.0);
        String hash = run(pictures(1, 2), any, any).picturesHash();
        assertThat(run(pictures(1, 2), any, any).picturesHash()).isEqualTo(hash);
        assertThat(run(pictures(2, 1), any, any).picturesHash()).isNotEqualTo(hash);
        assertThat(run(pictures(1, 3), any, any).picturesHash()).isNotEqualTo(hash);
    }
}
