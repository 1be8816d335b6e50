package goshawk.appliance;

import goshawk.appliance.checkup.SmallestDefects;
import goshawk.appliance.domain.LineState;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.engine.Releases;
import goshawk.appliance.publish.BrokerAddress;
import goshawk.appliance.publish.EmbeddedBroker;
import goshawk.appliance.recipe.RecipeFile;
import goshawk.camera.Credentials;
import goshawk.camera.FolderFrameSource;
import goshawk.camera.FrameSource;
import goshawk.camera.LiveFrameSource;
import goshawk.camera.LiveFrameSource.Limits;
import goshawk.camera.VideoFrameSource;
import goshawk.camera.WatchedFolderFrameSource;
import goshawk.camera.calibration.UndistortingFrameSource;
import goshawk.camera.linescan.LineScan;
import goshawk.camera.linescan.LineScanFrameSource;
import goshawk.camera.sim.RenderOptions;
import goshawk.camera.sim.SimulatedBelt;
import goshawk.camera.sim.SimulatedFrameSource;
import goshawk.camera.sim.SimulatedLineCamera;
import goshawk.trtbuild.Preprocessor;
import java.nio.file.Path;
import java.util.Map;
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
            "0:the camera has no more parts, or the station was stopped",
            "1:the line failed; a supervisor should start it again",
            "2:something could not be opened; the message says what"
        })
final class RunCommand implements Callable<Integer> {

    private static final int FAILED = 1;
    private static final int FRAMES = 3;

    /** From part to part on the simulated belt. */
    private static final double GAP_MM = 20;

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
                calibrated(station, recipe, broker),
                FRAMES,
                new MonitorOnlyGate(),
                station.source() instanceof StationConfig.Source.Simulated
                        || station.source() instanceof StationConfig.Source.SimulatedLines,
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

    /** The station's camera, its lens's distortion taken out where it was calibrated. */
    static Setup.Camera calibrated(StationConfig station, Recipe recipe, BrokerAddress broker) {
        Setup.Camera camera = camera(station, recipe, broker);
        return station.cameraCalibration()
                .<Setup.Camera>map(file -> {
                    var kept = CameraCalibrationFile.read(file);
                    kept.require(file, recipe);
                    return pool -> UndistortingFrameSource.of(camera.open(pool), kept.calibration());
                })
                .orElse(camera);
    }

    static Setup.Camera camera(StationConfig station, Recipe recipe, BrokerAddress broker) {
        var limits = Limits.every(recipe.takt());
        var matching = station.trigger().matching();
        return switch (station.source()) {
            case StationConfig.Source.Simulated(var seed, var period) ->
                pool -> new SimulatedFrameSource(seed, Long.MAX_VALUE, RenderOptions.USUAL, period, pool, (_, _) -> {});
            case StationConfig.Source.SimulatedLines(var seed, var speed, var scan) ->
                lineScan(seed, speed, scan, recipe);
            case StationConfig.Source.Folder(var path, var period) ->
                pool -> FolderFrameSource.open(path, pool, period);
            case StationConfig.Source.WatchedFolder(var path, var rules) ->
                pool -> WatchedFolderFrameSource.open(path, pool, rules);
            case StationConfig.Source.Video(var path) -> pool -> VideoFrameSource.open(path, pool, recipe.takt());
            case StationConfig.Source.Rtsp(var address, var password) -> {
                var credentials = password.map(Credentials::read);
                yield pool -> triggered(
                        station,
                        recipe,
                        broker,
                        triggers -> LiveFrameSource.rtsp(
                                address.toString(), credentials, pool, limits, triggers, matching));
            }
            case StationConfig.Source.V4l2(var device) ->
                pool -> triggered(
                        station,
                        recipe,
                        broker,
                        triggers -> LiveFrameSource.v4l2(device, Map.of(), pool, limits, triggers, matching));
            case StationConfig.Source.Genicam(var settings) ->
                pool -> triggered(
                        station,
                        recipe,
                        broker,
                        triggers -> LiveFrameSource.genicam(settings, pool, limits, triggers, matching));
        };
    }

    private static FrameSource triggered(
            StationConfig station, Recipe recipe, BrokerAddress broker, TriggeredCamera.Opener camera) {
        return TriggeredCamera.open(station.trigger().origin(), recipe.takt(), broker, station.topics(), camera);
    }

    private static Setup.Camera lineScan(long seed, double beltMmPerS, LineScan scan, Recipe recipe) {
        double fastest = scan.fastestBelt(recipe.scale());
        if (beltMmPerS > fastest) {
            throw new CommandException(
                    "the belt runs at %s mm/s, at %s kHz the camera can follow %.1f mm/s; slow the belt down, or take lines less densely (micrometresPerLine)"
                            .formatted(beltMmPerS, scan.rateKHz(), fastest));
        }
        double barrierMm = scan.begin() instanceof LineScan.Begin.PartPresent(int delay)
                ? recipe.scale().millimetresY(delay)
                : 0;
        var scene =
                new SimulatedLineCamera.Scene(seed, Long.MAX_VALUE, RenderOptions.USUAL, GAP_MM + barrierMm, barrierMm);
        return pool -> new LineScanFrameSource(
                () -> new SimulatedLineCamera(
                        scene,
                        SimulatedBelt.steady(beltMmPerS),
                        scan,
                        recipe.scale().micrometresY(),
                        true),
                scan,
                pool,
                (_, _) -> {});
    }
}
