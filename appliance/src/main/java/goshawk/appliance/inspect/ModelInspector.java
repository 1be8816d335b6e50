package goshawk.appliance.inspect;

import goshawk.appliance.domain.Deadline;
import goshawk.appliance.domain.DefectPrompt;
import goshawk.appliance.domain.Finding;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.InspectionException;
import goshawk.appliance.domain.Inspector;
import goshawk.appliance.domain.PartLocator;
import goshawk.appliance.domain.Pose;
import goshawk.appliance.domain.PromptScore;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.engine.Engine;
import goshawk.appliance.engine.EngineException;
import goshawk.camera.Cause;
import goshawk.camera.Frame;
import goshawk.camera.Region;
import goshawk.trtbuild.Patches;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Asks a vision-language model a recipe's questions about a picture.
 *
 * <p>The part is found, each region is cut out upright and shown to the model once. What was said up to the picture's end
 * is read once and shared by the region's questions; each continues from there to the place of the verdict, where the
 * model's logits are the score. Only prompts whose score needs an explanation go on to write one.
 *
 * <p>Belongs to the thread that opened it, and owns engine, input and locator: closing it closes them.
 */
public final class ModelInspector implements Inspector {

    private final Engine engine;
    private final ModelInput input;
    private final Recipe recipe;
    private final PartLocator locator;
    private final AnswerWriter writer;
    private final List<Question> questions;
    /** What every conversation begins with, read once. */
    private final Engine.Context opening;

    /**
     * One prompt asked of one region.
     *
     * @param order in the recipe
     */
    private record Question(
            int order, DefectPrompt prompt, String region, Conversation conversation, VerdictGrammar grammar) {}

    private ModelInspector(
            Engine engine,
            ModelInput input,
            Recipe recipe,
            PartLocator locator,
            List<Question> questions,
            Engine.Context opening) {
        this.engine = engine;
        this.input = input;
        this.recipe = recipe;
        this.locator = locator;
        this.writer = new AnswerWriter(engine, input.tokenizer());
        this.questions = questions;
        this.opening = opening;
    }

    /**
     * Opens, and looks once at a black picture: the runtime makes its plans and takes its memory with the first look,
     * and that is not to be on a part's time.
     *
     * @param engine open on this thread; taken over, as the other two, also when this fails
     * @throws UnknownQuestionException when the checkpoint was not trained for one of the recipe's questions
     * @throws goshawk.trtbuild.CheckpointException when conversations cannot be held with this checkpoint
     * @throws EngineException when the model cannot be run
     */
    public static ModelInspector open(Engine engine, ModelInput input, Recipe recipe, PartLocator locator) {
        ModelInspector inspector = cold(engine, input, recipe, locator);
        try {
            inspector.lookAtNothing();
            return inspector;
        } catch (RuntimeException e) {
            closeAll(e, inspector);
            throw e;
        }
    }

    /** As {@link #open}, without the first look. */
    static ModelInspector cold(Engine engine, ModelInput input, Recipe recipe, PartLocator locator) {
        try {
            input.knownPrompts().check(recipe);
            List<Question> questions = questions(input, recipe);
            try (Engine.Context nothing = engine.start()) {
                Engine.Step step =
                        engine.read(nothing, questions.getFirst().conversation().before(), List.of());
                return new ModelInspector(engine, input, recipe, locator, questions, step.context());
            }
        } catch (RuntimeException e) {
            closeAll(e, engine, input, locator);
            throw e;
        }
    }

    private void lookAtNothing() {
        int width = recipe.widthPx();
        int height = recipe.heightPx();
        try (Frame black = Frame.of(width, height, new byte[width * height * 3])) {
            new Look(black, new Deadline(1, () -> 0)).regions(Pose.nominal(width, height));
        }
    }

    private static List<Question> questions(ModelInput input, Recipe recipe) {
        List<Question> questions = new ArrayList<>();
        for (DefectPrompt prompt : recipe.prompts()) {
            var conversation = Conversation.about(input, prompt.question());
            var grammar = VerdictGrammar.ofRejections(prompt.defects());
            for (String region : prompt.regions()) {
                input.preprocessor() // refuses slivers now rather than with the first part
                        .resized(
                                recipe.region(region).width(),
                                recipe.region(region).height());
                questions.add(new Question(questions.size(), prompt, region, conversation, grammar));
            }
        }
        int[] before = questions.getFirst().conversation().before();
        for (Question question : questions) {
            if (!Arrays.equals(before, question.conversation().before())) {
                throw new EngineException("the chat template begins otherwise for '%s' than for '%s'"
                        .formatted(
                                question.prompt().question(),
                                questions.getFirst().prompt().question()));
            }
        }
        return List.copyOf(questions);
    }

    @Override
    public Inspection.Completed inspect(Frame frame, Deadline deadline) {
        if (frame.width() != recipe.widthPx() || frame.height() != recipe.heightPx()) {
            throw new InspectionException(
                    Cause.CAMERA,
                    "the picture is %d×%d, recipe %s is for %d×%d"
                            .formatted(
                                    frame.width(), frame.height(), recipe.id(), recipe.widthPx(), recipe.heightPx()));
        }
        try {
            return new Look(frame, deadline).all();
        } catch (EngineException e) {
            throw new InspectionException(Cause.ENGINE, String.valueOf(e.getMessage()), e);
        }
    }

    /** One part: its picture, how it lies, and what came out so far. */
    private final class Look {

        private final Frame frame;
        private final Deadline deadline;
        private final Stopwatch watch;
        private final Map<Integer, PromptScore> scores = new TreeMap<>();
        private final Map<Integer, List<Finding>> findings = new TreeMap<>();

        Look(Frame frame, Deadline deadline) {
            this.frame = frame;
            this.deadline = deadline;
            this.watch = new Stopwatch(deadline.nanoTime());
        }

        Inspection.Completed all() {
            Pose pose = watch.time(Stopwatch.Step.POSE, () -> locator.locate(frame));
            regions(pose);
            return new Inspection.Completed(
                    List.copyOf(scores.values()),
                    findings.values().stream().flatMap(List::stream).toList(),
                    watch.timings());
        }

        void regions(Pose pose) {
            for (var region : byRegion().entrySet()) {
                look(region.getKey(), region.getValue(), pose);
            }
        }

        private Map<String, List<Question>> byRegion() {
            Map<String, List<Question>> regions = new LinkedHashMap<>();
            questions.forEach(question -> regions.computeIfAbsent(question.region(), _ -> new ArrayList<>())
                    .add(question));
            return regions;
        }

        private void look(String name, List<Question> asked, Pose pose) {
            Region region = recipe.region(name);
            try (Engine.PictureFeatures seen = watch.time(Stopwatch.Step.VISION, () -> see(name, region, pose));
                    Engine.Context shown = watch.time(Stopwatch.Step.PREFILL, () -> show(seen))) {
                for (Question question : asked) {
                    ask(question, shown, region, pose);
                }
            }
        }

        private Engine.PictureFeatures see(String name, Region region, Pose pose) {
            inTime();
            byte[] cut = RegionCut.of(frame, name, region, pose);
            Patches patches = input.preprocessor().patches(cut, region.width(), region.height());
            return engine.see(patches);
        }

        /** The picture and the token that ends it, behind what every conversation begins with. */
        private Engine.Context show(Engine.PictureFeatures seen) {
            inTime();
            int[] tokens = new int[seen.tokens() + 1];
            Arrays.fill(tokens, input.tokens().image());
            tokens[seen.tokens()] = questions.getFirst().conversation().afterPicture();
            return engine.read(opening, tokens, List.of(seen)).context();
        }

        private void ask(Question question, Engine.Context shown, Region region, Pose pose) {
            inTime();
            Engine.Step step = watch.time(
                    Stopwatch.Step.SCORE,
                    () -> engine.read(shown, question.conversation().question(), List.of()));
            try (Engine.Context asked = step.context()) {
                Map<Conversation.Choice, Double> shares = watch.time(
                        Stopwatch.Step.SCORE,
                        () -> VerdictShares.of(engine, asked, step.logits(), question.conversation()));
                var score = new PromptScore(
                        question.prompt(),
                        question.region(),
                        shares.getOrDefault(Conversation.Choice.REJECT, 0.0),
                        shares.getOrDefault(Conversation.Choice.REVIEW, 0.0));
                scores.put(question.order(), score);
                if (score.needsExplanation()) {
                    findings.put(
                            question.order(),
                            watch.time(
                                    Stopwatch.Step.EXPLAIN,
                                    () -> explained(question, score, asked, step.logits(), region, pose)));
                }
            }
        }

        private List<Finding> explained(
                Question question, PromptScore score, Engine.Context asked, float[] logits, Region region, Pose pose) {
            String id = question.prompt().id();
            if (!score.rejects() && score.doubt() > score.score()) {
                List<String> codes = question.prompt().defects();
                return List.of(new Finding(
                        id,
                        codes.size() == 1 ? codes.getFirst() : id,
                        score.score(),
                        pose.toActual(region, frame.width(), frame.height()),
                        VerdictGrammar.OPENING + "REVIEW\"}"));
            }
            String answer = writer.write(
                    asked, logits, question.grammar(), VerdictGrammar.OPENING, Sampler.greedy(), this::inTime);
            return question.grammar().rejectionsIn(answer).stream()
                    .map(seen -> new Finding(id, seen.defect(), score.score(), actual(seen, region, pose), answer))
                    .toList();
        }

        /** Where the box of the model's picture is in the original one. */
        private Region actual(VerdictGrammar.Rejection box, Region region, Pose pose) {
            int left = region.left() + box.x0() * region.width() / VerdictGrammar.LARGEST;
            int top = region.top() + box.y0() * region.height() / VerdictGrammar.LARGEST;
            int right = region.left() + Math.ceilDiv(box.x1() * region.width(), VerdictGrammar.LARGEST);
            int bottom = region.top() + Math.ceilDiv(box.y1() * region.height(), VerdictGrammar.LARGEST);
            return pose.toActual(new Region(left, top, right, bottom), frame.width(), frame.height());
        }

        private void inTime() {
            if (deadline.passed()) {
                throw new InspectionException(
                        Cause.LATE,
                        "the deadline passed with %d of %d questions answered"
                                .formatted(scores.size(), questions.size()));
            }
        }
    }

    /** Closes the engine too. Must be called by the thread that opened it. */
    @Override
    public void close() {
        var none = new IllegalStateException("the inspector could not be closed");
        closeAll(none, opening, engine, input, locator);
        if (none.getSuppressed().length > 0) {
            throw none;
        }
    }

    private static void closeAll(RuntimeException first, AutoCloseable... things) {
        for (AutoCloseable thing : things) {
            try {
                thing.close();
            } catch (Exception e) {
                first.addSuppressed(e);
            }
        }
    }
}
