package goshawk.appliance.remote;

import goshawk.appliance.domain.Deadline;
import goshawk.appliance.domain.DecisionPolicy;
import goshawk.appliance.domain.DefectPrompt;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.Inspector;
import goshawk.appliance.domain.PartLocator;
import goshawk.appliance.domain.Poses;
import goshawk.appliance.domain.PromptScore;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.SecondOpinion;
import goshawk.appliance.domain.Verdict;
import goshawk.camera.Views;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BiPredicate;
import java.util.function.Function;

/**
 * Asks another machine's model beside the line's own. The line's model looks as if there were no other; the other's
 * answer is waited for until a while before the part's deadline and not longer, so that whatever its server does, the
 * verdict is on time.
 *
 * <p>Belongs to the line's thread.
 */
public final class SecondOpinionInspector implements Inspector {

    private final RemoteQuestions questions;
    private final When when;
    private final Duration reserve;
    private final Inspector first;
    private final DecisionPolicy policy = new DecisionPolicy();

    private Optional<Poses> poses = Optional.empty();
    private Optional<RemoteQuestions.Asking> asking = Optional.empty();
    private Optional<Part> part = Optional.empty();

    private record Part(Views views, Deadline deadline) {}

    /** Which parts the other model is asked about. */
    public enum When {
        /** Those that the line's model is in doubt about, and of them what it is in doubt about. */
        REVIEW,
        /** All, at the same time as the line's model. */
        ALWAYS,
        /** None. */
        NEVER
    }

    /**
     * What a station is told.
     *
     * @param reserve of a part's time, kept for record and gate: the other model is not waited for within it
     */
    public record Settings(RemoteServer server, When when, Duration reserve) {}

    private SecondOpinionInspector(
            RemoteQuestions questions, Settings settings, PartLocator locator, Function<PartLocator, Inspector> first) {
        this.questions = questions;
        this.when = settings.when();
        this.reserve = settings.reserve();
        this.first = first.apply(new Witnessed(locator));
    }

    /**
     * @param locator taken over, also when this fails
     * @param first opens the line's own inspector with a locator that it takes over
     */
    public static SecondOpinionInspector open(
            Settings settings, Recipe recipe, PartLocator locator, Function<PartLocator, Inspector> first) {
        return open(new RemoteQuestions(settings.server(), recipe), settings, locator, first);
    }

    static SecondOpinionInspector open(
            RemoteQuestions questions, Settings settings, PartLocator locator, Function<PartLocator, Inspector> first) {
        try {
            return new SecondOpinionInspector(questions, settings, locator, first);
        } catch (RuntimeException e) {
            questions.close();
            throw e;
        }
    }

    @Override
    public Inspection.Completed inspect(Views views, Deadline deadline) {
        part = Optional.of(new Part(views, deadline));
        try {
            Inspection.Completed own = first.inspect(views, deadline);
            boolean isDoubtful = when == When.REVIEW && policy.decide(own) instanceof Verdict.Review;
            return isDoubtful ? own.with(asked(own)) : when == When.ALWAYS ? own.with(opinion()) : own;
        } finally {
            asking.ifPresent(RemoteQuestions.Asking::abandon); // the line's own model failed meanwhile
            asking = Optional.empty();
            part = Optional.empty();
            poses = Optional.empty();
        }
    }

    private SecondOpinion asked(Inspection.Completed own) {
        begin((prompt, region) -> own.scores().stream()
                .filter(PromptScore::needsExplanation)
                .anyMatch(
                        score -> score.prompt().equals(prompt) && score.region().equals(region)));
        return opinion();
    }

    private void begin(BiPredicate<DefectPrompt, String> wanted) {
        Part now = part.orElseThrow();
        asking = questions.ask(now.views(), poses.orElseThrow(), wanted, questions.within(now.deadline(), reserve));
    }

    private SecondOpinion opinion() {
        String model = questions.server().toString();
        if (asking.isEmpty()) {
            return SecondOpinion.without(
                    SecondOpinion.State.NOT_ASKED,
                    model,
                    "it has failed too often of late and is left alone for a while",
                    Duration.ZERO);
        }
        RemoteQuestions.Asking begun = asking.get();
        asking = Optional.empty();
        try {
            RemoteQuestions.Answers answers = begun.await();
            return new SecondOpinion(
                    model, SecondOpinion.State.ANSWERED, answers.scores(), answers.findings(), "", begun.took());
        } catch (RemoteException e) {
            return SecondOpinion.without(
                    e.isLate() ? SecondOpinion.State.LATE : SecondOpinion.State.FAILED,
                    model,
                    String.valueOf(e.getMessage()),
                    begun.took());
        }
    }

    /** Where the part lies is found once; from then on the other model can be asked. */
    private final class Witnessed implements PartLocator {

        private final PartLocator locator;

        Witnessed(PartLocator locator) {
            this.locator = locator;
        }

        @Override
        public Poses locate(Views views) {
            Poses found = locator.locate(views);
            poses = Optional.of(found);
            if (when == When.ALWAYS && part.isPresent()) {
                begin((_, _) -> true);
            }
            return found;
        }

        @Override
        public void close() {
            locator.close();
        }
    }

    @Override
    public void close() {
        try (questions;
                first) {
            // both, whatever happens
        }
    }
}
