package goshawk.appliance.domain;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Turns an inspection into a verdict, by the thresholds of each prompt. Pure: the same inspection gives the same
 * verdict, so an audit can replay last year's scores and get last year's answer.
 */
public final class DecisionPolicy {

    /**
     * Rejects when a prompt's score reaches its {@code rejectAt}; calls an operator when score and doubt together reach
     * its {@code reviewAt}, or when a code is not read as expected; passes otherwise. An inspection that asked nothing
     * passes nothing.
     *
     * <p>A second opinion that came in time is decided in the same way, and the stricter counts by one step: it turns a
     * Pass into a Review and a Review into a Reject. It never turns anything into a Pass.
     */
    public Verdict decide(Inspection inspection) {
        return switch (inspection) {
            case Inspection.Completed completed -> {
                Verdict own = own(completed);
                yield completed
                        .second()
                        .flatMap(this::decide)
                        .map(second -> stricter(own, second))
                        .orElse(own);
            }
            case Inspection.Failed(var cause, var detail) -> new Verdict.NotInspected(cause, detail);
        };
    }

    /** What the line's own model comes to, whatever anybody else said. */
    public Verdict own(Inspection.Completed inspection) {
        return decide(inspection.scores(), inspection.findings(), inspection.readings());
    }

    /** What another model comes to by the same thresholds; empty unless it answered in time. */
    public Optional<Verdict> decide(SecondOpinion second) {
        return second.state() == SecondOpinion.State.ANSWERED
                ? Optional.of(decide(second.scores(), second.findings(), List.of()))
                : Optional.empty();
    }

    private static Verdict decide(List<PromptScore> scores, List<Finding> findings, List<Reading> readings) {
        List<PromptScore> rejecting =
                scores.stream().filter(PromptScore::rejects).toList();
        if (!rejecting.isEmpty()) {
            List<Finding> why = findingsOf(rejecting, findings);
            // A reject that nobody explained is no pass: an operator looks at it.
            return why.isEmpty() ? new Verdict.Review(findings) : new Verdict.Reject(why);
        }
        List<PromptScore> doubtful =
                scores.stream().filter(PromptScore::needsExplanation).toList();
        boolean codesMatch = readings.stream().allMatch(Reading::isMatch);
        boolean askedNothing = scores.isEmpty() && readings.isEmpty();
        if (!doubtful.isEmpty() || !codesMatch || askedNothing) {
            List<Finding> why = new ArrayList<>(findingsOf(doubtful, findings));
            readings.stream()
                    .filter(reading -> !reading.isMatch())
                    .map(Reading::finding)
                    .forEach(why::add);
            return new Verdict.Review(why);
        }
        return new Verdict.Pass();
    }

    /** One step at most: what only the other model sees an operator looks at; what both see is rejected. */
    private static Verdict stricter(Verdict own, Verdict second) {
        return switch (own) {
            case Verdict.Pass pass ->
                switch (second) {
                    case Verdict.Pass _ -> pass;
                    case Verdict.Reject(var why) -> new Verdict.Review(why);
                    case Verdict.Review(var why) -> new Verdict.Review(why);
                    case Verdict.NotInspected _ -> pass;
                };
            case Verdict.Review(var doubts) ->
                second instanceof Verdict.Reject(var why) ? new Verdict.Reject(both(doubts, why)) : own;
            case Verdict.Reject _, Verdict.NotInspected _ -> own;
        };
    }

    private static List<Finding> both(List<Finding> first, List<Finding> second) {
        return Stream.concat(first.stream(), second.stream()).toList();
    }

    private static List<Finding> findingsOf(List<PromptScore> scores, List<Finding> findings) {
        return findings.stream()
                .filter(finding ->
                        scores.stream().anyMatch(score -> score.prompt().id().equals(finding.prompt())))
                .toList();
    }
}
