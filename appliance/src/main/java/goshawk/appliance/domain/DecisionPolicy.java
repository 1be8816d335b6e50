package goshawk.appliance.domain;

import java.util.ArrayList;
import java.util.List;

/**
 * Turns an inspection into a verdict, by the thresholds of each prompt. Pure: the same inspection gives the same
 * verdict, so an audit can replay last year's scores and get last year's answer.
 */
public final class DecisionPolicy {

    /**
     * Rejects when a prompt's score reaches its {@code rejectAt}; calls an operator when score and doubt together reach
     * its {@code reviewAt}, or when a code is not read as expected; passes otherwise. An inspection that asked nothing
     * passes nothing.
     */
    public Verdict decide(Inspection inspection) {
        return switch (inspection) {
            case Inspection.Completed completed -> decide(completed);
            case Inspection.Failed(var cause, var detail) -> new Verdict.NotInspected(cause, detail);
        };
    }

    private static Verdict decide(Inspection.Completed completed) {
        List<PromptScore> rejecting =
                completed.scores().stream().filter(PromptScore::rejects).toList();
        if (!rejecting.isEmpty()) {
            List<Finding> why = findingsOf(rejecting, completed);
            // A reject that nobody explained is no pass: an operator looks at it.
            return why.isEmpty() ? new Verdict.Review(completed.findings()) : new Verdict.Reject(why);
        }
        List<PromptScore> doubtful = completed.scores().stream()
                .filter(PromptScore::needsExplanation)
                .toList();
        boolean codesMatch = completed.readings().stream().allMatch(Reading::isMatch);
        boolean askedNothing =
                completed.scores().isEmpty() && completed.readings().isEmpty();
        if (!doubtful.isEmpty() || !codesMatch || askedNothing) {
            List<Finding> why = new ArrayList<>(findingsOf(doubtful, completed));
            completed.readings().stream()
                    .filter(reading -> !reading.isMatch())
                    .map(Reading::finding)
                    .forEach(why::add);
            return new Verdict.Review(why);
        }
        return new Verdict.Pass();
    }

    private static List<Finding> findingsOf(List<PromptScore> scores, Inspection.Completed completed) {
        return completed.findings().stream()
                .filter(finding ->
                        scores.stream().anyMatch(score -> score.prompt().id().equals(finding.prompt())))
                .toList();
    }
}
