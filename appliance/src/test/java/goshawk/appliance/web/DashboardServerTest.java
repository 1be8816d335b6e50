package goshawk.appliance.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import goshawk.appliance.domain.Disposition;
import goshawk.appliance.domain.EngineState;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.LineCounters;
import goshawk.appliance.domain.LineState;
import goshawk.appliance.domain.PrefixCounters;
import goshawk.appliance.domain.PromptScore;
import goshawk.appliance.domain.QualityState;
import goshawk.appliance.domain.Records;
import goshawk.appliance.domain.SecondOpinion;
import goshawk.appliance.domain.Station;
import goshawk.appliance.domain.StationState;
import goshawk.appliance.domain.Verification;
import goshawk.appliance.record.SqliteInspectionHistory;
import goshawk.appliance.record.SqliteInspectionLog;
import goshawk.camera.CameraState;
import goshawk.camera.Cause;
import goshawk.camera.LiveFrameSource;
import goshawk.camera.PictureQuality.Measure;
import goshawk.camera.Signals;
import goshawk.camera.SourceReport;
import goshawk.camera.Views;
import goshawk.camera.aravis.StreamCounters;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Clock;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole server over a real history, asked over HTTP as a browser and Prometheus would. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class DashboardServerTest {

    private static final byte[] PNG = {(byte) 0x89, 'P', 'N', 'G', 1, 2, 3};
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient browser = HttpClient.newHttpClient();

    @TempDir
    Path dir;

    private final PrefixCounters prefixes = new PrefixCounters(5_000);
    private SqliteInspectionLog log;
    private SqliteInspectionHistory history;
    private DashboardServer server;
    private volatile LineState line = LineState.RUNNING;
    private volatile Optional<Verification> verification = Optional.empty();
    private volatile QualityState quality = new QualityState(0, Map.of(Measure.BLUR, 1.25), Map.of());
    private volatile EngineState engine = new EngineState(EngineState.Condition.READY, "", 0, 4711, 256 << 20);
    private volatile SourceReport source = SourceReport.NONE;
    private volatile Duration sinceBeat = Duration.ofMillis(100);

    @BeforeEach
    void start() throws IOException {
        log = SqliteInspectionLog.open(dir.resolve("goshawk.db"), Clock.systemUTC());
        history = SqliteInspectionHistory.open(dir.resolve("goshawk.db"));
        Path pictures = Files.createDirectories(dir.resolve("images"));
        Files.createDirectories(pictures.resolve("2026-11-22"));
        Files.write(pictures.resolve(Records.PICTURE.path()), PNG);
        log.append(Records.reject(1));
        server = DashboardServer.start("127.0.0.1", 0, history, station(), pictures, log);
    }

    @AfterEach
    void stop() {
        server.close();
        history.close();
        log.close();
    }

    private Station station() {
        return new Station() {
            @Override
            public StationState state() {
                return DashboardServerTest.this.state();
            }

            @Override
            public SourceReport source() {
                return source;
            }

            @Override
            public Optional<PrefixCounters.Snapshot> prefixes() {
                return Optional.of(prefixes.snapshot());
            }
        };
    }

    private StationState state() {
        return new StationState(
                "goshawk/test",
                line,
                "",
                Records.PROVENANCE,
                Duration.ofMillis(500),
                true,
                true,
                Records.AT,
                sinceBeat,
                new LineCounters.Snapshot(3, 3, 1, 1, 0, 0, 0),
                verification,
                Map.of(Views.ONLY, quality),
                Optional.of(engine));
    }

    @Test
    void thePageComesWithThePolicyThatProtectsIt() throws Exception {
        HttpResponse<String> page = get("/");
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.body()).contains("<goshawk-app>").doesNotContain("http://", "https://");
        assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
                .contains("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'")
                .doesNotContain("unsafe");
        assertThat(page.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
        assertThat(page.headers().firstValue("Access-Control-Allow-Origin")).isEmpty();
        assertThat(page.headers().firstValue("Cache-Control")).hasValue("no-cache");
    }

    @ParameterizedTest
    @ValueSource(strings = {"GB45-031842N", "批号二〇二六", "رقم ١٢٣٤٥", "รุ่น ๑๒๓"})
    void whatWasReadIsShownInAnyScript(String text) throws Exception {
        long id = log.append(Records.record(2, "P2", Records.read(text), Disposition.DIVERTED));
        JsonNode detail = JSON.readTree(get("/api/inspections/" + id).body());
        assertThat(detail.path("row").path("verdict").asText()).isEqualTo("REVIEW");
        JsonNode read = detail.path("readings").path(0);
        assertThat(read.path("text").asText()).isEqualTo(text);
        assertThat(read.path("outcome").asText()).isEqualTo("MATCH");
        JsonNode nothing = detail.path("readings").path(1);
        assertThat(nothing.path("text").isNull()).isTrue();
        assertThat(nothing.path("outcome").asText()).isEqualTo("UNREADABLE");
        assertThat(detail.path("row").path("findings").path(0).path("defect").asText())
                .isEqualTo("code_unreadable");
    }

    @Test
    void whatThePageLoadsIsThereAndMayBeKept() throws Exception {
        String script = get("/").body().replaceAll("(?s).*src=\"\\./(assets/[^\"]+\\.js)\".*", "$1");
        HttpResponse<String> found = get("/" + script);
        assertThat(found.statusCode()).isEqualTo(200);
        assertThat(found.headers().firstValue("Content-Type").orElseThrow()).contains("javascript");
        assertThat(found.headers().firstValue("Cache-Control").orElseThrow()).contains("immutable");
    }

    @Test
    void rowsSayWhatTheModelSawAndWhere() throws Exception {
        JsonNode row = json("/api/inspections").at("/rows/0");
        assertThat(row.get("id").asLong()).isEqualTo(1);
        assertThat(row.get("verdict").asText()).isEqualTo("REJECT");
        assertThat(row.get("isSimulated").asBoolean()).isTrue();
        assertThat(row.get("cause").isNull()).as("absent is said, not left out").isTrue();
        assertThat(row.at("/findings/0/region").toString()).isEqualTo("[1,2,30,40]");
        assertThat(row.get("latencyMs").asDouble()).isEqualTo(120.0);
    }

    @Test
    void pagesFollowEachOther() throws Exception {
        log.append(Records.pass(2));
        log.append(Records.pass(3));
        JsonNode first = json("/api/inspections?limit=2");
        assertThat(first.get("rows")).hasSize(2);
        JsonNode second =
                json("/api/inspections?limit=2&before=" + first.get("next").asLong());
        assertThat(second.at("/rows/0/id").asLong()).isEqualTo(1);
        assertThat(second.get("next").isNull()).isTrue();
    }

    @Test
    void rowsAreFilteredByVerdict() throws Exception {
        log.append(Records.pass(2));
        log.append(Records.missed(3));
        assertThat(json("/api/inspections?verdict=PASS&verdict=NOT_INSPECTED").get("rows"))
                .extracting(row -> row.get("id").asLong())
                .containsExactly(3L, 2L);
        assertThat(json("/api/inspections?verdict=PASS").get("rows")).hasSize(1);
    }

    @Test
    void anUnknownVerdictIsNamedWithTheKnownOnes() throws Exception {
        HttpResponse<String> answer = get("/api/inspections?verdict=GOOD");
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(JSON.readTree(answer.body()).get("message").asText()).contains("GOOD", "NOT_INSPECTED");
    }

    @Test
    void theDetailHasEveryPromptWithItsThresholdsAndWhatMadeTheVerdict() throws Exception {
        JsonNode detail = json("/api/inspections/1");
        assertThat(detail.at("/scores/0/question").asText()).isEqualTo("Is a bolt missing?");
        assertThat(detail.at("/thoughts/0/text").asText()).isEqualTo("I see \"3\" of 4 bolts.");
        assertThat(detail.at("/thoughts/0/ended").asText()).isEqualTo("BY_ITSELF");
        assertThat(detail.at("/scores/0/rejectAt").asDouble()).isEqualTo(0.5);
        assertThat(detail.at("/scores/0/reviewAt").asDouble()).isEqualTo(0.2);
        assertThat(detail.at("/row/findings/0/answer").asText()).contains("REJECT");
        assertThat(detail.at("/steps"))
                .extracting(step -> step.get("step").asText())
                .containsExactly("pose", "vision", "prefill", "score", "explain");
        assertThat(detail.at("/engine/hash").asText()).isEqualTo("c".repeat(64));
        assertThat(detail.at("/pixelsSha256").asText()).isEqualTo("d".repeat(64));
        assertThat(detail.at("/taktMs").asDouble()).isEqualTo(500);
        assertThat(detail.at("/isPublished").asBoolean()).isFalse();
    }

    @Test
    void anotherModelsFindingsAreShownWhereTheyMadeTheVerdictStricter() throws Exception {
        long id = log.append(Records.record(2, "P2", Records.disputed(), Disposition.DIVERTED));
        JsonNode detail = json("/api/inspections/" + id);
        assertThat(detail.at("/row/verdict").asText()).isEqualTo("REVIEW");
        assertThat(detail.at("/row/findings/0/isSecond").asBoolean()).isTrue();
        JsonNode second = detail.get("secondOpinion");
        assertThat(second.get("verdict").asText()).isEqualTo("REJECT");
        assertThat(second.get("ownVerdict").asText()).isEqualTo("PASS");
        assertThat(second.at("/scores/0/score").asDouble()).isEqualTo(0.88);
        assertThat(confirm(id, "{\"label\": \"REJECT\"}", "").statusCode())
                .as("bad as found, whoever found it")
                .isEqualTo(201);
        assertThat(json("/api/inspections/" + id).at("/confirmation/defects")).hasSize(1);

        var agreeing = Records.seen(0.93);
        id = log.append(Records.record(
                3,
                "P3",
                agreeing.with(new SecondOpinion(
                        "other",
                        SecondOpinion.State.ANSWERED,
                        agreeing.scores(),
                        agreeing.findings(),
                        "",
                        Duration.ofMillis(9))),
                Disposition.DIVERTED));
        assertThat(json("/api/inspections/" + id).at("/row/findings"))
                .as("its own, once")
                .hasSize(1);

        var late = SecondOpinion.without(SecondOpinion.State.LATE, "other", "no answer", Duration.ofMillis(9));
        id = log.append(Records.record(4, "P4", Records.seen(0.01).with(late), Disposition.UNCONFIRMED));
        second = json("/api/inspections/" + id).get("secondOpinion");
        assertThat(second.get("verdict").isNull()).isTrue();
        assertThat(second.get("detail").asText()).isEqualTo("no answer");
    }

    @Test
    void whatIsNotThereIsSaidInOneLine() throws Exception {
        HttpResponse<String> answer = get("/api/inspections/77");
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.body()).isEqualTo("{\"message\":\"there is no inspection 77\"}");
        assertThat(get("/api/inspections/x").statusCode()).isEqualTo(400);
        assertThat(get("/nothing/here").statusCode()).isEqualTo(404);
    }

    @Test
    void aPictureIsTheArchivedFileAndMayBeKeptUnderTheNameOfItsPixels() throws Exception {
        String link = json("/api/inspections").at("/rows/0/picture").asText();
        HttpResponse<byte[]> picture = browser.send(request(link).build(), BodyHandlers.ofByteArray());
        assertThat(picture.body()).isEqualTo(PNG);
        assertThat(picture.headers().firstValue("Content-Type")).hasValue("image/png");
        assertThat(picture.headers().firstValue("Cache-Control").orElseThrow()).contains("immutable");
        assertThat(get(link.replace("pixels=d", "pixels=e")).statusCode())
                .as("another history's picture of the same number")
                .isEqualTo(404);
    }

    @Test
    void eachViewHasItsPictureAndADefectIsSaidOfOneOfThem() throws Exception {
        long id = log.append(Records.twoViews(2));
        Files.write(dir.resolve("images/2026-11-22/1-2.dark.png"), PNG);
        JsonNode row = json("/api/inspections").at("/rows/0");
        assertThat(row.at("/findings/0/view").asText()).isEqualTo("dark");
        assertThat(row.at("/picture").asText())
                .isEqualTo(row.at("/views/0/picture").asText());
        assertThat(row.at("/views/1/view").asText()).isEqualTo("dark");
        String link = row.at("/views/1/picture").asText();
        assertThat(link).isEqualTo("/api/inspections/%d/picture?view=dark&pixels=%s".formatted(id, "f".repeat(64)));
        assertThat(browser.send(request(link).build(), BodyHandlers.ofByteArray())
                        .body())
                .isEqualTo(PNG);
        assertThat(get("/api/inspections/" + id + "/picture?view=cross").statusCode())
                .isEqualTo(404);
        assertThat(json("/api/inspections/1").at("/row/views").isEmpty()).isTrue();
    }

    @Test
    void aViewWithoutAWholePictureSaysWhyInItsPlace() throws Exception {
        log.append(Records.tornView(2));
        JsonNode views = json("/api/inspections").at("/rows/0/views");
        assertThat(views).extracting(it -> it.get("view").asText()).containsExactly("front", "top", "side");
        assertThat(views.at("/0/picture").isTextual()).isFalse();
        assertThat(views.at("/0/fault").asText()).isEqualTo("its camera gave no answer within 1100 ms");
        assertThat(views.at("/1/fault").isTextual()).isFalse();
        assertThat(views.at("/2/picture").asText()).contains("view=side");
        assertThat(views.at("/2/fault").asText()).endsWith("is incomplete: parts of it are missing");
    }

    @Test
    void aPictureThatTheBrowserHasIsNotSentAgain() throws Exception {
        String tag =
                get("/api/inspections/1/picture").headers().firstValue("ETag").orElseThrow();
        HttpResponse<String> again = browser.send(
                request("/api/inspections/1/picture")
                        .header("If-None-Match", tag)
                        .build(),
                BodyHandlers.ofString());
        assertThat(again.statusCode()).isEqualTo(304);
        assertThat(again.body()).isEmpty();
    }

    @Test
    void aPathThatLeavesTheArchiveIsNotFollowedWhoeverWroteIt() throws Exception {
        Path secret = Files.write(dir.resolve("secret.png"), PNG);
        Files.createSymbolicLink(dir.resolve("images/link.png"), secret);
        for (String path :
                List.of("../secret.png", secret.toString(), "link.png", "2026-11-22", "2026-11-22/1-1.txt")) {
            try (var db = DriverManager.getConnection("jdbc:sqlite:" + dir.resolve("goshawk.db"));
                    var update = db.prepareStatement("UPDATE inspection SET picture = ?")) {
                update.setString(1, path);
                update.executeUpdate();
            }
            assertThat(get("/api/inspections/1/picture").statusCode()).as(path).isEqualTo(404);
        }
    }

    @Test
    void statisticsComeWithEmptyHoursAndKnownDefects() throws Exception {
        JsonNode stats = json("/api/stats?hours=1000000");
        assertThat(stats.get("hours")).hasSize(24);
        assertThat(stats.at("/latency/parts").asInt()).isEqualTo(1);
        assertThat(stats.at("/latency/p99Ms").asDouble()).isEqualTo(120.0);
    }

    @Test
    void aRecordReachesOpenPagesByItself() throws Exception {
        HttpResponse<Stream<String>> live = browser.send(request("/api/live").build(), BodyHandlers.ofLines());
        try (Stream<String> lines = live.body()) {
            Iterator<String> read = lines.iterator();
            assertThat(next(read, "event: ")).isEqualTo("event: station");
            assertThat(JSON.readTree(next(read, "data: ").substring(6))
                            .get("triggers")
                            .asLong())
                    .isEqualTo(3);
            log.append(Records.reject(2));
            String data;
            do {
                data = next(read, "data: ");
            } while (!data.contains("\"verdict\""));
            assertThat(JSON.readTree(data.substring(6)).get("id").asLong()).isEqualTo(2);
        }
    }

    private static String next(Iterator<String> lines, String prefix) {
        String line = lines.next();
        while (!line.startsWith(prefix)) {
            line = lines.next();
        }
        return line;
    }

    @Test
    void onlyThisRunsRecordsAreHeldAgainstItsTriggers() throws Exception {
        log.append(Records.reject(2));
        log.append(Records.reject(3));
        log.acknowledged(List.of(2L));
        await().untilAsserted(() -> {
            JsonNode station = json("/api/station");
            assertThat(station.get("records").asLong()).isEqualTo(2);
            assertThat(station.get("published").asLong()).isEqualTo(1);
            assertThat(station.get("outbox").asLong()).isEqualTo(2);
        });
    }

    @Test
    void aLineThatFailedOrFellSilentIsNotHealthy() throws Exception {
        assertThat(get("/health").statusCode()).isEqualTo(200);
        sinceBeat = LineHealth.SILENCE.plusSeconds(1);
        assertThat(get("/health").statusCode()).isEqualTo(503);
        sinceBeat = Duration.ZERO;
        line = LineState.FAILED;
        assertThat(get("/health").statusCode()).isEqualTo(503);
        line = LineState.STOPPED;
        assertThat(get("/health").body()).contains("\"STOPPED\"", "UP");
    }

    @Test
    void anEngineProcessThatIsStartedAgainIsToldAndNoReasonToStartTheApplianceAgain() throws Exception {
        assertThat(get("/prometheus").body())
                .contains(
                        "goshawk_engine_ready 1.0",
                        "goshawk_engine_restarts_total 0.0",
                        "goshawk_engine_memory_bytes 2.68435456E8");
        engine = new EngineState(EngineState.Condition.RESTARTING, "ended by signal 9", 3, 0, 0);
        HttpResponse<String> health = get("/health");
        assertThat(health.statusCode()).isEqualTo(200);
        assertThat(health.body()).contains("RESTARTING", "ended by signal 9", "\"restarts\":3");
        assertThat(get("/prometheus").body()).contains("goshawk_engine_ready 0.0", "goshawk_engine_restarts_total 3.0");
    }

    @Test
    void picturesThatGetWorseAreAnAlarmAndNoReasonToStop() throws Exception {
        assertThat(get("/prometheus").body())
                .contains(
                        "goshawk_picture_quality{measure=\"blurPx\"} 1.25",
                        "goshawk_picture_alarm{measure=\"blurPx\"} 0.0");
        quality =
                new QualityState(0, Map.of(Measure.BLUR, 1.9), Map.of(Measure.BLUR, "blurPx has gone from 1.2 to 1.9"));
        assertThat(get("/prometheus").body()).contains("goshawk_picture_alarm{measure=\"blurPx\"} 1.0");
        HttpResponse<String> health = get("/health");
        assertThat(health.statusCode()).isEqualTo(200);
        assertThat(health.body()).contains("blurPx has gone from 1.2 to 1.9");
    }

    @Test
    void prometheusFindsBaseUnitsAndTotals() throws Exception {
        log.append(Records.reject(2));
        await().untilAsserted(() -> assertThat(get("/prometheus").body())
                .contains(
                        "goshawk_triggers_total 3.0",
                        "goshawk_records_total 1.0",
                        "goshawk_verdicts_total{verdict=\"REJECT\"} 1.0",
                        "goshawk_verdicts_total{verdict=\"PASS\"} 0.0",
                        "goshawk_defects_total{defect=\"missing_bolt\"} 1.0",
                        "goshawk_inspection_seconds_bucket{le=\"0.15\"} 1",
                        "goshawk_inspection_seconds_count 1",
                        "goshawk_outbox_depth",
                        "goshawk_disk_free_bytes",
                        "goshawk_takt_seconds 0.5"));
    }

    @Test
    void prometheusFindsWhatCameOfTheCamera() throws Exception {
        assertThat(get("/prometheus").body())
                .contains(
                        "goshawk_camera_connected NaN",
                        "goshawk_camera_pictures_total 0.0",
                        "goshawk_not_inspected_total{cause=\"QUALITY\"} 0.0",
                        "goshawk_picture_commissioning 0.0");
        source = new SourceReport(
                Optional.of(new CameraState(CameraState.Condition.CONNECTED, "", 900, 3, 1, 2, 1)),
                Optional.of(new LiveFrameSource.Counts(70, 830, 5)),
                Optional.of(new Signals.Counts(70, 6, 7, 8, 9)),
                Optional.of(new StreamCounters(890, 10, 4, 0, 11, 12, 13, 14, 15_000)),
                Optional.of(new SourceReport.Lines(16, 17, 18, 19, 20)));
        log.append(Records.record(
                2, "P2", new Inspection.Failed(Cause.QUALITY, "the picture is too poor"), Disposition.DIVERTED));
        await().untilAsserted(() -> assertThat(get("/prometheus").body())
                .contains(
                        "goshawk_camera_connected 1.0",
                        "goshawk_camera_hanging 1.0",
                        "goshawk_camera_pictures_total 900.0",
                        "goshawk_camera_reconnects_total 2.0",
                        "goshawk_camera_stalls_total 1.0",
                        "goshawk_camera_losses_total 2.0",
                        "goshawk_camera_pictures_unmatched_total 830.0",
                        "goshawk_camera_pictures_lost_total 4.0",
                        "goshawk_camera_triggers_ambiguous_total 5.0",
                        "goshawk_signals_accepted_total 70.0",
                        "goshawk_signals_debounced_total 6.0",
                        "goshawk_signals_repeated_total 7.0",
                        "goshawk_signals_missed_total 8.0",
                        "goshawk_signals_refused_total 9.0",
                        "goshawk_camera_pictures_incomplete_total 10.0",
                        "goshawk_camera_pictures_overtaken_total 11.0",
                        "goshawk_camera_buffers_missing_total 12.0",
                        "goshawk_camera_packets_resent_total 13.0",
                        "goshawk_camera_packets_missing_total 14.0",
                        "goshawk_camera_received_bytes_total 15000.0",
                        "goshawk_linescan_pictures_total 16.0",
                        "goshawk_linescan_pictures_partial_total 17.0",
                        "goshawk_linescan_lines_lost_total 18.0",
                        "goshawk_linescan_lines_again_total 19.0",
                        "goshawk_linescan_reversals_total 20.0",
                        "goshawk_not_inspected_total{cause=\"QUALITY\"} 1.0"));
    }

    @Test
    void prometheusFindsWhatIsKeptOfConversations() throws Exception {
        prefixes.miss();
        prefixes.hit();
        prefixes.hit();
        prefixes.evicted();
        prefixes.holds(4_096);
        assertThat(get("/prometheus").body())
                .contains(
                        "goshawk_prefix_cache_hits_total 2.0",
                        "goshawk_prefix_cache_misses_total 1.0",
                        "goshawk_prefix_cache_evictions_total 1.0",
                        "goshawk_prefix_cache_bytes 4096.0",
                        "goshawk_prefix_cache_limit_bytes 5000.0");
    }

    @Test
    void nothingElseOfTheFrameworkIsOpen() throws Exception {
        for (String path : List.of("/env", "/beans", "/refresh", "/routes", "/loggers", "/metrics", "/stop", "/info")) {
            assertThat(get(path).statusCode()).as(path).isEqualTo(404);
        }
        HttpResponse<String> post = browser.send(
                request("/api/inspections")
                        .POST(HttpRequest.BodyPublishers.ofString("{}"))
                        .build(),
                BodyHandlers.ofString());
        assertThat(post.statusCode()).isEqualTo(405);
    }

    @Test
    void whatAnOperatorSaysIsTakenDown() throws Exception {
        HttpResponse<String> said = confirm("{\"label\": \"REJECT\", \"by\": \"Ann\"}", "");
        assertThat(said.statusCode()).as(said.body()).isEqualTo(201);
        assertThat(json("/api/inspections/1")
                        .at("/confirmation/defects/0/defect")
                        .asText())
                .as("what the model found, unless told otherwise")
                .isEqualTo("missing_bolt");
        assertThat(confirm("{\"label\": \"PASS\"}", "http://127.0.0.1:" + server.port())
                        .statusCode())
                .isEqualTo(201);
        assertThat(json("/api/inspections/1").at("/confirmation/label").asText())
                .isEqualTo("PASS");
        assertThat(json("/api/inspections/1").at("/row/verdict").asText())
                .as("the record stays as it is")
                .isEqualTo("REJECT");
    }

    @Test
    void whatCannotBeTrueOrComesFromElsewhereIsNotTakenDown() throws Exception {
        String outside = "{\"label\": \"REJECT\", \"defects\": [{\"defect\": \"dent\", \"region\": [0, 0, 641, 480]}]}";
        HttpResponse<String> beyond = confirm(outside, "");
        assertThat(beyond.statusCode()).isEqualTo(400);
        assertThat(beyond.body()).contains("dent reaches to (641, 480), the picture is 640×480");
        assertThat(confirm("{\"label\": \"REJECT\", \"defects\": []}", "").statusCode())
                .isEqualTo(400);
        assertThat(confirm("{\"label\": \"FINE\"}", "").statusCode()).isEqualTo(400);
        assertThat(confirm("{\"label\": \"PASS\"}", "http://evil.example").statusCode())
                .isEqualTo(403);
        assertThat(json("/api/inspections/1").get("confirmation").isNull()).isTrue();
    }

    private HttpResponse<String> confirm(String body, String origin) throws IOException, InterruptedException {
        return confirm(1, body, origin);
    }

    private HttpResponse<String> confirm(long id, String body, String origin) throws IOException, InterruptedException {
        var request = request("/api/inspections/%d/confirmation".formatted(id))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        return browser.send(
                (origin.isEmpty() ? request : request.header("Origin", origin)).build(), BodyHandlers.ofString());
    }

    @Test
    void aNameThatOnlyPointsHereIsRefused() throws Exception {
        assertThat(raw("evil.example:" + server.port())).startsWith("HTTP/1.1 403");
        assertThat(raw("localhost:" + server.port())).startsWith("HTTP/1.1 200");
        assertThat(raw("[::1]:" + server.port())).startsWith("HTTP/1.1 200");
    }

    private String raw(String host) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            OutputStream out = socket.getOutputStream();
            out.write("GET /api/station HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n"
                    .formatted(host)
                    .getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void aPortInUseIsNamedWithTheRemedy() {
        assertThatThrownBy(() -> DashboardServer.start("127.0.0.1", server.port(), history, this::state, dir, log))
                .isInstanceOf(WebException.class)
                .hasMessage(
                        "port %d of 127.0.0.1 is in use: stop what listens there, or give the dashboard another port"
                                .formatted(server.port()));
    }

    @Test
    void aHostThatIsNotOursIsNamed() {
        assertThatThrownBy(() -> DashboardServer.start("no.such.host.invalid", 0, history, this::state, dir, log))
                .isInstanceOf(WebException.class)
                .hasMessageContaining("no.such.host.invalid");
    }

    @Test
    void afterClosingThePortIsFree() {
        int port = server.port();
        server.close();
        // Netty lets go of it on a thread of its own, a moment later.
        var again = await().ignoreExceptionsInstanceOf(WebException.class)
                .until(() -> DashboardServer.start("127.0.0.1", port, history, this::state, dir, log), _ -> true);
        try (again) {
            assertThat(again.port()).isEqualTo(port);
        }
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path));
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return browser.send(request(path).build(), BodyHandlers.ofString());
    }

    private JsonNode json(String path) throws IOException, InterruptedException {
        HttpResponse<String> answer = get(path);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    @Test
    void whatTheRecipeWasVerifiedWithIsOnThePageWithItsIntervals() throws Exception {
        JsonNode before = json("/api/station");
        assertThat(before.get("isVerified").asBoolean()).isFalse();
        assertThat(before.get("verification").isNull()).isTrue();
        assertThat(get("/api/verification").statusCode()).isEqualTo(404);
        var rate = new Verification.Rate(1, 90, 0.0003, 0.06);
        verification = Optional.of(new Verification(
                Records.AT,
                Records.PROVENANCE,
                "",
                true,
                rate,
                rate,
                rate,
                0.97,
                Double.NaN,
                List.of("escapes: too many"),
                "{\"repeatability\":{}}"));
        await().until(() -> json("/api/station").get("verification").isObject());
        JsonNode shown = json("/api/station").get("verification");
        assertThat(shown.get("isPassed").asBoolean()).as("a demand was not met").isFalse();
        assertThat(shown.at("/escapes/trials").asInt()).isEqualTo(90);
        assertThat(shown.at("/escapes/high").asDouble()).isEqualTo(0.06);
        assertThat(shown.get("kappa").asDouble()).isEqualTo(0.97);
        assertThat(shown.get("kappaToTruth").isNull()).isTrue();
        assertThat(json("/api/verification").has("repeatability")).isTrue();
    }

    @Test
    void aConfidenceIsBesideItsScoreOnceThereIsOne() throws Exception {
        assertThat(json("/api/inspections/1").at("/scores/0/confidence").isNull())
                .isTrue();
        var seen = (Inspection.Completed) Records.reject(2).inspection();
        var score = new PromptScore(Records.BOLT, "plate", 0.93, 0.01, OptionalDouble.of(0.81));
        log.append(Records.record(
                2,
                "P2",
                new Inspection.Completed(List.of(score), seen.findings(), seen.timings()),
                Disposition.DIVERTED));
        JsonNode detail = json("/api/inspections/2");
        assertThat(detail.at("/scores/0/confidence").asDouble()).isEqualTo(0.81);
        assertThat(detail.at("/row/confidence").asDouble()).isEqualTo(0.81);
        assertThat(detail.at("/recipe/isVerified").asBoolean()).isFalse();
    }
}
