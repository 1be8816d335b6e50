package goshawk.camera.sim;

import java.util.List;
import java.util.stream.Collectors;

/**
 * What is known of a simulated part because we drew it.
 *
 * @param kind of two defects the more severe one
 * @param defects the most severe first; empty exactly when the part is good
 * @param code what a reader reads on the label, right or wrong; empty when there is none or it cannot be read whole
 * @param writing words on the plate that say nothing about the part; empty when there are none
 */
public record PartTruth(PartKind kind, List<DefectBox> defects, PartPose pose, String code, String writing) {

    static final String CSV_HEADER = "file,label,defects,pose,code,writing";

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
        return "%s,%s,%s,%s,%s,%s"
                .formatted(
                        file, kind.code(), quoted(json), pose.text(), code, writing.isEmpty() ? "" : quoted(writing));
    }

    private static String quoted(String cell) {
        return '"' + cell.replace("\"", "\"\"") + '"';
    }
}
