package goshawk.appliance.domain;

import goshawk.camera.Region;
import goshawk.camera.Views;
import java.time.Instant;
import java.util.List;

/**
 * What an operator says about an inspected part, whatever the model said.
 *
 * @param inspection the record's id
 * @param defects what is wrong with it: at least one on a rejected part, none on a good one; on a part that nobody can
 *     judge, what might be
 * @param by who says so
 */
public record Confirmation(long inspection, Label label, List<Defect> defects, String by, Instant at) {

    /** Most defects that one part may be told. */
    public static final int MOST_DEFECTS = 64;

    private static final int LONGEST_NAME = 64;

    /** What is true of the part. */
    public enum Label {
        PASS,
        REJECT,
        REVIEW
    }

    /**
     * @param code defect code of the recipe
     * @param region where, in pixels of the original picture of {@code view}
     * @param view whose picture shows it; {@link Views#ONLY} where there is but one
     */
    public record Defect(String code, Region region, String view) {

        /** In the only view. */
        public Defect(String code, Region region) {
            this(code, region, Views.ONLY);
        }

        public Defect {
            if (code.isBlank() || code.length() > LONGEST_NAME) {
                throw new IllegalArgumentException("a defect has a code of 1 to %d characters".formatted(LONGEST_NAME));
            }
        }
    }

    public Confirmation {
        defects = List.copyOf(defects);
        if (label == Label.PASS && !defects.isEmpty()) {
            throw new IllegalArgumentException("a good part has no defects, not " + defects.size());
        }
        if (label == Label.REJECT && defects.isEmpty()) {
            throw new IllegalArgumentException("a rejected part has a defect: say which and where");
        }
        if (defects.size() > MOST_DEFECTS) {
            throw new IllegalArgumentException("at most %d defects, not %d".formatted(MOST_DEFECTS, defects.size()));
        }
        if (by.isBlank() || by.length() > LONGEST_NAME) {
            throw new IllegalArgumentException(
                    "whoever confirms has a name of 1 to %d characters".formatted(LONGEST_NAME));
        }
    }
}
