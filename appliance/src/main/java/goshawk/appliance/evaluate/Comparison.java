package goshawk.appliance.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Two inspectors on the same pictures: how many false calls each needs for the same number of escapes.
 *
 * <p>Each picture has a score from each inspector, higher is worse. Where the threshold is put so that at most so many
 * bad parts pass, the good parts at or above it are the false calls. At the model's own verdicts there is no threshold to
 * choose: its escapes and false calls are counted, and the baseline's threshold is put for as many escapes.
 *
 * @param rows for all defects together and for each kind
 * @param pictures number of pictures that both judged
 */
public record Comparison(List<Row> rows, int pictures) {

    /**
     * @param defects {@code all} or a label
     * @param bad number of bad parts
     * @param good number of good parts
     * @param escapes allowed to both
     * @param atVerdicts true when the model's figures are those of its verdicts, false when of a threshold on its score
     */
    public record Row(String defects, int bad, int good, int escapes, boolean atVerdicts, int model, int baseline) {

        /** Change in false calls from the baseline to the model, −1 is none left; NaN when the baseline has none. */
        public double change() {
            return (double) (model - baseline) / baseline;
        }
    }

    public Comparison {
        rows = List.copyOf(rows);
    }

    private record Pair(KnownPart known, JudgedPart model, JudgedPart baseline) {}

    /** Counts the pictures that both judged and the truth knows. */
    public static Comparison of(
            Collection<JudgedPart> model, Collection<JudgedPart> baseline, Map<String, KnownPart> truth) {
        Map<String, JudgedPart> others = new HashMap<>();
        baseline.forEach(part -> others.put(part.file(), part));
        List<Pair> pairs = new ArrayList<>();
        for (JudgedPart part : model) {
            KnownPart known = truth.get(part.file());
            JudgedPart other = others.get(part.file());
            if (known != null && other != null) {
                pairs.add(new Pair(known, part, other));
            }
        }
        List<Row> rows =
                new ArrayList<>(rows("all", pairs, pair -> !pair.known().isGood()));
        var labels = new TreeSet<String>();
        pairs.forEach(pair -> labels.add(pair.known().label()));
        labels.remove(KnownPart.GOOD);
        if (labels.size() > 1) {
            labels.forEach(label ->
                    rows.addAll(rows(label, pairs, pair -> pair.known().label().equals(label))));
        }
        return new Comparison(rows, pairs.size());
    }

    private static List<Row> rows(String defects, List<Pair> all, Predicate<Pair> isBad) {
        List<Pair> good = all.stream().filter(pair -> pair.known().isGood()).toList();
        List<Pair> bad = all.stream().filter(isBad).toList();
        double[] modelBad =
                bad.stream().mapToDouble(pair -> pair.model().rank()).toArray();
        double[] modelGood =
                good.stream().mapToDouble(pair -> pair.model().rank()).toArray();
        double[] baselineBad =
                bad.stream().mapToDouble(pair -> pair.baseline().rank()).toArray();
        double[] baselineGood =
                good.stream().mapToDouble(pair -> pair.baseline().rank()).toArray();
        List<Row> rows = new ArrayList<>();
        int escaped = (int)
                bad.stream().filter(pair -> !pair.model().call().isCaught()).count();
        int called = (int)
                good.stream().filter(pair -> pair.model().call().isCaught()).count();
        rows.add(new Row(
                defects,
                bad.size(),
                good.size(),
                escaped,
                true,
                called,
                falseCalls(baselineBad, baselineGood, escaped)));
        for (int escapes : new TreeSet<>(List.of(0, bad.size() / 100, bad.size() / 20))) {
            rows.add(new Row(
                    defects,
                    bad.size(),
                    good.size(),
                    escapes,
                    false,
                    falseCalls(modelBad, modelGood, escapes),
                    falseCalls(baselineBad, baselineGood, escapes)));
        }
        return rows;
    }

    /** Good parts at or above the highest threshold that at most {@code escapes} bad parts are below of. */
    static int falseCalls(double[] bad, double[] good, int escapes) {
        if (escapes >= bad.length) {
            return 0;
        }
        double[] sorted = bad.clone();
        Arrays.sort(sorted);
        double threshold = sorted[escapes];
        return (int) Arrays.stream(good).filter(score -> score >= threshold).count();
    }

    /** For a terminal. */
    public String text() {
        var table = new Table("Defects", "bad", "good", "escapes", "", "false calls: model", "baseline", "change");
        for (Row row : rows) {
            table.row(
                    row.defects().replace('_', ' '),
                    row.bad(),
                    row.good(),
                    row.escapes(),
                    row.atVerdicts() ? "as judged" : "by score",
                    counted(row.model(), row.good()),
                    counted(row.baseline(), row.good()),
                    changed(row));
        }
        return "Model and classical baseline on the same %d pictures, at equal escapes%n%s"
                .formatted(pictures, table.text());
    }

    private static String counted(int calls, int good) {
        return "%d (%s)".formatted(calls, Table.percent(new Proportion(calls, good)));
    }

    private static String changed(Row row) {
        return row.baseline() == 0 ? "–" : String.format(Locale.ROOT, "%+.0f %%", 100 * row.change());
    }
}
