package goshawk.appliance.evaluate;

import goshawk.appliance.domain.Deadline;
import goshawk.appliance.domain.DecisionPolicy;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.InspectionException;
import goshawk.appliance.domain.Inspector;
import goshawk.appliance.domain.PromptScore;
import goshawk.appliance.domain.Thought;
import goshawk.camera.Views;
import java.time.Duration;
import java.util.List;

/** Judges parts whose truth is known, with the line's own inspector and decision. Belongs to the inspector's thread. */
public final class Judge {

    private final Inspector inspector;
    private final Duration takt;
    private final DecisionPolicy policy = new DecisionPolicy();

    /**
     * @param inspector stays the caller's
     * @param takt the recipe's: what is too late for the line is too late here, and a thought ends as early as there
     */
    public Judge(Inspector inspector, Duration takt) {
        this.inspector = inspector;
        this.takt = takt;
    }

    /**
     * A part that was looked at.
     *
     * @param scores one for each prompt and region; none when it could not be looked at
     * @param thoughts that came before them
     */
    public record Looked(KnownPart known, JudgedPart judged, List<PromptScore> scores, List<Thought> thoughts) {
        public Looked {
            scores = List.copyOf(scores);
            thoughts = List.copyOf(thoughts);
        }
    }

    Looked look(GoldenPart.Shown shown) {
        try (Views views = shown.views()) {
            long start = System.nanoTime();
            Inspection inspection = inspect(views, start);
            double tookMs = (System.nanoTime() - start) / 1e6;
            KnownPart known = shown.known();
            var judged = JudgedPart.of(known.file(), policy.decide(inspection), inspection, tookMs);
            return switch (inspection) {
                case Inspection.Completed completed ->
                    new Looked(known, judged, completed.scores(), completed.thoughts());
                case Inspection.Failed _ -> new Looked(known, judged, List.of(), List.of());
            };
        }
    }

    private Inspection inspect(Views views, long start) {
        try {
            return inspector.inspect(views, Deadline.of(start, takt, System::nanoTime));
        } catch (InspectionException e) {
            return new Inspection.Failed(e.reason(), String.valueOf(e.getMessage()));
        }
    }
}
