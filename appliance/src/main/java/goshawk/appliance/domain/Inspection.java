package goshawk.appliance.domain;

import goshawk.camera.Cause;
import java.util.List;
import java.util.Optional;

/** What happened when a part was looked at. A failure is an inspection too, so nothing can be lost by throwing. */
public sealed interface Inspection {

    /**
     * @param scores one for each prompt and region, in the recipe's order
     * @param findings at least one for each score that needs an explanation, in the order of the scores; what neighbouring tiles
     *     of a region saw of one defect is one finding
     * @param thoughts one for each score that was given after a thought, in the order of the scores
     * @param readings one for each code, region by region; those that are no match have a finding too
     * @param second what another model said, where one was asked
     */
    record Completed(
            List<PromptScore> scores,
            List<Finding> findings,
            Timings timings,
            List<Thought> thoughts,
            List<Reading> readings,
            Optional<SecondOpinion> second)
            implements Inspection {
        public Completed {
            scores = List.copyOf(scores);
            findings = List.copyOf(findings);
            thoughts = List.copyOf(thoughts);
            readings = List.copyOf(readings);
        }

        /** Scored at once, no code read, nobody else asked. */
        public Completed(List<PromptScore> scores, List<Finding> findings, Timings timings) {
            this(scores, findings, timings, List.of(), List.of());
        }

        /** Without anybody else's opinion. */
        public Completed(
                List<PromptScore> scores,
                List<Finding> findings,
                Timings timings,
                List<Thought> thoughts,
                List<Reading> readings) {
            this(scores, findings, timings, thoughts, readings, Optional.empty());
        }

        /** The same look, with other scores in the place of these. */
        Completed withScores(List<PromptScore> scores) {
            return new Completed(scores, findings, timings, thoughts, readings, second);
        }

        /** The same, with what another model said. */
        public Completed with(SecondOpinion opinion) {
            return new Completed(scores, findings, timings, thoughts, readings, Optional.of(opinion));
        }
    }

    record Failed(Cause cause, String detail) implements Inspection {}
}
