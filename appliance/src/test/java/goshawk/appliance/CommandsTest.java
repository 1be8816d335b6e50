package goshawk.appliance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands as people type them, with the checkpoint and the recipes that are shipped. */
class CommandsTest {

    private static final Path ROOT = Path.of(System.getProperty("goshawk.root", ".."));
    private static final Path RECIPE = ROOT.resolve("recipes/bracket.yaml");

    @TempDir
    Path dir;

    private final StringWriter errors = new StringWriter();

    @BeforeEach
    void home() {
        System.setProperty("goshawk.home", ROOT.toString());
    }

    private int run(Object... arguments) {
        String[] words = new String[arguments.length];
        for (int i = 0; i < words.length; i++) {
            words[i] = arguments[i].toString();
        }
        return Goshawk.commandLine().setErr(new PrintWriter(errors, true)).execute(words);
    }

    private int inspect(Path recipe, Path images, Path out) {
        return run(
                "inspect", "--recipe", recipe, "--images", images, "--out", out, "--engines", dir.resolve("engines"));
    }

    private static List<JsonNode> lines(Path file) throws IOException {
        var json = new ObjectMapper();
        return Files.readAllLines(file).stream()
                .map(line -> {
                    try {
                        return json.readTree(line);
                    } catch (IOException e) {
                        throw new AssertionError("no JSON: " + line, e);
                    }
                })
                .toList();
    }

    @Test
    void drawnPartsAreJudgedOneLineEach() throws IOException {
        Path parts = dir.resolve("parts");
        Path out = dir.resolve("verdicts.jsonl");
        assertThat(run("render", "--seed", 11, "--kinds", "good=1,missing_bolt=1", "--out", parts))
                .isZero();
        Files.writeString(parts.resolve("torn.png"), "no picture");

        assertThat(inspect(RECIPE, parts, out))
                .as("a torn picture is told by the exit code")
                .isEqualTo(3);

        List<JsonNode> lines = lines(out);
        assertThat(lines)
                .hasSize(3)
                .allSatisfy(line ->
                        assertThat(line.path("engine").path("name").asText()).isEqualTo("goshawk-nano-1"));
        assertThat(lines.subList(0, 2))
                .extracting(line -> line.path("verdict").asText())
                .containsExactlyInAnyOrder("PASS", "REJECT");
        JsonNode rejected = lines.subList(0, 2).stream()
                .filter(line -> line.path("verdict").asText().equals("REJECT"))
                .findFirst()
                .orElseThrow();
        assertThat(rejected.path("findings").path(0).path("defect").asText()).isEqualTo("missing_bolt");
        assertThat(rejected.path("findings").path(0).path("region")).hasSize(4);
        assertThat(rejected.path("isSimulated").asBoolean()).isTrue();
        assertThat(lines.get(2).path("verdict").asText()).isEqualTo("NOT_INSPECTED");
        assertThat(lines.get(2).path("cause").asText()).isEqualTo("UNREADABLE");
        assertThat(run("report", "--verdicts", out, "--truth", parts.resolve("truth.csv")))
                .isZero();
    }

    @Test
    void aQuestionThatTheCheckpointWasNotTrainedForIsRefusedByName() throws IOException {
        Path recipe = dir.resolve("rust.yaml");
        Files.writeString(recipe, Files.readString(RECIPE).replace("Is the part cracked?", "Is the part rusty?"));
        Path out = dir.resolve("verdicts.jsonl");
        assertThat(run("render", "--count", 1, "--out", dir.resolve("parts"))).isZero();

        assertThat(inspect(recipe, dir.resolve("parts"), out)).isEqualTo(2);

        assertThat(errors.toString()).contains("Is the part rusty?").contains("goshawk-nano-1");
        assertThat(out).doesNotExist();
    }

    @Test
    void everyTriggerOfTheDemoHasItsRecordAndItsMessage() throws IOException {
        assertThat(run(
                        "demo",
                        "--parts",
                        4,
                        "--period",
                        400,
                        "--data",
                        dir.resolve("var"),
                        "--engines",
                        dir.resolve("engines"),
                        "--port",
                        0,
                        "--broker-port",
                        freePort()))
                .as("%s", errors)
                .isZero();
        assertThat(dir.resolve("var/goshawk.db")).exists();
        try (var pictures = Files.walk(dir.resolve("var/images"))) {
            assertThat(pictures.filter(Files::isRegularFile)).hasSize(4);
        }
    }

    @Test
    void whatIsShippedIsRight() {
        assertThat(run(
                        "check",
                        RECIPE,
                        ROOT.resolve("recipes/bare-board.yaml"),
                        ROOT.resolve("recipes/missing-screws.yaml"),
                        ROOT.resolve("deploy/station.yaml")))
                .as("%s", errors)
                .isZero();
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
