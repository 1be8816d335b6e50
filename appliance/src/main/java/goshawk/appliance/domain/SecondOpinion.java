package goshawk.appliance.domain;

import java.time.Duration;
import java.util.List;

/**
 * What another model said of the same part. It can make a verdict stricter and never milder; what came too late, or not
 * at all, changes nothing.
 *
 * @param model and the server that has it, for people
 * @param scores one for each prompt and region that it answered; empty unless it answered in time
 * @param findings one or more for each of {@code scores} that needs an explanation
 * @param detail why there is no answer, empty when there is one
 * @param took from the first question to the last answer, or to the moment after which none was waited for
 */
public record SecondOpinion(
        String model, State state, List<PromptScore> scores, List<Finding> findings, String detail, Duration took) {

    /** What came of asking. The names are in records: renaming one rewrites history. */
    public enum State {
        /** In time, and counted. */
        ANSWERED,
        /** Not in time; the verdict did not wait. */
        LATE,
        /** The server could not be reached, refused, or answered what is no verdict. */
        FAILED,
        /** Not asked: the server has failed too often of late. */
        NOT_ASKED
    }

    public SecondOpinion {
        scores = List.copyOf(scores);
        findings = List.copyOf(findings);
    }

    /** Asked in vain. */
    public static SecondOpinion without(State state, String model, String detail, Duration took) {
        return new SecondOpinion(model, state, List.of(), List.of(), detail, took);
    }
}
