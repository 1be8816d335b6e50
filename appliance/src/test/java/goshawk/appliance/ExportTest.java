package goshawk.appliance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import goshawk.appliance.domain.ArchivedPicture;
import goshawk.appliance.domain.Confirmation;
import goshawk.appliance.domain.Disposition;
import goshawk.appliance.domain.InspectionRecord;
import goshawk.appliance.domain.Provenance;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.Records;
import goshawk.appliance.export.ConversationDataSet;
import goshawk.appliance.inspect.Lessons;
import goshawk.appliance.pose.ViewLocator;
import goshawk.appliance.recipe.RecipeFile;
import goshawk.appliance.record.SqliteInspectionLog;
import goshawk.camera.Frame;
import goshawk.camera.PictureFile;
import goshawk.camera.Region;
import goshawk.camera.Views;
import goshawk.camera.sim.BracketRenderer;
import goshawk.camera.sim.PngFile;
import goshawk.camera.sim.RenderOptions;
import goshawk.camera.sim.SimulatedPart;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From records of drawn parts, through confirmations, to the data set. No model runs here. */
class ExportTest {

    private static final Path RECIPE =
            Path.of(System.getProperty("goshawk.root", "..")).resolve("recipes/bracket.yaml");
    private static final int PARTS = 12;

    @TempDir
    Path dir;

    private final StringWriter errors = new StringWriter();
    private final List<SimulatedPart> drawn = new ArrayList<>();

    /** Twelve parts on record, and a truth that names the first eleven of them. */
    @BeforeEach
    void record() throws IOException {
        Path day = Files.createDirectories(dir.resolve("var/images/2026-11-22"));
        var truth = new StringBuilder("file,label,defects,pose\n");
        try (var log = SqliteInspectionLog.open(dir.resolve("var/goshawk.db"), Clock.systemUTC())) {
            for (int i = 0; i < PARTS; i++) {
                SimulatedPart part = BracketRenderer.render(5, i, RenderOptions.USUAL);
                drawn.add(part);
                PngFile.write(day.resolve(i + ".png"), part.rgb(), part.width(), part.height());
                log.append(record(i, part, RecipeFile.read(RECIPE)));
                if (i < PARTS - 1) {
                    String marks = part.truth().defects().stream()
                            .map(box -> "[%d,%d,%d,%d,\"\"%s\"\"]"
                                    .formatted(box.left(), box.top(), box.right(), box.bottom(), box.code()))
                            .toList()
                            .toString();
                    truth.append("P%d.png,%s,\"%s\",\n"
                            .formatted(i, part.truth().kind().code(), marks));
                }
            }
        }
        Files.writeString(dir.resolve("truth.csv"), truth);
    }

    private static InspectionRecord record(int i, SimulatedPart part, Recipe recipe) {
        InspectionRecord some = Records.record(i + 1, "P" + i, Records.seen(0.01), Disposition.UNCONFIRMED);
        var by = new Provenance(
                recipe.id(),
                recipe.version(),
                recipe.hash(),
                recipe.promptHash(),
                "nano",
                "c".repeat(64),
                "fp32",
                "test");
        var picture = new ArchivedPicture("2026-11-22/" + i + ".png", "d".repeat(64), part.width(), part.height());
        return new InspectionRecord(
                some.trigger(),
                true,
                some.order(),
                some.shift(),
                by,
                some.inspection(),
                some.verdict(),
                some.took(),
                List.of(picture),
                some.faults(),
                some.outcome());
    }

    @Test
    void confirmedPartsBecomeConversationsAboutWhatTheModelWasShown() throws IOException {
        assertThat(run("confirm", "--data", dir.resolve("var"), "--truth", dir.resolve("truth.csv")))
                .isZero();
        Path set = dir.resolve("set");
        assertThat(run("export", "--data", dir.resolve("var"), "--recipe", RECIPE, "--out", set))
                .as("%s", errors)
                .isZero();

        List<JsonNode> lines = new ArrayList<>();
        for (String file : List.of("train.jsonl", "validation.jsonl")) {
            for (String line : Files.readAllLines(set.resolve(file))) {
                JsonNode read = new ObjectMapper().readTree(line);
                lines.add(read);
                assertThat(ConversationDataSet.splitOf(read.get("part").asText())
                                        .name() + ".jsonl")
                        .as("%s", read.get("part"))
                        .isEqualToIgnoringCase(file);
            }
        }
        long questions = lines.stream()
                .filter(line -> line.get("part").asText().equals("P0"))
                .count();
        assertThat(lines).extracting(line -> line.get("part").asText()).doesNotContain("P" + (PARTS - 1));
        assertThat(questions).isEqualTo(RecipeFile.read(RECIPE).prompts().size());
        for (JsonNode line : lines) {
            assertAnswered(set, line);
        }
        JsonNode card = new ObjectMapper().readTree(set.resolve("card.json").toFile());
        assertThat(card.at("/splits/train/conversations").asInt()
                        + card.at("/splits/validation/conversations").asInt())
                .isEqualTo(lines.size());
        assertThat(Files.readString(set.resolve("README.md"))).contains("Licence: not known", "truth file");
    }

    /** The answer is what the truth says, and the picture what the model is shown of the part. */
    private void assertAnswered(Path set, JsonNode line) throws IOException {
        Recipe recipe = RecipeFile.read(RECIPE);
        SimulatedPart part =
                drawn.get(Integer.parseInt(line.get("part").asText().substring(1)));
        JsonNode messages = line.get("messages");
        assertThat(messages.get(0).get("content").asText()).isEqualTo(Lessons.system());
        String question = messages.get(1).at("/content/1/text").asText();
        var prompt = recipe.prompts().stream()
                .filter(one -> one.question().equals(question))
                .findFirst()
                .orElseThrow();
        JsonNode answer =
                new ObjectMapper().readTree(messages.get(2).get("content").asText());
        boolean isBad =
                part.truth().defects().stream().anyMatch(box -> prompt.defects().contains(box.code()));
        assertThat(answer.get("verdict").asText()).as("%s", line).isEqualTo(isBad ? "REJECT" : "PASS");
        assertThat(answer.path("findings").isEmpty()).isNotEqualTo(isBad);
        Region region = recipe.region("plate");
        try (Frame whole = Frame.of(part.width(), part.height(), part.rgb());
                var locator = ViewLocator.of(recipe);
                Frame kept = PictureFile.read(
                        set.resolve(messages.get(1).at("/content/0/image").asText()))) {
            Views views = Views.of(whole);
            byte[] expected = Lessons.picture(views, recipe, "plate", locator.locate(views));
            assertThat(kept.width()).isEqualTo(region.width());
            assertThat(Arrays.equals(kept.rgb(), 0, expected.length, expected, 0, expected.length))
                    .as("pixel for pixel")
                    .isTrue();
        }
    }

    @Test
    void theLastWordCountsAndNothingIsWrittenOverASet() throws IOException {
        try (var log = SqliteInspectionLog.open(dir.resolve("var/goshawk.db"), Clock.systemUTC())) {
            var wrong = List.of(new Confirmation.Defect("dent", new Region(300, 200, 320, 220)));
            log.confirm(new Confirmation(1, Confirmation.Label.REJECT, wrong, "Ann", Records.AT));
            log.confirm(new Confirmation(1, Confirmation.Label.PASS, List.of(), "Bob", Records.AT.plusSeconds(1)));
        }
        Path set = dir.resolve("set");
        assertThat(run("export", "--data", dir.resolve("var"), "--recipe", RECIPE, "--out", set))
                .isZero();
        assertThat(Files.readString(set.resolve("train.jsonl")) + Files.readString(set.resolve("validation.jsonl")))
                .contains("{\\\"verdict\\\":\\\"PASS\\\"}")
                .doesNotContain("dent\\\"");
        assertThat(run("export", "--data", dir.resolve("var"), "--recipe", RECIPE, "--out", set))
                .isEqualTo(2);
        assertThat(errors.toString()).contains("holds something already; name a new folder");
    }

    @Test
    void withoutConfirmationsThereIsNothingToExport() {
        Path set = dir.resolve("set");
        assertThat(run("export", "--data", dir.resolve("var"), "--recipe", RECIPE, "--out", set))
                .isEqualTo(2);
        assertThat(errors.toString()).contains("has no confirmed part to export");
        assertThat(set).doesNotExist();
        assertThat(dir.resolve("set.part")).doesNotExist();
    }

    private int run(Object... arguments) {
        String[] words = Arrays.stream(arguments).map(Object::toString).toArray(String[]::new);
        return Goshawk.commandLine().setErr(new PrintWriter(errors, true)).execute(words);
    }
}
