package goshawk.appliance.evaluate;

import goshawk.appliance.evaluate.JudgedPart.Call;
import goshawk.appliance.evaluate.JudgedPart.Found;
import goshawk.appliance.evaluate.KnownPart.Mark;
import goshawk.camera.Region;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * How many of the bad ones were caught and how many of the good ones passed, where both count the same: windows of
 * boards, positions of screws.
 */
public record BalancedAccuracy(String name, Proportion caught, Proportion passed) {

    /** Mean of both shares; that of the one there is when the other has no trials. */
    public double share() {
        if (caught.trials() == 0) {
            return passed.share();
        }
        return passed.trials() == 0 ? caught.share() : (caught.share() + passed.share()) / 2;
    }

    /** Judged rightly, good and bad together. */
    public Proportion right() {
        return new Proportion(caught.hits() + passed.hits(), caught.trials() + passed.trials());
    }

    /** By group, such as a board; the last one is all together. Pictures without a verdict are not counted. */
    public static List<BalancedAccuracy> byGroup(Collection<JudgedPart> judged, Map<String, KnownPart> truth) {
        var tally = new Tally();
        for (JudgedPart part : judged) {
            KnownPart known = truth.get(part.file());
            if (known != null) {
                tally.count(known.group(), !known.isGood(), part.call().isCaught());
            }
        }
        return tally.all();
    }

    /**
     * By marked position, in the order of the marks; the last one is all together. A position is called bad when a
     * finding has its centre there. A picture that was not inspected is judged wrongly in all of its positions.
     *
     * @param badCodes the codes of marks that are defects
     */
    public static List<BalancedAccuracy> byPosition(
            Collection<JudgedPart> judged, Map<String, KnownPart> truth, Set<String> badCodes) {
        var tally = new Tally();
        for (JudgedPart part : judged) {
            KnownPart known = truth.get(part.file());
            List<Mark> marks = known == null ? List.of() : known.marks();
            for (int i = 0; i < marks.size(); i++) {
                Mark mark = marks.get(i);
                boolean bad = badCodes.contains(mark.code());
                boolean called =
                        part.found().stream().map(Found::region).anyMatch(region -> holds(mark.place(), region));
                boolean wrongAnyway = part.call() == Call.NOT_INSPECTED;
                tally.count("position " + (i + 1), bad, wrongAnyway ? !bad : called);
            }
        }
        return tally.all();
    }

    private static boolean holds(Region place, Region found) {
        double x = (found.left() + found.right()) / 2.0;
        double y = (found.top() + found.bottom()) / 2.0;
        return place.left() <= x && x < place.right() && place.top() <= y && y < place.bottom();
    }

    /** For a terminal. */
    public static String text(List<BalancedAccuracy> rows) {
        var table = new Table(
                "", "bad", "caught", "exact 95 %", "good", "passed", "exact 95 %", "balanced", "right", "exact 95 %");
        for (BalancedAccuracy row : rows) {
            table.row(
                    row.name(),
                    row.caught().trials(),
                    Table.percent(row.caught()),
                    Table.interval(row.caught()),
                    row.passed().trials(),
                    Table.percent(row.passed()),
                    Table.interval(row.passed()),
                    Table.percent(row.share()),
                    Table.percent(row.right()),
                    Table.interval(row.right()));
        }
        return table.text();
    }

    private static final class Tally {

        /** Bad and caught, bad, good and passed, good. */
        private final Map<String, int[]> counts = new TreeMap<>();

        void count(String name, boolean bad, boolean called) {
            for (String key : List.of(name, "")) {
                int[] count = counts.computeIfAbsent(key, _ -> new int[4]);
                count[bad ? 1 : 3]++;
                if (bad == called) {
                    count[bad ? 0 : 2]++;
                }
            }
        }

        List<BalancedAccuracy> all() {
            Map<String, int[]> ordered = new LinkedHashMap<>(counts);
            int[] together = ordered.remove("");
            List<BalancedAccuracy> rows = new ArrayList<>();
            ordered.forEach((name, count) -> rows.add(row(name, count)));
            if (together != null) {
                rows.add(row("all", together));
            }
            return rows;
        }

        private static BalancedAccuracy row(String name, int[] count) {
            return new BalancedAccuracy(name, new Proportion(count[0], count[1]), new Proportion(count[2], count[3]));
        }
    }
}
