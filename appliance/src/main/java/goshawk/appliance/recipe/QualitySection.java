package goshawk.appliance.recipe;

import goshawk.appliance.domain.QualityBounds;
import goshawk.appliance.domain.QualityBounds.Range;
import goshawk.camera.PictureQuality.Measure;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The {@code quality} of a recipe: bounds by the names of their measures. */
final class QualitySection {

    private QualitySection() {}

    static QualityBounds read(Section section) {
        Map<Measure, Range> ranges = new EnumMap<>(Measure.class);
        section.meaning("blur", Measure.BLUR.key())
                .meaning("focus", Measure.BLUR.key())
                .meaning("smear", Measure.SMEAR.key())
                .meaning("exposure", Measure.BRIGHTNESS.key());
        for (Measure measure : Measure.values()) {
            if (section.has(measure.key())) {
                section.make(() -> range(section, measure)).ifPresent(range -> ranges.put(measure, range));
            }
        }
        return new QualityBounds(ranges);
    }

    private static Range range(Section section, Measure measure) {
        return switch (measure) {
            case BLUR, SMEAR -> Range.atMost(section.number(measure.key(), 0.1, 100));
            case BRIGHTNESS -> {
                List<Double> both = section.numbers(measure.key(), 2, 0, 255);
                yield new Range(both.getFirst(), both.getLast());
            }
            case CONTRAST -> Range.atLeast(section.number(measure.key(), 0, 255));
            case CLIPPED, CRUSHED, DIRT -> Range.atMost(section.number(measure.key(), 0, 1));
        };
    }
}
