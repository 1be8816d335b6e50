package goshawk.appliance.domain;

import goshawk.camera.PictureQuality;
import goshawk.camera.PictureQuality.Measure;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a picture must be like to be judged. Pure.
 *
 * @param ranges of the measures that the recipe cares for, at least one
 */
public record QualityBounds(Map<Measure, Range> ranges) {

    /** Both ends allowed; infinite where there is no bound. */
    public record Range(double least, double most) {
        public Range {
            if (!(least <= most)) { // also refuses NaN
                throw new IllegalArgumentException("from %s to %s there is nothing".formatted(least, most));
            }
        }

        public static Range atLeast(double least) {
            return new Range(least, Double.POSITIVE_INFINITY);
        }

        public static Range atMost(double most) {
            return new Range(Double.NEGATIVE_INFINITY, most);
        }

        public boolean holds(double value) {
            return least <= value && value <= most; // NaN is in no range
        }
    }

    public QualityBounds {
        if (ranges.isEmpty()) {
            throw new IllegalArgumentException("bounds of a picture's quality name no measure");
        }
        ranges = Collections.unmodifiableMap(new EnumMap<>(ranges));
    }

    /** What keeps the picture from being judged, in words; empty when nothing does. */
    public List<String> shortfalls(PictureQuality quality) {
        List<String> shortfalls = new ArrayList<>();
        ranges.forEach((measure, range) -> {
            double value = quality.of(measure);
            if (!range.holds(value)) {
                boolean isTooLow = value < range.least();
                shortfalls.add("%s is %s, %s %s is allowed"
                        .formatted(
                                measure.key(),
                                written(measure, value),
                                isTooLow ? "at least" : "at most",
                                written(measure, isTooLow ? range.least() : range.most())));
            }
        });
        return shortfalls;
    }

    /** For people: rounded, with its unit. */
    public static String written(Measure measure, double value) {
        return rounded(value) + (measure.unit().isEmpty() ? "" : " " + measure.unit());
    }

    /** For people: three digits or four. */
    public static String rounded(double value) {
        return String.format(Locale.ROOT, value < 1 ? "%.3f" : value < 100 ? "%.2f" : "%.1f", value);
    }

    /** For a recipe's hash. */
    List<Object> values() {
        List<Object> values = new ArrayList<>();
        ranges.forEach((measure, range) -> Collections.addAll(values, measure.name(), range.least(), range.most()));
        return values;
    }
}
