package goshawk.appliance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import goshawk.appliance.recipe.RecipeFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each station file in {@code deploy} runs as it is shipped, but for what other tests and stations of this machine would share: ports and
 * the data folder.
 */
@Timeout(300)
class ShippedStationsTest extends TypedCommands {

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final int PARTS = 3;

    private final HttpClient client = HttpClient.newHttpClient();
    private int page;

    static List<String> shipped() throws IOException {
        try (var files = Files.list(ROOT.resolve("deploy"))) {
            return files.filter(file -> file.toString().endsWith(".yaml") && StationConfig.isOne(file))
                    .map(file -> file.getFileName().toString())
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("shipped")
    void runsJudgesRecordsPublishesAndShows(String file) throws Exception {
        Path station = moved(ROOT.resolve("deploy").resolve(file));
        String recipe = RecipeFile.read(StationConfig.read(station).recipe()).id();
        Thread running = Thread.ofPlatform()
                .name("station")
                .start(() -> run("run", "--config", station, "--unverified-recipe", recipe));
        try {
            await().atMost(PATIENCE).pollInterval(Duration.ofMillis(500)).until(() -> hasPublished(running));
            JsonNode told = new ObjectMapper().readTree(get("/api/station").body());
            assertThat(told.path("state").asText()).isEqualTo("RUNNING");
            assertThat(told.path("alarms").asInt()).isZero();
            JsonNode rows =
                    new ObjectMapper().readTree(get("/api/inspections").body()).path("rows");
            assertThat(rows).allSatisfy(row -> {
                assertThat(row.path("verdict").asText()).as("%s", row).isIn("PASS", "REJECT", "REVIEW");
                assertThat(get(row.path("picture").asText()).statusCode()).isEqualTo(200);
            });
            assertThat(get("/").body()).contains("<html");
        } finally {
            running.interrupt();
            running.join(PATIENCE);
        }
    }

    private Path moved(Path file) throws IOException {
        page = freePort();
        String text = Files.readString(file)
                .replace("../recipes", ROOT.toAbsolutePath().resolve("recipes").toString())
                .replaceFirst("(?m)^data: .*$", "data: var")
                .replaceFirst("(?m)^broker:\n(?:[ #].*\n)*", "");
        return Files.writeString(
                dir.resolve("station.yaml"),
                text + "broker: {port: %d}\ndashboard: {port: %d}\n".formatted(freePort(), page));
    }

    private static int freePort() throws IOException {
        try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    private boolean hasPublished(Thread running) throws IOException {
        assertThat(running.isAlive()).as("%s", errors).isTrue();
        try {
            return new ObjectMapper()
                            .readTree(get("/api/station").body())
                            .path("published")
                            .asInt()
                    >= PARTS;
        } catch (UncheckedIOException e) {
            return false; // it starts
        }
    }

    private HttpResponse<String> get(String path) {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d%s".formatted(page, path)))
                .timeout(Duration.ofSeconds(10))
                .build();
        try {
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
