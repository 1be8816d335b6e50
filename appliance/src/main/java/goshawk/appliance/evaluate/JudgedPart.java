package goshawk.appliance.evaluate;

import goshawk.appliance.domain.Finding;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.Verdict;
import goshawk.camera.Region;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * What an inspector said about one picture.
 *
 * @param file name of the picture
 * @param score of the part, higher is worse: the largest score plus doubt of any prompt; a part that was not inspected
 *     has none and counts as the worst
 * @param tookMs from the picture to the verdict, in milliseconds, where it was measured
 */
public record JudgedPart(String file, Call call, OptionalDouble score, List<Found> found, OptionalDouble tookMs) {

    /** The verdicts, by name. */
    public enum Call {
        PASS,
        REJECT,
        REVIEW,
        NOT_INSPECTED;

        /** Everything but a Pass leaves the line. */
        public boolean isCaught() {
            return this != PASS;
        }

        String words() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    /** Something found: by which prompt, what and where. */
    public record Found(String prompt, String defect, double score, Region region) {}

    public JudgedPart {
        found = List.copyOf(found);
    }

    /** @param tookMs from the picture, or its trigger, to the verdict */
    public static JudgedPart of(String file, Verdict verdict, Inspection inspection, double tookMs) {
        OptionalDouble score = OptionalDouble.empty();
        List<Found> found = List.of();
        if (inspection instanceof Inspection.Completed completed) {
            score = completed.scores().stream()
                    .mapToDouble(it -> it.score() + it.doubt())
                    .max();
            found = completed.findings().stream().map(JudgedPart::found).toList();
        }
        return new JudgedPart(file, Call.valueOf(verdict.code()), score, found, OptionalDouble.of(tookMs));
    }

    private static Found found(Finding finding) {
        return new Found(finding.prompt(), finding.defect(), finding.score(), finding.region());
    }

    /** For ranking: a part that was not inspected is worse than any score. */
    double rank() {
        return score.orElse(Double.POSITIVE_INFINITY);
    }
}
