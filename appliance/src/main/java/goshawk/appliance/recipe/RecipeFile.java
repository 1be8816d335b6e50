package goshawk.appliance.recipe;

import goshawk.appliance.domain.Calibration;
import goshawk.appliance.domain.CheckDigit;
import goshawk.appliance.domain.CodePrompt;
import goshawk.appliance.domain.DefectPrompt;
import goshawk.appliance.domain.GoldenSet;
import goshawk.appliance.domain.NormalForm;
import goshawk.appliance.domain.Qualification;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.ReferencePicture;
import goshawk.appliance.domain.Retention;
import goshawk.appliance.domain.Severity;
import goshawk.appliance.domain.Tiles;
import goshawk.appliance.domain.View;
import goshawk.camera.CameraException;
import goshawk.camera.Frame;
import goshawk.camera.PictureFile;
import goshawk.camera.Region;
import goshawk.camera.Views;
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
    private static final int LARGEST_SIDE_PX = ViewSection.LARGEST_SIDE_PX;
    private static final int MOST_PARTS = 1_000_000;

    private final Path file;
    private final Section root;
    private final boolean isCalibrated;
    private Map<String, View> views = Map.of();
    private final Map<String, String> viewOf = new HashMap<>();

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
        views = ViewSection.read(root);
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
        if (root.has("views")) {
            noteUnused(prompts, codes);
        }
        return new Recipe(
                id,
                version,
                partNumber,
                List.copyOf(views.values()),
                tiling.regions(),
                viewsOf(tiling.regions()),
                tiling.prompts(prompts),
                takt,
                retention,
                tiling.references(references),
                thoughtTokens,
                codes,
                qualification);
    }

    /** By region, those of tiles among them; nothing where the recipe names no views. */
    private Map<String, String> viewsOf(Map<String, Region> regions) {
        Map<String, String> all = new HashMap<>();
        regions.keySet().forEach(name -> {
            String view = viewOf.getOrDefault(Tiles.regionOf(name), Views.ONLY);
            if (!view.equals(Views.ONLY)) {
                all.put(name, view);
            }
        });
        return all;
    }

    /** A picture that is taken and that nobody looks at is a mistake. */
    private void noteUnused(List<DefectPrompt> prompts, List<CodePrompt> codes) {
        Set<String> used = new HashSet<>();
        prompts.forEach(prompt -> prompt.regions().forEach(region -> used.add(viewOf.getOrDefault(region, ""))));
        codes.forEach(code -> used.add(viewOf.getOrDefault(code.region(), "")));
        views.values().forEach(view -> view.poseOf().ifPresent(used::add));
        boolean isKnown = prompts.size() + codes.size() > 0; // otherwise that is what is wrong
        for (String view : views.keySet()) {
            if (isKnown && !used.contains(view)) {
                root.section("views")
                        .problem(
                                view,
                                "nobody looks at view '%s': no prompt or code has a region in it".formatted(view));
            }
        }
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

    private Map<String, Region> regions() {
        Section section = root.meaning("region", "regions").section("regions");
        Map<String, Region> regions = new LinkedHashMap<>();
        for (String name : section.names()) {
            boolean saysMore = section.hasSection(name);
            List<Integer> edges = saysMore
                    ? section.section(name).meaning("region", "place").wholes("place", 4, 0, LARGEST_SIDE_PX)
                    : section.wholes(name, 4, 0, LARGEST_SIDE_PX);
            View view = saysMore ? viewOf(section, name) : onlyView(section, name);
            viewOf.put(name, view.name());
            if (edges.get(2) <= edges.get(0) || edges.get(3) <= edges.get(1)) {
                section.problem(name, "region '%s' must be [left, top, right, bottom]: %s".formatted(name, edges));
                continue;
            }
            if (edges.get(2) > view.widthPx() || edges.get(3) > view.heightPx()) {
                section.problem(
                        name,
                        "region '%s' reaches to (%d, %d), outside of the picture of %d×%d"
                                .formatted(name, edges.get(2), edges.get(3), view.widthPx(), view.heightPx()));
            }
            regions.put(name, new Region(edges.get(0), edges.get(1), edges.get(2), edges.get(3)));
        }
        return regions;
    }

    private View viewOf(Section regions, String region) {
        Section section = regions.section(region);
        if (!section.has("view")) {
            return onlyView(regions, region);
        }
        String written = section.text("view");
        View view = views.get(written);
        if (view == null || view.isOnly()) {
            section.problem(
                    "view",
                    root.has("views")
                            ? "region '%s': no view '%s'; the views are %s".formatted(region, written, views.keySet())
                            : "region '%s' is in view '%s', but the recipe has no 'views'".formatted(region, written));
            return views.values().iterator().next();
        }
        return view;
    }

    private View onlyView(Section regions, String region) {
        String first = views.keySet().iterator().next();
        if (views.size() > 1) {
            regions.problem(
                    region,
                    "region '%s' must say its view, like {view: %s, place: [left, top, right, bottom]}; the views are %s"
                            .formatted(region, first, views.keySet()));
        }
        return views.values().iterator().next();
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
