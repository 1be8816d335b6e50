package goshawk.appliance.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import goshawk.appliance.domain.Deadline;
import goshawk.appliance.domain.DefectPrompt;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.Pose;
import goshawk.appliance.domain.Poses;
import goshawk.appliance.domain.PrefixCounters;
import goshawk.appliance.domain.PromptScore;
import goshawk.appliance.domain.Prompts;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.RecipeDraft;
import goshawk.appliance.domain.ReferencePicture;
import goshawk.appliance.domain.Severity;
import goshawk.appliance.domain.Thought;
import goshawk.appliance.engine.Engines;
import goshawk.camera.Frame;
import goshawk.camera.Region;
import goshawk.trtbuild.EngineBuilder;
import goshawk.trtbuild.EngineFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A whole look, from the picture to the shares, against transformers: see {@code make_inspection_golden.py}. */
class InspectionGoldenTest {

    private static final Path GOLDEN = TestInput.goldens("../inspection").normalize();

    @TempDir
    Path dir;

    /** At once and after a thought; the part alone and beside a good one. */
    @ParameterizedTest
    @CsvSource({"false,false", "false,true", "true,false", "true,true"})
    void aLookAtAPictureGivesTheSharesThatTransformersGives(boolean compared, boolean thinks) throws IOException {
        JsonNode all =
                new ObjectMapper().readTree(GOLDEN.resolve("inspection.json").toFile());
        List<JsonNode> looks = new ArrayList<>();
        all.path("looks").forEach(look -> {
            if (look.has("reference") == compared && look.has("thought") == thinks) {
                looks.add(look);
            }
        });
        assertThat(looks).hasSize(4);
        EngineFolder folder = EngineBuilder.build(GOLDEN, dir, (_, _, _) -> {});
        byte[] rgb;
        try (var in = new GZIPInputStream(Files.newInputStream(GOLDEN.resolve("picture.rgb.gz")))) {
            rgb = in.readAllBytes();
        }
        Recipe recipe = recipe(all, looks, rgb);
        // The engine's folder has all that is needed but the weights.
        ModelInput input = ModelInput.open(folder.path());
        try (var inspector = ModelInspector.open(
                        Engines.open(folder, 1),
                        input,
                        recipe,
                        _ -> Poses.of(Pose.nominal(
                                recipe.only().widthPx(), recipe.only().heightPx())),
                        new PrefixCounters(PrefixCounters.USUAL_BYTES),
                        Optional.empty());
                Frame frame = Frame.of(recipe.only().widthPx(), recipe.only().heightPx(), rgb)) {
            Inspection.Completed first = inspector.inspect(frame, new Deadline(Long.MAX_VALUE / 2, () -> 0));
            for (JsonNode look : looks) {
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
            assertThoughts(first, looks, input);
            assertThat(first.findings()).hasSizeGreaterThanOrEqualTo(4).allSatisfy(finding -> {
                VerdictGrammarTest.assertVerdict(finding.answer());
                assertThat(finding.region().right())
                        .isLessThanOrEqualTo(recipe.only().widthPx());
                assertThat(finding.region().bottom())
                        .isLessThanOrEqualTo(recipe.only().heightPx());
            });
            Inspection.Completed second = inspector.inspect(frame, new Deadline(Long.MAX_VALUE / 2, () -> 0));
            assertThat(second.scores()).as("the same part, the same answer").isEqualTo(first.scores());
            assertThat(second.findings()).isEqualTo(first.findings());
            assertThat(second.thoughts()).isEqualTo(first.thoughts());
        }
    }

    private static void assertThoughts(Inspection.Completed completed, List<JsonNode> looks, ModelInput input) {
        assertThat(completed.thoughts()).hasSize(looks.getFirst().has("thought") ? looks.size() : 0);
        for (Thought thought : completed.thoughts()) {
            assertThat(thought.ended()).isEqualTo(Thought.Ending.BUDGET);
            assertThat(looks)
                    .filteredOn(look -> look.path("region").asText().equals(thought.region())
                            && thought.prompt().equals(id(look)))
                    .singleElement()
                    .satisfies(look -> {
                        int[] tokens = new int[look.path("thought").size()];
                        Arrays.setAll(tokens, i -> look.path("thought").path(i).asInt());
                        assertThat(thought.tokens()).isEqualTo(tokens.length);
                        assertThat(thought.text())
                                .isEqualTo(input.tokenizer().decode(tokens).strip());
                    });
        }
    }

    private static String id(JsonNode look) {
        return "p" + look.path("question").asText().length();
    }

    private static Region region(JsonNode box) {
        return new Region(
                box.path(0).asInt(),
                box.path(1).asInt(),
                box.path(2).asInt(),
                box.path(3).asInt());
    }

    /** Thresholds so low that every question is explained. */
    private static Recipe recipe(JsonNode golden, List<JsonNode> looks, byte[] rgb) {
        Map<String, Region> regions = new LinkedHashMap<>();
        Map<String, ReferencePicture> references = new LinkedHashMap<>();
        Map<String, Integer> thoughtTokens = new LinkedHashMap<>();
        Map<String, DefectPrompt> prompts = new LinkedHashMap<>();
        for (JsonNode look : looks) {
            String name = look.path("region").asText();
            regions.put(name, region(look.path("box")));
            if (look.has("reference")) {
                references.put(name, cut(golden, rgb, region(look.path("reference"))));
            }
            if (look.has("thought")) {
                thoughtTokens.put(id(look), look.path("thought").size());
            }
        }
        for (JsonNode look : looks) {
            String question = look.path("question").asText();
            prompts.put(
                    question,
                    Prompts.of(
                            id(look),
                            question,
                            List.of("missing_bolt", "scratch"),
                            List.copyOf(regions.keySet()),
                            Severity.MAJOR,
                            1e-4,
                            1e-4));
        }
        return RecipeDraft.of(
                        golden.path("width").asInt(), golden.path("height").asInt(), regions)
                .asking(List.copyOf(prompts.values()))
                .within(Duration.ofSeconds(5))
                .showing(references)
                .thinking(thoughtTokens)
                .recipe();
    }

    private static ReferencePicture cut(JsonNode golden, byte[] rgb, Region place) {
        int width = golden.path("width").asInt();
        int height = golden.path("height").asInt();
        try (Frame frame = Frame.of(width, height, rgb)) {
            byte[] cut = RegionCut.of(frame, "reference", place, Pose.nominal(width, height));
            return ReferencePicture.of("good.png", place.width(), place.height(), cut);
        }
    }
}
