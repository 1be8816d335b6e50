package goshawk.appliance.evaluate;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Rows in columns for a terminal: the first column to the left, the others to the right. */
final class Table {

    private final List<List<String>> rows = new ArrayList<>();

    Table(String... header) {
        rows.add(List.of(header));
    }

    void row(Object... cells) {
        List<String> row = new ArrayList<>();
        for (Object cell : cells) {
            row.add(cell.toString());
        }
        rows.add(row);
    }

    String text() {
        int columns = rows.getFirst().size();
        int[] widths = new int[columns];
        for (List<String> row : rows) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], width(row.get(i)));
            }
        }
        var text = new StringBuilder();
        for (List<String> row : rows) {
            var line = new StringBuilder();
            for (int i = 0; i < columns; i++) {
                String gap = " ".repeat(widths[i] - width(row.get(i)));
                line.append(i == 0 ? row.get(i) + gap : "   " + gap + row.get(i));
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }

    private static int width(String cell) {
        return cell.codePointCount(0, cell.length());
    }

    /** {@code 99.7 %}; more places near 0 and 100, where they matter; a dash without trials. */
    static String percent(double share) {
        if (Double.isNaN(share)) {
            return "–";
        }
        boolean fine = share != 0 && share != 1 && (share < 0.02 || share > 0.98);
        return String.format(Locale.ROOT, fine ? "%.2f %%" : "%.1f %%", 100 * share);
    }

    static String percent(Proportion proportion) {
        return percent(proportion.share());
    }

    /** The exact interval, {@code 98.9 … 100.0 %}. */
    static String interval(Proportion proportion) {
        if (proportion.trials() == 0) {
            return "–";
        }
        Proportion.Interval exact = proportion.exact95();
        return percent(exact.low()).replace(" %", "") + " … " + percent(exact.high());
    }
}
