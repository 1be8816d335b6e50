package goshawk.appliance;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The commands as people type them, with the checkpoint and the recipes that are shipped. */
class CommandsTest extends TypedCommands {

    private static final Path RECIPE = ROOT.resolve("recipes/bracket.yaml");

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
                        assertThat(line.path("engine").path("name").asText()).isEqualTo("goshawk-nano-3"));
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

        assertThat(errors.toString()).contains("Is the part rusty?").contains("goshawk-nano-3");
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
                        "--golden-parts",
                        2,
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

    /** A few of the golden parts: the whole set takes a minute, and whether nano passes it is not what is tested here. */
    private int verify(Path recipe, Object... more) {
        List<Object> arguments = new ArrayList<>(List.of(
                "recipe",
                "verify",
                "--recipe",
                recipe,
                "--data",
                dir.resolve("var"),
                "--engines",
                dir.resolve("engines")));
        arguments.addAll(List.of(more));
        return run(arguments.toArray());
    }

    private Path recipeWithGolden(String golden) throws IOException {
        String shipped = Files.readString(RECIPE);
        Path recipe = dir.resolve("bracket.yaml");
        Files.writeString(recipe, shipped.substring(0, shipped.indexOf("golden:")) + golden);
        return recipe;
    }

    private Path station(Path recipe) throws IOException {
        assertThat(run("render", "--seed", 3, "--kinds", "good=1,missing_bolt=1", "--out", dir.resolve("parts")))
                .isZero();
        Path station = dir.resolve("station.yaml");
        Files.writeString(station, """
                recipe: %s
                source: {kind: folder, address: parts}
                broker: {port: %d}
                dashboard: {port: %d}
                data: var
                engineCache: engines
                """.formatted(recipe.getFileName(), freePort(), freePort()));
        return station;
    }

    @Test
    void noLineRunsARecipeThatHasNotPassedUnlessToldSoByName() throws Exception {
        Path recipe = recipeWithGolden("""
                golden:
                  render: {seed: 5, kinds: {good: 3, missing_bolt: 3}, written: 2}
                  demands: {escapeRate: 0.7, falseCallRate: 1}
                """);
        Path station = station(recipe);

        assertThat(run("run", "--config", station)).isEqualTo(2);
        assertThat(errors.toString()).contains("recipe bracket 1.0 was never verified on engine", "recipe verify");
        assertThat(run("run", "--config", station, "--unverified-recipe", "other"))
                .isEqualTo(2);
        assertThat(errors.toString()).contains("names other, the station's recipe is bracket");
        assertThat(run("run", "--config", station, "--unverified-recipe", "bracket"))
                .isZero();
        assertThat(verifiedRecords()).containsExactly(0L, 0L);

        assertThat(verify(recipe, "--parts", 2)).as("a rehearsal").isEqualTo(1);
        assertThat(run("run", "--config", station)).isEqualTo(2);

        assertThat(verify(recipe)).as("%s", errors).isZero();
        assertThat(run("run", "--config", station)).isZero();
        assertThat(verifiedRecords()).containsExactly(0L, 0L, 1L, 1L);
        try (var pages = Files.list(dir.resolve("var/verifications"))) {
            assertThat(pages.map(page -> page.getFileName().toString()))
                    .hasSize(2)
                    .allMatch(name -> name.matches("bracket-\\d{8}-\\d{6}\\.html"));
        }

        Files.writeString(recipe, Files.readString(recipe).replace("rejectAt: 0.5", "rejectAt: 0.6"));
        assertThat(run("run", "--config", station)).isEqualTo(2);
        assertThat(errors.toString()).contains("recipe bracket 1.0 has changed since it was verified");
    }

    @Test
    void changedGoldenPicturesAskForAnotherVerification() throws Exception {
        Path golden = dir.resolve("golden");
        assertThat(run("render", "--seed", 5, "--kinds", "good=2,missing_bolt=2", "--out", golden))
                .isZero();
        Path recipe = recipeWithGolden("""
                golden:
                  folder: golden
                  demands: {escapeRate: 1, falseCallRate: 1}
                """);
        Path station = station(recipe);
        assertThat(verify(recipe)).as("%s", errors).isZero();
        assertThat(run("run", "--config", station)).as("%s", errors).isZero();

        Files.copy(golden.resolve("part-000001.png"), golden.resolve("part-000000.png"), REPLACE_EXISTING);
        assertThat(run("run", "--config", station)).isEqualTo(2);
        assertThat(errors.toString())
                .contains("the truth or the pictures of recipe bracket 1.0's golden set have changed since");
    }

    private List<Long> verifiedRecords() throws SQLException {
        List<Long> values = new ArrayList<>();
        try (var db = DriverManager.getConnection("jdbc:sqlite:" + dir.resolve("var/goshawk.db"));
                var sql = db.createStatement();
                var row = sql.executeQuery("SELECT is_verified FROM inspection ORDER BY id")) {
            while (row.next()) {
                values.add(row.getLong(1));
            }
        }
        return values;
    }

    @Test
    void aCalibrationGivesConfidencesAndServesNoOtherRecipe() throws IOException {
        Path recipe = recipeWithGolden("");
        assertThat(run("render", "--seed", 12, "--kinds", "good=24,missing_bolt=24", "--out", dir.resolve("parts")))
                .isZero();

        assertThat(run(
                        "recipe",
                        "calibrate",
                        "--recipe",
                        recipe,
                        "--images",
                        dir.resolve("parts"),
                        "--truth",
                        dir.resolve("parts/truth.csv"),
                        "--engines",
                        dir.resolve("engines")))
                .as("too few bad parts for 0.3 %%: %s", errors)
                .isEqualTo(1);
        assertThat(dir.resolve("bracket.calibration.svg")).exists();

        Files.writeString(recipe, "calibration: bracket.calibration.json\n", StandardOpenOption.APPEND);
        Path out = dir.resolve("verdicts.jsonl");
        Path one = dir.resolve("parts/part-000000.png");
        assertThat(inspect(recipe, one, out)).as("%s", errors).isZero();
        assertThat(lines(out).getFirst().path("confidence").asDouble(-1)).isBetween(0.0, 1.0);

        Files.writeString(recipe, Files.readString(recipe).replace("version: \"1.0\"", "version: \"1.1\""));
        assertThat(inspect(recipe, one, out)).isEqualTo(2);
        assertThat(errors.toString()).contains("measured with recipe bracket 1.0, not with bracket 1.1");
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
