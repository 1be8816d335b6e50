package goshawk.appliance;

import goshawk.appliance.recipe.Section;
import goshawk.camera.linescan.LineScan;
import goshawk.camera.linescan.LineScan.Begin;
import goshawk.camera.linescan.LineScan.End;
import goshawk.camera.linescan.LineScan.Placing;
import java.time.Duration;

/** How a station's line-scan camera makes pictures of lines: the keys of its {@code source}. */
final class LineScanSection {

    private static final int MOST_LINES = 1 << 20;

    private enum PlacingKind {
        ENCODER,
        TIME
    }

    private enum BeginKind {
        PART_PRESENT,
        CONTINUOUS
    }

    private enum EndKind {
        LENGTH,
        PART_GONE
    }

    private LineScanSection() {}

    static LineScan read(Section section) {
        int lines = section.whole("lines", 1, MOST_LINES);
        Placing placing = switch (section.choice("placing", PlacingKind.class, PlacingKind.ENCODER)) {
            case ENCODER ->
                new Placing.Encoder(
                        section.whole("stepsPerLine", 1, MOST_LINES, 1),
                        section.whole("mostBackLines", 1, MOST_LINES, Math.max(lines, 1)));
            case TIME -> new Placing.Time();
        };
        Begin begin = switch (section.choice("begin", BeginKind.class, BeginKind.PART_PRESENT)) {
            case PART_PRESENT -> new Begin.PartPresent(section.whole("delayLines", 0, MOST_LINES, 0));
            case CONTINUOUS -> new Begin.Continuous();
        };
        End end = switch (section.choice("end", EndKind.class, EndKind.LENGTH)) {
            case LENGTH -> new End.Length();
            case PART_GONE -> new End.PartGone(section.whole("leastLines", 1, MOST_LINES, 1));
        };
        int overlap = section.whole("overlap", 0, MOST_LINES, 0);
        Duration timeout =
                section.duration("lineTimeout", Duration.ofMillis(1), Duration.ofHours(1), Duration.ofMillis(500));
        double rate = section.number("rateKHz", 0.001, 10_000);
        LineScan fallback = new LineScan(
                1, new Placing.Time(), new Begin.Continuous(), new End.Length(), 0, Duration.ofSeconds(1), 1);
        return section.make(() -> new LineScan(lines, placing, begin, end, overlap, timeout, rate))
                .orElse(fallback);
    }
}
