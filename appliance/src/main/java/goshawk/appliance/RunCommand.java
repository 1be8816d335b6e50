package goshawk.appliance;

import goshawk.appliance.checkup.SmallestDefects;
import goshawk.appliance.domain.LineState;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.engine.Releases;
import goshawk.appliance.publish.BrokerAddress;
import goshawk.appliance.publish.EmbeddedBroker;
import goshawk.appliance.recipe.RecipeFile;
import goshawk.trtbuild.Preprocessor;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        description = {
            "Runs a station until its camera ends or it is stopped.",
            "Monitor only: verdicts inform, no part is released by them until there is a PLC handshake."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:the camera has no more parts",
            "1:the line failed; a supervisor should start it again",
            "2:something could not be opened; the message says what",
            "143:it was stopped (130: by Ctrl-C), after the part in hand was recorded"
        })
final class RunCommand implements Callable<Integer> {

    private static final int FAILED = 1;
    private static final int FRAMES = 3;

    @Option(names = "--config", required = true, description = "Station file; deploy/station.yaml shows every key.")
    private Path config = Path.of("");

    @Option(
            names = "--unverified-recipe",
            paramLabel = "NAME",
            description = "Runs this recipe although it has not passed its golden set; every record says so.")
    private Optional<String> unverified = Optional.empty();

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Override
    public Integer call() throws InterruptedException {
        StationConfig station = StationConfig.read(config);
        Recipe recipe = RecipeFile.read(station.recipe());
        station.require(recipe);
        model.unlessTold(
                station.model(),
                station.adapter(),
                station.engineCache(),
                station.context(),
                station.prefixCache(),
                station.engine());
        var opening = model.opening(recipe, station.network());
        var clearance = Clearance.of(station.data(), recipe, ModelOptions.provenance(opening.identity(), recipe));
        clearance.require(
                unverified,
                "./goshawk recipe verify --recipe %s --data %s".formatted(station.recipe(), station.data()));
        try (var releases = new Releases()) {
            BrokerAddress broker = station.broker().orElseGet(() -> embedded(station, releases));
            var appliance =
                    releases.own(Appliance.start(setup(station, recipe, broker, clearance), opening), Appliance::close);
            Runtime.getRuntime().addShutdownHook(new Thread(appliance::close, "stopping"));
            System.out.printf(
                    """
                    Station %s runs, monitor only: nothing is released by its verdicts.
                      dashboard   %s
                      verdicts    %s, topic %s
                    """,
                    station.topics().prefix(),
                    appliance.address(),
                    broker,
                    station.topics().verdict());
            if (!clearance.isGiven()) {
                System.out.println("  unverified  " + clearance.refusal());
            }
            opening.checkpoint()
                    .map(Preprocessor::read)
                    .ifPresent(preprocessor -> SmallestDefects.warnings(recipe, Optional.of(preprocessor))
                            .forEach(it -> System.out.println("  small       " + it)));
            appliance.api().ifPresent(api -> System.out.printf("  API         %s%n", api));
            appliance.awaitEnd();
            return appliance.state().line() == LineState.FAILED ? FAILED : 0;
        }
    }

    static BrokerAddress embedded(StationConfig station, Releases releases) {
        var broker = releases.own(
                EmbeddedBroker.start(station.brokerPort(), station.data().resolve("broker")), EmbeddedBroker::close);
        return BrokerAddress.local(broker.port());
    }

    private static Setup setup(StationConfig station, Recipe recipe, BrokerAddress broker, Clearance clearance) {
        return new Setup(
                recipe,
                new StationCameras(station, recipe, broker).all(),
                FRAMES,
                new MonitorOnlyGate(),
                station.source().isSimulated(),
                true,
                station.order(),
                station.shifts(),
                station.data(),
                broker,
                station.topics(),
                clearance.verification(),
                station.dashboardHost(),
                station.dashboardPort(),
                station.network());
    }
}
