package goshawk.appliance.domain;

import java.util.List;
import java.util.OptionalDouble;

/** Questions for tests: every finding of an answer is told, and nobody has said how small a defect may be. */
public final class Prompts {

    private Prompts() {}

    public static DefectPrompt of(
            String id,
            String question,
            List<String> defects,
            List<String> regions,
            Severity severity,
            double rejectAt,
            double reviewAt) {
        return of(id, question, defects, regions, severity, rejectAt, reviewAt, 0);
    }

    /** @param findingsAt score from which a further finding of an answer is told */
    public static DefectPrompt of(
            String id,
            String question,
            List<String> defects,
            List<String> regions,
            Severity severity,
            double rejectAt,
            double reviewAt,
            double findingsAt) {
        return new DefectPrompt(
                id, question, defects, regions, severity, rejectAt, reviewAt, findingsAt, OptionalDouble.empty());
    }
}
