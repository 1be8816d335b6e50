package goshawk.appliance.inspect;

import goshawk.appliance.domain.CodePrompt;
import goshawk.appliance.domain.Deadline;
import goshawk.appliance.domain.DefectPrompt;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.InspectionException;
import goshawk.appliance.domain.Inspector;
import goshawk.appliance.domain.PartLocator;
import goshawk.appliance.domain.Pose;
import goshawk.appliance.domain.Poses;
import goshawk.appliance.domain.PrefixCounters;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.View;
import goshawk.appliance.engine.Engine;
import goshawk.appliance.engine.EngineException;
import goshawk.appliance.inspect.Conversation.Shown;
import goshawk.camera.Cause;
import goshawk.camera.Frame;
import goshawk.camera.Region;
import goshawk.camera.Views;
import goshawk.trtbuild.CheckpointException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Supplier;

/**
 * Asks a vision-language model a recipe's questions about a part's pictures.
 *
 * <p>The part is found, each region is cut out upright and shown to the model once, behind the system text and the
 * picture of a good part, if the recipe has one: those are read once for all parts. The region's questions continue from
 * there to the place of the verdict, all in one pass, where the model's logits are the scores; a question that thinks
 * first goes its own way there. Only scores that need an explanation go on to write one. Codes are read last, from the same
 * picture.
 *
 * <p>{@link Look} is one part. Belongs to the thread that opened it, and owns engine, input and locator: closing it closes
 * them.
 */
public final class ModelInspector implements Inspector {

    /** Tokens of a thought about nothing: enough to time its steps. */
    private static final int FIRST_THOUGHT = 8;

    private final Recipe recipe;
    private final PartLocator locator;
    private final Look.Tools tools;

    private ModelInspector(Recipe recipe, PartLocator locator, Look.Tools tools) {
        this.recipe = recipe;
        this.locator = locator;
        this.tools = tools;
    }

    /**
     * Parts that come next.
     *
     * @param waiting the pictures of the one behind the part in hand, if they have come; they stay their owner's until its turn
     * @param locator another than the inspector's; taken over
     */
    public record NextParts(Supplier<Optional<Views>> waiting, PartLocator locator) {}

    /**
     * Opens, looks once at black pictures and rehearses answers: the runtime makes its plans and takes its memory with the
     * first look, the first answers work out their masks, and neither is to be on a part's time.
     *
     * @param engine open on this thread; taken over, as input and locator, also when this fails
     * @param counters of the cache of conversations' beginnings, and its bound
     * @param next parts that are begun with before their turn; for engines that see while they answer alone
     * @throws UnknownQuestionException when the checkpoint was not trained for one of the recipe's questions
     * @throws CheckpointException when the conversations that the recipe wants cannot be held with this checkpoint
     * @throws EngineException when the model cannot be run
     */
    public static ModelInspector open(
            Engine engine,
            ModelInput input,
            Recipe recipe,
            PartLocator locator,
            PrefixCounters counters,
            Optional<NextParts> next) {
        ModelInspector inspector = openWarm(engine, input, recipe, locator, counters, next);
        try {
            lookAtNothing(inspector.tools, recipe);
            return inspector;
        } catch (RuntimeException e) {
            closeAll(e, inspector);
            throw e;
        }
    }

    /** As {@link #open}, with an engine that is warm: without the first look. */
    public static ModelInspector openWarm(
            Engine engine,
            ModelInput input,
            Recipe recipe,
            PartLocator locator,
            PrefixCounters counters,
            Optional<NextParts> next) {
        ModelInspector inspector = cold(engine, input, recipe, locator, counters, next);
        try {
            inspector.rehearseAnswers();
            return inspector;
        } catch (RuntimeException e) {
            closeAll(e, inspector);
            throw e;
        }
    }

    /** As {@link #open}, without the first look and rehearsals. */
    static ModelInspector cold(
            Engine engine,
            ModelInput input,
            Recipe recipe,
            PartLocator locator,
            PrefixCounters counters,
            Optional<NextParts> next) {
        var prefixes = new PrefixCache(engine, input, counters);
        try {
            return new ModelInspector(recipe, locator, tools(engine, input, recipe, prefixes, next));
        } catch (RuntimeException e) {
            closeAll(e, prefixes, engine, input, locator);
            throw e;
        }
    }

    /**
     * The first look alone, for an engine that takes the place of one that was lost. Whatever it opens it closes; what it is given
     * stays open.
     */
    public static void warmUp(Engine engine, ModelInput input, Recipe recipe) {
        try (var prefixes = new PrefixCache(engine, input, new PrefixCounters(PrefixCounters.USUAL_BYTES))) {
            lookAtNothing(tools(engine, input, recipe, prefixes, Optional.empty()), recipe);
        }
    }

    private static Look.Tools tools(
            Engine engine, ModelInput input, Recipe recipe, PrefixCache prefixes, Optional<NextParts> next) {
        input.knownPrompts().check(recipe);
        var writer = new AnswerWriter(engine, input.tokenizer());
        List<RegionView> views = views(input, recipe);
        var tools = new Look.Tools(
                engine,
                input,
                prefixes,
                new Thinker(engine, input.tokenizer(), Sampler.greedy()),
                new Explainer(engine, writer, input.tokenizer()),
                new CodeReader(engine, writer),
                new Pace(),
                views,
                next.map(it -> new PartAhead(
                        it.waiting(),
                        it.locator(),
                        engine,
                        (pictures, poses) -> Look.patches(input.preprocessor(), views.getFirst(), pictures, poses))));
        tools.views().forEach(view -> prefixes.use(view.before()).close());
        return tools;
    }

    private static void lookAtNothing(Look.Tools tools, Recipe recipe) {
        var noHurry = Deadline.of(System.nanoTime(), Duration.ofDays(1), System::nanoTime);
        SequencedMap<String, Frame> black = new LinkedHashMap<>();
        Map<String, Pose> inPlace = new HashMap<>();
        for (View view : recipe.views()) {
            byte[] rgb = new byte[view.widthPx() * view.heightPx() * 3];
            black.put(view.name(), Frame.of(view.widthPx(), view.heightPx(), rgb));
            inPlace.put(view.name(), Pose.nominal(view.widthPx(), view.heightPx()));
        }
        try (Views nothing = Views.of(black)) {
            new Look(tools, nothing, noHurry, FIRST_THOUGHT).regions(new Poses(inPlace), Optional.empty());
        }
    }

    /** Of explanations and readings. */
    AnswerTimes answerTimes() {
        return tools.explainer().times();
    }

    private void rehearseAnswers() {
        for (RegionView view : tools.views()) {
            view.questions().forEach(tools.explainer()::rehearse);
            view.codes().forEach(tools.codes()::rehearse);
        }
    }

    private static List<RegionView> views(ModelInput input, Recipe recipe) {
        Map<String, List<Question>> byRegion = new LinkedHashMap<>();
        int order = 0;
        for (DefectPrompt prompt : recipe.prompts()) {
            for (String region : prompt.regions()) {
                byRegion.computeIfAbsent(region, _ -> new ArrayList<>())
                        .add(question(input, recipe, prompt, region, order++));
            }
        }
        Map<String, List<CodeReader.Question>> codes = new LinkedHashMap<>();
        for (CodePrompt code : recipe.codes()) {
            byRegion.computeIfAbsent(code.region(), _ -> new ArrayList<>());
            codes.computeIfAbsent(code.region(), _ -> new ArrayList<>())
                    .add(CodeReader.Question.of(input, code, shown(recipe, code.region())));
        }
        return byRegion.entrySet().stream()
                .map(entry -> view(
                        input, recipe, entry.getKey(), entry.getValue(), codes.getOrDefault(entry.getKey(), List.of())))
                .toList();
    }

    private static Shown shown(Recipe recipe, String region) {
        return recipe.reference(region).isPresent() ? Shown.REFERENCE_AND_PART : Shown.PART;
    }

    private static Question question(ModelInput input, Recipe recipe, DefectPrompt prompt, String region, int order) {
        var conversation = Conversation.about(input, prompt.question(), shown(recipe, region));
        if (recipe.thoughtTokens(prompt).isPresent() && conversation.thinking().isEmpty()) {
            throw new CheckpointException(
                    "recipe %s lets prompt %s think, but the chat template of checkpoint %s opens no thought; use a Thinking checkpoint, or take 'thinking' out of the recipe"
                            .formatted(
                                    recipe.id(),
                                    prompt.id(),
                                    input.knownPrompts().name()));
        }
        return new Question(
                order,
                prompt,
                region,
                conversation,
                VerdictGrammar.ofRejections(prompt.defects()),
                new VerdictShares(conversation.verdicts()),
                recipe.thoughtTokens(prompt));
    }

    private static RegionView view(
            ModelInput input, Recipe recipe, String name, List<Question> questions, List<CodeReader.Question> codes) {
        Region place = recipe.region(name);
        input.preprocessor()
                .resized(place.width(), place.height()); // refuses slivers now rather than with the first part
        List<Conversation> conversations = new ArrayList<>();
        questions.forEach(question -> conversations.add(question.conversation()));
        codes.forEach(code ->
                conversations.add(Conversation.about(input, code.prompt().question(), shown(recipe, name))));
        Conversation first = conversations.getFirst();
        for (Conversation conversation : conversations) {
            if (!Arrays.deepEquals(
                    first.before().toArray(), conversation.before().toArray())) {
                throw new EngineException(
                        "the chat template begins otherwise for one question about region %s than for another"
                                .formatted(name));
            }
        }
        List<Passage> passages = new ArrayList<>();
        for (int[] words : first.before()) {
            passages.add(new Passage(passages.isEmpty() ? Optional.empty() : recipe.reference(name), words));
        }
        return new RegionView(
                name,
                recipe.viewOf(name).name(),
                place,
                List.copyOf(passages),
                List.copyOf(questions),
                List.copyOf(codes));
    }

    @Override
    public Inspection.Completed inspect(Views pictures, Deadline deadline) {
        recipe.require(pictures);
        try {
            return new Look(tools, pictures, deadline, Recipe.MOST_THOUGHT_TOKENS).all(locator);
        } catch (EngineException e) {
            throw new InspectionException(Cause.ENGINE, String.valueOf(e.getMessage()), e);
        }
    }

    /** Closes the engine too. Must be called by the thread that opened it. */
    @Override
    public void close() {
        var none = new IllegalStateException("the inspector could not be closed");
        tools.ahead().ifPresent(it -> closeAll(none, it)); // before the engine that it has features of
        closeAll(none, tools.prefixes(), tools.engine(), tools.input(), locator);
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
