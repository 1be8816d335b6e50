package goshawk.appliance;

import goshawk.appliance.StationConfig.Source;
import goshawk.appliance.checkup.Check;
import goshawk.appliance.checkup.CheckList;
import goshawk.appliance.checkup.CheckList.Triggering;
import goshawk.appliance.checkup.Measured;
import goshawk.appliance.checkup.Observation;
import goshawk.appliance.checkup.QualityChecks;
import goshawk.appliance.checkup.SmallestDefects;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.engine.Releases;
import goshawk.appliance.publish.BrokerAddress;
import goshawk.appliance.recipe.RecipeFile;
import goshawk.camera.CameraException;
import goshawk.camera.CameraState.Condition;
import goshawk.camera.FramePools;
import goshawk.camera.FrameSource;
import goshawk.camera.aravis.AravisCamera;
import goshawk.camera.aravis.GenicamSettings;
import goshawk.camera.aravis.LinkCheck;
import goshawk.trtbuild.Preprocessor;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;

@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description = {
            "Watches a station's camera for a while and goes through the check list of docs/cameras.md: the way of its pictures, losses,"
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
    private static final int FRAMES = 4;
    private static final Duration CONNECTING = Duration.ofSeconds(15);

    /** After the first picture: connections settle, and the runtime compiles what it does often. */
    private static final Duration SETTLING = Duration.ofSeconds(2);

    private static final Duration STOPPING = Duration.ofSeconds(15);

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
        if (station.source() instanceof Source.WatchedFolder(var folder, var _)) {
            throw new CommandException(
                    "%s is a folder whose files are parts: watching it would take them away. Copy some of its pictures, and name the copy: kind: folder"
                            .formatted(folder));
        }
        if (station.source() instanceof Source.Several || station.source() instanceof Source.Lit) {
            throw new CommandException(
                    "%s has several views; check its cameras one by one: name a station file, and a recipe, with one of them as the only source"
                            .formatted(config));
        }
        List<Check> checks = new ArrayList<>();
        Map<String, String> heads = new LinkedHashMap<>();
        heads.put("station", station.topics().prefix());
        heads.put("recipe", "%s %s, %s".formatted(recipe.id(), recipe.version(), station.recipe()));
        heads.put("source", words(station.source()));
        if (station.source() instanceof Source.Genicam(var settings)) {
            genicam(settings, heads, checks);
        }
        Measured measured = watched(station, recipe);
        heads.put(
                "watched",
                "%.0f s until %s"
                        .formatted(
                                measured.time().toMillis() / 1e3, Instant.now().truncatedTo(ChronoUnit.SECONDS)));
        checks.addAll(CheckList.watched(measured, recipe, triggering(station)));
        checks.add(scale(station, recipe));
        checks.addAll(QualityChecks.of(measured.qualities(), recipe.only().quality()));
        checks.addAll(SmallestDefects.checks(recipe, preprocessor(station)));
        CameraDoctorPage.of(heads, checks).forEach(System.out::println);
        return CheckList.fails(checks) ? FAILS : ExitCode.OK;
    }

    private static String words(Source source) {
        return switch (source) {
            case Source.Simulated _ -> "simulated: says nothing about a camera";
            case Source.SimulatedLines _ -> "simulated line-scan: says nothing about a camera";
            case Source.Folder(var path, var _) -> "folder " + path;
            case Source.WatchedFolder(var path, var _) -> "folder " + path;
            case Source.Video(var path) -> "film " + path;
            case Source.Rtsp(var address, var _) -> "rtsp " + address.toString().replaceFirst("//[^/@]*@", "//***@");
            case Source.V4l2(var device) -> "v4l2 " + device;
            case Source.Genicam(var settings) -> "genicam " + settings.camera();
            case Source.Lit _, Source.Several _ -> throw new IllegalStateException("one camera was expected");
        };
    }

    /** Asks the camera itself, set as the station sets it, before its pictures come. */
    private static void genicam(GenicamSettings settings, Map<String, String> heads, List<Check> checks) {
        try (AravisCamera camera = AravisCamera.control(settings.camera())) {
            camera.apply(settings.features());
            heads.put(
                    "camera",
                    "%s %s, serial number %s, %s, %d bytes a picture"
                            .formatted(
                                    camera.value("DeviceVendorName").orElse("maker unknown"),
                                    camera.value("DeviceModelName").orElse(""),
                                    camera.value("DeviceSerialNumber")
                                            .or(() -> camera.value("DeviceID"))
                                            .orElse("unknown"),
                                    camera.value("PixelFormat").orElse("pixel format unknown"),
                                    camera.payload()));
            LinkCheck link = LinkCheck.of(camera);
            checks.addAll(CheckList.link(link, link.grantedSocketBuffer(), LinkCheck.mayReadRing()));
            checks.add(CheckList.clock(
                    camera.value("PtpStatus").or(() -> camera.value("GevIEEE1588Status")),
                    settings.features().containsKey("PtpEnable")
                            || settings.features().containsKey("GevIEEE1588")));
        }
    }

    private Measured watched(StationConfig station, Recipe recipe) throws InterruptedException {
        try (var releases = new Releases()) {
            BrokerAddress broker = station.broker().orElseGet(() -> BrokerAddress.local(station.brokerPort()));
            if (station.trigger().origin() instanceof TriggerConfig.Origin.Mqtt
                    && station.broker().isEmpty()) {
                broker = RunCommand.embedded(station, releases);
            }
            var cameras = new StationCameras(station, recipe, broker);
            Setup.Camera camera = isCalibrationRight(station, recipe) ? cameras.all() : cameras.asTaken();
            var opened = new CompletableFuture<Observation>();
            var ended = new CompletableFuture<Boolean>();
            Thread taking = Thread.ofPlatform().name("camera").daemon().start(() -> take(camera, opened, ended));
            try {
                return watched(got(opened, CONNECTING), station, ended);
            } finally {
                taking.interrupt();
                taking.join(STOPPING);
            }
        }
    }

    /** The source belongs to the thread that opens it. */
    private static void take(
            Setup.Camera camera, CompletableFuture<Observation> opened, CompletableFuture<Boolean> ended) {
        try (var pools = new FramePools(FRAMES);
                FrameSource source = camera.open(pools)) {
            var observation = new Observation(source);
            opened.complete(observation);
            observation.take();
            ended.complete(true);
        } catch (RuntimeException | Error e) {
            opened.completeExceptionally(e);
            ended.completeExceptionally(e);
        }
    }

    private Measured watched(Observation observation, StationConfig station, CompletableFuture<Boolean> ended)
            throws InterruptedException {
        if (triggering(station) instanceof Triggering.Free) {
            awaitPictures(observation);
        }
        long seconds = Math.max(1, Math.round(minutes * 60));
        observation.begin();
        try (var progress = Progress.start("watching the camera", seconds)) {
            for (long second = 1; second <= seconds && !ended.isDone(); second++) {
                waitFor(ended, Duration.ofSeconds(1));
                progress.at(second);
            }
        }
        return observation.measured();
    }

    private static void awaitPictures(Observation observation) throws InterruptedException {
        long until = System.nanoTime() + CONNECTING.toNanos();
        while (observation.condition().filter(it -> it == Condition.CONNECTED).isEmpty()) {
            if (System.nanoTime() > until) {
                throw new CommandException("the camera gave no picture within %d s%s"
                        .formatted(
                                CONNECTING.toSeconds(),
                                observation.fault().isEmpty()
                                        ? "; does it wait for a trigger (TriggerMode) that the station does not name?"
                                        : ": " + observation.fault()));
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
        TimeUnit.NANOSECONDS.sleep(SETTLING.toNanos());
    }

    /** A source that failed is told; one that merely ended is not waited for any longer. */
    private static void waitFor(CompletableFuture<Boolean> ended, Duration time) throws InterruptedException {
        try {
            var _ = ended.get(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            // it goes on
        } catch (ExecutionException e) {
            throw told(e);
        }
    }

    private static <T> T got(CompletableFuture<T> what, Duration within) throws InterruptedException {
        try {
            return what.get(within.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new CommandException("the camera was not opened within %d s".formatted(within.toSeconds()), e);
        } catch (ExecutionException e) {
            throw told(e);
        }
    }

    private static RuntimeException told(ExecutionException e) {
        return e.getCause() instanceof CameraException told
                ? told
                : new IllegalStateException("watching the camera failed", e.getCause());
    }

    private static Triggering triggering(StationConfig station) {
        boolean isTriggered = station.source() instanceof Source.Genicam(var settings) && settings.isTriggered();
        return switch (station.source()) {
            case Source.Simulated _, Source.SimulatedLines _, Source.Folder _, Source.WatchedFolder _, Source.Video _ ->
                new Triggering.Own();
            case Source.Rtsp _, Source.V4l2 _, Source.Genicam _ ->
                switch (station.trigger().origin()) {
                    case TriggerConfig.Origin.Takt _ -> isTriggered ? byParts(station, false) : new Triggering.Free();
                    case TriggerConfig.Origin.CameraLine _ -> byParts(station, false);
                    case TriggerConfig.Origin.Mqtt _,
                            TriggerConfig.Origin.Modbus _,
                            TriggerConfig.Origin.Encoder _,
                            TriggerConfig.Origin.Detection _ -> byParts(station, !isTriggered);
                };
            case Source.Lit _, Source.Several _ -> throw new IllegalStateException("one camera was expected");
        };
    }

    private static Triggering byParts(StationConfig station, boolean runsFree) {
        return new Triggering.ByParts(station.trigger().matching(), runsFree);
    }

    private static boolean isCalibrationRight(StationConfig station, Recipe recipe) {
        return scale(station, recipe).result() != Check.Result.FAIL;
    }

    private static Check scale(StationConfig station, Recipe recipe) {
        if (station.cameraCalibration().isEmpty()) {
            return CheckList.scale(Optional.empty(), "", recipe.only().scale());
        }
        Path file = station.cameraCalibration().get();
        CameraCalibrationFile kept = CameraCalibrationFile.read(file);
        try {
            kept.require(file, recipe, recipe.only());
        } catch (CommandException e) {
            return CheckList.wrongScale(String.valueOf(e.getMessage()));
        }
        return CheckList.scale(
                Optional.of(kept.calibration().scale()),
                "by %s at %s".formatted(kept.operator(), kept.at()),
                recipe.only().scale());
    }

    /** Of the model that the station runs; another machine's is not known. */
    private static Optional<Preprocessor> preprocessor(StationConfig station) {
        return station.network().engine().isPresent()
                ? Optional.empty()
                : Optional.of(Preprocessor.read(station.model().orElseGet(Home::checkpoint)));
    }
}
