package goshawk.appliance.evaluate;

import goshawk.appliance.evaluate.CalibrationStudy.OfPrompt;
import goshawk.appliance.evaluate.Reliability.Bin;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The reliability diagram of a study: a panel for each prompt and one for all together. On the diagonal, a confidence of 0.7 is
 * true seven times in ten. Rings are the scores as they come, dots the confidences, with the exact interval of each; below, how
 * many parts got which confidence.
 */
final class ReliabilityPlot {

    private static final int PANEL = 300;
    private static final int SIDE = 200;
    private static final int LEFT = 58;
    private static final int TOP = 58;
    private static final int BARS = 34;
    private static final int HEIGHT = 350;
    private static final int COLUMNS = 4;

    private record Panel(String title, Optional<Reliability> before, Optional<Reliability> after) {}

    private ReliabilityPlot() {}

    static String svg(CalibrationStudy study, String title) {
        List<Panel> panels = new ArrayList<>();
        panels.add(new Panel("all prompts", Optional.of(study.before()), Optional.of(study.after())));
        for (OfPrompt prompt : study.prompts()) {
            panels.add(new Panel(prompt.prompt().id(), prompt.before(), prompt.after()));
        }
        int columns = Math.min(COLUMNS, panels.size());
        int rows = Math.ceilDiv(panels.size(), columns);
        var svg = new Svg(columns * PANEL + 20, rows * HEIGHT + 74);
        svg.bold(20, 30, 18, title);
        svg.ring(25, 50, 4, Svg.SOFT).text(35, 54, "start", 12, Svg.SOFT, "score plus doubt, as it comes");
        svg.dot(235, 50, 4, Svg.BLUE)
                .text(245, 54, "start", 12, Svg.SOFT, "confidence, with its exact 95 % interval; parts held out");
        for (int i = 0; i < panels.size(); i++) {
            panel(svg, panels.get(i), 10 + i % columns * PANEL, 64 + Math.floorDiv(i, columns) * HEIGHT);
        }
        return svg.toString();
    }

    /** By how many examples a bin has, so that the eye goes to those that count. */
    private static double radius(Bin bin, int examples) {
        return 2.5 + 4 * Math.sqrt((double) bin.isTrue().trials() / examples);
    }

    private static void panel(Svg svg, Panel panel, int x, int y) {
        int left = x + LEFT;
        int top = y + TOP;
        svg.bold(left, y + 26, 14, panel.title());
        svg.rect(left, top, SIDE, SIDE, "#f6f7f8").frame(left, top, SIDE, SIDE);
        svg.dashed(left, top + SIDE, left + SIDE, top, Svg.SOFT);
        for (int tick = 0; tick <= 2; tick++) {
            double at = tick / 2.0;
            String mark = String.format(Locale.ROOT, "%.1f", at);
            svg.text(left + at * SIDE, top + SIDE + BARS + 16, "middle", 11, Svg.SOFT, mark);
            svg.text(left - 6, top + (1 - at) * SIDE + 4, "end", 11, Svg.SOFT, mark);
        }
        if (panel.before().isEmpty() || panel.after().isEmpty()) {
            svg.text(left + SIDE / 2.0, top + SIDE / 2.0, "middle", 12, Svg.SOFT, "too few labelled parts");
            return;
        }
        Reliability before = panel.before().get();
        Reliability after = panel.after().get();
        svg.text(
                left,
                y + 45,
                "start",
                12,
                Svg.SOFT,
                String.format(
                        Locale.ROOT, "expected error %.3f → %.3f", before.expectedError(), after.expectedError()));
        for (Bin bin : before.bins()) {
            svg.ring(
                    left + bin.confidence() * SIDE,
                    top + (1 - bin.isTrue().share()) * SIDE,
                    radius(bin, before.examples()),
                    Svg.SOFT);
        }
        int most = after.bins().stream()
                .mapToInt(bin -> bin.isTrue().trials())
                .max()
                .orElse(1);
        for (Bin bin : after.bins()) {
            double across = left + bin.confidence() * SIDE;
            Proportion.Interval exact = bin.isTrue().exact95();
            svg.line(across, top + (1 - exact.low()) * SIDE, across, top + (1 - exact.high()) * SIDE, Svg.BLUE, 1.2);
            svg.dot(across, top + (1 - bin.isTrue().share()) * SIDE, radius(bin, after.examples()), Svg.BLUE);
            double tall = (BARS - 6.0) * bin.isTrue().trials() / most;
            svg.rect(across - 4, top + SIDE + BARS - tall, 8, tall, Svg.BLUE);
            if (bin.isTrue().trials() == most) {
                svg.text(across + 8, top + SIDE + 18, "start", 10, Svg.SOFT, Integer.toString(most));
            }
        }
        svg.line(left, top + SIDE + BARS, left + SIDE, top + SIDE + BARS, Svg.LINE, 1);
    }
}
