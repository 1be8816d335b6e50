package goshawk.appliance.recipe;

import goshawk.appliance.domain.ClipRecipe;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Recipes of assembly stations as people write them; {@code docs/assembly.md} describes the format. */
public final class ClipRecipeFile {

    private static final int LARGEST_SIDE_PX = 4_096;
    private static final int MOST_FRAMES = 768;

    private ClipRecipeFile() {}

    /** Whether the file is meant to be one: it has a {@code clip} section. */
    public static boolean isOne(Path file) {
        try (var lines = Files.lines(file)) {
            return lines.anyMatch(line -> line.startsWith("clip:"));
        } catch (IOException | UncheckedIOException e) {
            return false; // whoever reads it next says why
        }
    }

    /** @throws ConfigurationException naming file, line and rule of everything that is wrong with it */
    public static ClipRecipe read(Path file) {
        return StrictYaml.read(file, ClipRecipeFile::recipe);
    }

    private static ClipRecipe recipe(Section root) {
        String id = root.text("recipe", RecipeFile.NAME, RecipeFile.NAME_RULE);
        String version = root.text("version");
        Section clip = root.section("clip");
        List<ClipRecipe.FittedPart> parts = new ArrayList<>();
        for (Section part : clip.meaning("part", "parts").sections("parts")) {
            parts.add(new ClipRecipe.FittedPart(part.text("part"), part.text("question")));
        }
        return new ClipRecipe(
                id,
                version,
                clip.meaning("framesPerSecond", "fps").number("fps", 0.1, 60),
                clip.whole("frames", 2, MOST_FRAMES),
                clip.whole("width", 1, LARGEST_SIDE_PX),
                clip.whole("height", 1, LARGEST_SIDE_PX),
                parts);
    }
}
