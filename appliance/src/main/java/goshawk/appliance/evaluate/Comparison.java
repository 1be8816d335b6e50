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
import java.util.function.ToDoubleFunction;

/**
 * Two inspectors on the same pictures: how many false calls each has at the same number of escapes.
 *
 * <p>The model is taken at its verdicts: its recipe has chosen. The baseline's threshold is put for each row anew, on the
 * very parts that are counted, where it does best: once for at most as many escapes as the model has, once for at most as
 * many false calls.
 *
 * @param rows for all defects together, with one threshold, and for each kind by itself
 * @param pictures number of pictures that both judged
 */
public record Comparison(List<Row> rows, int pictures) {

    /**
     * @param defects {@code all} or a label
     * @param bad number of bad parts
     * @param good number of good parts
     * @param escapes bad parts that the model passes
     * @param falseCalls good parts that the model does not pass
     * @param baselineFalseCalls of the baseline, at as many escapes
     * @param baselineEscapes of the baseline, at as many false calls
     */
    public record Row(
            String defects,
            int bad,
            int good,
            int escapes,
            int falseCalls,
            int baselineFalseCalls,
            int baselineEscapes) {

        /** Change in false calls from the baseline to the model, −1 is none left; NaN when neither has one. */
        public double change() {
            return (double) (falseCalls - baselineFalseCalls) / baselineFalseCalls;
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
        List<Row> rows = new ArrayList<>();
        rows.add(row("all", pairs, pair -> !pair.known().isGood()));
        var labels = new TreeSet<String>();
        pairs.forEach(pair -> labels.add(pair.known().label()));
        labels.remove(KnownPart.GOOD);
        if (labels.size() > 1) {
            labels.forEach(label ->
                    rows.add(row(label, pairs, pair -> pair.known().label().equals(label))));
        }
        return new Comparison(rows, pairs.size());
    }

    private static Row row(String defects, List<Pair> all, Predicate<Pair> isBad) {
        List<Pair> good = all.stream().filter(pair -> pair.known().isGood()).toList();
        List<Pair> bad = all.stream().filter(isBad).toList();
        int caught = caught(bad);
        int called = caught(good);
        double[] badScores = scores(bad, pair -> pair.baseline().rank());
        double[] goodScores = scores(good, pair -> pair.baseline().rank());
        return new Row(
                defects,
                bad.size(),
                good.size(),
                bad.size() - caught,
                called,
                falseCalls(badScores, goodScores, bad.size() - caught),
                escapes(badScores, goodScores, called));
    }

    private static int caught(List<Pair> pairs) {
        return (int)
                pairs.stream().filter(pair -> pair.model().call().isCaught()).count();
    }

    private static double[] scores(List<Pair> pairs, ToDoubleFunction<Pair> score) {
        return pairs.stream().mapToDouble(score).sorted().toArray();
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

    /** Bad parts below the lowest threshold that at most {@code falseCalls} good parts reach. */
    static int escapes(double[] bad, double[] good, int falseCalls) {
        if (falseCalls >= good.length) {
            return 0;
        }
        double[] sorted = good.clone();
        Arrays.sort(sorted);
        double passing = sorted[good.length - 1 - falseCalls];
        return (int) Arrays.stream(bad).filter(score -> score <= passing).count();
    }

    /** For a terminal. */
    public String text() {
        var table = new Table(
                "Defects",
                "bad",
                "good",
                "escapes",
                "false calls",
                "baseline at as many escapes",
                "change",
                "its escapes at as many false calls");
        for (Row row : rows) {
            table.row(
                    row.defects().replace('_', ' '),
                    row.bad(),
                    row.good(),
                    counted(row.escapes(), row.bad()),
                    counted(row.falseCalls(), row.good()),
                    counted(row.baselineFalseCalls(), row.good()),
                    row.baselineFalseCalls() == 0 ? "–" : String.format(Locale.ROOT, "%+.0f %%", 100 * row.change()),
                    counted(row.baselineEscapes(), row.bad()));
        }
        return "Beside the classical baseline, on the same %d pictures%n%s".formatted(pictures, table.text());
    }

    private static String counted(int hits, int trials) {
        return "%d (%s)".formatted(hits, Table.percent(new Proportion(hits, trials)));
    }
}
