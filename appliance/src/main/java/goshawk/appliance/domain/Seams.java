package goshawk.appliance.domain;

import goshawk.camera.Region;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes one finding of what neighbouring tiles of a region saw of one defect. Pure.
 *
 * <p>Two findings are compared by what of each lies where both tiles look. They are the same when they cover each other there, or
 * when both are cut off by their tile's edge and touch: what goes on beyond an edge goes on in the neighbour. A finding is joined
 * with one of each other tile at most, so that two defects side by side, both seen by both tiles, stay two.
 */
public final class Seams {

    /** Share of the smaller box, or of both together, from which boxes cover each other. */
    private static final double CONTAINED = 0.5;

    private static final double COMMON = 0.3;

    /** How exactly a model is expected to place a box: this share of a tile's side, and some pixels at least. */
    private static final double PLACED = 0.01;

    private static final int PLACED_PX = 3;

    private Seams() {}

    /**
     * A finding and who had it.
     *
     * @param region by name, which may be a tile's
     * @param tile the region's place in the original picture, the upright rectangle around it
     * @param isPlaced false when the finding is about the whole region and names no place in it
     */
    public record Sighting(String region, Region tile, Finding finding, boolean isPlaced) {

        /** As {@link #Sighting(String, Region, Finding, boolean)}: a finding as large as its tile names no place. */
        public Sighting(String region, Region tile, Finding finding) {
            this(region, tile, finding, !finding.region().equals(tile));
        }
    }

    /** What may be joined: prompt, defect and the region that was cut. */
    private record Kind(String prompt, String defect, String region) {}

    /**
     * @param sightings in the order of the questions
     * @return the findings in the same order, a joined one in the place of its first: its region is around all of it, its score
     *     and its answer are those of the tile that was surest
     */
    public static List<Finding> joined(List<Sighting> sightings) {
        Map<Kind, List<Joint>> joints = new LinkedHashMap<>();
        List<Joint> inOrder = new ArrayList<>();
        int from = 0;
        while (from < sightings.size()) { // tile by tile
            int to = from + 1;
            while (to < sightings.size() && isOneLook(sightings.get(from), sightings.get(to))) {
                to++;
            }
            join(sightings.subList(from, to), joints, inOrder);
            from = to;
        }
        return inOrder.stream().map(Joint::finding).toList();
    }

    private static boolean isOneLook(Sighting one, Sighting other) {
        return one.region().equals(other.region())
                && one.finding().prompt().equals(other.finding().prompt());
    }

    private record Match(Sighting sighting, Joint joint, double likeness) {}

    private static void join(List<Sighting> look, Map<Kind, List<Joint>> joints, List<Joint> inOrder) {
        List<Match> matches = new ArrayList<>();
        for (Sighting sighting : look) {
            for (Joint joint : joints.getOrDefault(kind(sighting), List.of())) {
                double likeness = joint.likeness(sighting);
                if (likeness > 0) {
                    matches.add(new Match(sighting, joint, likeness));
                }
            }
        }
        matches.sort(Comparator.comparingDouble(match -> -match.likeness()));
        Set<Sighting> joined = new HashSet<>();
        Set<Joint> taken = new HashSet<>();
        for (Match match : matches) {
            if (!joined.contains(match.sighting()) && taken.add(match.joint())) {
                joined.add(match.sighting());
                match.joint().add(match.sighting());
            }
        }
        for (Sighting sighting : look) {
            if (!joined.contains(sighting)) {
                var alone = new Joint(sighting);
                inOrder.add(alone);
                if (sighting.isPlaced() && Tiles.isTile(sighting.region())) {
                    joints.computeIfAbsent(kind(sighting), _ -> new ArrayList<>())
                            .add(alone);
                }
            }
        }
    }

    private static Kind kind(Sighting sighting) {
        Finding finding = sighting.finding();
        return new Kind(finding.prompt(), finding.defect(), Tiles.regionOf(sighting.region()));
    }

    /** Sightings of one defect. */
    private static final class Joint {

        private final List<Sighting> sightings = new ArrayList<>();

        Joint(Sighting first) {
            sightings.add(first);
        }

        void add(Sighting sighting) {
            sightings.add(sighting);
        }

        /** 0 when it is another defect. */
        double likeness(Sighting sighting) {
            return sighting.isPlaced()
                    ? sightings.stream()
                            .mapToDouble(known -> Seams.likeness(known, sighting))
                            .max()
                            .orElse(0)
                    : 0;
        }

        Finding finding() {
            Finding surest = sightings.stream()
                    .map(Sighting::finding)
                    .max(Comparator.comparingDouble(Finding::score))
                    .orElseThrow();
            Region around = sightings.stream()
                    .map(it -> it.finding().region())
                    .reduce(Seams::around)
                    .orElseThrow();
            return new Finding(
                    surest.prompt(), surest.defect(), surest.score(), around, surest.answer(), surest.view());
        }
    }

    private static Region around(Region one, Region other) {
        return new Region(
                Math.min(one.left(), other.left()),
                Math.min(one.top(), other.top()),
                Math.max(one.right(), other.right()),
                Math.max(one.bottom(), other.bottom()));
    }

    /** From 0, two defects, to 1, the same box in what both tiles see. */
    private static double likeness(Sighting one, Sighting other) {
        if (one.region().equals(other.region())) {
            return 0;
        }
        double slack = slack(one.tile(), other.tile());
        Box seenByBoth = Box.of(one.tile()).and(Box.of(other.tile())).grown(slack);
        Box a = Box.of(one.finding().region()).grown(slack).and(seenByBoth);
        Box b = Box.of(other.finding().region()).grown(slack).and(seenByBoth);
        double both = a.and(b).area();
        if (both == 0) {
            return 0;
        }
        double common = both / (a.area() + b.area() - both);
        double contained = both / Math.min(a.area(), b.area());
        boolean areCut = isCut(one, other, slack) && isCut(other, one, slack);
        return areCut || common >= COMMON || contained >= CONTAINED ? (common + contained) / 2 : 0;
    }

    private static double slack(Region one, Region other) {
        int side = Math.min(Math.min(one.width(), one.height()), Math.min(other.width(), other.height()));
        return Math.max(PLACED_PX, PLACED * side);
    }

    /** True when the finding reaches an edge of its tile beyond which {@code other} sees more. */
    private static boolean isCut(Sighting sighting, Sighting other, double slack) {
        Region box = sighting.finding().region();
        Region tile = sighting.tile();
        Region beyond = other.tile();
        return (box.left() - tile.left() <= slack && beyond.left() < tile.left())
                || (box.top() - tile.top() <= slack && beyond.top() < tile.top())
                || (tile.right() - box.right() <= slack && beyond.right() > tile.right())
                || (tile.bottom() - box.bottom() <= slack && beyond.bottom() > tile.bottom());
    }

    private record Box(double left, double top, double right, double bottom) {

        static Box of(Region region) {
            return new Box(region.left(), region.top(), region.right(), region.bottom());
        }

        Box grown(double by) {
            return new Box(left - by, top - by, right + by, bottom + by);
        }

        Box and(Box other) {
            return new Box(
                    Math.max(left, other.left),
                    Math.max(top, other.top),
                    Math.min(right, other.right),
                    Math.min(bottom, other.bottom));
        }

        double area() {
            return Math.max(0, right - left) * Math.max(0, bottom - top);
        }
    }
}
