package goshawk.appliance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.appliance.StationConfig.Source;
import goshawk.appliance.control.ModbusTriggers;
import goshawk.appliance.domain.Shifts;
import goshawk.appliance.publish.BrokerAddress;
import goshawk.appliance.recipe.ConfigurationException;
import goshawk.appliance.remote.RemoteServer;
import goshawk.appliance.remote.SecondOpinionInspector;
import goshawk.camera.Matching;
import goshawk.camera.WatchedFolderFrameSource;
import goshawk.camera.linescan.LineScan;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StationConfigTest {

    private static final String LEAST = """
        recipe: bracket.yaml
        data: var
        source:
          kind: simulated
        """;

    @TempDir
    Path dir;

    @Test
    void whatIsNotSaidHasItsDefault() throws IOException {
        StationConfig config = read(LEAST);
        assertThat(config)
                .isEqualTo(new StationConfig(
                        dir.resolve("bracket.yaml"),
                        new Source.Simulated(1, Duration.ofSeconds(1)),
                        new TriggerConfig(
                                new TriggerConfig.Origin.Takt(), new Matching.FirstAfter(Duration.ofSeconds(2))),
                        Optional.empty(),
                        "",
                        Shifts.usual(ZoneId.systemDefault()),
                        new goshawk.appliance.publish.Topics("goshawk/plant1/area1/line1/station1"),
                        Optional.empty(),
                        1883,
                        "127.0.0.1",
                        8080,
                        dir.resolve("var"),
                        dir.resolve("var/engines"),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        1L << 30,
                        OwnEngine.HERE,
                        Network.NONE));
    }

    @Test
    void everyKeyIsRead() throws IOException {
        Files.writeString(dir.resolve("secret"), "s3cret\n");
        StationConfig config = read("""
            recipe: /etc/goshawk/bracket.yaml
            source: {kind: rtsp, address: "rtsp://camera7/main", passwordFile: secret}
            trigger: {kind: mqtt, debounce: 50 ms, match: time, before: 100 ms, after: 40 ms, delay: 10 ms, within: 1 s}
            order: WO-77
            shifts: {day: "05:30", night: "17:30"}
            topics: a/b/c
            broker: {address: "ssl://broker.example:8883", user: me, passwordFile: secret}
            dashboard: {host: 0.0.0.0, port: 9090}
            data: /var/lib/goshawk
            engineCache: /var/cache/goshawk
            model: ../models/m
            context: 8192
            prefixCache: 1.5 GiB
            adapter: ../models/a
            engine: {process: true, answerWithin: 30 s}
            """);
        assertThat(config.recipe()).isEqualTo(Path.of("/etc/goshawk/bracket.yaml"));
        assertThat(config.source())
                .isEqualTo(new Source.Rtsp(URI.create("rtsp://camera7/main"), Optional.of(dir.resolve("secret"))));
        assertThat(config.trigger())
                .isEqualTo(new TriggerConfig(
                        new TriggerConfig.Origin.Mqtt(Duration.ofMillis(50)),
                        new Matching.ByTime(
                                Duration.ofMillis(100),
                                Duration.ofMillis(40),
                                Duration.ofMillis(10),
                                Duration.ofSeconds(1))));
        assertThat(config.order()).isEqualTo("WO-77");
        assertThat(config.shifts().starts())
                .isEqualTo(List.of(
                        new Shifts.Start("day", LocalTime.of(5, 30)), new Shifts.Start("night", LocalTime.of(17, 30))));
        assertThat(config.topics().verdict()).isEqualTo("a/b/c/verdict");
        assertThat(config.broker()).contains(new BrokerAddress("ssl://broker.example:8883", "me", "s3cret"));
        assertThat(config.dashboardHost()).isEqualTo("0.0.0.0");
        assertThat(config.dashboardPort()).isEqualTo(9090);
        assertThat(config.data()).isEqualTo(Path.of("/var/lib/goshawk"));
        assertThat(config.engineCache()).isEqualTo(Path.of("/var/cache/goshawk"));
        assertThat(config.model()).contains(dir.resolve("../models/m").normalize());
        assertThat(config.context()).contains(8192);
        assertThat(config.prefixCache()).isEqualTo(3L << 29);
        assertThat(config.engine()).isEqualTo(new OwnEngine(true, Duration.ofSeconds(30)));
        assertThat(config.adapter()).contains(dir.resolve("../models/a").normalize());
    }

    @Test
    void aPlcTriggersOverModbus() throws IOException {
        String station = "recipe: r\ndata: d\nsource: {kind: v4l2, address: /dev/video0}\ntrigger: {kind: modbus%s}\n";
        assertThat(read(station.formatted("")).trigger().origin())
                .isEqualTo(new TriggerConfig.Origin.Modbus(
                        new ModbusTriggers.Settings("127.0.0.1", 1_502, ModbusTriggers.Naming.TEXT)));
        assertThat(read(station.formatted(", host: 10.1.2.3, port: 502, part: number"))
                        .trigger()
                        .origin())
                .isEqualTo(new TriggerConfig.Origin.Modbus(
                        new ModbusTriggers.Settings("10.1.2.3", 502, ModbusTriggers.Naming.NUMBER)));
    }

    @Test
    void aFolderIsWatchedByItsRules() throws IOException {
        StationConfig config = read(
                "recipe: r\ndata: d\nsource: {kind: watch, address: drop, settle: 0 ms, order: time, judged: deleted}\n");
        assertThat(config.source())
                .isEqualTo(new Source.WatchedFolder(
                        dir.resolve("drop"),
                        new WatchedFolderFrameSource.Rules(
                                Duration.ZERO,
                                Duration.ofSeconds(5),
                                WatchedFolderFrameSource.Order.TIME,
                                WatchedFolderFrameSource.Judged.DELETED,
                                256L << 20)));
        assertThat(config.trigger().origin()).isEqualTo(new TriggerConfig.Origin.Takt());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            trigger: {kind: bell}                             | 'kind' must be one of takt, mqtt, modbus, detection, encoder, camera: bell
            trigger: {kind: camera}                           | a network camera has none
            trigger: {kind: mqtt, match: both, before: 1 ms, after: 1 ms} | 'match' by number wants a camera that numbers
            trigger: {kind: modbus, port: 70000}              | 'port' must be in [1, 65535]
            trigger: {kind: modbus, part: name}               | 'part' must be one of text, number: name
            trigger: {kind: detection}                        | key 'region' is missing
            trigger: {kind: detection, region: [5, 5, 5, 9]}  | not a region
            trigger: {kind: detection, region: [0, 0, 9, 9], enter: 10, leave: 10} | want 0 <= leave < enter <= 255
            trigger: {kind: encoder, count: c, distance: 0}   | 'distance' must be in [1
            trigger: {kind: takt, distance: 7}                | unknown key 'distance'
            """)
    void aTriggerThatCannotBeIsToldWithItsLine(String line, String problem) {
        assertThatThrownBy(() -> read("recipe: r\ndata: d\nsource: {kind: rtsp, address: \"rtsp://a/b\"}\n" + line))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("station.yaml:4")
                .hasMessageContaining(problem);
        assertThatThrownBy(() -> read("recipe: r\ndata: d\nsource: {kind: video, address: a}\ntrigger: {kind: takt}"))
                .hasMessageContaining("this source has triggers of its own");
    }

    @Test
    void aLineScanCameraSaysHowLinesBecomePictures() throws IOException {
        String least = LEAST.replace("kind: simulated", "kind: simulated_linescan\n  lines: 480\n  rateKHz: 4");
        assertThat(read(least).source())
                .isEqualTo(new Source.SimulatedLines(
                        1,
                        100,
                        new LineScan(
                                480,
                                new LineScan.Placing.Encoder(1, 480),
                                new LineScan.Begin.PartPresent(0),
                                new LineScan.End.Length(),
                                0,
                                Duration.ofMillis(500),
                                4)));
        String most = LEAST.replace(
                        "source:\n  kind: simulated\n",
                        "source: {kind: simulated_linescan, seed: 3, beltMmPerS: 50, lines: 500, placing: time, begin: continuous, end: length, overlap: 60, lineTimeout: 1 s, rateKHz: 1.5}\n")
                + "cameraCalibration: camera.json\n";
        StationConfig config = read(most);
        assertThat(config.cameraCalibration()).contains(dir.resolve("camera.json"));
        assertThat(config.source())
                .isEqualTo(new Source.SimulatedLines(
                        3,
                        50,
                        new LineScan(
                                500,
                                new LineScan.Placing.Time(),
                                new LineScan.Begin.Continuous(),
                                new LineScan.End.Length(),
                                60,
                                Duration.ofSeconds(1),
                                1.5)));
        assertThatThrownBy(() -> read(most.replace("begin: continuous", "begin: part_present")))
                .hasMessageContaining("an overlap of 60 lines is not in [0, 500), or there is a part-present signal");
        assertThatThrownBy(() -> read(most.replace("end: length", "end: part_gone")))
                .hasMessageContaining("without a part-present signal a picture ends by its length");
    }

    @Test
    void otherMachinesAreNamedInSectionsOfTheirOwn() throws IOException {
        Files.writeString(dir.resolve("token"), "0123456789abcdef0123456789abcdef\n");
        StationConfig config = read(LEAST + """
            api: {host: 0.0.0.0, port: 8090, tokenFile: token}
            secondOpinion:
              url: https://vision.example/v1
              model: Qwen3-VL-32B
              tokenFile: token
              timeout: 1.5 s
              askWhen: always
              reserve: 300 ms
              atOnce: 2
              reasoningEffort: none
            """);
        assertThat(config.network().api()).hasValueSatisfying(door -> {
            assertThat(door.host()).isEqualTo("0.0.0.0");
            assertThat(door.port()).isEqualTo(8090);
            assertThat(door.toString()).as("a token is in no log").doesNotContain("0123");
        });
        var server = new RemoteServer(
                URI.create("https://vision.example/v1"),
                "Qwen3-VL-32B",
                "0123456789abcdef0123456789abcdef",
                Duration.ofMillis(1_500),
                2,
                Optional.of("none"));
        assertThat(config.network().secondOpinion())
                .contains(new SecondOpinionInspector.Settings(
                        server, SecondOpinionInspector.When.ALWAYS, Duration.ofMillis(300)));
        assertThat(config.toString()).doesNotContain("0123456789abcdef");
        assertThat(read(LEAST + "engine: {remote: {url: \"http://gpu7:8000/v1\", model: m}}")
                        .network()
                        .engine())
                .hasValueSatisfying(remote -> assertThat(remote.timeout()).isEqualTo(Duration.ofSeconds(2)));
    }

    @Test
    void aGenicamCamerasFeaturesKeepTheirOrderAndTheirWriting() throws IOException {
        StationConfig config = read("""
            recipe: r
            data: d
            source:
              kind: genicam
              address: "21234567"
              features:
                TriggerSelector: FrameStart
                TriggerMode: "On"
                Width: 1024
                ExposureTime: 2500.5
                ReverseX: false
            """);
        assertThat(config.source()).isInstanceOfSatisfying(Source.Genicam.class, it -> {
            assertThat(it.settings().camera()).isEqualTo("21234567");
            assertThat(it.settings().isTriggered()).isTrue();
            assertThat(it.settings().features().toString())
                    .isEqualTo(
                            "{TriggerSelector=FrameStart, TriggerMode=On, Width=1024, ExposureTime=2500.5, ReverseX=false}");
        });
    }

    @Test
    void theExampleThatIsShippedIsSound() {
        Path root = Path.of(Objects.requireNonNull(System.getProperty("goshawk.root"), "run by Maven"));
        StationConfig config = StationConfig.read(root.resolve("deploy/station.yaml"));
        assertThat(config.recipe()).exists();
        assertThat(config.data()).isEqualTo(root.resolve("var"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            brokr: {port: 1}                          | 5: unknown key 'brokr'; did you mean 'broker'?
            broker: {port: 70000}                     | 5: 'port' must be in [1, 65535]: 70000
            broker: {address: "http://x"}             | 5: broker 'http://x' is no address: write tcp://host:port
            broker: {address: "tcp://a:1", port: 2}   | 5: 'port' is the embedded broker's
            broker: {address: "tcp://a:1", passwordFile: none} | 5: the broker's password cannot be read
            topics: a b/c                             | level 'a b' holds ' '; no spaces, +, # or $
            api: {port: 8090}                         | 5: key 'tokenFile' is missing
            api: {tokenFile: none}                    | 5: the API's token cannot be read
            secondOpinion: {url: "ftp://a", model: m} | must be http://host:port/v1
            secondOpinion: {url: "http://a/v1"}       | 5: key 'model' is missing
            secondOpinion: {url: "http://a/v1", model: m, askWhen: sometimes} | 5: 'askWhen' must be one of review, always, never
            engine: {remote: {url: "http://a/v1"}}    | 5: key 'model' is missing
            prefixCache: 1000000                      | 5: 'prefixCache' must be a size with its unit, like 256 MiB or 1.5 GiB
            prefixCache: 2000 GiB                     | 5: 'prefixCache' must be from 0 MiB to 1024 GiB: 2000 GiB
            engine: {process: maybe}                  | 5: 'process' must be true or false
            engine: {process: true, answerWithin: 1 ms} | 5: 'answerWithin' must be from
            engine: {proces: true}                    | 5: unknown key 'proces'; did you mean 'process'?
            engine: {process: true, remote: {url: "http://a/v1", model: m}} | 5: 'process' is of an engine of this station's
            shifts: {early: "6:00"}                   | 5: 'early' must be a time of day in quotes
            shifts: {late: "14:00", early: "06:00"}   | 5: shift early starts at 06:00, not after late at 14:00
            """)
    void whatIsWrongIsToldWithItsLine(String line, String problem) {
        assertThatThrownBy(() -> read(LEAST + line))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("station.yaml:")
                .hasMessageContaining(problem)
                .satisfies(
                        e -> assertThat(((ConfigurationException) e).problems()).hasSize(1));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            kind: scanner                     | 'kind' must be one of simulated, simulated_linescan, folder, watch, video, rtsp, v4l2, genicam: scanner
            kind: folder                      | key 'address' is missing
            kind: rtsp, address: "http://a/"  | 'address' must be rtsp://host/path: http://a/
            kind: video, address: a, seed: 3  | unknown key 'seed'
            kind: genicam                     | key 'address' is missing
            kind: genicam, address: GV1, features: {Width: [1]} | 'Width' must be one value
            """)
    void eachKindOfSourceHasItsOwnKeys(String source, String problem) {
        assertThatThrownBy(() -> read("recipe: r\ndata: d\nsource: {" + source + "}\n"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("station.yaml:3: ")
                .hasMessageContaining(problem);
    }

    private StationConfig read(String text) throws IOException {
        return StationConfig.read(Files.writeString(dir.resolve("station.yaml"), text));
    }
}
