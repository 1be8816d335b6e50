package goshawk.appliance;

import goshawk.appliance.recipe.RecipeFile;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
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
        for (Path file : files) {
            var recipe = RecipeFile.read(file);
            System.out.printf(
                    "%s: recipe %s %s, part %s: %d prompts, takt %d ms, hash %s%n",
                    file,
                    recipe.id(),
                    recipe.version(),
                    recipe.partNumber(),
                    recipe.prompts().size(),
                    recipe.takt().toMillis(),
                    recipe.hash().substring(0, 12));
        }
        return 0;
    }
}
