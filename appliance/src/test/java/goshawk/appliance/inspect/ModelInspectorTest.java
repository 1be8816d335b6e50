package goshawk.appliance.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import goshawk.appliance.domain.Deadline;
import goshawk.appliance.domain.Finding;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.InspectionException;
import goshawk.appliance.domain.PartLocator;
import goshawk.appliance.domain.Point;
import goshawk.appliance.domain.Pose;
import goshawk.appliance.domain.Recipe;
import goshawk.camera.Cause;
import goshawk.camera.Frame;
import goshawk.camera.Region;
import goshawk.trtbuild.Tokenizer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelInspectorTest {

    private static final String BOLT = "Is a bolt missing?";
    private static final String SCRATCH = "Is the surface scratched?";
    private static final PartLocator IN_PLACE = _ -> Pose.nominal(160, 128);

    @TempDir
    Path dir;

    private ModelInput input;
    /** The mind's own: inspectors close theirs. */
    private Tokenizer words;

    private Mind mind;
    private FakeEngine engine;
    private Frame frame;
    private long nanos;

    @BeforeEach
    void setUp() {
        input = TestInput.of("thinking", dir, List.of());
        words = Tokenizer.open(TestInput.goldens("thinking"));
        mind = new Mind(words);
        engine = new FakeEngine(mind);
        frame = Frame.of(160, 128, new byte[160 * 128 * 3]);
    }

    @AfterEach
    void everythingIsGivenBack() {
        input.close();
        words.close();
        assertThat(engine.open).as("contexts and features still open").isZero();
    }

    @Test
    void aGoodPartHasScoresInTheRecipesOrderAndNoFindings() {
        mind.on(BOLT, 0.03, 0.01, "missing_bolt\",\"box\":[1,2,3,4]}]}")
                .on(SCRATCH, 0.1, 0.05, "scratch\",\"box\":[1,2,3,4]}]}");
        Inspection.Completed result = inspect(
                Recipes.of(List.of(
                        Recipes.prompt(0, SCRATCH, List.of("scratch"), List.of("right", "left")),
                        Recipes.prompt(1, BOLT, List.of("missing_bolt"), List.of("left")))),
                IN_PLACE);
        assertThat(result.findings()).isEmpty();
        assertThat(result.scores())
                .extracting(score -> score.prompt().id() + " " + score.region())
                .containsExactly("p0 right", "p0 left", "p1 left");
        assertThat(result.scores().get(0).score()).isCloseTo(0.1, within(1e-6));
        assertThat(result.scores().get(0).doubt()).isCloseTo(0.05, within(1e-6));
        assertThat(result.scores().get(2).score()).isCloseTo(0.03, within(1e-6));
    }

    @Test
    void eachRegionIsShownOnceAndItsQuestionsShareWhatWasSaid() {
        mind.on(BOLT, 0, 0, "x").on(SCRATCH, 0, 0, "x");
        inspect(
                Recipes.of(List.of(
                        Recipes.prompt(0, SCRATCH, List.of("scratch"), List.of("right", "left")),
                        Recipes.prompt(1, BOLT, List.of("missing_bolt"), List.of("left", "right")))),
                IN_PLACE);
        assertThat(engine.seen).hasSize(2);
        int picture = words.requiredId("<|image_pad|>");
        assertThat(engine.reads.stream().filter(read -> Arrays.stream(read).anyMatch(token -> token == picture)))
                .as("pictures read")
                .hasSize(2)
                .allSatisfy(read -> assertThat(read).hasSize(64 * 64 / 1024 + 1));
        int system = words.requiredId("<|vision_start|>");
        assertThat(engine.reads.stream().filter(read -> Arrays.stream(read).anyMatch(token -> token == system)))
                .as("the beginning is read once for the whole run")
                .hasSize(1);
    }

    @Test
    void aRejectIsExplainedInPixelsOfTheOriginalPicture() {
        mind.on(BOLT, 0.9, 0.05, "missing_bolt\",\"box\":[250,500,500,1000]}]}");
        Recipe recipe =
                Recipes.of(List.of(Recipes.prompt(0, BOLT, List.of("wrong_bolt", "missing_bolt"), List.of("left"))));
        Finding finding = inspect(recipe, IN_PLACE).findings().getFirst();
        String answer = "{\"verdict\":\"REJECT\",\"findings\":[{\"defect\":\"missing_bolt\",\"box\":[250,500,500,1000]}]}";
        assertThat(finding.answer()).isEqualTo(answer);
        assertThat(finding.defect()).isEqualTo("missing_bolt");
        assertThat(finding.score()).isCloseTo(0.9, within(1e-6));
        assertThat(finding.region()).isEqualTo(new Region(32, 64, 48, 96));
        Finding moved = inspect(recipe, _ -> new Pose(new Point(80, 64), 10, -20, 0))
                .findings()
                .getFirst();
        assertThat(moved.region()).isEqualTo(new Region(42, 44, 58, 76));
        Finding turned = inspect(recipe, _ -> new Pose(new Point(48, 64), 0, 0, 90))
                .findings()
                .getFirst();
        assertThat(turned.region()).isEqualTo(new Region(16, 48, 48, 64));
    }

    @Test
    void moreDoubtThanSuspicionIsReviewedOnTheWholeRegion() {
        mind.on(BOLT, 0.1, 0.3, "missing_bolt\",\"box\":[250,500,500,1000]}]}");
        Inspection.Completed result = inspect(Recipes.asking(BOLT), IN_PLACE);
        assertThat(result.findings())
                .containsExactly(new Finding(
                        "p0",
                        "missing_bolt",
                        result.scores().getFirst().score(),
                        Recipes.LEFT,
                        "{\"verdict\":\"REVIEW\"}"));
    }

    @Test
    void moreSuspicionThanDoubtIsExplainedEvenIfPassIsLikelier() {
        mind.on(BOLT, 0.3, 0.1, "missing_bolt\",\"box\":[0,0,1000,1000]}]}");
        assertThat(inspect(Recipes.asking(BOLT), IN_PLACE).findings())
                .singleElement()
                .satisfies(finding -> assertThat(finding.answer()).startsWith("{\"verdict\":\"REJECT\""));
    }

    @Test
    void theTimeOfEachStepIsKept() {
        mind.on(BOLT, 0.9, 0, "missing_bolt\",\"box\":[0,0,1000,1000]}]}");
        var timings = inspect(Recipes.asking(BOLT), IN_PLACE).timings();
        assertThat(List.of(timings.pose(), timings.vision(), timings.prefill(), timings.score(), timings.explain()))
                .allSatisfy(took -> assertThat(took).isPositive());
        assertThat(timings.total())
                .isGreaterThanOrEqualTo(timings.pose()
                        .plus(timings.vision())
                        .plus(timings.prefill())
                        .plus(timings.score())
                        .plus(timings.explain()));
    }

    /** Whenever the deadline passes: no answer, and nothing stays open. */
    @Test
    void anInspectionThatBecomesLateEndsBetweenTwoSteps() {
        mind.on(BOLT, 0.9, 0, "missing_bolt\",\"box\":[100,200,300,400]}]}");
        int late = 0;
        try (var inspector = open(Recipes.asking(BOLT), IN_PLACE)) {
            for (int limit = 0; limit < 60; limit++) {
                nanos = 0;
                var deadline = new Deadline(limit, () -> nanos++);
                try {
                    inspector.inspect(frame, deadline);
                } catch (InspectionException e) {
                    assertThat(e.reason()).isEqualTo(Cause.LATE);
                    late++;
                }
                assertThat(engine.open).as("only the shared beginning is open").isEqualTo(1);
            }
        }
        assertThat(late).isBetween(10, 59);
    }

    /** Whichever step fails: the part is not inspected, and nothing stays open. */
    @Test
    void anEngineThatFailsIsTheCause() {
        mind.on(BOLT, 0.9, 0, "missing_bolt\",\"box\":[100,200,300,400]}]}");
        int failed = 0;
        for (int at = 1; at < 30; at++) {
            engine = new FakeEngine(mind);
            engine.failAtRead = at;
            try (var inspector = open(Recipes.asking(BOLT), IN_PLACE)) {
                inspector.inspect(frame, never());
            } catch (InspectionException e) {
                assertThat(e.reason()).isEqualTo(Cause.ENGINE);
                assertThat(e).hasMessage("run failed");
                failed++;
            }
            assertThat(engine.open).isZero();
            assertThat(engine.isClosed).isTrue();
            input = TestInput.of("thinking", dir, List.of());
        }
        assertThat(failed).isBetween(8, 28);
    }

    @Test
    void anEngineThatFailsAtOnceIsClosedAgain() {
        engine.failAtRead = 0;
        assertThatThrownBy(() -> open(Recipes.asking(BOLT), IN_PLACE)).hasMessageContaining("run failed");
        assertThat(engine.isClosed).isTrue();
    }

    @Test
    void logitsThatAreNoNumbersAreNoVerdict() {
        engine = new FakeEngine(_ -> {
            float[] logits = new float[words.size()];
            Arrays.fill(logits, Float.NaN);
            return logits;
        });
        assertThatThrownBy(() -> inspect(Recipes.asking(BOLT), IN_PLACE))
                .isInstanceOfSatisfying(
                        InspectionException.class, it -> assertThat(it.reason()).isEqualTo(Cause.ENGINE))
                .hasMessageContaining("is NaN");
    }

    /** The first part must not pay for what the runtime does once. */
    @Test
    void theFirstLookIsAtNoPart() {
        mind.on(BOLT, 0.9, 0, "missing_bolt\",\"box\":[100,200,300,400]}]}");
        PartLocator none = _ -> {
            throw new IllegalStateException("there is no part yet");
        };
        try (var _ = ModelInspector.open(engine, input, Recipes.asking(BOLT), none)) {
            assertThat(engine.seen).hasSize(1);
            assertThat(engine.open).as("only the shared beginning is open").isEqualTo(1);
        }
        engine = new FakeEngine(mind);
        engine.failAtRead = 2;
        input = TestInput.of("thinking", dir, List.of());
        assertThatThrownBy(() -> ModelInspector.open(engine, input, Recipes.asking(BOLT), none))
                .hasMessageContaining("run failed");
        assertThat(engine.isClosed).isTrue();
    }

    @Test
    void aPictureOfAnotherSizeIsNotInspected() {
        mind.on(BOLT, 0, 0, "x");
        try (var inspector = open(Recipes.asking(BOLT), IN_PLACE);
                Frame small = Frame.of(64, 64, new byte[64 * 64 * 3])) {
            assertThatThrownBy(() -> inspector.inspect(small, never()))
                    .isInstanceOf(InspectionException.class)
                    .hasMessage("the picture is 64×64, recipe bracket is for 160×128");
        }
    }

    @Test
    void aPartThatIsNotFoundIsNotInspected() {
        mind.on(BOLT, 0, 0, "x");
        try (var inspector = open(Recipes.asking(BOLT), _ -> {
            throw new InspectionException(Cause.POSE, "datum-a not found");
        })) {
            assertThatThrownBy(() -> inspector.inspect(frame, never())).hasMessage("datum-a not found");
        }
    }

    @Test
    void aRecipeThatAsksAnotherThingIsRefusedAndTheEngineClosed() {
        input.close();
        input = TestInput.of("thinking", dir, List.of(SCRATCH));
        assertThatThrownBy(() -> open(Recipes.asking(BOLT), IN_PLACE))
                .isInstanceOf(UnknownQuestionException.class)
                .hasMessageContaining("the nearest it knows is '" + SCRATCH + "'");
        assertThat(engine.isClosed).isTrue();
    }

    private Inspection.Completed inspect(Recipe recipe, PartLocator locator) {
        input.close();
        input = TestInput.of("thinking", dir, List.of());
        try (var inspector = open(recipe, locator)) {
            return inspector.inspect(frame, never());
        }
    }

    private ModelInspector open(Recipe recipe, PartLocator locator) {
        return ModelInspector.cold(engine, input, recipe, locator, PrefixCache.USUAL_BYTES);
    }

    private Deadline never() {
        return new Deadline(Long.MAX_VALUE / 2, () -> nanos += 1_000);
    }
}
