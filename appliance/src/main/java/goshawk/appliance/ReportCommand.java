package goshawk.appliance;

import goshawk.appliance.evaluate.BalancedAccuracy;
import goshawk.appliance.evaluate.Evaluation;
import goshawk.appliance.evaluate.EvaluationReport;
import goshawk.appliance.evaluate.ResultsFile;
import goshawk.appliance.evaluate.TruthFile;
import goshawk.appliance.recipe.RecipeFile;
import goshawk.camera.PixelScale;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "report",
        mixinStandardHelpOptions = true,
        description = "Compares verdicts with the truth: escapes and false calls with exact 95 %% intervals.")
final class ReportCommand implements Callable<Integer> {

    @Option(names = "--verdicts", required = true, description = "JSON lines that inspect wrote.")
    private Path verdicts = Path.of("");

    @Option(names = "--truth", required = true, description = "truth.csv of render, or labels.csv of a data set.")
    private Path truth = Path.of("");

    @Option(names = "--split", defaultValue = "", description = "Only this split of the data set: train, val, …")
    private String split = "";

    @Option(names = "--recipe", description = "Recipe, for its scale: adds the table by defect size.")
    private Optional<Path> recipe = Optional.empty();

    @Option(names = "--by-board", description = "Balanced accuracy by the truth's board column.")
    private boolean byBoard;

    @Override
    public Integer call() {
        var judged = ResultsFile.read(verdicts);
        var known = TruthFile.read(truth, split);
        Optional<PixelScale> scale = recipe.map(file -> RecipeFile.read(file).scale());
        System.out.print(EvaluationReport.text(Evaluation.of(judged, known, scale)));
        if (byBoard) {
            System.out.print("\n" + BalancedAccuracy.text(BalancedAccuracy.byGroup(judged, known)));
        }
        return 0;
    }
}
