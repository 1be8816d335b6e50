package goshawk.appliance.recipe;

import goshawk.appliance.domain.DefectPrompt;
import goshawk.appliance.domain.Point;
import goshawk.appliance.domain.PoseReference;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.ReferencePicture;
import goshawk.appliance.domain.Retention;
import goshawk.appliance.domain.Severity;
import goshawk.camera.CameraException;
import goshawk.camera.Frame;
import goshawk.camera.PictureFile;
import goshawk.camera.PixelScale;
import goshawk.camera.Region;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;

/** Recipes as people write them; {@code docs/recipes.md} describes the format. */
public final class RecipeFile {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,63}");
    private static final String NAME_RULE = "letters, digits, - and _, at most 64";
    private static final int LARGEST_SIDE_PX = 16_384;

    private final Path file;
    private final Section root;
    private int widthPx;
    private int heightPx;

    private RecipeFile(Path file, Section root) {
        this.file = file;
        this.root = root;
    }

    /** @throws ConfigurationException naming file, line and rule of everything that is wrong with it */
    public static Recipe read(Path file) {
        return StrictYaml.read(file, root -> new RecipeFile(file, root).recipe());
    }

    private Recipe recipe() {
        String id = root.meaning("id", "recipe").meaning("name", "recipe").text("recipe", NAME, NAME_RULE);
        String version = root.text("version");
        String partNumber = root.meaning("part", "partNumber").text("partNumber");
        Section camera = root.section("camera");
        // Where a side is wrong, everything fits into the picture: one mistake, one problem.
        widthPx = camera.make(() -> camera.whole("width", 1, LARGEST_SIDE_PX)).orElse(LARGEST_SIDE_PX);
        heightPx = camera.make(() -> camera.whole("height", 1, LARGEST_SIDE_PX)).orElse(LARGEST_SIDE_PX);
        double micrometres = camera.meaning("scale", "micrometresPerPixel").number("micrometresPerPixel", 0.01, 10_000);
        Optional<PoseReference> pose =
                root.optionalSection("pose").flatMap(section -> section.make(() -> pose(section)));
        Map<String, Region> regions = regions();
        Map<String, ReferencePicture> references = references(regions);
        OptionalInt thoughtOfAll = thoughtTokens(root);
        Map<String, Integer> thoughtTokens = new HashMap<>();
        List<DefectPrompt> prompts = prompts(thoughtOfAll, thoughtTokens);
        Duration takt = root.duration("takt", Duration.ofMillis(1), Duration.ofMinutes(10));
        Retention retention = root.choice("retention", Retention.class, Retention.STANDARD);
        return new Recipe(
                id,
                version,
                partNumber,
                widthPx,
                heightPx,
                new PixelScale(micrometres),
                pose,
                regions,
                prompts,
                takt,
                retention,
                references,
                thoughtTokens);
    }

    /** Absent means: score at once. */
    private static OptionalInt thoughtTokens(Section section) {
        return section.optionalSection("thinking")
                .map(thinking -> OptionalInt.of(
                        thinking.meaning("budget", "tokens").whole("tokens", 1, Recipe.MOST_THOUGHT_TOKENS)))
                .orElse(OptionalInt.empty());
    }

    private Map<String, ReferencePicture> references(Map<String, Region> regions) {
        Map<String, ReferencePicture> references = new LinkedHashMap<>();
        root.meaning("reference", "references").optionalSection("references").ifPresent(section -> {
            for (String name : section.names()) {
                String picture = section.text(name);
                Region region = regions.get(name);
                if (region == null) {
                    section.problem(name, "no region '%s'; the regions are %s".formatted(name, regions.keySet()));
                } else if (!picture.isEmpty()) {
                    reference(section, name, picture, region).ifPresent(it -> references.put(name, it));
                }
            }
        });
        return references;
    }

    private Optional<ReferencePicture> reference(Section section, String name, String picture, Region region) {
        try (Frame frame = PictureFile.read(file.resolveSibling(picture))) {
            if (frame.width() != region.width() || frame.height() != region.height()) {
                section.problem(
                        name,
                        "reference %s is %d×%d, region '%s' is %d×%d: cut it to the region"
                                .formatted(
                                        picture, frame.width(), frame.height(), name, region.width(), region.height()));
                return Optional.empty();
            }
            byte[] rgb = Arrays.copyOf(frame.rgb(), frame.width() * frame.height() * 3);
            return Optional.of(ReferencePicture.of(picture, frame.width(), frame.height(), rgb));
        } catch (CameraException e) {
            section.problem(name, "reference %s cannot be read: %s".formatted(picture, e.getMessage()));
            return Optional.empty();
        }
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

    private Map<String, Region> regions() {
        Section section = root.meaning("region", "regions").section("regions");
        Map<String, Region> regions = new LinkedHashMap<>();
        for (String name : section.names()) {
            List<Integer> edges = section.wholes(name, 4, 0, LARGEST_SIDE_PX);
            if (edges.get(2) <= edges.get(0) || edges.get(3) <= edges.get(1)) {
                section.problem(name, "region '%s' must be [left, top, right, bottom]: %s".formatted(name, edges));
                continue;
            }
            if (edges.get(2) > widthPx || edges.get(3) > heightPx) {
                section.problem(
                        name,
                        "region '%s' reaches to (%d, %d), outside of the picture of %d×%d"
                                .formatted(name, edges.get(2), edges.get(3), widthPx, heightPx));
            }
            regions.put(name, new Region(edges.get(0), edges.get(1), edges.get(2), edges.get(3)));
        }
        return regions;
    }

    /** @param thoughtTokens of the prompts that think is put in here */
    private List<DefectPrompt> prompts(OptionalInt thoughtOfAll, Map<String, Integer> thoughtTokens) {
        List<String> regions = root.section("regions").names();
        Set<String> ids = new HashSet<>();
        List<DefectPrompt> prompts = new ArrayList<>();
        for (Section section : root.meaning("prompt", "prompts").sections("prompts")) {
            OptionalInt own = thoughtTokens(section);
            section.make(() -> prompt(section, regions)).ifPresent(prompt -> {
                if (!ids.add(prompt.id())) {
                    section.problem("id", "two prompts are called '%s'".formatted(prompt.id()));
                }
                prompts.add(prompt);
                (own.isPresent() ? own : thoughtOfAll).ifPresent(tokens -> thoughtTokens.put(prompt.id(), tokens));
            });
        }
        return prompts;
    }

    private DefectPrompt prompt(Section section, List<String> known) {
        String id = section.text("id", NAME, NAME_RULE);
        String question = section.meaning("prompt", "question").text("question");
        List<String> defects = section.meaning("defect", "defects").texts("defects");
        List<String> regions = section.meaning("region", "regions").texts("regions");
        for (String region : regions) {
            if (!region.isEmpty() && !known.isEmpty() && !known.contains(region)) {
                section.problem("regions", "no region '%s'; the regions are %s".formatted(region, known));
            }
        }
        Severity severity = section.choice("severity", Severity.class);
        section.meaning("threshold", "rejectAt").meaning("review", "reviewAt");
        double rejectAt = section.make(() -> section.number("rejectAt", 0, 1)).orElse(1.0);
        double reviewAt = section.number("reviewAt", 0, 1);
        if (reviewAt > rejectAt) {
            section.problem("reviewAt", "'reviewAt' %s is above 'rejectAt' %s".formatted(reviewAt, rejectAt));
        }
        return new DefectPrompt(id, question, defects, regions, severity, rejectAt, reviewAt);
    }
}
