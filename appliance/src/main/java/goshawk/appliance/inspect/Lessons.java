package goshawk.appliance.inspect;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import goshawk.appliance.domain.Confirmation;
import goshawk.appliance.domain.DefectPrompt;
import goshawk.appliance.domain.Pose;
import goshawk.appliance.domain.Poses;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.View;
import goshawk.camera.Region;
import goshawk.camera.Views;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a confirmed part can teach a model: the recipe's questions about it, the pictures that they are asked about, and the
 * answers that would have been right, all as {@link ModelInspector} shows, asks and reads them.
 *
 * <p>A rejected part is free of every defect that nobody named. On a part that nobody can judge only the questions about
 * the named defects have an answer, REVIEW.
 */
public final class Lessons {

    /** As many findings as one answer may hold. */
    private static final int MOST_FINDINGS = 16;

    private Lessons() {}

    /**
     * One question and its answer.
     *
     * @param region of the recipe, which the picture shows
     * @param verdict PASS, REJECT or REVIEW
     * @param answer word for word
     */
    public record Lesson(String prompt, String region, String question, Confirmation.Label verdict, String answer) {}

    /**
     * A box in the region's own picture, thousandths of its width and height.
     *
     * @param code of the defect
     */
    private record Box(String code, int x0, int y0, int x1, int y1) {

        String json() {
            return "{\"defect\":\"%s\",\"box\":[%d,%d,%d,%d]}"
                    .formatted(String.valueOf(JsonStringEncoder.getInstance().quoteAsString(code)), x0, y0, x1, y1);
        }
    }

    /** What every conversation begins with. */
    public static String system() {
        return Conversation.SYSTEM;
    }

    /** The region's picture as the model is shown it, {@code width × height} RGB pixels of the region. */
    public static byte[] picture(Views views, Recipe recipe, String region, Poses poses) {
        String view = recipe.viewOf(region).name();
        return RegionCut.of(views.frame(view), region, recipe.region(region), poses.in(view));
    }

    /**
     * One for each question and region that the confirmation answers, in the recipe's order.
     *
     * @param poses how the part lies in its pictures
     * @return empty when the confirmation names something that none of these questions is about: nothing may be learnt
     *     from it then, least of all that the part is free of what was asked
     */
    public static Optional<List<Lesson>> of(Recipe recipe, Confirmation confirmation, Poses poses) {
        List<Lesson> lessons = new ArrayList<>();
        Set<Confirmation.Defect> told = new LinkedHashSet<>();
        for (DefectPrompt prompt : recipe.prompts()) {
            for (String name : prompt.regions()) {
                View view = recipe.viewOf(name);
                Pose pose = poses.in(view.name());
                List<Confirmation.Defect> here = confirmation.defects().stream()
                        .filter(defect -> defect.view().equals(view.name()))
                        .filter(defect -> prompt.defects().contains(defect.code()))
                        .filter(defect -> overlap(nominal(defect.region(), view, pose), recipe.region(name)))
                        .toList();
                told.addAll(here);
                lesson(prompt, name, confirmation.label(), boxes(here, recipe, name, pose))
                        .ifPresent(lessons::add);
            }
        }
        boolean isWhole = told.containsAll(confirmation.defects()) && !lessons.isEmpty();
        return isWhole ? Optional.of(lessons) : Optional.empty();
    }

    private static Optional<Lesson> lesson(
            DefectPrompt prompt, String region, Confirmation.Label label, List<Box> boxes) {
        if (label == Confirmation.Label.REVIEW && boxes.isEmpty()) {
            return Optional.empty();
        }
        Confirmation.Label verdict = boxes.isEmpty() ? Confirmation.Label.PASS : label;
        String findings = verdict == Confirmation.Label.REJECT
                ? boxes.stream()
                        .limit(MOST_FINDINGS)
                        .map(Box::json)
                        .collect(Collectors.joining(",", ",\"findings\":[", "]"))
                : "";
        String answer = "{\"verdict\":\"%s\"%s}".formatted(verdict, findings);
        return Optional.of(new Lesson(prompt.id(), region, prompt.question(), verdict, answer));
    }

    /** In raster order. */
    private static List<Box> boxes(List<Confirmation.Defect> defects, Recipe recipe, String name, Pose pose) {
        Region region = recipe.region(name);
        return defects.stream()
                .map(defect -> box(defect.code(), nominal(defect.region(), recipe.viewOf(name), pose), region))
                .sorted(Comparator.comparingInt(Box::y0).thenComparingInt(Box::x0))
                .toList();
    }

    private static Region nominal(Region actual, View view, Pose pose) {
        return pose.toNominal(actual, view.widthPx(), view.heightPx());
    }

    private static boolean overlap(Region one, Region other) {
        return one.left() < other.right()
                && other.left() < one.right()
                && one.top() < other.bottom()
                && other.top() < one.bottom();
    }

    private static Box box(String code, Region place, Region region) {
        int left = Math.max(place.left(), region.left()) - region.left();
        int top = Math.max(place.top(), region.top()) - region.top();
        int right = Math.min(place.right(), region.right()) - region.left();
        int bottom = Math.min(place.bottom(), region.bottom()) - region.top();
        int largest = VerdictGrammar.LARGEST;
        return new Box(
                code,
                left * largest / region.width(),
                top * largest / region.height(),
                Math.ceilDiv(right * largest, region.width()),
                Math.ceilDiv(bottom * largest, region.height()));
    }
}
