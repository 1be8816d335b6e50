package goshawk.appliance;

import goshawk.appliance.StationConfig.Source;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.View;
import goshawk.appliance.engine.Releases;
import goshawk.appliance.publish.BrokerAddress;
import goshawk.camera.Credentials;
import goshawk.camera.FolderFrameSource;
import goshawk.camera.FramePool;
import goshawk.camera.FramePools;
import goshawk.camera.FrameSource;
import goshawk.camera.JoinedFrameSource;
import goshawk.camera.LightsFrameSource;
import goshawk.camera.LiveFrameSource;
import goshawk.camera.LiveFrameSource.Limits;
import goshawk.camera.Matching;
import goshawk.camera.SharedTriggers;
import goshawk.camera.StationLight;
import goshawk.camera.TriggerSource;
import goshawk.camera.VideoFrameSource;
import goshawk.camera.WatchedFolderFrameSource;
import goshawk.camera.calibration.UndistortingFrameSource;
import goshawk.camera.linescan.LineScan;
import goshawk.camera.linescan.LineScanFrameSource;
import goshawk.camera.sim.RenderOptions;
import goshawk.camera.sim.SimulatedBelt;
import goshawk.camera.sim.SimulatedFrameSource;
import goshawk.camera.sim.SimulatedLight;
import goshawk.camera.sim.SimulatedLineCamera;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.UnaryOperator;

/** Opens what a station file says of cameras: one, one with several lights, or several. */
final class StationCameras {

    /** From part to part on the simulated belt. */
    private static final double GAP_MM = 20;

    /** Beyond the time that a camera has for its picture, for its answer to be handed over. */
    private static final Duration HANDING_OVER = Duration.ofSeconds(1);

    private final StationConfig station;
    private final Recipe recipe;
    private final BrokerAddress broker;
    private final Limits limits;
    private final Matching matching;

    /** @param broker that triggers may come through */
    StationCameras(StationConfig station, Recipe recipe, BrokerAddress broker) {
        this.station = station;
        this.recipe = recipe;
        this.broker = broker;
        this.limits = Limits.every(recipe.takt());
        this.matching = station.trigger().matching();
    }

    /** Files that the cameras need are read now; the cameras are opened later. */
    Setup.Camera all() {
        return allBut(Set.of());
    }

    /** @param asTaken views whose lens's distortion is left in, whatever their calibration says */
    Setup.Camera allBut(Set<String> asTaken) {
        return switch (station.source()) {
            case Source.Several(var views) -> several(views, asTaken);
            case Source.Lit(var camera, var lights) ->
                straightened(lit(camera, lights), recipe.views().getFirst(), asTaken);
            case Source single -> straightened(single(single), recipe.only(), asTaken);
        };
    }

    private Setup.Camera straightened(Setup.Camera camera, View view, Set<String> asTaken) {
        UnaryOperator<FrameSource> lens = lens(station.cameraCalibration(), view, asTaken);
        return pools -> lens.apply(camera.open(pools));
    }

    /** Takes a lens's distortion out where the camera was calibrated. */
    private UnaryOperator<FrameSource> lens(Optional<Path> calibration, View view, Set<String> asTaken) {
        if (calibration.isEmpty() || asTaken.contains(view.name())) {
            return UnaryOperator.identity();
        }
        Path file = calibration.get();
        var kept = CameraCalibrationFile.read(file);
        kept.require(file, recipe, view);
        return camera -> UndistortingFrameSource.of(camera, kept.calibration());
    }

    private static FramePool pool(FramePools pools, View view) {
        return pools.open(view.widthPx(), view.heightPx());
    }

    private Setup.Camera single(Source source) {
        View view = recipe.only();
        return switch (source) {
            case Source.Simulated(var seed, var period) ->
                pools -> new SimulatedFrameSource(
                        seed, Long.MAX_VALUE, RenderOptions.USUAL, period, pool(pools, view), (_, _) -> {});
            case Source.SimulatedLines(var seed, var speed, var scan) -> lineScan(seed, speed, scan);
            case Source.Folder(var path, var period) ->
                pools -> FolderFrameSource.open(path, pool(pools, view), period);
            case Source.WatchedFolder(var path, var rules) ->
                pools -> WatchedFolderFrameSource.open(path, pool(pools, view), rules);
            case Source.Video(var path) -> pools -> VideoFrameSource.open(path, pool(pools, view), recipe.takt());
            case Source.Rtsp _, Source.V4l2 _, Source.Genicam _ -> {
                Live camera = live(source, view);
                yield pools -> triggered(triggers -> camera.open(pool(pools, view), triggers));
            }
            case Source.Lit _, Source.Several _ ->
                throw new IllegalArgumentException("one view was expected, not " + source);
        };
    }

    /** A camera that is connected all the time. */
    private interface Live {
        FrameSource open(FramePool pool, TriggerSource triggers);
    }

    private Live live(Source source, View view) {
        return switch (source) {
            case Source.Rtsp(var address, var password) -> {
                var credentials = password.map(Credentials::read);
                yield (pool, triggers) ->
                        LiveFrameSource.rtsp(address.toString(), credentials, pool, limits, triggers, matching);
            }
            case Source.V4l2(var device) -> {
                // Asked for; a device that cannot answers with the nearest that it can.
                var size = Map.of("video_size", "%dx%d".formatted(view.widthPx(), view.heightPx()));
                yield (pool, triggers) -> LiveFrameSource.v4l2(device, size, pool, limits, triggers, matching);
            }
            case Source.Genicam(var settings) ->
                (pool, triggers) -> LiveFrameSource.genicam(settings, pool, limits, triggers, matching);
            default -> throw new IllegalArgumentException("a camera was expected, not " + source);
        };
    }

    private FrameSource triggered(TriggeredCamera.Opener camera) {
        return TriggeredCamera.open(station.trigger().origin(), recipe.takt(), broker, station.topics(), camera);
    }

    /** What triggers hears of the joined captures, and its camera is there when all of them are. */
    private Setup.Camera several(SequencedMap<String, StationConfig.ViewCamera> views, Set<String> asTaken) {
        SequencedMap<String, Live> byView = new LinkedHashMap<>();
        views.forEach((name, camera) -> {
            Live live = live(camera.source(), recipe.view(name));
            UnaryOperator<FrameSource> lens = lens(camera.calibration(), recipe.view(name), asTaken);
            byView.put(name, (pool, triggers) -> lens.apply(live.open(pool, triggers)));
        });
        return pools -> triggered(triggers -> joined(pools, byView, triggers));
    }

    /** The others listen before the first one starts, whose triggers they follow. */
    private FrameSource joined(FramePools pools, SequencedMap<String, Live> byView, TriggerSource triggers) {
        var shared = new SharedTriggers();
        var leading = new TriggerSource.Leading(triggers, shared);
        SequencedMap<String, FrameSource> opened = new LinkedHashMap<>();
        var releases = new Releases();
        try {
            byView.reversed().forEach((name, camera) -> {
                boolean isFirst = name.equals(byView.firstEntry().getKey());
                FrameSource source = camera.open(pool(pools, recipe.view(name)), isFirst ? leading : shared);
                opened.putFirst(name, releases.own(source, FrameSource::close));
            });
            return JoinedFrameSource.start(opened, matching.within().plus(HANDING_OVER));
        } catch (RuntimeException e) {
            releases.closeAfter(e);
            throw e;
        }
    }

    /** One camera's pictures of all views come out of one pool. */
    private Setup.Camera lit(Source source, List<StationLight> lights) {
        View view = recipe.views().getFirst();
        requireOneSize(view);
        int pictures = lights.size();
        List<String> names = lights.stream().map(StationLight::view).toList();
        return switch (source) {
            case Source.Simulated(var seed, var period) -> {
                SequencedMap<String, SimulatedLight> lamps = new LinkedHashMap<>();
                names.forEach(name -> lamps.put(name, SimulatedLight.named(name)));
                yield pools -> new SimulatedFrameSource(
                        seed,
                        Long.MAX_VALUE,
                        RenderOptions.USUAL,
                        lamps,
                        period,
                        pools.open(view.widthPx(), view.heightPx(), pictures),
                        (_, _) -> {});
            }
            case Source.Folder(var path, var period) ->
                pools -> FolderFrameSource.open(
                        path, names, pools.open(view.widthPx(), view.heightPx(), pictures), period);
            case Source.Genicam(var settings) ->
                pools -> triggered(triggers -> LightsFrameSource.genicam(
                        settings,
                        lights,
                        pools.open(view.widthPx(), view.heightPx(), pictures),
                        limits,
                        triggers,
                        matching.within()));
            default -> throw new IllegalArgumentException("a source with lights was expected, not " + source);
        };
    }

    private void requireOneSize(View first) {
        for (View view : recipe.views()) {
            if (view.widthPx() != first.widthPx() || view.heightPx() != first.heightPx()) {
                throw new CommandException(
                        "recipe %s: the views %s and %s are lights of one camera here, but of %d×%d and %d×%d pixels; make them equal, or give each a camera"
                                .formatted(
                                        recipe.id(),
                                        first.name(),
                                        view.name(),
                                        first.widthPx(),
                                        first.heightPx(),
                                        view.widthPx(),
                                        view.heightPx()));
            }
        }
    }

    private Setup.Camera lineScan(long seed, double beltMmPerS, LineScan scan) {
        View view = recipe.only();
        double fastest = scan.fastestBelt(view.scale());
        if (beltMmPerS > fastest) {
            throw new CommandException(
                    "the belt runs at %s mm/s, at %s kHz the camera can follow %.1f mm/s; slow the belt down, or take lines less densely (micrometresPerLine)"
                            .formatted(beltMmPerS, scan.rateKHz(), fastest));
        }
        double barrierMm = scan.begin() instanceof LineScan.Begin.PartPresent(int delay)
                ? view.scale().millimetresY(delay)
                : 0;
        var scene =
                new SimulatedLineCamera.Scene(seed, Long.MAX_VALUE, RenderOptions.USUAL, GAP_MM + barrierMm, barrierMm);
        return pools -> new LineScanFrameSource(
                () -> new SimulatedLineCamera(
                        scene,
                        SimulatedBelt.steady(beltMmPerS),
                        scan,
                        view.scale().micrometresY(),
                        true),
                scan,
                pool(pools, view),
                (_, _) -> {});
    }
}
