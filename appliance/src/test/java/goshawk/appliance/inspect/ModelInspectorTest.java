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
import goshawk.appliance.domain.Poses;
import goshawk.appliance.domain.PrefixCounters;
import goshawk.appliance.domain.PromptScore;
import goshawk.appliance.domain.Prompts;
import goshawk.appliance.domain.Qualification;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.RecipeDraft;
import goshawk.appliance.domain.Retention;
import goshawk.appliance.domain.Severity;
import goshawk.appliance.domain.Thought;
import goshawk.appliance.domain.Tiles;
import goshawk.appliance.domain.View;
import goshawk.camera.Cause;
import goshawk.camera.Frame;
import goshawk.camera.PixelScale;
import goshawk.camera.Region;
import goshawk.camera.Views;
import goshawk.trtbuild.CheckpointException;
import goshawk.trtbuild.Tokenizer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelInspectorTest {

    private static final String BOLT = "Is a bolt missing?";
    private static final String SCRATCH = "Is the surface scratched?";
    private static final PartLocator IN_PLACE = _ -> Poses.of(Pose.nominal(160, 128));

    @TempDir
    Path dir;

    private ModelInput input;
    /** The mind's own: inspectors close theirs. */
    private Tokenizer words;

    private Mind mind;
    private final PrefixCounters prefixes = new PrefixCounters(PrefixCounters.USUAL_BYTES);
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
                .allSatisfy(read -> assertThat(read).hasSize(64 * 64 / 1024));
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
        String answer =
                "{\"verdict\":\"REJECT\",\"findings\":[{\"defect\":\"missing_bolt\",\"box\":[250,500,500,1000]}]}";
        assertThat(finding.answer()).isEqualTo(answer);
        assertThat(finding.defect()).isEqualTo("missing_bolt");
        assertThat(finding.score()).isCloseTo(0.9, within(1e-6));
        assertThat(finding.region()).isEqualTo(new Region(32, 64, 48, 96));
        Finding moved = inspect(recipe, _ -> Poses.of(new Pose(new Point(80, 64), 10, -20, 0)))
                .findings()
                .getFirst();
        assertThat(moved.region()).isEqualTo(new Region(42, 44, 58, 76));
        Finding turned = inspect(recipe, _ -> Poses.of(new Pose(new Point(48, 64), 0, 0, 90)))
                .findings()
                .getFirst();
        assertThat(turned.region()).isEqualTo(new Region(16, 48, 48, 64));
    }

    @Test
    void whatTwoTilesSeeOfOneDefectIsOneFindingAndEachTileHasItsScore() {
        Map<String, Region> tiles = new Tiles(80, 64, 32).of("plate", new Region(16, 32, 144, 96));
        Recipe recipe = RecipeDraft.of(160, 128, tiles)
                .asking(Recipes.prompt(0, BOLT, List.of("missing_bolt"), List.copyOf(tiles.keySet())))
                .recipe();
        mind.on(BOLT, 0.9, 0.05, "missing_bolt\",\"box\":[0,250,1000,500]}]}");
        Inspection.Completed across = inspect(recipe, IN_PLACE);
        assertThat(engine.seen).hasSize(2);
        assertThat(across.scores()).extracting(PromptScore::region).containsExactly("plate.1", "plate.2");
        assertThat(across.findings())
                .as("from the left of one tile to the right of the other")
                .extracting(Finding::region)
                .containsExactly(new Region(16, 48, 144, 64));
    }

    @Test
    void whatTwoTilesSeeInTwoPlacesIsTwoFindings() {
        Map<String, Region> tiles = new Tiles(80, 64, 32).of("plate", new Region(16, 32, 144, 96));
        Recipe recipe = RecipeDraft.of(160, 128, tiles)
                .asking(Recipes.prompt(0, BOLT, List.of("missing_bolt"), List.copyOf(tiles.keySet())))
                .recipe();
        mind.on(BOLT, 0.9, 0.05, "missing_bolt\",\"box\":[100,250,300,500]}]}");
        assertThat(inspect(recipe, IN_PLACE).findings())
                .extracting(Finding::region)
                .containsExactly(new Region(24, 48, 40, 64), new Region(72, 48, 88, 64));
    }

    @Test
    void aRejectNamesEverythingThatTheModelSaw() {
        mind.on(
                BOLT,
                0.9,
                0,
                "missing_bolt\",\"box\":[0,0,500,500]},{\"defect\":\"wrong_bolt\",\"box\":[500,500,1000,1000]}]}");
        Recipe recipe =
                Recipes.of(List.of(Recipes.prompt(0, BOLT, List.of("wrong_bolt", "missing_bolt"), List.of("left"))));
        List<Finding> findings = inspect(recipe, IN_PLACE).findings();
        assertThat(findings).extracting(Finding::defect).containsExactly("missing_bolt", "wrong_bolt");
        assertThat(findings)
                .extracting(Finding::region)
                .containsExactly(new Region(16, 32, 48, 64), new Region(48, 64, 80, 96));
        assertThat(findings)
                .extracting(Finding::answer)
                .as("one answer")
                .hasSize(2)
                .containsOnly(findings.getFirst().answer());
    }

    @Test
    void aFurtherFindingScoresByWhatWentOnToIt() {
        mind.goingOn(0.99);
        List<Finding> sure = inspect(twoFindings(0), IN_PLACE).findings();
        mind.goingOn(0.6);
        List<Finding> unsure = inspect(twoFindings(0), IN_PLACE).findings();
        assertThat(unsure).extracting(Finding::defect).containsExactly("missing_bolt", "wrong_bolt");
        assertThat(unsure.getFirst().score())
                .isCloseTo(0.9, within(1e-6))
                .isEqualTo(sure.getFirst().score());
        // The mind says each text in all tokens that begin it: not just 0.9 × 0.99 and 0.9 × 0.6.
        assertThat(sure.get(1).score()).isBetween(0.85, 0.9);
        assertThat(unsure.get(1).score()).isBetween(0.3, 0.6);
    }

    @Test
    void aWeakFindingIsLeftOutAndTheVerdictAndItsAnswerStay() {
        mind.goingOn(0.6);
        Inspection.Completed all = inspect(twoFindings(0), IN_PLACE);
        double weaker = all.findings().get(1).score();
        assertThat(inspect(twoFindings(weaker), IN_PLACE).findings())
                .as("just strong enough")
                .isEqualTo(all.findings());
        Inspection.Completed one = inspect(twoFindings(Math.nextUp(weaker)), IN_PLACE);
        assertThat(one.findings())
                .as("with the whole answer")
                .containsExactly(all.findings().getFirst());
        assertThat(one.findings().getFirst().answer()).contains("wrong_bolt");
        assertThat(one.scores().getFirst().score())
                .isEqualTo(all.scores().getFirst().score());
        assertThat(inspect(twoFindings(1), IN_PLACE).findings())
                .as("a verdict always says where")
                .hasSize(1);
    }

    private Recipe twoFindings(double findingsAt) {
        mind.on(
                BOLT,
                0.9,
                0,
                "missing_bolt\",\"box\":[0,0,500,500]},{\"defect\":\"wrong_bolt\",\"box\":[500,500,1000,1000]}]}");
        return Recipes.of(List.of(Prompts.of(
                "p0",
                BOLT,
                List.of("wrong_bolt", "missing_bolt"),
                List.of("left"),
                Severity.MAJOR,
                0.5,
                0.2,
                findingsAt)));
    }

    @Test
    void theQuestionsOfARegionAreAskedInOnePass() {
        mind.on(BOLT, 0, 0, "x").on(SCRATCH, 0, 0, "x");
        inspect(
                Recipes.of(List.of(
                        Recipes.prompt(0, SCRATCH, List.of("scratch"), List.of("right", "left")),
                        Recipes.prompt(1, BOLT, List.of("missing_bolt"), List.of("left")))),
                IN_PLACE);
        assertThat(engine.asks).hasSize(2);
        assertThat(engine.named)
                .as("of each only the tokens with which verdicts go on, which all questions share")
                .hasSize(2)
                .allSatisfy(tokens -> assertThat(tokens).doesNotHaveDuplicates().hasSizeBetween(3, 5));
        int question = words.requiredId("<|im_start|>");
        assertThat(engine.asks)
                .extracting(ask -> ask.stream()
                        .filter(it -> Arrays.stream(it).anyMatch(token -> token == question))
                        .map(it -> words.decode(it)
                                .substring("<|vision_end|>".length())
                                .substring(0, 8))
                        .distinct()
                        .toList())
                .containsExactly(List.of("Is the s"), List.of("Is the s", "Is a bol"));
    }

    /** The first part pays for the reference, no other does; and it is the same reference for a second region. */
    @Test
    void aReferenceIsLookedAtOnce() {
        mind.on(BOLT, 0, 0, "x");
        Recipe recipe = Recipes.of(
                List.of(Recipes.prompt(0, BOLT, List.of("missing_bolt"), List.of("left", "right"))),
                Map.of("left", Recipes.reference(100), "right", Recipes.reference(100)),
                Map.of());
        try (var inspector = open(recipe, IN_PLACE)) {
            assertThat(engine.seen).as("the reference").hasSize(1);
            assertThat(engine.reads).as("the system text, the reference").hasSize(2);
            for (int part = 1; part <= 3; part++) {
                engine.reads.clear();
                inspector.inspect(frame, never());
                assertThat(engine.seen).as("two regions a part").hasSize(1 + 2 * part);
                assertThat(pictures(engine.reads)).as("two regions a part").hasSize(2);
            }
            assertThat(prefixes.snapshot().misses()).isEqualTo(2);
        }
    }

    @Test
    void thePartComesAfterItsReference() {
        var heard = new ArrayList<String>();
        mind.on(BOLT, 0, 0, "x");
        engine = new FakeEngine(tokens -> {
            heard.add(words.decode(tokens).replaceAll("(<\\|image_pad\\|>)+", "*"));
            return mind.apply(tokens);
        });
        inspect(
                Recipes.of(
                        List.of(Recipes.prompt(0, BOLT, List.of("missing_bolt"), List.of("left"))),
                        Map.of("left", Recipes.reference(100)),
                        Map.of()),
                IN_PLACE);
        assertThat(heard)
                .anySatisfy(
                        text -> assertThat(text)
                                .contains(
                                        "<|im_start|>user\nReference:<|vision_start|>*<|vision_end|>Part:<|vision_start|>*<|vision_end|>Is a bolt missing?<|im_end|>"));
    }

    @Test
    void aThoughtIsKeptApartFromTheVerdict() {
        mind.on(BOLT, 0.9, 0, "missing_bolt\",\"box\":[0,0,1000,1000]}]}").thinking("I see a hole.\n</think>");
        Inspection.Completed result = inspect(thoughtful(200), IN_PLACE);
        assertThat(result.thoughts()).singleElement().satisfies(thought -> {
            assertThat(thought.prompt()).isEqualTo("p0");
            assertThat(thought.region()).isEqualTo("left");
            assertThat(thought.text()).isEqualTo("I see a hole.");
            assertThat(thought.ended()).isEqualTo(Thought.Ending.BY_ITSELF);
        });
        assertThat(result.scores().getFirst().score()).isCloseTo(0.9, within(1e-6));
        assertThat(result.findings())
                .singleElement()
                .satisfies(
                        finding -> assertThat(finding.answer())
                                .isEqualTo(
                                        "{\"verdict\":\"REJECT\",\"findings\":[{\"defect\":\"missing_bolt\",\"box\":[0,0,1000,1000]}]}"));
    }

    /** Only the prompt that thinks; the other is asked at once. */
    @Test
    void aSpentBudgetClosesTheThoughtAndTheAnswerComesAllTheSame() {
        mind.on(BOLT, 0.9, 0, "missing_bolt\",\"box\":[0,0,1000,1000]}]}")
                .on(SCRATCH, 0, 0, "x")
                .thinking("I see ".repeat(100));
        Recipe recipe = Recipes.of(
                List.of(
                        Recipes.prompt(0, BOLT, List.of("missing_bolt"), List.of("left")),
                        Recipes.prompt(1, SCRATCH, List.of("scratch"), List.of("left"))),
                Map.of(),
                Map.of("p0", 7));
        Inspection.Completed result = inspect(recipe, IN_PLACE);
        assertThat(result.thoughts()).singleElement().satisfies(thought -> {
            assertThat(thought.tokens()).isEqualTo(7);
            assertThat(thought.ended()).isEqualTo(Thought.Ending.BUDGET);
        });
        assertThat(result.scores()).hasSize(2);
        assertThat(result.findings()).hasSize(1);
    }

    /** With a clock that moves with the model's work: whatever the deadline, an answer within it or none at all. */
    @Test
    void aThoughtEndsEarlyEnoughForItsAnswer() {
        mind.on(BOLT, 0.9, 0, "missing_bolt\",\"box\":[0,0,1000,1000]}]}").thinking("I see ".repeat(2_000));
        engine = new FakeEngine(tokens -> {
            nanos += 1_000_000;
            return mind.apply(tokens);
        });
        try (var inspector = open(thoughtful(2_000), IN_PLACE)) {
            // Times are known after the first parts, as on a line.
            inspector.inspect(frame, new Deadline(nanos + 500_000_000, () -> nanos));
            for (int takt = 80; takt <= 400; takt += 40) {
                long due = nanos + takt * 1_000_000L;
                Inspection.Completed result = inspector.inspect(frame, new Deadline(due, () -> nanos));
                assertThat(nanos).as("takt %d ms", takt).isLessThanOrEqualTo(due);
                assertThat(result.findings()).hasSize(1);
                assertThat(result.thoughts())
                        .singleElement()
                        .satisfies(thought -> assertThat(thought.ended()).isEqualTo(Thought.Ending.DEADLINE));
                assertThat(result.thoughts().getFirst().tokens())
                        .as("most of %d ms are for the thought", takt)
                        .isBetween(takt - 75, takt);
            }
        }
    }

    @Test
    void anInstructModelCannotThink() {
        input.close();
        input = TestInput.of("instruct", dir, List.of());
        assertThatThrownBy(() -> open(thoughtful(20), IN_PLACE))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(
                        "recipe bracket lets prompt p0 think, but the chat template of checkpoint nano opens no thought; use a Thinking checkpoint, or take 'thinking' out of the recipe");
        assertThat(engine.isClosed).isTrue();
    }

    private static Recipe thoughtful(int tokens) {
        return Recipes.of(
                List.of(Recipes.prompt(0, BOLT, List.of("missing_bolt"), List.of("left"))),
                Map.of(),
                Map.of("p0", tokens));
    }

    private List<int[]> pictures(List<int[]> reads) {
        int picture = words.requiredId("<|image_pad|>");
        return reads.stream()
                .filter(read -> Arrays.stream(read).anyMatch(token -> token == picture))
                .toList();
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
        try (var _ = ModelInspector.open(engine, input, Recipes.asking(BOLT), none, prefixes, Optional.empty())) {
            assertThat(engine.seen).hasSize(1);
            assertThat(engine.open).as("only the shared beginning is open").isEqualTo(1);
        }
        engine = new FakeEngine(mind);
        engine.failAtRead = 2;
        input = TestInput.of("thinking", dir, List.of());
        assertThatThrownBy(() ->
                        ModelInspector.open(engine, input, Recipes.asking(BOLT), none, prefixes, Optional.empty()))
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

    /** Each region is cut out of its own view's picture, and what is found there says so. */
    @Test
    void eachRegionIsLookedAtInItsView() {
        mind.on(BOLT, 0.9, 0, "missing_bolt\",\"box\":[0,0,1000,1000]}]}");
        Recipe recipe = new Recipe(
                "bracket",
                "1.0",
                "GB-4500",
                List.of(
                        new View("bright", 160, 128, new PixelScale(90), Optional.empty(), Optional.empty()),
                        new View("dark", 200, 100, new PixelScale(90), Optional.empty(), Optional.empty())),
                Map.of("left", new Region(16, 32, 80, 96), "right", new Region(96, 20, 160, 84)),
                Map.of("left", "bright", "right", "dark"),
                List.of(Recipes.prompt(0, BOLT, List.of("missing_bolt"), List.of("left", "right"))),
                Duration.ofSeconds(1),
                Retention.STANDARD,
                Map.of(),
                Map.of(),
                List.of(),
                Qualification.NONE);
        PartLocator found =
                _ -> new Poses(Map.of("bright", Pose.nominal(160, 128), "dark", new Pose(new Point(100, 50), 4, 6, 0)));
        SequencedMap<String, Frame> frames = new LinkedHashMap<>();
        frames.put("bright", Frame.of(160, 128, new byte[160 * 128 * 3]));
        frames.put("dark", Frame.of(200, 100, new byte[200 * 100 * 3]));
        try (Views views = Views.of(frames);
                var inspector = open(recipe, found)) {
            List<Finding> findings = inspector.inspect(views, never()).findings();
            assertThat(findings).extracting(Finding::view).containsExactly("bright", "dark");
            assertThat(findings)
                    .extracting(Finding::region)
                    .containsExactly(new Region(16, 32, 80, 96), new Region(100, 26, 164, 90));
            assertThatThrownBy(() -> inspector.inspect(frames.get("bright"), never()))
                    .isInstanceOf(InspectionException.class)
                    .hasMessage("there are pictures of the views [], recipe bracket is for [bright, dark]");
        }
    }

    private Inspection.Completed inspect(Recipe recipe, PartLocator locator) {
        input.close();
        input = TestInput.of("thinking", dir, List.of());
        try (var inspector = open(recipe, locator)) {
            return inspector.inspect(frame, never());
        }
    }

    private ModelInspector open(Recipe recipe, PartLocator locator) {
        return ModelInspector.cold(engine, input, recipe, locator, prefixes, Optional.empty());
    }

    private Deadline never() {
        return new Deadline(Long.MAX_VALUE / 2, () -> nanos += 1_000);
    }
}
