package goshawk.appliance.domain;

import goshawk.camera.Cause;
import java.util.List;

/** What happened when a part was looked at. A failure is an inspection too, so nothing can be lost by throwing. */
public sealed interface Inspection {

    /**
     * @param scores one for each prompt and region, in the recipe's order
     * @param findings one for each score that needs an explanation
     */
    record Completed(List<PromptScore> scores, List<Finding> findings, Timings timings) implements Inspection {
        public Completed {
            scores = List.copyOf(scores);
            findings = List.copyOf(findings);
        }

        /** The same look, with other scores in the place of these. */
        Completed withScores(List<PromptScore> scores) {
            return new Completed(scores, findings, timings);
        }
    }

    record Failed(Cause cause, String detail) implements Inspection {}
}
