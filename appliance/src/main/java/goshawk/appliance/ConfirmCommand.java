package goshawk.appliance;

import goshawk.appliance.domain.ArchivedPicture;
import goshawk.appliance.domain.Confirmation;
import goshawk.appliance.domain.Confirmation.Label;
import goshawk.appliance.domain.RecordedInspection;
import goshawk.appliance.evaluate.KnownPart;
import goshawk.appliance.evaluate.TruthFile;
import goshawk.appliance.record.SqliteInspectionHistory;
import goshawk.appliance.record.SqliteInspectionLog;
import goshawk.camera.Views;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "confirm",
        mixinStandardHelpOptions = true,
        description = {
            "Confirms parts that came from a labelled folder, by their file names, as an operator would one by one.",
            "The newest inspection of each part is confirmed. The station must not run meanwhile."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:at least one part is confirmed",
            "1:no part of the truth was inspected",
            "2:the truth or the data folder cannot be used"
        })
final class ConfirmCommand implements Callable<Integer> {

    private static final int NONE = 1;
    private static final int PAGE = 500;

    /** A mark of the renderer over what nobody can see: the part cannot be judged. */
    private static final String OBSCURED = "obscured";

    @Option(names = "--data", required = true, description = "The station's data folder.")
    private Path data = Path.of("");

    @Option(names = "--truth", required = true, description = "truth.csv of render, or labels.csv of a data set.")
    private Path truth = Path.of("");

    @Option(names = "--split", defaultValue = "", description = "Only this split of the data set: train, val, …")
    private String split = "";

    @Option(names = "--by", defaultValue = "truth file", description = "Who says so (${DEFAULT-VALUE}).")
    private String by = "";

    @Override
    public Integer call() {
        Map<String, KnownPart> known = new HashMap<>();
        TruthFile.read(truth, split).forEach((file, part) -> known.put(withoutSuffix(file), part));
        Path database = data.resolve("goshawk.db");
        if (!Files.isRegularFile(database)) {
            throw new CommandException("%s holds no goshawk.db; name a station's data folder".formatted(data));
        }
        try (var log = SqliteInspectionLog.open(database, Clock.systemUTC());
                var history = SqliteInspectionHistory.open(database)) {
            int confirmed = 0;
            for (RecordedInspection newest : newest(history, known).values()) {
                KnownPart part = known.get(newest.record().trigger().part());
                if (part != null
                        && !newest.record().pictures().isEmpty()
                        && !newest.record().isPartial()) {
                    log.confirm(confirmation(newest, part));
                    confirmed++;
                }
            }
            System.out.printf("%d of %d parts confirmed%n", confirmed, known.size());
            return confirmed == 0 ? NONE : 0;
        }
    }

    private static Map<String, RecordedInspection> newest(
            SqliteInspectionHistory history, Map<String, KnownPart> known) {
        Map<String, RecordedInspection> newest = new HashMap<>();
        long last = 0;
        List<RecordedInspection> page;
        do {
            page = history.after(last, PAGE);
            for (RecordedInspection inspection : page) {
                last = inspection.id();
                String part = inspection.record().trigger().part();
                if (known.containsKey(part)) {
                    newest.put(part, inspection);
                }
            }
        } while (page.size() == PAGE);
        return newest;
    }

    private Confirmation confirmation(RecordedInspection newest, KnownPart part) {
        // A truth file knows one picture of a part: the first view's.
        String view = newest.record().picture().map(ArchivedPicture::view).orElse(Views.ONLY);
        List<Confirmation.Defect> defects = part.marks().stream()
                .filter(mark -> !mark.code().startsWith(OBSCURED))
                .map(mark -> new Confirmation.Defect(mark.code(), mark.place(), view))
                .toList();
        Label label = part.isGood() ? Label.PASS : defects.isEmpty() ? Label.REVIEW : Label.REJECT;
        return new Confirmation(
                newest.id(),
                label,
                label == Label.PASS ? List.of() : defects,
                by,
                Clock.systemUTC().instant());
    }

    private static String withoutSuffix(String file) {
        int dot = file.lastIndexOf('.');
        return dot > 0 ? file.substring(0, dot) : file;
    }
}
