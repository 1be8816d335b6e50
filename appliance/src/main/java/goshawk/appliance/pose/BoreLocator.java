package goshawk.appliance.pose;

import static org.bytedeco.opencv.global.opencv_core.CV_8UC1;
import static org.bytedeco.opencv.global.opencv_core.CV_8UC3;
import static org.bytedeco.opencv.global.opencv_imgproc.COLOR_RGB2GRAY;
import static org.bytedeco.opencv.global.opencv_imgproc.cvtColor;

import goshawk.appliance.domain.InspectionException;
import goshawk.appliance.domain.Point;
import goshawk.appliance.domain.Pose;
import goshawk.appliance.domain.PoseReference;
import goshawk.appliance.domain.PoseReference.Feature;
import goshawk.appliance.domain.View;
import goshawk.appliance.pose.BoreTemplate.Candidate;
import goshawk.appliance.pose.OutlineWitness.Look;
import goshawk.camera.Cause;
import goshawk.camera.Frame;
import goshawk.camera.PixelScale;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * Finds a part by its bores: rough centres by correlation with a dark disc, chosen so that their distances are those of
 * the recipe, then each rim to a fraction of a pixel. When only one bore shows, the turn is taken from the part's
 * outline; when that says nothing clear either, the part is not found.
 *
 * <p>Owns native memory; belongs to the line's thread.
 */
final class BoreLocator implements AutoCloseable {

    /** Share of the rim that must be seen. */
    private static final double LEAST_SUPPORT = 0.4;

    /** The outline must change the level by this much, of 255, to be a witness. */
    private static final double LEAST_OUTLINE = 8;

    /** Two bores may be this much nearer or farther than nominal: magnification and rough centres. */
    private static final double DISTANCE_SHARE = 0.03;

    /** A measured bore may lie this far from where the others say it is, in pixels. */
    private static final double LARGEST_RESIDUAL_PX = 2.5;

    private final String recipe;
    private final View view;
    private final PoseReference reference;
    private final PixelScale scale;
    private final Point centre;
    private final List<BoreTemplate> templates = new ArrayList<>();
    private final Optional<OutlineWitness> outline;
    private final Mat colour;
    private final Mat grey;
    private final byte[] levels;

    /** A bore of the recipe and where it was measured. */
    private record Sighting(Feature bore, BoreRim rim) {}

    /** A bore of the recipe and a place where it might be. */
    private record Guess(Feature bore, Candidate candidate) {}

    BoreLocator(String recipe, View view, PoseReference reference) {
        this.recipe = recipe;
        this.view = view;
        this.reference = reference;
        this.scale = view.scale();
        this.centre = new Point(view.widthPx() / 2.0, view.heightPx() / 2.0);
        this.outline = reference.outline().map(it -> new OutlineWitness(it, scale));
        this.colour = new Mat(view.heightPx(), view.widthPx(), CV_8UC3);
        this.grey = new Mat(view.heightPx(), view.widthPx(), CV_8UC1);
        this.levels = new byte[view.widthPx() * view.heightPx()];
        for (Feature bore : reference.features()) {
            templates.add(new BoreTemplate(radiusPx(bore)));
        }
    }

    /** A picture from another camera says nothing about where this recipe's regions are. */
    static void requireSize(Frame frame, String recipe, View view) {
        if (frame.width() != view.widthPx() || frame.height() != view.heightPx()) {
            throw new InspectionException(
                    Cause.UNREADABLE,
                    "the picture is %d×%d pixels, recipe %s is for %d×%d"
                            .formatted(frame.width(), frame.height(), recipe, view.widthPx(), view.heightPx()));
        }
    }

    /** @throws InspectionException when the part cannot be found, or lies outside the tolerance */
    Pose locate(Frame frame) {
        requireSize(frame, recipe, view);
        colour.data().put(frame.rgb(), 0, levels.length * 3);
        cvtColor(colour, grey, COLOR_RGB2GRAY);
        grey.data().get(levels);
        var picture = new GreyPicture(levels, frame.width(), frame.height());
        List<Sighting> sightings = agreeing(measured(picture, together(guesses())));
        Pose pose = sightings.size() >= 2 ? fitted(sightings) : turnedByOutline(picture, sightings);
        return withinTolerance(pose);
    }

    private List<Guess> guesses() {
        List<Guess> guesses = new ArrayList<>();
        for (int i = 0; i < templates.size(); i++) {
            Feature bore = reference.features().get(i);
            for (Candidate candidate : templates.get(i).candidates(grey, bore.centre(), reachPx(bore))) {
                guesses.add(new Guess(bore, candidate));
            }
        }
        return guesses;
    }

    /** How far from its nominal place a bore of a part within the tolerance can be, and somewhat beyond. */
    private double reachPx(Feature bore) {
        double shift = scale.pixelsX(reference.toleranceMm()) * Math.sqrt(2);
        double turn = 2 * Math.sin(Math.toRadians(reference.toleranceDegrees()) / 2) * centre.distanceTo(bore.centre());
        return 1.1 * (shift + turn) + 2;
    }

    private double radiusPx(Feature bore) {
        return scale.pixelsX(bore.diameterMm()) / 2;
    }

    /**
     * The two guesses about different bores that lie as far from each other as they should and look most like bores,
     * with what agrees with them; a single guess when no two agree.
     */
    private List<Guess> together(List<Guess> guesses) {
        List<Guess> best = List.of();
        double bestLikeness = 0;
        for (Guess one : guesses) {
            for (Guess other : guesses) {
                double likeness = one.candidate().likeness() + other.candidate().likeness();
                if (likeness > bestLikeness && agree(one, other)) {
                    bestLikeness = likeness;
                    best = List.of(one, other);
                }
            }
        }
        if (best.isEmpty()) {
            return guesses.stream()
                    .max(Comparator.comparingDouble(guess -> guess.candidate().likeness()))
                    .stream()
                    .toList();
        }
        List<Guess> all = new ArrayList<>(best);
        for (Guess guess : guesses) {
            if (all.stream().allMatch(it -> agree(it, guess))) {
                all.add(guess);
            }
        }
        return all;
    }

    private boolean agree(Guess one, Guess other) {
        Point a = one.bore().centre();
        Point b = other.bore().centre();
        Point actualA = one.candidate().centre();
        Point actualB = other.candidate().centre();
        double nominal = a.distanceTo(b);
        if (nominal == 0 || Math.abs(actualA.distanceTo(actualB) / nominal - 1) > DISTANCE_SHARE) {
            return false;
        }
        double turn = Math.atan2(actualB.y() - actualA.y(), actualB.x() - actualA.x())
                - Math.atan2(b.y() - a.y(), b.x() - a.x());
        return Math.abs(Math.IEEEremainder(turn, 2 * Math.PI))
                <= Math.toRadians(reference.toleranceDegrees()) + 2 * LARGEST_RESIDUAL_PX / nominal;
    }

    private List<Sighting> measured(GreyPicture picture, List<Guess> guesses) {
        List<Sighting> sightings = new ArrayList<>();
        for (Guess guess : guesses) {
            BoreRim.around(picture, guess.candidate().centre(), radiusPx(guess.bore()))
                    .filter(rim -> rim.support() >= LEAST_SUPPORT)
                    .ifPresent(rim -> sightings.add(new Sighting(guess.bore(), rim)));
        }
        return sightings;
    }

    /** The sightings that lie to each other as the recipe says; of those that do not, the better supported stay. */
    private List<Sighting> agreeing(List<Sighting> sightings) {
        List<Sighting> left = new ArrayList<>(sightings);
        left.sort(Comparator.comparingDouble(it -> it.rim().support()));
        while (left.size() >= 2) {
            Pose pose = fitted(left);
            if (left.stream()
                    .allMatch(it -> pose.toActual(it.bore().centre())
                                    .distanceTo(it.rim().centre())
                            <= LARGEST_RESIDUAL_PX)) {
                return left;
            }
            left.removeFirst();
        }
        return left;
    }

    /** The pose that brings the nominal centres nearest to the measured ones. */
    private Pose fitted(List<Sighting> sightings) {
        double n = sightings.size();
        double x = 0;
        double y = 0;
        double actualX = 0;
        double actualY = 0;
        for (Sighting it : sightings) {
            x += it.bore().centre().x() / n;
            y += it.bore().centre().y() / n;
            actualX += it.rim().centre().x() / n;
            actualY += it.rim().centre().y() / n;
        }
        double along = 0;
        double across = 0;
        for (Sighting it : sightings) {
            double u = it.bore().centre().x() - x;
            double v = it.bore().centre().y() - y;
            double actualU = it.rim().centre().x() - actualX;
            double actualV = it.rim().centre().y() - actualY;
            along += u * actualU + v * actualV;
            across += u * actualV - v * actualU;
        }
        return turned(Math.toDegrees(Math.atan2(across, along)), new Point(x, y), new Point(actualX, actualY));
    }

    /** The pose with this turn that brings {@code nominal} to {@code actual}. */
    private Pose turned(double degrees, Point nominal, Point actual) {
        Point turnedOnly = new Pose(centre, 0, 0, degrees).toActual(nominal);
        return new Pose(centre, actual.x() - turnedOnly.x(), actual.y() - turnedOnly.y(), degrees);
    }

    private Pose turnedByOutline(GreyPicture picture, List<Sighting> sightings) {
        if (sightings.isEmpty() || outline.isEmpty()) {
            throw notFound("%d of %d reference bores are visible"
                    .formatted(sightings.size(), reference.features().size()));
        }
        Feature bore = sightings.getFirst().bore();
        Point seen = sightings.getFirst().rim().centre();
        double limit = reference.toleranceDegrees() + 0.5;
        double rough = clearest(picture, bore, seen, Look.ROUGH, -limit, limit, 0.4);
        double degrees = clearest(picture, bore, seen, Look.FINE, rough - 0.8, rough + 0.8, 0.1);
        Pose pose = turned(degrees, bore.centre(), seen);
        if (outline.get().strength(picture, pose, Look.ROUGH) < LEAST_OUTLINE) {
            throw notFound("only %s is visible, and the outline is not clear".formatted(bore.name()));
        }
        return pose;
    }

    /** The turn about a bore's place at which the outline shows best. */
    private double clearest(
            GreyPicture picture, Feature bore, Point seen, Look look, double from, double to, double step) {
        OutlineWitness witness = outline.orElseThrow();
        double degrees = from;
        double strongest = -1;
        for (double at = from; at <= to; at += step) {
            double strength = witness.strength(picture, turned(at, bore.centre(), seen), look);
            if (strength > strongest) {
                strongest = strength;
                degrees = at;
            }
        }
        return degrees;
    }

    private Pose withinTolerance(Pose pose) {
        double dx = scale.millimetresX(pose.dxPx());
        double dy = scale.millimetresY(pose.dyPx());
        if (Math.abs(dx) > reference.toleranceMm()
                || Math.abs(dy) > reference.toleranceMm()
                || Math.abs(pose.degrees()) > reference.toleranceDegrees()) {
            throw new InspectionException(
                    Cause.POSE,
                    "the part lies %+.2f mm, %+.2f mm, %+.1f° from its place; recipe %s allows ±%s mm, ±%s°"
                            .formatted(
                                    dx,
                                    dy,
                                    pose.degrees(),
                                    recipe,
                                    reference.toleranceMm(),
                                    reference.toleranceDegrees()));
        }
        return pose;
    }

    private static InspectionException notFound(String why) {
        return new InspectionException(Cause.POSE, "part not found: " + why);
    }

    @Override
    public void close() {
        templates.forEach(BoreTemplate::close);
        colour.close();
        grey.close();
    }
}
