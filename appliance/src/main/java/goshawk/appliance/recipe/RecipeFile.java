package goshawk.appliance.recipe;

import goshawk.appliance.domain.Calibration;
import goshawk.appliance.domain.CheckDigit;
import goshawk.appliance.domain.CodePrompt;
import goshawk.appliance.domain.DefectPrompt;
import goshawk.appliance.domain.GoldenSet;
import goshawk.appliance.domain.NormalForm;
import goshawk.appliance.domain.Point;
import goshawk.appliance.domain.PoseReference;
import goshawk.appliance.domain.Qualification;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.ReferencePicture;
import goshawk.appliance.domain.Retention;
import goshawk.appliance.domain.Severity;
import goshawk.camera.CameraException;
import goshawk.camera.Frame;
import goshawk.camera.PictureFile;
import goshawk.camera.PixelScale;
import goshawk.camera.Region;
import goshawk.camera.sim.KindMix;
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
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;

/** Recipes as people write them; {@code docs/recipes.md} describes the format. */
public final class RecipeFile {

    static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,63}");
    static final String NAME_RULE = "letters, digits, - and _, at most 64";
    private static final int LARGEST_SIDE_PX = 16_384;
    private static final int MOST_PARTS = 1_000_000;

    private final Path file;
    private final Section root;
    private final boolean isCalibrated;
    private int widthPx;
    private int heightPx;

    private RecipeFile(Path file, Section root, boolean isCalibrated) {
        this.file = file;
        this.root = root;
        this.isCalibrated = isCalibrated;
    }

    /** @throws ConfigurationException naming file, line and rule of everything that is wrong with it */
    public static Recipe read(Path file) {
        return read(file, true);
    }

    /**
     * As {@link #read}, without the calibration that the recipe may name: for whoever is about to measure it.
     *
     * @throws ConfigurationException as {@link #read}
     */
    public static Recipe uncalibrated(Path file) {
        return read(file, false);
    }

    private static Recipe read(Path file, boolean isCalibrated) {
        return StrictYaml.read(file, root -> new RecipeFile(file, root, isCalibrated).recipe());
    }

    private Recipe recipe() {
        String id = root.meaning("id", "recipe").meaning("name", "recipe").text("recipe", NAME, NAME_RULE);
        String version = root.text("version");
        String partNumber = root.meaning("part", "partNumber").text("partNumber");
        Section camera = root.section("camera");
        // Where a side is wrong, everything fits into the picture: one mistake, one problem.
        widthPx = camera.make(() -> camera.whole("width", 1, LARGEST_SIDE_PX)).orElse(LARGEST_SIDE_PX);
        heightPx = camera.make(() -> camera.whole("height", 1, LARGEST_SIDE_PX)).orElse(LARGEST_SIDE_PX);
        PixelScale scale = scale(camera.meaning("scale", "micrometresPerPixel"));
        Optional<PoseReference> pose =
                root.optionalSection("pose").flatMap(section -> section.make(() -> pose(section)));
        Map<String, Region> regions = regions();
        Map<String, ReferencePicture> references = references(regions);
        Tiling tiling = Tiling.read(root, regions);
        OptionalInt thoughtOfAll = thoughtTokens(root);
        Map<String, Integer> thoughtTokens = new HashMap<>();
        List<CodePrompt> codes = codes(tiling.whole());
        List<DefectPrompt> prompts =
                codes.isEmpty() || root.has("prompts") ? prompts(thoughtOfAll, thoughtTokens) : List.of();
        Duration takt = root.duration("takt", Duration.ofMillis(1), Duration.ofMinutes(10));
        Retention retention = root.choice("retention", Retention.class, Retention.STANDARD);
        var qualification = new Qualification(
                root.optionalSection("golden").flatMap(section -> section.make(() -> golden(section))), calibration());
        return new Recipe(
                id,
                version,
                partNumber,
                widthPx,
                heightPx,
                scale,
                pose,
                tiling.regions(),
                tiling.prompts(prompts),
                takt,
                retention,
                tiling.references(references),
                thoughtTokens,
                codes,
                root.optionalSection("quality").flatMap(section -> section.make(() -> QualitySection.read(section))),
                qualification);
    }

    private static PixelScale scale(Section camera) {
        double pixel = camera.number("micrometresPerPixel", 0.01, 10_000);
        return new PixelScale(
                pixel, camera.meaning("line", "micrometresPerLine").number("micrometresPerLine", 0.01, 10_000, pixel));
    }

    private GoldenSet golden(Section section) {
        boolean isRendered = section.has("render");
        if (isRendered == section.has("folder")) {
            section.problem("render", "a golden set has either 'render' or 'folder'");
        }
        var limits = GoldenSet.LimitSamples.NONE;
        if (section.has("limitSamples")) {
            limits = isRendered
                    ? new GoldenSet.LimitSamples(section.whole("limitSamples", 0, MOST_PARTS), List.of())
                    : new GoldenSet.LimitSamples(0, section.texts("limitSamples"));
        }
        GoldenSet.Source source = isRendered ? rendered(section.section("render")) : folder(section);
        return new GoldenSet(source, demands(section.section("demands")), limits);
    }

    private GoldenSet.Source folder(Section section) {
        String written = section.text("folder");
        return new GoldenSet.Source.Folder(
                written, file.toAbsolutePath().resolveSibling(written).normalize());
    }

    private static GoldenSet.Source rendered(Section section) {
        Section counts = section.section("kinds");
        Map<String, Integer> kinds = new LinkedHashMap<>();
        counts.names().forEach(name -> {
            counts.make(() -> KindMix.parse(name + "=1")); // says which kinds there are
            kinds.put(name, counts.whole(name, 1, MOST_PARTS));
        });
        return new GoldenSet.Source.Rendered(
                section.whole("seed", 0, Integer.MAX_VALUE), kinds, section.whole("written", 0, MOST_PARTS, 0));
    }

    private static GoldenSet.Demands demands(Section section) {
        Map<String, Double> escapeRates = new LinkedHashMap<>();
        section.optionalSection("escapeRates")
                .ifPresent(rates -> rates.names().forEach(name -> escapeRates.put(name, rates.number(name, 0, 1))));
        return new GoldenSet.Demands(
                section.number("escapeRate", 0, 1),
                escapeRates,
                section.number("falseCallRate", 0, 1),
                section.number("confidence", 0.5, 0.9999, 0.95),
                section.has("kappa") ? OptionalDouble.of(section.number("kappa", -1, 1)) : OptionalDouble.empty());
    }

    private Optional<Calibration> calibration() {
        if (!root.has("calibration")) {
            return Optional.empty();
        }
        String written = root.text("calibration");
        if (!isCalibrated) {
            return Optional.empty();
        }
        try {
            return Optional.of(CalibrationFile.read(file.resolveSibling(written)));
        } catch (ConfigurationException e) {
            root.problem("calibration", String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }

    private List<CodePrompt> codes(Map<String, Region> regions) {
        List<CodePrompt> codes = new ArrayList<>();
        if (root.meaning("code", "codes").has("codes")) {
            for (Section section : root.sections("codes")) {
                section.make(() -> code(section, regions)).ifPresent(codes::add);
            }
        }
        return codes;
    }

    private static CodePrompt code(Section section, Map<String, Region> regions) {
        String id = section.text("id", NAME, NAME_RULE);
        String question = section.meaning("prompt", "question").text("question");
        String region = section.text("region");
        if (!region.isEmpty() && !regions.isEmpty() && !regions.containsKey(region)) {
            section.problem("region", "no region '%s'; the regions are %s".formatted(region, regions.keySet()));
        }
        int most = CodePrompt.Form.MOST_CHARACTERS;
        int shortest = section.whole("shortest", 1, most, 1);
        int longest = section.whole("longest", 1, most, Math.max(shortest, 64));
        var form = new CodePrompt.Form(shortest, longest, section.text("characters", ""));
        section.meaning("text", "expected").meaning("regex", "pattern").meaning("check", "checkDigit");
        var expected = new CodePrompt.Expected(
                section.has("expected") ? Optional.of(section.text("expected")) : Optional.empty(),
                section.has("pattern") ? Optional.of(section.text("pattern")) : Optional.empty(),
                section.choice("checkDigit", CheckDigit.class, CheckDigit.NONE),
                section.choice("normalForm", NormalForm.class, NormalForm.NFC));
        double reviewBelow = section.number("reviewBelow", 0, 1);
        Severity severity = section.choice("severity", Severity.class);
        return new CodePrompt(id, question, region, form, expected, reviewBelow, severity);
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
        double findingsAt = section.meaning("findings", "findingsAt").number("findingsAt", 0, 1, 0);
        OptionalDouble smallestMm = section.meaning("smallest", "smallestMm").has("smallestMm")
                ? OptionalDouble.of(section.number("smallestMm", 0.001, 10_000))
                : OptionalDouble.empty();
        return new DefectPrompt(id, question, defects, regions, severity, rejectAt, reviewAt, findingsAt, smallestMm);
    }
}
