package goshawk.appliance.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import goshawk.appliance.domain.Deadline;
import goshawk.appliance.domain.DefectPrompt;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.Pose;
import goshawk.appliance.domain.PromptScore;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.Retention;
import goshawk.appliance.domain.Severity;
import goshawk.appliance.engine.Engines;
import goshawk.camera.Frame;
import goshawk.camera.PixelScale;
import goshawk.camera.Region;
import goshawk.trtbuild.EngineBuilder;
import goshawk.trtbuild.EngineFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole look, from the picture to the shares, against transformers: see {@code make_inspection_golden.py}. */
class InspectionGoldenTest {

    private static final Path GOLDEN = TestInput.goldens("../inspection").normalize();

    @TempDir
    Path dir;

    @Test
    void aLookAtAPictureGivesTheSharesThatTransformersGives() throws IOException {
        JsonNode golden =
                new ObjectMapper().readTree(GOLDEN.resolve("inspection.json").toFile());
        EngineFolder folder = EngineBuilder.build(GOLDEN, dir, (_, _, _) -> {});
        Recipe recipe = recipe(golden);
        byte[] rgb;
        try (var in = new GZIPInputStream(Files.newInputStream(GOLDEN.resolve("picture.rgb.gz")))) {
            rgb = in.readAllBytes();
        }
        // The engine's folder has all that is needed but the weights.
        try (var inspector = ModelInspector.open(
                        Engines.open(folder, 1),
                        ModelInput.open(folder.path()),
                        recipe,
                        _ -> Pose.nominal(recipe.widthPx(), recipe.heightPx()));
                Frame frame = Frame.of(recipe.widthPx(), recipe.heightPx(), rgb)) {
            Inspection.Completed first = inspector.inspect(frame, new Deadline(Long.MAX_VALUE / 2, () -> 0));
            for (JsonNode look : golden.path("looks")) {
                PromptScore score = first.scores().stream()
                        .filter(it -> it.region().equals(look.path("region").asText())
                                && it.prompt()
                                        .question()
                                        .equals(look.path("question").asText()))
                        .findFirst()
                        .orElseThrow();
                assertThat(score.score())
                        .as("%s", look)
                        .isCloseTo(look.path("shares").path("REJECT").asDouble(), within(1e-5));
                assertThat(score.doubt())
                        .as("%s", look)
                        .isCloseTo(look.path("shares").path("REVIEW").asDouble(), within(1e-5));
            }
            assertThat(first.findings()).hasSize(4).allSatisfy(finding -> {
                VerdictGrammarTest.assertVerdict(finding.answer());
                assertThat(finding.region().right()).isLessThanOrEqualTo(recipe.widthPx());
                assertThat(finding.region().bottom()).isLessThanOrEqualTo(recipe.heightPx());
            });
            Inspection.Completed second = inspector.inspect(frame, new Deadline(Long.MAX_VALUE / 2, () -> 0));
            assertThat(second.scores()).as("the same part, the same answer").isEqualTo(first.scores());
            assertThat(second.findings()).isEqualTo(first.findings());
        }
    }

    /** Thresholds so low that every question is explained. */
    private static Recipe recipe(JsonNode golden) {
        Map<String, Region> regions = new LinkedHashMap<>();
        Map<String, DefectPrompt> prompts = new LinkedHashMap<>();
        for (JsonNode look : golden.path("looks")) {
            JsonNode box = look.path("box");
            regions.put(
                    look.path("region").asText(),
                    new Region(
                            box.path(0).asInt(),
                            box.path(1).asInt(),
                            box.path(2).asInt(),
                            box.path(3).asInt()));
        }
        for (JsonNode look : golden.path("looks")) {
            String question = look.path("question").asText();
            prompts.put(
                    question,
                    new DefectPrompt(
                            "p" + question.length(),
                            question,
                            List.of("missing_bolt", "scratch"),
                            List.copyOf(regions.keySet()),
                            Severity.MAJOR,
                            0.01,
                            0.01));
        }
        return new Recipe(
                "golden",
                "1.0",
                "golden",
                golden.path("width").asInt(),
                golden.path("height").asInt(),
                new PixelScale(90),
                Optional.empty(),
                regions,
                List.copyOf(prompts.values()),
                Duration.ofSeconds(5),
                Retention.SHORT);
    }
}
