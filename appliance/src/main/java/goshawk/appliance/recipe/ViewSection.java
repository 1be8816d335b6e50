package goshawk.appliance.recipe;

import goshawk.appliance.domain.Point;
import goshawk.appliance.domain.PoseReference;
import goshawk.appliance.domain.QualityBounds;
import goshawk.appliance.domain.View;
import goshawk.camera.PixelScale;
import goshawk.camera.Views;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The views of a recipe: {@code camera}, {@code pose} and {@code quality} under the name of each, or once at the top where there is but one
 * without a name.
 */
final class ViewSection {

    static final int LARGEST_SIDE_PX = 16_384;

    private static final List<String> OF_A_VIEW = List.of("camera", "pose", "quality");

    private final String name;
    private final Section section;
    private final int widthPx;
    private final int heightPx;

    private ViewSection(String name, Section section) {
        this.name = name;
        this.section = section;
        Section camera = section.section("camera");
        // Where a side is wrong, everything fits into the picture: one mistake, one problem.
        widthPx = camera.make(() -> camera.whole("width", 1, LARGEST_SIDE_PX)).orElse(LARGEST_SIDE_PX);
        heightPx = camera.make(() -> camera.whole("height", 1, LARGEST_SIDE_PX)).orElse(LARGEST_SIDE_PX);
    }

    /** By name, in the file's order. Where something is wrong with one, it notes that and answers with a stand-in. */
    static Map<String, View> read(Section root) {
        Map<String, View> views = new LinkedHashMap<>();
        if (!root.meaning("view", "views").has("views")) {
            views.put(Views.ONLY, new ViewSection(Views.ONLY, root).view());
            return views;
        }
        for (String key : OF_A_VIEW) {
            if (root.has(key)) {
                root.problem(
                        key, "where a recipe has views, '%s' is each view's own: write it under views".formatted(key));
            }
        }
        Section named = root.section("views");
        for (String name : named.names()) {
            if (!RecipeFile.NAME.matcher(name).matches()) {
                named.problem(name, "a view's name must be %s: %s".formatted(RecipeFile.NAME_RULE, name));
            }
            views.put(name, new ViewSection(name, named.section(name)).view());
        }
        if (views.size() < 2) {
            root.problem(
                    "views", "'views' are two or more; for one picture write camera, pose and quality without 'views'");
        }
        if (views.isEmpty()) {
            views.put(Views.ONLY, new View(Views.ONLY, 1, 1, new PixelScale(1), Optional.empty(), Optional.empty()));
        }
        for (View view : views.values()) {
            view.poseOf()
                    .filter(of -> !views.containsKey(of) || of.equals(view.name()))
                    .ifPresent(of -> named.section(view.name())
                            .problem("poseOf", "no other view '%s'; the views are %s".formatted(of, views.keySet())));
        }
        return views;
    }

    private View view() {
        PixelScale scale = scale(section.section("camera").meaning("scale", "micrometresPerPixel"));
        Optional<PoseReference> pose = section.optionalSection("pose").flatMap(it -> it.make(() -> pose(it)));
        Optional<String> poseOf = !name.equals(Views.ONLY) && section.has("poseOf")
                ? Optional.of(section.text("poseOf"))
                : Optional.empty();
        Optional<QualityBounds> quality =
                section.optionalSection("quality").flatMap(it -> it.make(() -> QualitySection.read(it)));
        return section.make(() -> new View(name, widthPx, heightPx, scale, pose, poseOf, quality))
                .orElseGet(
                        () -> new View(name, widthPx, heightPx, new PixelScale(1), Optional.empty(), Optional.empty()));
    }

    private static PixelScale scale(Section camera) {
        double pixel = camera.number("micrometresPerPixel", 0.01, 10_000);
        return new PixelScale(
                pixel, camera.meaning("line", "micrometresPerLine").number("micrometresPerLine", 0.01, 10_000, pixel));
    }

    private PoseReference pose(Section section) {
        Section tolerance = section.section("tolerance");
        double millimetres = tolerance.number("millimetres", 0.01, 1_000);
        double degrees = tolerance.number("degrees", 0.01, 45);
        List<PoseReference.Feature> features = new ArrayList<>();
        section.named("bores").forEach((name, bore) -> {
            double diameterMm = bore.meaning("diameter", "diameterMm").number("diameterMm", 0.01, 1_000);
            features.add(new PoseReference.Feature(name, place(bore), diameterMm));
        });
        Optional<PoseReference.Outline> outline = section.optionalSection("outline")
                .map(it -> new PoseReference.Outline(
                        place(it), it.number("widthMm", 0.01, 10_000), it.number("heightMm", 0.01, 10_000)));
        return new PoseReference(features, outline, millimetres, degrees);
    }

    private Point place(Section section) {
        List<Double> centre = section.numbers("centre", 2, 0, LARGEST_SIDE_PX);
        if (centre.get(0) > widthPx || centre.get(1) > heightPx) {
            section.problem(
                    "centre", "'centre' %s is outside of the picture of %d×%d".formatted(centre, widthPx, heightPx));
        }
        return new Point(centre.get(0), centre.get(1));
    }
}
