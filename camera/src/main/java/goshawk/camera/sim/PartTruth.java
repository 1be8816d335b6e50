package goshawk.camera.sim;

import java.util.List;
import java.util.stream.Collectors;

/**
 * What is known of a simulated part because we drew it.
 *
 * @param kind of two defects the more severe one
 * @param defects the most severe first; empty exactly when the part is good
 */
public record PartTruth(PartKind kind, List<DefectBox> defects, PartPose pose) {

    static final String CSV_HEADER = "file,label,defects,pose";

    public PartTruth {
        defects = List.copyOf(defects);
        if (defects.isEmpty() != (kind == PartKind.GOOD)) {
            throw new IllegalArgumentException(
                    "a part is good or has defects, not %s with %s".formatted(kind, defects));
        }
    }

    /** The row of {@code truth.csv}, without a line end. */
    String csvRow(String file) {
        String json = defects.stream().map(DefectBox::json).collect(Collectors.joining(",", "[", "]"));
        return "%s,%s,\"%s\",%s".formatted(file, kind.code(), json.replace("\"", "\"\""), pose.text());
    }
}
