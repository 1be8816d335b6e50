package goshawk.appliance;

import goshawk.appliance.StationConfig.Source;
import goshawk.appliance.StationConfig.ViewCamera;
import goshawk.appliance.TriggerConfig.Origin;
import goshawk.appliance.recipe.Section;
import goshawk.camera.Matching;
import goshawk.camera.StationLight;
import goshawk.camera.aravis.GenicamSettings;
import goshawk.camera.sim.SimulatedLight;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Function;

/**
 * Where a station's pictures come from: {@code source} with one view, {@code source} and {@code lights} with the views of one camera, or
 * {@code views} with a source each.
 *
 * @param reader of one source
 */
record ViewsReader(Section root, Path folder, Function<Section, Source> reader) {

    Source source() {
        if (!root.meaning("view", "views").has("views")) {
            Source camera = reader.apply(root.section("source"));
            return root.meaning("light", "lights").has("lights") ? lit(camera) : camera;
        }
        for (String key : List.of("source", "lights", "cameraCalibration")) {
            if (root.has(key)) {
                root.problem(key, "a station with 'views' has '%s' in each of them, if at all".formatted(key));
            }
        }
        return several(root.section("views"));
    }

    private Source several(Section section) {
        SequencedMap<String, ViewCamera> views = new LinkedHashMap<>();
        Map<String, String> known = new HashMap<>();
        for (String name : section.names()) {
            Section view = section.section(name);
            Section written = view.section("source");
            Source source = reader.apply(written);
            address(source)
                    .ifPresentOrElse(
                            address -> {
                                String other = known.putIfAbsent(address, name);
                                if (other != null) {
                                    written.problem(
                                            "address",
                                            "views '%s' and '%s' are both camera %s; where they are its lights write 'source' and 'lights'"
                                                    .formatted(other, name, address));
                                }
                            },
                            () -> written.problem(
                                    "kind",
                                    "cameras of several views are triggered together, this kind has triggers of its own; kinds are rtsp, v4l2 and genicam, and a folder or the simulated station has 'lights'"));
            views.put(
                    name,
                    new ViewCamera(
                            source,
                            view.has("cameraCalibration")
                                    ? Optional.of(folder.resolve(view.text("cameraCalibration"))
                                            .normalize())
                                    : Optional.empty()));
        }
        if (views.size() < 2) {
            root.problem("views", "'views' are two or more; one camera is a 'source'");
        }
        return new Source.Several(views);
    }

    /** Of a camera that can be triggered with others; empty for what is none. */
    private static Optional<String> address(Source source) {
        return switch (source) {
            case Source.Rtsp(var address, var _) ->
                Optional.of("%s:%d%s".formatted(address.getHost(), address.getPort(), address.getPath()));
            case Source.V4l2(var device) -> Optional.of(device.toString());
            case Source.Genicam(var settings) -> Optional.of(settings.camera());
            default -> Optional.empty();
        };
    }

    private Source lit(Source source) {
        List<StationLight> lights = new ArrayList<>();
        if (root.hasSection("lights")) {
            Section section = root.section("lights");
            for (String name : section.names()) {
                Section light = section.section(name);
                SequencedMap<String, String> features = new LinkedHashMap<>();
                light.optionalSection("features")
                        .ifPresent(it -> it.names().forEach(key -> features.put(key, it.plain(key))));
                lights.add(new StationLight(name, features));
            }
        } else {
            root.texts("lights").forEach(name -> lights.add(new StationLight(name, new LinkedHashMap<>())));
        }
        if (lights.size() < 2) {
            root.problem("lights", "'lights' are two or more; with one light there is nothing to name");
        }
        problem(source, lights).ifPresent(problem -> root.problem("lights", problem));
        return new Source.Lit(source, lights);
    }

    private static Optional<String> problem(Source source, List<StationLight> lights) {
        long switched = lights.stream().filter(it -> !it.features().isEmpty()).count();
        return switch (source) {
            case Source.Simulated _ ->
                lights.stream()
                        .map(StationLight::view)
                        .filter(name -> !SimulatedLight.codes().contains(name))
                        .findFirst()
                        .map(name -> "the simulated station has no light '%s'; it has %s"
                                .formatted(name, SimulatedLight.codes()));
            case Source.Folder _ -> Optional.empty();
            case Source.Genicam(var settings) -> problem(settings, lights.size(), switched);
            default ->
                Optional.of(
                        "a camera of this kind takes its pictures when it likes, so nobody knows under which light; lights are of genicam with TriggerMode: On, of folder and of simulated");
        };
    }

    private static Optional<String> problem(GenicamSettings settings, int lights, long switched) {
        if (!settings.isTriggered()) {
            return Optional.of(
                    "lights want a camera that exposes at its trigger: set the features TriggerMode: On and TriggerSource");
        }
        if (switched > 0 && switched < lights) {
            return Optional.of(
                    "either each light has 'features', or they follow each other by themselves and none has");
        }
        if (switched > 0 && !settings.isSoftwareTriggered()) {
            return Optional.of(
                    "lights that are switched by 'features' want the camera to be triggered for each: set TriggerSource: Software");
        }
        return Optional.empty();
    }

    /** @param isWritten whether the file has a section {@code trigger} */
    static Optional<String> triggerProblem(Source source, TriggerConfig trigger, boolean isWritten) {
        if (source instanceof Source.Several several) {
            return severalProblem(several, trigger);
        }
        if (!(source instanceof Source.Lit(Source.Genicam _, var _))) {
            return isWritten
                    ? Optional.of("'trigger' is of cameras that are connected: this source has triggers of its own")
                    : Optional.empty();
        }
        if (trigger.origin() instanceof Origin.CameraLine || trigger.origin() instanceof Origin.Detection) {
            return Optional.of(
                    "lights want a trigger that is told: kind takt, mqtt or encoder; where pictures are the trigger a lost one would shift the rest");
        }
        return trigger.matching() instanceof Matching.FirstAfter
                ? Optional.empty()
                : Optional.of("pictures of lights are told by the camera's own count: leave 'match' out");
    }

    private static Optional<String> severalProblem(Source.Several several, TriggerConfig trigger) {
        List<Source> sources =
                several.views().values().stream().map(ViewCamera::source).toList();
        boolean allCount = sources.stream().allMatch(it -> it instanceof Source.Genicam);
        boolean byNumber =
                trigger.matching() instanceof Matching.ByNumber || trigger.matching() instanceof Matching.Agreed;
        if (byNumber && !allCount) {
            return Optional.of("'match' by number wants cameras that all number their pictures: kind genicam");
        }
        boolean isPictures =
                trigger.origin() instanceof Origin.CameraLine || trigger.origin() instanceof Origin.Detection;
        if (isPictures && !(trigger.matching() instanceof Matching.ByTime)) {
            return Optional.of(
                    "where the first view's pictures are the trigger, the other views' are found by time: match: time");
        }
        if (trigger.origin() instanceof Origin.CameraLine && !(sources.getFirst() instanceof Source.Genicam)) {
            return Optional.of("'kind' camera wants the first view's camera to have a trigger input: kind genicam");
        }
        return Optional.empty();
    }
}
