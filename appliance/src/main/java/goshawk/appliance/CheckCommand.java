package goshawk.appliance;

import goshawk.appliance.domain.ClipRecipe;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.recipe.ClipRecipeFile;
import goshawk.appliance.recipe.ConfigurationException;
import goshawk.appliance.recipe.RecipeFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Parameters;

@Command(
        name = "check",
        mixinStandardHelpOptions = true,
        description = "Checks recipes and station files; names file, line and rule of everything that is wrong.")
final class CheckCommand implements Callable<Integer> {

    @Parameters(arity = "1..*", paramLabel = "FILE", description = "Recipes or station files.")
    private List<Path> files = List.of();

    @Override
    public Integer call() {
        List<String> problems = new ArrayList<>();
        for (Path file : files) {
            try {
                System.out.println(checked(file));
            } catch (ConfigurationException e) {
                problems.addAll(e.problems());
            }
        }
        problems.forEach(System.err::println);
        return problems.isEmpty() ? ExitCode.OK : ExitCode.USAGE;
    }

    /** A station file names its recipe, which is checked with it. */
    private static String checked(Path file) {
        if (StationConfig.isOne(file)) {
            StationConfig station = StationConfig.read(file);
            String recipe = recipe(station.recipe());
            station.require(RecipeFile.read(station.recipe()));
            return "%s: station %s%n  %s".formatted(file, station.topics().prefix(), recipe);
        }
        return ClipRecipeFile.isOne(file) ? clips(file) : recipe(file);
    }

    private static String clips(Path file) {
        ClipRecipe recipe = ClipRecipeFile.read(file);
        return "%s: recipe %s %s: %d parts in clips of %d frames, %s a second"
                .formatted(
                        file,
                        recipe.id(),
                        recipe.version(),
                        recipe.parts().size(),
                        recipe.frames(),
                        recipe.framesPerSecond());
    }

    private static String recipe(Path file) {
        Recipe recipe = RecipeFile.read(file);
        return "%s: recipe %s %s, part %s: %d prompts, %d codes, takt %d ms, hash %s"
                .formatted(
                        file,
                        recipe.id(),
                        recipe.version(),
                        recipe.partNumber(),
                        recipe.prompts().size(),
                        recipe.codes().size(),
                        recipe.takt().toMillis(),
                        recipe.hash().substring(0, 12));
    }
}
