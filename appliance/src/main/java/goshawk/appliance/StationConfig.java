package goshawk.appliance;

import goshawk.appliance.domain.PrefixCounters;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.Shifts;
import goshawk.appliance.publish.BrokerAddress;
import goshawk.appliance.publish.Topics;
import goshawk.appliance.recipe.ConfigurationException;
import goshawk.appliance.recipe.Section;
import goshawk.appliance.recipe.StrictYaml;
import goshawk.camera.Matching;
import goshawk.camera.StationLight;
import goshawk.camera.UnsupportedInterface;
import goshawk.camera.Views;
import goshawk.camera.WatchedFolderFrameSource;
import goshawk.camera.aravis.GenicamSettings;
import goshawk.camera.linescan.LineScan;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What {@code goshawk run --config} is told; {@code deploy/station.yaml} shows every key. Paths in the file are relative
 * to the file.
 *
 * @param trigger of a camera that is connected all the time
 * @param cameraCalibration file of what the camera's pictures measure; empty when nobody has measured it
 * @param order the work order, empty when the station does not know it
 * @param broker somebody else's broker; empty for the embedded one on {@code brokerPort}
 * @param brokerPort of 127.0.0.1, for the embedded broker
 * @param dashboardHost address that the dashboard listens on
 * @param data folder for the record, the pictures and, unless told otherwise, the engines
 * @param model folder of a checkpoint; empty for the one that is shipped
 * @param adapter folder of a LoRA adapter for that checkpoint
 * @param context tokens that a conversation may have; empty for as many as the model knows and memory holds
 * @param prefixCache bytes for the beginnings of conversations that are kept from part to part
 * @param engine where the model runs, if it is the station's own
 * @param network what the model has to do with other machines
 */
record StationConfig(
        Path recipe,
        Source source,
        TriggerConfig trigger,
        Optional<Path> cameraCalibration,
        String order,
        Shifts shifts,
        Topics topics,
        Optional<BrokerAddress> broker,
        int brokerPort,
        String dashboardHost,
        int dashboardPort,
        Path data,
        Path engineCache,
        Optional<Path> model,
        Optional<Path> adapter,
        Optional<Integer> context,
        long prefixCache,
        OwnEngine engine,
        Network network) {

    static final String PREFIX = "goshawk/plant1/area1/line1/station1";
    static final int BROKER_PORT = 1_883;
    static final int DASHBOARD_PORT = 8_080;

    private static final int MOST_CONTEXT = 10_000_000;
    private static final long MOST_PREFIX_BYTES = 1L << 40;

    private static final Pattern TIME = Pattern.compile("([01][0-9]|2[0-3]):[0-5][0-9]");

    /** Where the pictures come from. */
    sealed interface Source {

        /** Rendered parts, a trigger every {@code period}. */
        record Simulated(long seed, Duration period) implements Source {}

        /** The pictures of a folder, by name, a trigger every {@code period}; zero triggers when the line is free. */
        record Folder(Path path, Duration period) implements Source {}

        /** The files that a camera drops into a folder. */
        record WatchedFolder(Path path, WatchedFolderFrameSource.Rules rules) implements Source {}

        /**
         * Rendered parts under a line-scan camera, on a belt that moves at {@code beltMmPerS}.
         *
         * @param scan its pictures' lines are as many as the recipe's picture is high
         */
        record SimulatedLines(long seed, double beltMmPerS, LineScan scan) implements Source {}

        /** The frames of a recording. */
        record Video(Path path) implements Source {}

        /** A camera on the network; {@code password} is a file with its user and password. */
        record Rtsp(URI address, Optional<Path> password) implements Source {}

        /** A camera of this machine, by its device file. */
        record V4l2(Path device) implements Source {}

        /** A GigE Vision or USB3 Vision camera, and how it is set. */
        record Genicam(GenicamSettings settings) implements Source {}

        /**
         * One source that gives several pictures of each part, one after the other.
         *
         * @param lights in their order, two or more
         */
        record Lit(Source camera, List<StationLight> lights) implements Source {
            public Lit {
                lights = List.copyOf(lights);
            }
        }

        /**
         * Several cameras that are triggered together.
         *
         * @param views by name, two or more; the first leads
         */
        record Several(SequencedMap<String, ViewCamera> views) implements Source {}

        /** Names of the views that it gives. */
        default List<String> viewNames() {
            return switch (this) {
                case Lit lit -> lit.lights().stream().map(StationLight::view).toList();
                case Several several -> List.copyOf(several.views().keySet());
                default -> List.of(Views.ONLY);
            };
        }

        /** True when no real part stands in front of a real camera. */
        default boolean isSimulated() {
            return switch (this) {
                case Simulated _, SimulatedLines _ -> true;
                case Lit lit -> lit.camera().isSimulated();
                default -> false;
            };
        }
    }

    /** @param calibration file of what the camera's pictures measure; empty when nobody has measured it */
    record ViewCamera(Source source, Optional<Path> calibration) {}

    private enum Kind {
        SIMULATED,
        SIMULATED_LINESCAN,
        FOLDER,
        WATCH,
        VIDEO,
        RTSP,
        V4L2,
        GENICAM
    }

    /** True when {@code file} looks like a station's and not a recipe: only a station keeps data. */
    static boolean isOne(Path file) {
        try (var lines = Files.lines(file)) {
            return lines.anyMatch(line -> line.startsWith("data:") || line.startsWith("source:"));
        } catch (IOException | UncheckedIOException e) {
            return false; // whoever reads it next says why
        }
    }

    /** @throws ConfigurationException naming file, line and rule of everything that is wrong with it */
    static StationConfig read(Path file) {
        Path folder = Optional.ofNullable(file.toAbsolutePath().getParent()).orElseThrow();
        return StrictYaml.read(file, root -> new Reader(root, folder).config());
    }

    /** @throws CommandException when the recipe is for other views than the cameras give */
    void require(Recipe recipe) {
        List<String> given = source.viewNames();
        List<String> wanted = recipe.viewNames();
        if (!Set.copyOf(given).equals(Set.copyOf(wanted))) {
            throw new CommandException("recipe %s %s, the station's file %s; make them the same"
                    .formatted(recipe.id(), words(wanted), words(given)));
        }
    }

    private static String words(List<String> views) {
        return views.equals(List.of(Views.ONLY)) ? "has one view without a name" : "has the views " + views;
    }

    private record Reader(Section root, Path folder) {

        StationConfig config() {
            Path recipe = path(root, "recipe");
            Source source = new ViewsReader(root, folder, this::source).source();
            TriggerConfig trigger = new TriggerReader(root, folder).trigger();
            triggerProblem(source, trigger).ifPresent(problem -> root.problem("trigger", problem));
            String order = root.text("order", "");
            Shifts shifts = shifts();
            String prefix = root.text("topics", PREFIX);
            Topics topics = root.make(() -> new Topics(prefix)).orElseGet(() -> new Topics(PREFIX));
            Optional<Section> brokerSection = root.optionalSection("broker");
            Optional<BrokerAddress> broker = brokerSection
                    .filter(section -> section.has("address"))
                    .flatMap(section -> section.make(() -> broker(section)));
            int brokerPort = brokerSection.map(this::brokerPort).orElse(BROKER_PORT);
            Optional<Section> dashboard = root.optionalSection("dashboard");
            String host =
                    dashboard.map(section -> section.text("host", "127.0.0.1")).orElse("127.0.0.1");
            int port = dashboard
                    .map(section -> section.whole("port", 1, 65_535, DASHBOARD_PORT))
                    .orElse(DASHBOARD_PORT);
            Path data = path(root, "data");
            Path engines = root.has("engineCache") ? path(root, "engineCache") : data.resolve("engines");
            Optional<Path> model = optionalPath("model");
            Optional<Path> adapter = optionalPath("adapter");
            Optional<Integer> context =
                    root.has("context") ? Optional.of(root.whole("context", 1, MOST_CONTEXT, 1)) : Optional.empty();
            var network = new NetworkReader(root, folder);
            return new StationConfig(
                    recipe,
                    source,
                    trigger,
                    optionalPath("cameraCalibration"),
                    order,
                    shifts,
                    topics,
                    broker,
                    brokerPort,
                    host,
                    port,
                    data,
                    engines,
                    model,
                    adapter,
                    context,
                    root.bytes("prefixCache", 0, MOST_PREFIX_BYTES, PrefixCounters.USUAL_BYTES),
                    network.own(),
                    network.network());
        }

        private Optional<String> triggerProblem(Source source, TriggerConfig trigger) {
            if (source instanceof Source.Lit || source instanceof Source.Several) {
                return ViewsReader.triggerProblem(source, trigger, root.has("trigger"));
            }
            boolean isNumbering = source instanceof Source.Genicam;
            boolean isConnected = isNumbering || source instanceof Source.Rtsp || source instanceof Source.V4l2;
            if (root.has("trigger") && !isConnected) {
                return Optional.of("'trigger' is of cameras that are connected: this source has triggers of its own");
            }
            if (isConnected
                    && !isNumbering
                    && (trigger.matching() instanceof Matching.ByNumber
                            || trigger.matching() instanceof Matching.Agreed)) {
                return Optional.of(
                        "'match' by number wants a camera that numbers its pictures, which this kind does not");
            }
            if (source instanceof Source.Rtsp && trigger.origin() instanceof TriggerConfig.Origin.CameraLine) {
                return Optional.of("'kind' camera wants a camera with a trigger input, and a network camera has none");
            }
            return Optional.empty();
        }

        private Optional<Path> optionalPath(String key) {
            return root.has(key) ? Optional.of(path(root, key)) : Optional.empty();
        }

        private Path path(Section section, String key) {
            return folder.resolve(section.text(key)).normalize();
        }

        private Source source(Section section) {
            String kind = section.has("kind") ? section.plain("kind") : "";
            return UnsupportedInterface.named(kind)
                    .map(it -> refused(section, it))
                    .orElseGet(() -> supported(section));
        }

        /** The rest of the section is somebody's who will choose another camera: no word about it. */
        private static Source refused(Section section, UnsupportedInterface unsupported) {
            section.problem("kind", unsupported.refusal());
            section.names().forEach(section::has);
            return new Source.Simulated(1, Duration.ZERO);
        }

        private Source supported(Section section) {
            Duration second = Duration.ofSeconds(1);
            Duration longest = Duration.ofHours(1);
            return switch (section.choice("kind", Kind.class)) {
                case SIMULATED ->
                    new Source.Simulated(
                            section.whole("seed", 0, Integer.MAX_VALUE, 1),
                            section.duration("period", Duration.ZERO, longest, second));
                case SIMULATED_LINESCAN ->
                    new Source.SimulatedLines(
                            section.whole("seed", 0, Integer.MAX_VALUE, 1),
                            section.number("beltMmPerS", 0.1, 10_000, 100),
                            LineScanSection.read(section));
                case FOLDER ->
                    new Source.Folder(
                            path(section, "address"),
                            section.duration("period", Duration.ZERO, longest, Duration.ZERO));
                case WATCH -> new Source.WatchedFolder(path(section, "address"), rules(section));
                case VIDEO -> new Source.Video(path(section, "address"));
                case RTSP ->
                    new Source.Rtsp(
                            rtsp(section),
                            section.has("passwordFile")
                                    ? Optional.of(path(section, "passwordFile"))
                                    : Optional.empty());
                case V4L2 -> new Source.V4l2(path(section, "address"));
                case GENICAM -> new Source.Genicam(genicam(section));
            };
        }

        private static WatchedFolderFrameSource.Rules rules(Section section) {
            var usual = WatchedFolderFrameSource.Rules.USUAL;
            Duration settle = section.duration("settle", Duration.ZERO, Duration.ofMinutes(1), usual.settle());
            return new WatchedFolderFrameSource.Rules(
                    settle,
                    settle.compareTo(usual.patience()) > 0 ? settle : usual.patience(),
                    section.choice("order", WatchedFolderFrameSource.Order.class, usual.order()),
                    section.choice("judged", WatchedFolderFrameSource.Judged.class, usual.judged()),
                    usual.mostBytes());
        }

        private static URI rtsp(Section section) {
            String written = section.text("address");
            try {
                URI address = URI.create(written);
                if (written.isEmpty() || ("rtsp".equals(address.getScheme()) && address.getHost() != null)) {
                    return address;
                }
            } catch (IllegalArgumentException e) {
                // said below
            }
            section.problem("address", "'address' must be rtsp://host/path: " + written);
            return URI.create("rtsp://none/");
        }

        private static GenicamSettings genicam(Section section) {
            SequencedMap<String, String> features = new LinkedHashMap<>();
            section.optionalSection("features")
                    .ifPresent(it -> it.names().forEach(name -> features.put(name, it.plain(name))));
            String camera = section.text("address");
            return new GenicamSettings(camera.isEmpty() ? "none" : camera, features);
        }

        private BrokerAddress broker(Section section) {
            String user = section.text("user", "");
            String password = section.has("passwordFile") ? password(section) : "";
            return new BrokerAddress(section.text("address"), user, password);
        }

        private String password(Section section) {
            Path file = path(section, "passwordFile");
            try {
                return Files.readString(file).strip();
            } catch (IOException e) {
                section.problem("passwordFile", "the broker's password cannot be read: " + e);
                return "";
            }
        }

        private int brokerPort(Section section) {
            if (section.has("address") && section.has("port")) {
                section.problem("port", "'port' is the embedded broker's: a broker's address has its own port");
            }
            return section.whole("port", 1, 65_535, BROKER_PORT);
        }

        private Shifts shifts() {
            ZoneId zone = ZoneId.systemDefault();
            Optional<Section> written = root.optionalSection("shifts");
            if (written.isEmpty()) {
                return Shifts.usual(zone);
            }
            Section section = written.get();
            return section.make(() -> {
                        List<Shifts.Start> starts = new ArrayList<>();
                        for (String name : section.names()) {
                            String time = section.text(name, TIME, "a time of day in quotes, like \"06:00\"");
                            starts.add(new Shifts.Start(name, time(time)));
                        }
                        return new Shifts(starts, zone);
                    })
                    .orElseGet(() -> Shifts.usual(zone));
        }

        private static LocalTime time(String written) {
            try {
                return LocalTime.parse(written);
            } catch (DateTimeException e) {
                return LocalTime.MIDNIGHT; // the rule has been told
            }
        }
    }
}
