package goshawk.appliance.checkup;

import goshawk.appliance.domain.DefectPrompt;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.Tiles;
import goshawk.appliance.domain.View;
import goshawk.camera.Region;
import goshawk.trtbuild.PictureSize;
import goshawk.trtbuild.Preprocessor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * How many pixels the model sees of the smallest defect that a recipe wants found, in each region and tile. Enlarging adds no
 * detail: where the model's picture of a region is larger than the camera's, the camera's counts.
 */
public final class SmallestDefects {

    /** Fewer pixels than this are refused. */
    public static final double LEAST_PX = 5;

    private SmallestDefects() {}

    /**
     * What one question's smallest defect comes to in one region; of a region that is cut into tiles, in the worst of them.
     *
     * @param tiles as many; 1 of a region that is not cut
     * @param cameraPx along the side where it has fewer
     * @param modelPx the same after the model's resize; empty where that is not known
     */
    record Size(String prompt, double smallestMm, String region, int tiles, double cameraPx, Optional<Double> modelPx) {

        double seenPx() {
            return modelPx.map(it -> Math.min(it, cameraPx)).orElse(cameraPx);
        }

        Size of(String prompts) {
            return new Size(prompts, smallestMm, region, tiles, cameraPx, modelPx);
        }

        boolean isEnough() {
            return seenPx() >= LEAST_PX;
        }

        Size worse(Size other) {
            Size worst = other.seenPx() < seenPx() ? other : this;
            return new Size(prompt, smallestMm, region, tiles + other.tiles, worst.cameraPx, worst.modelPx);
        }
    }

    /** @param preprocessor the model's; empty where another machine resizes */
    static List<Size> of(Recipe recipe, Optional<Preprocessor> preprocessor) {
        return of(recipe, _ -> true, preprocessor);
    }

    private static List<Size> of(Recipe recipe, Predicate<View> looks, Optional<Preprocessor> preprocessor) {
        Map<String, Size> sizes = new LinkedHashMap<>();
        for (DefectPrompt prompt : recipe.prompts()) {
            prompt.smallestMm().ifPresent(mm -> {
                for (String name : prompt.regions()) {
                    if (looks.test(recipe.viewOf(name))) {
                        Size size = size(recipe, prompt.id(), mm, name, preprocessor);
                        sizes.merge(prompt.id() + " " + size.region(), size, Size::worse);
                    }
                }
            });
        }
        return List.copyOf(sizes.values());
    }

    private static Size size(
            Recipe recipe, String prompt, double mm, String name, Optional<Preprocessor> preprocessor) {
        Region region = recipe.region(name);
        double x = recipe.viewOf(name).scale().pixelsX(mm);
        double y = recipe.viewOf(name).scale().pixelsY(mm);
        Optional<Double> model = preprocessor.map(it -> {
            PictureSize seen = it.resized(region.width(), region.height());
            return Math.min(x * seen.width() / region.width(), y * seen.height() / region.height());
        });
        return new Size(prompt, mm, Tiles.regionOf(name), 1, Math.min(x, y), model);
    }

    /** A line for each region and size, with the questions that it is the same for; one more for questions about the view that name no size. */
    public static List<Check> checks(Recipe recipe, View view, Optional<Preprocessor> preprocessor) {
        List<Check> checks = new ArrayList<>();
        Map<Size, List<String>> alike = new LinkedHashMap<>();
        of(recipe, view::equals, preprocessor)
                .forEach(size -> alike.computeIfAbsent(size.of(""), _ -> new ArrayList<>())
                        .add(size.prompt()));
        alike.forEach((size, prompts) -> checks.add(check(size.of(String.join(", ", prompts)))));
        List<DefectPrompt> asked = recipe.prompts().stream()
                .filter(it -> it.regions().stream()
                        .anyMatch(region -> recipe.viewOf(region).equals(view)))
                .toList();
        List<String> unsaid = asked.stream()
                .filter(it -> it.smallestMm().isEmpty())
                .map(DefectPrompt::id)
                .toList();
        if (!unsaid.isEmpty()) {
            String said = "not said by %s".formatted(String.join(", ", unsaid));
            checks.add(
                    unsaid.size() < asked.size()
                            ? Check.none("smallest defect", said)
                            : Check.warn(
                                    "smallest defect",
                                    said,
                                    "said by each prompt whose defects may be small",
                                    "the smallest defect that must be found, in mm, as 'smallestMm' of the prompt: docs/recipes.md"));
        }
        return checks;
    }

    private static Check check(Size size) {
        return Check.of(
                "smallest defect",
                size.isEnough(),
                Check.Result.FAIL,
                words(size),
                String.format(Locale.ROOT, "at least %.0f px", LEAST_PX),
                size.cameraPx() < LEAST_PX
                        ? "bring the camera nearer, take one with more pixels, or demand less: smallestMm"
                        : "cut the region into smaller tiles, which the model need not shrink (docs/recipes.md), or demand less: smallestMm");
    }

    private static String words(Size size) {
        return String.format(
                Locale.ROOT,
                "%s in %s%s: %s mm are %.1f px in the camera's picture%s",
                size.prompt(),
                size.region(),
                size.tiles() > 1 ? " (%d tiles)".formatted(size.tiles()) : "",
                size.smallestMm(),
                size.cameraPx(),
                size.modelPx()
                        .map(it -> String.format(Locale.ROOT, ", %.1f px after the model's resize", it))
                        .orElse("; what the model's own machine makes of them is not known"));
    }

    /** What a line is told that runs all the same, a line each; empty when everything is large enough. */
    public static List<String> warnings(Recipe recipe, Optional<Preprocessor> preprocessor) {
        return of(recipe, preprocessor).stream()
                .filter(it -> !it.isEnough())
                .map(it -> words(it) + String.format(Locale.ROOT, ", fewer than %.0f", LEAST_PX))
                .toList();
    }
}
