package goshawk.appliance.bench;

import goshawk.appliance.evaluate.Svg;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/**
 * Times of a bench on a logarithmic axis: a line for each row, from the floor to the engine, and where transformers and
 * other engines are.
 */
final class BenchPlot {

    private static final int LEFT = 210;
    private static final int WIDE = 620;
    private static final int STEP = 34;
    private static final int RIGHT = 70;

    /** Of the legend, whose first line is the engine's. */
    private static final int LEGEND = 54;

    private static final int LEGEND_STEP = 24;
    private static final int LEGEND_FLOOR = 445;

    private final double low;
    private final double high;
    private final int top;
    private final Svg svg;

    /** @param others that are in the legend */
    private BenchPlot(double low, double high, int rows, int others) {
        this.low = low;
        this.high = high;
        this.top = LEGEND + 26 + LEGEND_STEP * Math.max(1, others);
        this.svg = new Svg(LEFT + WIDE + RIGHT, top + rows * STEP + 46);
    }

    static String svg(
            BenchResult first,
            List<BenchResult> others,
            Optional<Reference> reference,
            Function<BenchResult.Row, OptionalDouble> floor) {
        double[] all = first.rows().stream()
                .flatMapToDouble(row -> DoubleStream.concat(
                        DoubleStream.concat(DoubleStream.of(row.p50()), floor.apply(row).stream()),
                        elsewhere(row.name(), others, reference)))
                .toArray();
        double low = Math.floor(Math.log10(DoubleStream.of(all).min().orElse(1)));
        double high = Math.ceil(Math.log10(DoubleStream.of(all).max().orElse(10)));
        List<String> names = Stream.concat(
                        others.stream().map(other -> other.engine().precision()),
                        reference.stream()
                                .flatMap(it -> it.variants().stream())
                                .map(variant -> "transformers, " + variant))
                .toList();
        var plot = new BenchPlot(low, Math.max(high, low + 1), first.rows().size(), names.size());
        plot.axis(first.rows().size());
        boolean hasFloor =
                first.rows().stream().anyMatch(row -> floor.apply(row).isPresent());
        plot.legend(first, names, hasFloor);
        for (int i = 0; i < first.rows().size(); i++) {
            plot.row(first.rows().get(i), plot.top + i * STEP + STEP / 2.0, others, reference, floor);
        }
        return plot.svg.toString();
    }

    private static DoubleStream elsewhere(String row, List<BenchResult> others, Optional<Reference> reference) {
        return DoubleStream.concat(
                others.stream().flatMap(it -> it.row(row).stream()).mapToDouble(BenchResult.Row::p50),
                reference.stream()
                        .flatMap(it -> it.variants().stream().flatMap(variant -> it.row(row, variant).stream()))
                        .mapToDouble(Reference.Row::p50));
    }

    private double x(double milliseconds) {
        return LEFT + WIDE * (Math.log10(milliseconds) - low) / (high - low);
    }

    private void axis(int rows) {
        int bottom = top + rows * STEP;
        for (int power = (int) low; power <= high; power++) {
            for (int digit = 1; digit < 10; digit++) {
                double ms = digit * Math.pow(10, power);
                if (Math.log10(ms) > high) {
                    break;
                }
                svg.line(x(ms), top, x(ms), bottom, Svg.LINE, digit == 1 ? 1.2 : 0.4);
            }
            double decade = Math.pow(10, power);
            String mark =
                    power < 0 ? String.format(Locale.ROOT, "%." + -power + "f", decade) : "%.0f".formatted(decade);
            svg.text(x(decade), bottom + 18, "middle", 12, Svg.SOFT, mark);
        }
        svg.text(LEFT + WIDE / 2.0, bottom + 38, "middle", 12, Svg.SOFT, "milliseconds");
    }

    private void legend(BenchResult first, List<String> others, boolean hasFloor) {
        svg.bold(20, 30, 18, first.engine().name() + ": time of each row");
        svg.dot(25, LEGEND, 5, Svg.BLUE)
                .text(36, LEGEND + 4, "start", 12, Svg.INK, first.engine().precision());
        if (hasFloor) {
            svg.line(LEGEND_FLOOR, LEGEND - 7, LEGEND_FLOOR, LEGEND + 7, Svg.RED, 3)
                    .text(LEGEND_FLOOR + 11, LEGEND + 4, "start", 12, Svg.SOFT, "floor of this machine");
        }
        for (int i = 0; i < others.size(); i++) {
            int y = LEGEND + LEGEND_STEP * (1 + i);
            mark(i, 25, y);
            svg.text(36, y + 4, "start", 12, Svg.SOFT, others.get(i));
        }
    }

    private void row(
            BenchResult.Row row,
            double y,
            List<BenchResult> others,
            Optional<Reference> reference,
            Function<BenchResult.Row, OptionalDouble> floor) {
        svg.text(LEFT - 14, y + 4, "end", 13, Svg.INK, row.name());
        floor.apply(row).ifPresent(ms -> {
            svg.line(x(ms), y, x(row.p50()), y, Svg.BLUE, 1.2);
            svg.line(x(ms), y - 7, x(ms), y + 7, Svg.RED, 3);
        });
        int place = 0;
        for (BenchResult other : others) {
            Optional<BenchResult.Row> same = other.row(row.name());
            if (same.isPresent()) {
                mark(place, x(same.get().p50()), y);
            }
            place++;
        }
        for (String variant : reference.map(Reference::variants).orElse(List.of())) {
            Optional<Reference.Row> same = reference.flatMap(it -> it.row(row.name(), variant));
            if (same.isPresent()) {
                mark(place, x(same.get().p50()), y);
            }
            place++;
        }
        svg.dot(x(row.p50()), y, 5, Svg.BLUE);
        svg.text(x(row.p50()), y - 8, "middle", 11, Svg.BLUE, BenchReport.ms(row.p50()));
    }

    /** Signs that can be told apart without colour. */
    private void mark(int place, double x, double y) {
        switch (place % 6) {
            case 0 -> svg.ring(x, y, 4.5, Svg.SOFT);
            case 1 -> svg.dot(x, y, 4.5, Svg.SOFT);
            case 2 -> svg.rect(x - 4, y - 4, 8, 8, Svg.SOFT);
            case 3 -> svg.line(x - 4, y - 4, x + 4, y + 4, Svg.SOFT, 2).line(x - 4, y + 4, x + 4, y - 4, Svg.SOFT, 2);
            case 4 -> svg.line(x - 5, y, x + 5, y, Svg.SOFT, 2).line(x, y - 5, x, y + 5, Svg.SOFT, 2);
            default ->
                svg.line(x - 5, y + 4, x + 5, y + 4, Svg.SOFT, 1.5)
                        .line(x - 5, y + 4, x, y - 5, Svg.SOFT, 1.5)
                        .line(x + 5, y + 4, x, y - 5, Svg.SOFT, 1.5);
        }
    }
}
