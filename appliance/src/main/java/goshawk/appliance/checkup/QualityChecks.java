package goshawk.appliance.checkup;

import goshawk.appliance.checkup.Check.Result;
import goshawk.appliance.domain.QualityBounds;
import goshawk.camera.PictureQuality;
import goshawk.camera.PictureQuality.Measure;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** How good a while's pictures were, against the recipe's bounds. Pure. */
public final class QualityChecks {

    /** Of the pictures beyond a bound: each is a part that nobody looks at. */
    private static final double TOO_MANY = 0.01;

    private QualityChecks() {}

    /** A line for each measure that a while can tell; what a lens has caught, only a commissioning can. */
    public static List<Check> of(List<PictureQuality> pictures, Optional<QualityBounds> bounds) {
        if (pictures.isEmpty()) {
            return List.of(Check.none("picture quality", "not measured: no trigger had a picture"));
        }
        List<Check> checks = new ArrayList<>();
        if (bounds.isEmpty()) {
            checks.add(Check.warn(
                    "picture quality",
                    "the recipe has no bounds: a blurred or dark picture is judged like any other",
                    "bounds that good pictures keep",
                    "a section 'quality' in the recipe, with room around the values that follow: docs/recipes.md"));
        }
        for (Measure measure : Measure.values()) {
            if (measure != Measure.DIRT) {
                checks.add(check(measure, pictures, bounds));
            }
        }
        return checks;
    }

    private static Check check(Measure measure, List<PictureQuality> pictures, Optional<QualityBounds> bounds) {
        double[] values =
                pictures.stream().mapToDouble(it -> it.of(measure)).sorted().toArray();
        String said = "%s to %s, middle %s, of %d pictures"
                .formatted(
                        QualityBounds.rounded(values[0]),
                        QualityBounds.written(measure, values[values.length - 1]),
                        QualityBounds.rounded(values[values.length / 2]),
                        values.length);
        Optional<QualityBounds.Range> range = bounds.map(QualityBounds::ranges).map(it -> it.get(measure));
        if (range.isEmpty()) {
            return Check.none(measure.key(), said);
        }
        long beyond = pictures.stream()
                .filter(it -> !range.get().holds(it.of(measure)))
                .count();
        String bound = "%s; beyond it were %d".formatted(words(measure, range.get()), beyond);
        String remedy = "focus, exposure time, light and lens; or the bound in the recipe, if these pictures are good";
        if (beyond > TOO_MANY * values.length) {
            return Check.fail(measure.key(), said, bound, remedy);
        }
        return Check.of(measure.key(), beyond == 0, Result.WARN, said, bound, remedy);
    }

    private static String words(Measure measure, QualityBounds.Range range) {
        List<String> words = new ArrayList<>();
        if (!Double.isInfinite(range.least())) {
            words.add("at least " + QualityBounds.written(measure, range.least()));
        }
        if (!Double.isInfinite(range.most())) {
            words.add("at most " + QualityBounds.written(measure, range.most()));
        }
        return String.join(", ", words);
    }
}
