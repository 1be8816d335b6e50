package goshawk.appliance;

import goshawk.appliance.StationConfig.Source;
import goshawk.appliance.StationConfig.ViewCamera;
import goshawk.appliance.checkup.Check;
import goshawk.appliance.checkup.Check.Result;
import goshawk.appliance.checkup.CheckList;
import goshawk.appliance.checkup.CheckList.Triggering;
import goshawk.appliance.checkup.CheckSection;
import goshawk.appliance.checkup.Measured;
import goshawk.appliance.checkup.QualityChecks;
import goshawk.appliance.checkup.SmallestDefects;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.View;
import goshawk.camera.CameraException;
import goshawk.camera.Views;
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
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Goes through the check list of a station: its triggers, each camera that it has, and each view of the recipe. Where a view has a camera
 * of its own, both are one section; lights share their camera's, and a station with one view is one section altogether.
 */
final class StationCheckup {

    private final StationConfig station;
    private final Recipe recipe;

    /** By view; of one camera, with or without lights, under {@link Views#ONLY}. */
    private final SequencedMap<String, ViewCamera> cameras;

    StationCheckup(StationConfig station, Recipe recipe) {
        this.station = station;
        this.recipe = recipe;
        this.cameras = switch (station.source()) {
            case Source.Several(var views) -> views;
            case Source.Lit(var camera, var _) -> only(camera);
            case Source camera -> only(camera);
        };
    }

    private SequencedMap<String, ViewCamera> only(Source camera) {
        SequencedMap<String, ViewCamera> only = new LinkedHashMap<>();
        only.put(Views.ONLY, new ViewCamera(camera, station.cameraCalibration()));
        return only;
    }

    /** A section being written. */
    private record Draft(String title, SequencedMap<String, String> facts, List<Check> checks) {

        static Draft of(String view) {
            return new Draft(view.equals(Views.ONLY) ? "" : "view " + view, new LinkedHashMap<>(), new ArrayList<>());
        }

        CheckSection section() {
            return new CheckSection(title, facts, checks);
        }
    }

    /**
     * Watches the station's source and judges what was seen.
     *
     * @throws CameraException when the only camera is not there
     * @throws CommandException when no camera gives pictures by itself that is to
     */
    List<CheckSection> over(Duration time) throws InterruptedException {
        Optional<Preprocessor> preprocessor = preprocessor(); // now, and not after an hour: it may not be there
        SequencedMap<String, Draft> drafts = new LinkedHashMap<>();
        drafts.put(Views.ONLY, Draft.of(Views.ONLY));
        recipe.viewNames().forEach(view -> drafts.putIfAbsent(view, Draft.of(view)));
        Draft whole = drafts.firstEntry().getValue();
        whole.facts().put("station", station.topics().prefix());
        whole.facts().put("recipe", "%s %s, %s".formatted(recipe.id(), recipe.version(), station.recipe()));
        whole.facts().put("source", words(station.source()));
        cameras.forEach((name, camera) -> asked(camera.source(), draft(drafts, name)));

        Measured measured = StationWatch.over(time, station, recipe, contradicted(), runsByItself());

        whole.facts()
                .put(
                        "watched",
                        "%.0f s until %s"
                                .formatted(
                                        measured.time().toMillis() / 1e3,
                                        Instant.now().truncatedTo(ChronoUnit.SECONDS)));
        cameras.forEach((name, camera) -> clock(camera.source(), draft(drafts, name)));
        Triggering leading = triggering(cameras.firstEntry().getValue().source());
        whole.checks().addAll(CheckList.station(measured, leading));
        measured.cameras()
                .forEach((name, camera) -> draft(drafts, name)
                        .checks()
                        .addAll(CheckList.camera(
                                camera,
                                measured.time(),
                                recipe.takt(),
                                triggering(camera(name).source()))));
        for (View view : recipe.views()) {
            List<Check> checks = draft(drafts, view.name()).checks();
            Measured.OfView seen = measured.view(view.name());
            checks.addAll(CheckList.view(seen, measured.all(), view, recipe.takt()));
            checks.add(scale(view));
            checks.addAll(QualityChecks.of(seen.qualities(), view.quality()));
            checks.addAll(SmallestDefects.checks(recipe, view, preprocessor));
        }
        return drafts.values().stream().map(Draft::section).toList();
    }

    private static Draft draft(SequencedMap<String, Draft> drafts, String name) {
        return drafts.getOrDefault(name, drafts.firstEntry().getValue());
    }

    /** That of a view; of a light, the one that the lights share. */
    private ViewCamera camera(String view) {
        return cameras.getOrDefault(view, cameras.firstEntry().getValue());
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
            case Source.Lit lit -> "%s; lights: %s".formatted(words(lit.camera()), String.join(", ", lit.viewNames()));
            case Source.Several several ->
                several.views().entrySet().stream()
                        .map(it -> "%s: %s"
                                .formatted(it.getKey(), words(it.getValue().source())))
                        .collect(Collectors.joining("; "));
        };
    }

    /** Asks a GenICam camera itself, set as the station sets it, before its pictures come. One of several may fail to answer. */
    private void asked(Source source, Draft draft) {
        if (source instanceof Source.Genicam(var settings)) {
            try {
                asked(settings, draft);
            } catch (CameraException e) {
                if (cameras.size() == 1) {
                    throw e;
                }
                draft.checks().add(CheckList.unanswered(settings.camera(), String.valueOf(e.getMessage())));
            }
        }
    }

    private static void asked(GenicamSettings settings, Draft draft) {
        try (AravisCamera camera = AravisCamera.control(settings.camera())) {
            camera.apply(settings.features());
            draft.facts()
                    .put(
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
            draft.checks().addAll(CheckList.link(link, link.grantedSocketBuffer(), LinkCheck.mayReadRing()));
        }
    }

    /** Asked when the watching is over: a camera takes some seconds until its clock follows, and may lose what it follows. */
    private static void clock(Source source, Draft draft) {
        if (source instanceof Source.Genicam(var settings)) {
            boolean isWanted = Stream.of("PtpEnable", "GevIEEE1588")
                    .anyMatch(it -> "true".equals(settings.features().get(it)));
            try (AravisCamera camera = AravisCamera.open(settings.camera())) {
                draft.checks().add(CheckList.clock(camera.clock(), isWanted));
            } catch (CameraException e) {
                draft.checks().add(CheckList.unaskedClock(String.valueOf(e.getMessage())));
            }
        }
    }

    private boolean runsByItself() {
        return cameras.values().stream().anyMatch(it -> triggering(it.source()) instanceof Triggering.Free);
    }

    private Triggering triggering(Source source) {
        boolean isTriggered = source instanceof Source.Genicam(var settings) && settings.isTriggered();
        return switch (source) {
            case Source.Simulated _, Source.SimulatedLines _, Source.Folder _, Source.WatchedFolder _, Source.Video _ ->
                new Triggering.Own();
            case Source.Rtsp _, Source.V4l2 _, Source.Genicam _ ->
                switch (station.trigger().origin()) {
                    case TriggerConfig.Origin.Takt _ -> isTriggered ? byParts(false) : new Triggering.Free();
                    case TriggerConfig.Origin.CameraLine _ -> byParts(false);
                    case TriggerConfig.Origin.Mqtt _,
                            TriggerConfig.Origin.Modbus _,
                            TriggerConfig.Origin.Encoder _,
                            TriggerConfig.Origin.Detection _ -> byParts(!isTriggered);
                };
            case Source.Lit _, Source.Several _ -> throw new IllegalArgumentException("one camera was expected");
        };
    }

    private Triggering byParts(boolean runsFree) {
        return new Triggering.ByParts(station.trigger().matching(), runsFree);
    }

    /** Views whose calibration is not the recipe's: their pictures are looked at as they were taken. */
    private Set<String> contradicted() {
        return recipe.views().stream()
                .filter(view -> scale(view).result() == Result.FAIL)
                .map(View::name)
                .collect(Collectors.toSet());
    }

    private Check scale(View view) {
        Optional<Path> named = camera(view.name()).calibration();
        if (named.isEmpty()) {
            return CheckList.scale(Optional.empty(), "", view.scale());
        }
        CameraCalibrationFile kept = CameraCalibrationFile.read(named.get());
        try {
            kept.require(named.get(), recipe, view);
        } catch (CommandException e) {
            return CheckList.wrongScale(String.valueOf(e.getMessage()));
        }
        return CheckList.scale(
                Optional.of(kept.calibration().scale()),
                "by %s at %s".formatted(kept.operator(), kept.at()),
                view.scale());
    }

    /** Of the model that the station runs; another machine's is not known. */
    private Optional<Preprocessor> preprocessor() {
        return station.network().engine().isPresent()
                ? Optional.empty()
                : Optional.of(Preprocessor.read(station.model().orElseGet(Home::checkpoint)));
    }
}
