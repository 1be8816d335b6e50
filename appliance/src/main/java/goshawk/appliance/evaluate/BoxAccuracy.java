package goshawk.appliance.evaluate;

import goshawk.appliance.evaluate.JudgedPart.Found;
import goshawk.appliance.evaluate.KnownPart.Mark;
import goshawk.camera.Region;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * How many of the marked places were found, and how many findings stand where nothing is marked.
 *
 * <p>A finding hits a mark when they have {@value #LEAST_OVERLAP} of their union in common. Each is used once, the best
 * pairs first. What a finding calls the defect does not matter here.
 *
 * @param hit marks that were hit, of all marks
 * @param stray findings that hit no mark
 * @param pictures good and bad ones
 */
public record BoxAccuracy(String name, Proportion hit, int stray, int pictures) {

    /** Intersection over union, in [0, 1]: DeepPCB's own measure, whose boxes people drew by hand. */
    public static final double LEAST_OVERLAP = 0.33;

    /** Findings that hit no mark, for each picture. */
    public double strayPerPicture() {
        return (double) stray / pictures;
    }

    /** By group, such as a board; the last one is all together. Pictures without a verdict are not counted. */
    public static List<BoxAccuracy> byGroup(Collection<JudgedPart> judged, Map<String, KnownPart> truth) {
        Map<String, BoxAccuracy> groups = new TreeMap<>();
        var all = new BoxAccuracy("all", new Proportion(0, 0), 0, 0);
        for (JudgedPart part : judged) {
            KnownPart known = truth.get(part.file());
            if (known != null) {
                BoxAccuracy one = of(part, known);
                all = all.plus(one);
                groups.merge(known.group(), one, BoxAccuracy::plus);
            }
        }
        groups.remove("");
        var rows = new ArrayList<>(groups.values());
        rows.add(all);
        return rows;
    }

    private static BoxAccuracy of(JudgedPart judged, KnownPart known) {
        List<Region> found = judged.found().stream().map(Found::region).toList();
        List<Region> marked = known.marks().stream().map(Mark::place).toList();
        int hits = hits(found, marked);
        return new BoxAccuracy(known.group(), new Proportion(hits, marked.size()), found.size() - hits, 1);
    }

    private BoxAccuracy plus(BoxAccuracy other) {
        return new BoxAccuracy(
                name,
                new Proportion(hit.hits() + other.hit.hits(), hit.trials() + other.hit.trials()),
                stray + other.stray,
                pictures + other.pictures);
    }

    private record Pair(int found, int marked, double overlap) {}

    private static int hits(List<Region> found, List<Region> marked) {
        List<Pair> pairs = new ArrayList<>();
        for (int i = 0; i < found.size(); i++) {
            for (int j = 0; j < marked.size(); j++) {
                double overlap = overlap(found.get(i), marked.get(j));
                if (overlap >= LEAST_OVERLAP) {
                    pairs.add(new Pair(i, j, overlap));
                }
            }
        }
        pairs.sort(Comparator.comparingDouble(Pair::overlap).reversed());
        Set<Integer> used = new HashSet<>();
        Set<Integer> hit = new HashSet<>();
        for (Pair pair : pairs) {
            if (!used.contains(pair.found()) && !hit.contains(pair.marked())) {
                used.add(pair.found());
                hit.add(pair.marked());
            }
        }
        return hit.size();
    }

    /** Intersection over union, in [0, 1]. */
    static double overlap(Region a, Region b) {
        double width = Math.min(a.right(), b.right()) - Math.max(a.left(), b.left());
        double height = Math.min(a.bottom(), b.bottom()) - Math.max(a.top(), b.top());
        double common = Math.max(0, width) * Math.max(0, height);
        return common / ((double) a.width() * a.height() + (double) b.width() * b.height() - common);
    }

    /** For a terminal. */
    public static String text(List<BoxAccuracy> rows) {
        var table = new Table("Boxes", "marked", "hit", "share", "exact 95 %", "hit nothing", "a picture");
        for (BoxAccuracy row : rows) {
            table.row(
                    row.name(),
                    row.hit().trials(),
                    row.hit().hits(),
                    Table.percent(row.hit()),
                    Table.interval(row.hit()),
                    row.stray(),
                    String.format(Locale.ROOT, "%.3f", row.strayPerPicture()));
        }
        return table.text();
    }
}
