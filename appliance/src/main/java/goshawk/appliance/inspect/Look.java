package goshawk.appliance.inspect;

import goshawk.appliance.domain.Deadline;
import goshawk.appliance.domain.Finding;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.InspectionException;
import goshawk.appliance.domain.PartLocator;
import goshawk.appliance.domain.Poses;
import goshawk.appliance.domain.PromptScore;
import goshawk.appliance.domain.Reading;
import goshawk.appliance.domain.Seams;
import goshawk.appliance.domain.Thought;
import goshawk.appliance.engine.Engine;
import goshawk.appliance.inspect.Conversation.Choice;
import goshawk.camera.Cause;
import goshawk.camera.Frame;
import goshawk.camera.Views;
import goshawk.trtbuild.Patches;
import goshawk.trtbuild.Preprocessor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * One part: its pictures, how it lies, and what came out so far. Each region is shown once; its questions that score at
 * once are asked together, those that think first one after the other.
 */
final class Look {

    private final Tools tools;
    private final Views pictures;
    private final Deadline deadline;
    private final int longestThought;
    private final Stopwatch watch;
    private final Map<Integer, PromptScore> scores = new TreeMap<>();
    private final Map<Integer, List<Seams.Sighting>> sightings = new TreeMap<>();
    private final Map<Integer, Thought> thoughts = new TreeMap<>();
    private final List<Reading> readings = new ArrayList<>();
    private int regionsToShow;
    private boolean areAllSeen;

    /** What every look of an inspector uses. */
    record Tools(
            Engine engine,
            ModelInput input,
            PrefixCache prefixes,
            Thinker thinker,
            Explainer explainer,
            CodeReader codes,
            Pace pace,
            List<RegionView> views,
            Optional<PartAhead> ahead) {

        long questions() {
            return views.stream().mapToLong(view -> view.questions().size()).sum();
        }

        long readings() {
            return views.stream().mapToLong(view -> view.codes().size()).sum();
        }

        long thoughts() {
            return views.stream().mapToLong(view -> view.afterThought().size()).sum();
        }
    }

    /** @param longestThought most tokens of a thought, where the recipe allows more */
    Look(Tools tools, Views pictures, Deadline deadline, int longestThought) {
        this.tools = tools;
        this.pictures = pictures;
        this.deadline = deadline;
        this.longestThought = longestThought;
        this.watch = new Stopwatch(deadline.nanoTime());
        this.regionsToShow = tools.views().size();
    }

    Inspection.Completed all(PartLocator locator) {
        Optional<PartAhead.Prepared> prepared = tools.ahead().flatMap(it -> it.take(pictures));
        Poses poses = prepared.map(PartAhead.Prepared::poses)
                .orElseGet(() -> watch.time(Stopwatch.Step.POSE, () -> locator.locate(pictures)));
        regions(poses, prepared);
        return new Inspection.Completed(
                List.copyOf(scores.values()), findings(), watch.timings(), List.copyOf(thoughts.values()), readings);
    }

    /** Of the scores, what neighbouring tiles saw of one defect joined; then of the codes. */
    private List<Finding> findings() {
        List<Finding> all = new ArrayList<>(
                Seams.joined(sightings.values().stream().flatMap(List::stream).toList()));
        readings.stream()
                .filter(reading -> !reading.isMatch())
                .map(Reading::finding)
                .forEach(all::add);
        return all;
    }

    /** @param prepared what is known of the first region already */
    void regions(Poses poses, Optional<PartAhead.Prepared> prepared) {
        Iterator<RegionView> views = tools.views().iterator();
        Optional<Sight> sight =
                prepared.isPresent() ? Optional.of(sight(views.next(), prepared.get())) : sightOfNext(views, poses);
        while (sight.isPresent()) {
            sight = look(sight.get(), views, poses);
        }
    }

    /**
     * A region that is seen, or will be when the engine has come so far.
     *
     * @param nanos that the call took
     */
    private record Sight(RegionView view, Engine.PictureFeatures seen, long nanos) {}

    private Optional<Sight> sightOfNext(Iterator<RegionView> views, Poses poses) {
        if (!views.hasNext()) {
            return Optional.empty();
        }
        RegionView view = views.next();
        long began = deadline.nanosLeft();
        Engine.PictureFeatures seen = watch.time(Stopwatch.Step.VISION, () -> see(view, poses));
        areAllSeen = !views.hasNext();
        return Optional.of(new Sight(view, seen, began - deadline.nanosLeft()));
    }

    private Sight sight(RegionView view, PartAhead.Prepared prepared) {
        long began = deadline.nanosLeft();
        Engine.PictureFeatures seen = prepared.seen().orElseGet(() -> {
            inTime();
            return watch.time(Stopwatch.Step.VISION, () -> tools.engine().see(prepared.patches()));
        });
        areAllSeen = tools.views().size() == 1;
        return new Sight(view, seen, began - deadline.nanosLeft());
    }

    /** Shows a region and asks about it; the next one is seen meanwhile, where the engine does both at once. */
    private Optional<Sight> look(Sight sight, Iterator<RegionView> views, Poses poses) {
        RegionView view = sight.view;
        Spot spot = spot(view, poses);
        long began = deadline.nanosLeft();
        Optional<Sight> next = Optional.empty();
        try (Engine.PictureFeatures seen = sight.seen;
                PrefixCache.Use before = watch.time(
                        Stopwatch.Step.PREFILL, () -> tools.prefixes().use(view.before()));
                Engine.Context shown = watch.time(Stopwatch.Step.PREFILL, () -> show(seen, before.context()))) {
            tools.pace().took(Pace.Piece.SHOWING, sight.nanos + began - deadline.nanosLeft());
            regionsToShow--;
            next = sightOfNext(views, poses);
            askTogether(view.atOnce().stream().map(it -> it.atOnce(shown)).toList(), shown, spot);
            view.afterThought().forEach(question -> askAfterThought(question, shown, spot));
            view.codes().forEach(code -> read(code, shown, spot));
            return next;
        } catch (RuntimeException | Error e) {
            next.ifPresent(it -> it.seen.close());
            throw e;
        }
    }

    private Spot spot(RegionView view, Poses poses) {
        Frame frame = pictures.frame(view.view());
        return new Spot(view.view(), view.place(), poses.in(view.view()), frame.width(), frame.height());
    }

    private void read(CodeReader.Question code, Engine.Context shown, Spot spot) {
        readings.add(timed(
                Stopwatch.Step.EXPLAIN, Pace.Piece.READING, () -> tools.codes().read(code, shown, spot, this::inTime)));
    }

    private Engine.PictureFeatures see(RegionView view, Poses poses) {
        inTime();
        return tools.engine().see(patches(tools.input().preprocessor(), view, pictures, poses));
    }

    /** One region of a part, as the vision tower takes it. */
    static Patches patches(Preprocessor preprocessor, RegionView view, Views pictures, Poses poses) {
        byte[] cut = RegionCut.of(pictures.frame(view.view()), view.name(), view.place(), poses.in(view.view()));
        return preprocessor.patches(cut, view.place().width(), view.place().height());
    }

    /**
     * The picture alone, behind what every conversation begins with. The token that ends it begins the questions: a megapixel is
     * 1,024 tokens, which a GPU reads faster than 1,025.
     */
    private Engine.Context show(Engine.PictureFeatures seen, Engine.Context before) {
        inTime();
        int[] tokens = new int[seen.tokens()];
        Arrays.fill(tokens, tools.input().tokens().image());
        return tools.engine().show(before, tokens, List.of(seen));
    }

    private void askTogether(List<Question.Asked> asked, Engine.Context past, Spot spot) {
        if (asked.isEmpty()) {
            return;
        }
        List<PromptScore> scored = scored(asked, past);
        for (int i = 0; i < asked.size(); i++) {
            explainWhereNeeded(asked.get(i), scored.get(i), spot);
        }
    }

    private void askAfterThought(Question question, Engine.Context shown, Spot spot) {
        inTime();
        Thinker.Thinking thinking = watch.time(Stopwatch.Step.SCORE, () -> think(question, shown));
        try (Engine.Context thought = thinking.context()) {
            thoughts.put(
                    question.order(),
                    new Thought(
                            question.prompt().id(),
                            question.region(),
                            thinking.text(),
                            thinking.tokens(),
                            thinking.ended()));
            askTogether(List.of(new Question.Asked(question, thought, thinking.toVerdict())), thought, spot);
        }
    }

    private Thinker.Thinking think(Question question, Engine.Context shown) {
        Conversation.Thinking way = question.conversation().thinking().orElseThrow();
        int budget = Math.min(longestThought, question.thoughtTokens().orElseThrow());
        return tools.thinker().think(shown, way, budget, outOfTime());
    }

    /**
     * True once a thought has to end so that everything after it still fits before the deadline: what {@link
     * #afterThought} takes, and half as long again. What is left beyond that is shared evenly among the thoughts to come.
     * Estimated before each step from the times measured so far, this thought's own steps included.
     */
    private BooleanSupplier outOfTime() {
        Pace pace = tools.pace();
        long thoughtsToCome = tools.thoughts() - thoughts.size();
        long began = deadline.nanosLeft();
        return new BooleanSupplier() {
            private long last = began;

            @Override
            public boolean getAsBoolean() {
                inTime();
                long now = deadline.nanosLeft();
                if (last != began) { // the first step reads the question
                    pace.took(Pace.Piece.STEP, last - now);
                }
                last = now;
                long spare = began - afterThought() * 3 / 2;
                return began - now + pace.of(Pace.Piece.STEP) > spare / thoughtsToCome;
            }
        };
    }

    /**
     * Nanoseconds to show the regions to come, to score and explain each question that has no score, and to read each code that is
     * not read, as measured.
     */
    private long afterThought() {
        Pace pace = tools.pace();
        long toScore = tools.questions() - scores.size();
        return regionsToShow * pace.of(Pace.Piece.SHOWING)
                + toScore * (pace.of(Pace.Piece.SCORING) + pace.of(Pace.Piece.EXPLAINING))
                + (tools.readings() - readings.size()) * pace.of(Pace.Piece.READING);
    }

    /** Asked in one pass; the scores in the same order. */
    private List<PromptScore> scored(List<Question.Asked> asked, Engine.Context past) {
        inTime();
        List<int[]> continuations =
                asked.stream().flatMap(it -> it.continuations().stream()).toList();
        Iterator<TokenLogits> logits = timed(
                        Stopwatch.Step.SCORE,
                        Pace.Piece.SCORING,
                        () -> TokenLogits.after(
                                tools.engine(),
                                past,
                                continuations,
                                asked.stream()
                                        .flatMapToInt(
                                                it -> it.question().shares().tokens())))
                .iterator();
        List<PromptScore> scored = new ArrayList<>();
        for (Question.Asked one : asked) {
            Question question = one.question();
            List<TokenLogits> own =
                    question.shares().places().stream().map(_ -> logits.next()).toList();
            Map<Choice, Double> shares = question.shares().of(own);
            var score = new PromptScore(
                    question.prompt(),
                    question.region(),
                    shares.getOrDefault(Choice.REJECT, 0.0),
                    shares.getOrDefault(Choice.REVIEW, 0.0));
            scores.put(question.order(), score);
            scored.add(score);
        }
        return scored;
    }

    private void explainWhereNeeded(Question.Asked asked, PromptScore score, Spot spot) {
        if (score.needsExplanation()) {
            List<Finding> findings = timed(
                    Stopwatch.Step.EXPLAIN,
                    Pace.Piece.EXPLAINING,
                    () -> tools.explainer().explain(asked, score, spot, this::inTime));
            sightings.put(
                    asked.question().order(),
                    findings.stream()
                            .map(it -> new Seams.Sighting(score.region(), spot.whole(), it))
                            .toList());
        }
    }

    private <T> T timed(Stopwatch.Step step, Pace.Piece piece, Supplier<T> work) {
        long before = deadline.nanosLeft();
        T result = watch.time(step, work);
        tools.pace().took(piece, before - deadline.nanosLeft());
        return result;
    }

    /** Called before each step: the time for whoever waits. */
    private void inTime() {
        tools.ahead().ifPresent(it -> it.goOn(areAllSeen));
        if (deadline.passed()) {
            throw new InspectionException(
                    Cause.LATE,
                    "the deadline passed with %d of %d questions answered".formatted(scores.size(), tools.questions()));
        }
    }
}
