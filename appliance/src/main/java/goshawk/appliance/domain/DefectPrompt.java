package goshawk.appliance.domain;

import java.util.List;
import java.util.OptionalDouble;

/**
 * One question to the model about one kind of defect, asked of each of its regions.
 *
 * @param id unique in its recipe
 * @param question what the model is asked, word for word
 * @param defects defect codes that the answer may name, at least one
 * @param regions names of the recipe's regions it looks at, one by one, at least one
 * @param rejectAt score in [0, 1] from which the part is rejected
 * @param reviewAt score plus doubt in [0, rejectAt] from which an operator decides
 * @param findingsAt score in [0, 1] from which a further finding of an answer is told; the first always is
 * @param smallestMm the least size of the defect that must be found, in mm on the part, above 0; empty where nobody has said
 */
public record DefectPrompt(
        String id,
        String question,
        List<String> defects,
        List<String> regions,
        Severity severity,
        double rejectAt,
        double reviewAt,
        double findingsAt,
        OptionalDouble smallestMm) {

    public DefectPrompt {
        defects = List.copyOf(defects);
        if (defects.isEmpty()) {
            throw new IllegalArgumentException("prompt " + id + " names no defect code");
        }
        regions = List.copyOf(regions);
        if (regions.isEmpty()) {
            throw new IllegalArgumentException("prompt " + id + " looks at no region");
        }
        if (!(0 <= reviewAt && reviewAt <= rejectAt && rejectAt <= 1)) {
            throw new IllegalArgumentException(
                    "prompt %s wants 0 <= reviewAt <= rejectAt <= 1, got reviewAt %s, rejectAt %s"
                            .formatted(id, reviewAt, rejectAt));
        }
        if (!(0 <= findingsAt && findingsAt <= 1)) { // also refuses NaN
            throw new IllegalArgumentException(
                    "prompt %s wants findingsAt in [0, 1], got %s".formatted(id, findingsAt));
        }
        if (smallestMm.isPresent() && !(smallestMm.getAsDouble() > 0)) { // also refuses NaN
            throw new IllegalArgumentException(
                    "prompt %s wants smallestMm above 0, got %s".formatted(id, smallestMm.getAsDouble()));
        }
    }

    /** The same question about other regions. */
    public DefectPrompt lookingAt(List<String> others) {
        return new DefectPrompt(id, question, defects, others, severity, rejectAt, reviewAt, findingsAt, smallestMm);
    }
}
