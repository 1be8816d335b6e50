package goshawk.appliance.evaluate;

import goshawk.appliance.domain.GoldenSet;
import goshawk.appliance.domain.GoldenSet.Source;
import goshawk.camera.Views;
import goshawk.camera.sim.SimulatedLight;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;

/**
 * The parts of a golden set.
 *
 * @param parts in their order, mixed: the first hundred are as good a sample as any
 * @param presentations how a part is laid before the camera once more, in words
 */
public record GoldenParts(List<GoldenPart> parts, String presentations) {

    /** What is true of a folder's pictures, beside them. */
    static final String TRUTH = "truth.csv";

    public GoldenParts {
        parts = List.copyOf(parts);
    }

    /**
     * @param views of the recipe, by name
     * @throws EvaluationException when the set's folder cannot be used
     */
    public static GoldenParts of(GoldenSet set, List<String> views) {
        return switch (set.source()) {
            case Source.Rendered rendered -> rendered(rendered, views, 1);
            case Source.Folder(var _, var folder) -> folder(folder, folder.resolve(TRUTH), "", views);
        };
    }

    /**
     * Simulated parts of the same kinds in the same mix as {@code set}, but others.
     *
     * @param times how often as many
     */
    public static GoldenParts others(Source.Rendered set, List<String> views, long seed, int times) {
        return rendered(new Source.Rendered(seed, set.kinds(), 0), views, times);
    }

    /**
     * @param split of the truth file; empty for all
     * @throws EvaluationException when the truth cannot be read or names nothing
     */
    public static GoldenParts folder(Path folder, Path truth, String split, List<String> views) {
        List<GoldenPart> parts = new ArrayList<>();
        TruthFile.read(truth, split).values().forEach(known -> parts.add(new PicturedPart(folder, views, known)));
        if (parts.isEmpty()) {
            throw new EvaluationException("%s names no part; name a truth file with parts".formatted(truth));
        }
        return new GoldenParts(parts, PicturedPart.PRESENTATIONS);
    }

    /** The first {@code count} of them, or all. */
    public GoldenParts first(int count) {
        return new GoldenParts(parts.subList(0, Math.clamp(count, 1, parts.size())), presentations);
    }

    private static GoldenParts rendered(Source.Rendered set, List<String> views, int times) {
        requireLights(views);
        int count = times
                * set.kinds().values().stream().mapToInt(Integer::intValue).sum();
        List<GoldenPart> parts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            parts.add(new DrawnPart(views, set.seed(), i, kinds(set.kinds()), i < set.written()));
        }
        return new GoldenParts(parts, DrawnPart.PRESENTATIONS);
    }

    private static void requireLights(List<String> views) {
        try {
            views.stream().filter(view -> !view.equals(Views.ONLY)).forEach(SimulatedLight::named);
        } catch (IllegalArgumentException e) {
            throw new EvaluationException("drawn parts cannot be golden for these views: " + e.getMessage());
        }
    }

    private static String kinds(Map<String, Integer> counts) {
        var text = new StringJoiner(",");
        new TreeMap<>(counts).forEach((kind, count) -> text.add(kind + "=" + count));
        return text.toString();
    }
}
