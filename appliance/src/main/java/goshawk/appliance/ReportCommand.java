package goshawk.appliance;

import goshawk.appliance.domain.Recipe;
import goshawk.appliance.evaluate.BalancedAccuracy;
import goshawk.appliance.evaluate.BaselineInspector;
import goshawk.appliance.evaluate.BaselineJob;
import goshawk.appliance.evaluate.BoxAccuracy;
import goshawk.appliance.evaluate.CodeEvaluation;
import goshawk.appliance.evaluate.Comparison;
import goshawk.appliance.evaluate.Evaluation;
import goshawk.appliance.evaluate.EvaluationReport;
import goshawk.appliance.evaluate.JudgedPart;
import goshawk.appliance.evaluate.KnownPart;
import goshawk.appliance.evaluate.ResultsFile;
import goshawk.appliance.evaluate.TruthFile;
import goshawk.appliance.pose.ViewLocator;
import goshawk.appliance.recipe.RecipeFile;
import goshawk.camera.PixelScale;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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

    @Option(names = "--truth", description = "truth.csv of render, or labels.csv of a data set.")
    private Optional<Path> truth = Optional.empty();

    @Option(
            names = "--codes",
            paramLabel = "FILE",
            description = "CSV with columns file and code or text: how well codes were read (the truth's code column).")
    private Optional<Path> codes = Optional.empty();

    @Option(names = "--by", paramLabel = "COLUMN", description = "Column of --codes whose values make groups.")
    private Optional<String> by = Optional.empty();

    @Option(names = "--split", defaultValue = "", description = "Only this split of the data set: train, val, …")
    private String split = "";

    @Option(names = "--recipe", description = "Recipe, for its scale: adds the table by defect size.")
    private Optional<Path> recipe = Optional.empty();

    @Option(names = "--by-board", description = "Balanced accuracy by the truth's board column.")
    private boolean byBoard;

    @Option(names = "--boxes", description = "Boxes of the findings against the marks of the truth.")
    private boolean boxes;

    @Option(
            names = "--by-position",
            split = ",",
            paramLabel = "CODE",
            description = "Balanced accuracy by marked position; the codes of marks that are defects.")
    private Set<String> byPosition = Set.of();

    @Option(
            names = "--baseline",
            paramLabel = "DIR",
            description = "Folder of the pictures (brackets): adds the classical baseline at equal escapes.")
    private Optional<Path> baseline = Optional.empty();

    @Option(names = "--json", paramLabel = "FILE", description = "Also writes the numbers there.")
    private Optional<Path> json = Optional.empty();

    @Override
    public Integer call() throws InterruptedException {
        if (truth.isEmpty() && codes.isEmpty()) {
            throw new CommandException("name what is true: --truth or --codes");
        }
        if (truth.isPresent()) {
            judged(truth.get());
        }
        codes.or(() -> truth.filter(CodeEvaluation::isIn)).ifPresent(this::read);
        return 0;
    }

    private void read(Path codes) {
        var evaluation = CodeEvaluation.of(verdicts, codes, by);
        if (!evaluation.groups().isEmpty()) {
            System.out.print((truth.isPresent() ? "\n" : "") + evaluation.text());
        }
    }

    private void judged(Path truth) throws InterruptedException {
        var judged = ResultsFile.read(verdicts);
        var known = TruthFile.read(truth, split);
        Optional<PixelScale> scale =
                recipe.map(file -> RecipeFile.read(file).views().getFirst().scale());
        Evaluation evaluation = Evaluation.of(judged, known, scale);
        System.out.print(EvaluationReport.text(evaluation));
        if (byBoard) {
            System.out.print("\n" + BalancedAccuracy.text(BalancedAccuracy.byGroup(judged, known)));
        }
        if (boxes) {
            System.out.print("\n" + BoxAccuracy.text(BoxAccuracy.byGroup(judged, known)));
        }
        if (!byPosition.isEmpty()) {
            System.out.print("\n" + BalancedAccuracy.text(BalancedAccuracy.byPosition(judged, known, byPosition)));
        }
        if (baseline.isPresent()) {
            System.out.print("\n" + compared(baseline.get(), judged, known));
        }
        json.ifPresent(file -> write(file, EvaluationReport.json(evaluation)));
    }

    private String compared(Path folder, List<JudgedPart> judged, Map<String, KnownPart> known)
            throws InterruptedException {
        Recipe bracket = RecipeFile.read(recipe.orElseThrow(
                () -> new CommandException("--baseline needs --recipe, to find the parts in their pictures")));
        var plan = BaselineInspector.Plan.USUAL;
        BaselineInspector inspector;
        try (var progress = Progress.start("Tuning the baseline", plan.parts())) {
            inspector = BaselineInspector.tuned(plan, () -> ViewLocator.of(bracket), progress::at);
        }
        var files = judged.stream()
                .map(JudgedPart::file)
                .filter(known::containsKey)
                .distinct()
                .toList();
        try (var progress = Progress.start("Judging by the baseline", files.size());
                var locator = ViewLocator.of(bracket)) {
            var classical = new BaselineJob(folder, files).run(inspector, locator, progress::at);
            return Comparison.of(judged, classical, known).text();
        }
    }

    private static void write(Path file, String json) {
        try {
            Files.writeString(file, json + "\n");
        } catch (IOException e) {
            throw new CommandException("cannot write %s (%s); name a file that you may write".formatted(file, e), e);
        }
    }
}
