package goshawk.appliance;

import goshawk.appliance.domain.Calibration;
import goshawk.appliance.domain.GoldenSet;
import goshawk.appliance.domain.Provenance;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.evaluate.CalibrationReport;
import goshawk.appliance.evaluate.CalibrationStudy;
import goshawk.appliance.evaluate.GoldenParts;
import goshawk.appliance.evaluate.Judge;
import goshawk.appliance.recipe.CalibrationFile;
import goshawk.appliance.recipe.RecipeFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "calibrate",
        mixinStandardHelpOptions = true,
        description = {
            "Makes confidences of a recipe's scores, from labelled parts, and thresholds for a stated escape rate.",
            "Without --images the parts are the recipe's golden set; a rendered one is drawn anew from another seed."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:every prompt has its threshold with the bound that was asked for",
            "1:the calibration is written, but for some prompts there are too few bad parts for that bound",
            "2:the recipe, the model or the parts cannot be used; the message says what"
        })
final class CalibrateCommand implements Callable<Integer> {

    private static final int TOO_FEW = 1;

    @Option(names = "--recipe", required = true, description = "Recipe file.")
    private Path recipe = Path.of("");

    @Option(names = "--images", description = "Folder of labelled pictures; with --truth.")
    private Optional<Path> images = Optional.empty();

    @Option(names = "--truth", description = "truth.csv of render, or labels.csv of a data set; with --images.")
    private Optional<Path> truth = Optional.empty();

    @Option(names = "--split", defaultValue = "", description = "Only this split of the data set: train, val, …")
    private String split = "";

    @Option(
            names = "--times",
            defaultValue = "1",
            description = "How often as many parts as the rendered golden set has (${DEFAULT-VALUE}).")
    private int times;

    @Option(
            names = "--escape-rate",
            defaultValue = "0.003",
            description = "Largest share of bad parts that may pass a prompt (${DEFAULT-VALUE}).")
    private double escapeRate;

    @Option(
            names = "--confidence",
            defaultValue = "0.95",
            description = "Of the bound on that share (${DEFAULT-VALUE}).")
    private double confidence;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = "The calibration (beside the recipe, .calibration.json); its diagram is beside it, .svg.")
    private Optional<Path> out = Optional.empty();

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Override
    public Integer call() {
        if (!(escapeRate > 0 && escapeRate < 1 && confidence >= 0.5 && confidence < 1) || times < 1) {
            throw new CommandException(
                    "want --escape-rate in (0, 1), --confidence in [0.5, 1) and --times of 1 or more");
        }
        Recipe asked = RecipeFile.uncalibrated(recipe);
        GoldenParts parts = parts(asked);
        var opened = model.open(model.engine(), asked);
        CalibrationStudy study;
        try (var inspector = opened.inspector();
                var progress = Progress.start(
                        "Calibrating " + asked.id(), parts.parts().size())) {
            var looked = CalibrationStudy.look(parts, new Judge(inspector, asked.takt()), progress::at);
            study = CalibrationStudy.of(asked, looked, escapeRate, confidence);
        }
        Path file = out.orElseGet(
                () -> recipe.resolveSibling(base(recipe.getFileName().toString(), ".yaml") + ".calibration.json"));
        Provenance by = ModelOptions.provenance(opened.engine(), asked);
        Path diagram = write(file, study, by);
        System.out.print(CalibrationReport.text(study));
        System.out.printf(
                "%nCalibration %s, reliability diagram %s%nTo use it, write into the recipe: calibration: %s%n",
                file, diagram, file.getFileName());
        return study.isProven() ? 0 : TOO_FEW;
    }

    private GoldenParts parts(Recipe asked) {
        if (images.isPresent() != truth.isPresent()) {
            throw new CommandException(
                    "--images and --truth belong together: name the pictures and what is true of them");
        }
        if (images.isPresent()) {
            return GoldenParts.folder(images.get(), truth.orElseThrow(), split, asked.viewNames());
        }
        GoldenSet golden = asked.qualification()
                .golden()
                .orElseThrow(() -> new CommandException(
                        "recipe %s has no golden set: name labelled parts with --images and --truth"
                                .formatted(asked.id())));
        return switch (golden.source()) {
            case GoldenSet.Source.Rendered rendered ->
                GoldenParts.others(rendered, asked.viewNames(), rendered.seed() + 1, times);
            case GoldenSet.Source.Folder(var written, var _) -> {
                System.err.printf(
                        "goshawk: these are the parts of the golden set %s: verifying on them again proves less; keep others for calibrating%n",
                        written);
                yield GoldenParts.of(golden, asked.viewNames());
            }
        };
    }

    /** @return the diagram's file */
    private static Path write(Path file, CalibrationStudy study, Provenance by) {
        var calibration = new Calibration(
                "",
                by.recipe(),
                by.recipeVersion(),
                by.promptsHash(),
                by.engine(),
                by.engineHash(),
                by.precision(),
                study.curves());
        Path diagram = file.resolveSibling(base(file.getFileName().toString(), ".json") + ".svg");
        try {
            CalibrationFile.write(file, calibration, CalibrationReport.json(study));
            Files.writeString(
                    diagram,
                    CalibrationReport.svg(
                            study,
                            "How far %s %s can be believed, on %s"
                                    .formatted(by.recipe(), by.recipeVersion(), by.engine())));
            return diagram;
        } catch (IOException e) {
            throw new CommandException("cannot write %s (%s); name a file that you may write".formatted(file, e), e);
        }
    }

    private static String base(String name, String ending) {
        return name.endsWith(ending) ? name.substring(0, name.length() - ending.length()) : name;
    }
}
