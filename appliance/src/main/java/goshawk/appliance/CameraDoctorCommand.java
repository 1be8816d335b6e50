package goshawk.appliance;

import goshawk.appliance.StationConfig.Source;
import goshawk.appliance.checkup.CheckSection;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.recipe.RecipeFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;

@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description = {
            "Watches a station's cameras for a while and goes through the check list of docs/cameras.md: the way of its pictures, losses,"
                    + " triggers, times, scale, quality, and how many pixels the model sees of the smallest defect.",
            "The station must not run meanwhile. Nothing is judged, recorded or released."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:nothing fails; warnings there may be",
            "1:something fails; the page says what and what helps",
            "2:the camera could not be watched; the message says why"
        })
final class CameraDoctorCommand implements Callable<Integer> {

    private static final int FAILS = 1;

    @Option(names = "--config", required = true, description = "Station file; deploy/station.yaml shows every key.")
    private Path config = Path.of("");

    @Option(names = "--minutes", description = "How long it is watched, at most 600 (${DEFAULT-VALUE}).")
    private double minutes = 1;

    @Override
    public Integer call() throws InterruptedException {
        if (!(minutes > 0 && minutes <= 600)) { // also refuses NaN
            throw new CommandException("--minutes must be above 0 and at most 600, got %s".formatted(minutes));
        }
        StationConfig station = StationConfig.read(config);
        Recipe recipe = RecipeFile.read(station.recipe());
        station.require(recipe);
        if (station.source() instanceof Source.WatchedFolder(var folder, var _)) {
            throw new CommandException(
                    "%s is a folder whose files are parts: watching it would take them away. Copy some of its pictures, and name the copy: kind: folder"
                            .formatted(folder));
        }
        Duration time = Duration.ofSeconds(Math.max(1, Math.round(minutes * 60)));
        List<CheckSection> sections = new StationCheckup(station, recipe).over(time);
        CameraDoctorPage.of(sections).forEach(System.out::println);
        return sections.stream().allMatch(it -> it.failing().isEmpty()) ? ExitCode.OK : FAILS;
    }
}
