package goshawk.appliance;

import goshawk.appliance.domain.Recipe;
import goshawk.appliance.recipe.RecipeFile;
import goshawk.appliance.record.SqliteVerifications;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        description = {
            "Judges the recipe's golden set with the engine that a line would run: escapes, false calls, repeatability.",
            "The result is kept in the station's store; run refuses a recipe that has not passed."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:every demand of the golden set is met",
            "1:a demand is not met, or only some of the parts were judged",
            "2:the recipe, its golden set, the model or the store cannot be used; the message says what"
        })
final class VerifyCommand implements Callable<Integer> {

    private static final int NOT_PASSED = 1;
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

    @Option(names = "--recipe", required = true, description = "Recipe file with a section 'golden'.")
    private Path recipe = Path.of("");

    @Option(names = "--data", description = "The station's data folder; the result goes into its store (var).")
    private Optional<Path> data = Optional.empty();

    @Option(
            names = "--parts",
            description = "Only so many parts, to see that it works: a rehearsal clears no recipe (all).")
    private Optional<Integer> parts = Optional.empty();

    @Option(
            names = "--report",
            paramLabel = "FILE",
            description = "HTML page with tables and pictures (a new one in the data folder).")
    private Optional<Path> report = Optional.empty();

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Override
    public Integer call() {
        Recipe asked = RecipeFile.read(recipe);
        Path folder = data.orElseGet(() -> Home.path().resolve("var"));
        try (var store = SqliteVerifications.open(folder.resolve(Setup.DATABASE))) {
            var result = new GoldenRun(asked, model, model.engine(), folder, parts).run(store);
            var verification = result.verification();
            Path page = report.orElseGet(() -> folder.resolve("verifications")
                    .resolve("%s-%s.html".formatted(asked.id(), STAMP.format(verification.at()))));
            write(page, result.report().html(asked, verification, result.atOnce()));
            System.out.print(result.report().text());
            result.atOnce()
                    .ifPresent(once -> System.out.print("\n" + result.report().besides(once)));
            System.out.printf("%nReport with pictures: %s%n", page);
            System.out.println(
                    verification.isPassed()
                            ? "Recipe %s %s passed on engine %s."
                                    .formatted(
                                            asked.id(),
                                            asked.version(),
                                            result.by().engine())
                            : verification.isWhole()
                                    ? "Recipe %s %s did not pass.".formatted(asked.id(), asked.version())
                                    : "A rehearsal on some of the parts clears no recipe.");
            return verification.isPassed() ? 0 : NOT_PASSED;
        }
    }

    private static void write(Path file, String html) {
        try {
            Path folder = file.toAbsolutePath().getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
            Files.writeString(file, html);
        } catch (IOException e) {
            throw new CommandException("cannot write %s (%s); name a file that you may write".formatted(file, e), e);
        }
    }
}
