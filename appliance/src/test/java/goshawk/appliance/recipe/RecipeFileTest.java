package goshawk.appliance.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import goshawk.appliance.domain.Calibration;
import goshawk.appliance.domain.DefectPrompt;
import goshawk.appliance.domain.GoldenSet;
import goshawk.appliance.domain.Point;
import goshawk.appliance.domain.Prompts;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.Retention;
import goshawk.appliance.domain.Severity;
import goshawk.camera.Frame;
import goshawk.camera.PictureFile;
import goshawk.camera.PixelScale;
import goshawk.camera.Region;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecipeFileTest {

    private static final String GOOD = """
        recipe: bracket
        version: "1.0"
        partNumber: GB-4500
        camera:
          width: 640
          height: 480
          micrometresPerPixel: 90
        pose:
          tolerance: {millimetres: 2.2, degrees: 5.5}
          bores:
            a: {centre: [220, 195.5], diameterMm: 5}
            b: {centre: [420, 195.5], diameterMm: 5}
        regions:
          plate: [64, 64, 576, 416]
        prompts:
          - id: scratch
            question: Is the surface scratched?
            defects: [scratch]
            regions: [plate]
            severity: minor
            rejectAt: 0.5
            reviewAt: 0.2
        takt: 1.5 s
        retention: long
        """;

    @TempDir
    Path dir;

    private Path write(String yaml) throws IOException {
        Path file = dir.resolve("r.yaml");
        Files.writeString(file, yaml);
        return file;
    }

    private List<String> problems(String yaml) throws IOException {
        Path file = write(yaml);
        var refusal = catchThrowableOfType(ConfigurationException.class, () -> RecipeFile.read(file));
        assertThat(refusal).as("refused").isNotNull();
        return refusal.problems().stream()
                .map(problem -> problem.replace(dir + "/", ""))
                .toList();
    }

    @Test
    void everyValueArrivesInTheRecipe() throws IOException {
        Recipe recipe = RecipeFile.read(write(GOOD));
        assertThat(recipe.id()).isEqualTo("bracket");
        assertThat(recipe.version()).isEqualTo("1.0");
        assertThat(recipe.partNumber()).isEqualTo("GB-4500");
        assertThat(recipe.only().widthPx()).isEqualTo(640);
        assertThat(recipe.only().heightPx()).isEqualTo(480);
        assertThat(recipe.only().scale()).isEqualTo(new PixelScale(90));
        assertThat(recipe.only().pose()).hasValueSatisfying(pose -> {
            assertThat(pose.toleranceMm()).isEqualTo(2.2);
            assertThat(pose.toleranceDegrees()).isEqualTo(5.5);
            assertThat(pose.features().getFirst().centre()).isEqualTo(new Point(220, 195.5));
        });
        assertThat(recipe.region("plate")).isEqualTo(new Region(64, 64, 576, 416));
        assertThat(recipe.prompts())
                .containsExactly(Prompts.of(
                        "scratch",
                        "Is the surface scratched?",
                        List.of("scratch"),
                        List.of("plate"),
                        Severity.MINOR,
                        0.5,
                        0.2));
        assertThat(recipe.takt()).isEqualTo(Duration.ofMillis(1_500));
        assertThat(recipe.retention()).isEqualTo(Retention.LONG);
    }

    @Test
    void aReferenceIsReadFromBesideTheRecipe() throws IOException {
        byte[] rgb = new byte[512 * 352 * 3];
        rgb[5] = 77;
        picture("good.png", 512, 352, rgb);
        Recipe recipe = RecipeFile.read(write(GOOD + "references: {plate: good.png}\n"));
        assertThat(recipe.reference("plate")).hasValueSatisfying(reference -> {
            assertThat(reference.file()).isEqualTo("good.png");
            assertThat(reference.rgb()).isEqualTo(rgb);
        });
    }

    @Test
    void aReferenceThatCannotBeShownIsAProblem() throws IOException {
        assertThat(problems(GOOD + "references: {plate: none.png}\n"))
                .singleElement()
                .asString()
                .startsWith("r.yaml:25: reference none.png cannot be read: ");
        Files.writeString(dir.resolve("text.png"), "no picture");
        assertThat(problems(GOOD + "references: {plate: text.png}\n"))
                .singleElement()
                .asString()
                .startsWith("r.yaml:25: reference text.png cannot be read: ");
        picture("small.png", 64, 64, new byte[64 * 64 * 3]);
        assertThat(problems(GOOD + "references: {plate: small.png}\n"))
                .containsExactly(
                        "r.yaml:25: reference small.png is 64×64, region 'plate' is 512×352: cut it to the region");
    }

    @Test
    void aPromptThinksAsLongAsItSaysOrAsTheRecipeSays() throws IOException {
        DefectPrompt scratch = RecipeFile.read(write(GOOD)).prompts().getFirst();
        assertThat(RecipeFile.read(write(GOOD)).thoughtTokens(scratch)).isEmpty();
        String all = GOOD + "thinking: {tokens: 200}\n";
        assertThat(RecipeFile.read(write(all)).thoughtTokens(scratch)).hasValue(200);
        String own = all.replace("    reviewAt: 0.2", "    reviewAt: 0.2\n    thinking: {tokens: 30}");
        assertThat(RecipeFile.read(write(own)).thoughtTokens(scratch)).hasValue(30);
    }

    /** A recipe that asks for no threshold is the recipe that it was, to the hash; one that does is another. */
    @Test
    void aPromptTellsEveryFindingUnlessItSaysFromWhichScoreOn() throws IOException {
        Recipe all = RecipeFile.read(write(GOOD));
        assertThat(all.prompts().getFirst().findingsAt()).isZero();
        assertThat(RecipeFile.read(write(GOOD.replace("reviewAt: 0.2", "reviewAt: 0.2\n    findingsAt: 0")))
                        .hash())
                .isEqualTo(all.hash());
        Recipe some = RecipeFile.read(write(GOOD.replace("reviewAt: 0.2", "reviewAt: 0.2\n    findingsAt: 0.9")));
        assertThat(some.prompts().getFirst().findingsAt()).isEqualTo(0.9);
        assertThat(some.hash()).isNotEqualTo(all.hash());
        assertThat(some.promptHash()).isEqualTo(all.promptHash());
    }

    @Test
    void thePromptSaysHowSmallADefectMustBeFound() throws IOException {
        Recipe any = RecipeFile.read(write(GOOD));
        assertThat(any.prompts().getFirst().smallestMm()).isEmpty();
        Recipe small = RecipeFile.read(write(GOOD.replace("reviewAt: 0.2", "reviewAt: 0.2\n    smallestMm: 0.5")));
        assertThat(small.prompts().getFirst().smallestMm()).hasValue(0.5);
        assertThat(small.hash()).isNotEqualTo(any.hash());
        assertThat(small.promptHash()).isEqualTo(any.promptHash());
        Recipe cut = RecipeFile.read(write(GOOD.replace("reviewAt: 0.2", "reviewAt: 0.2\n    smallestMm: 0.5")
                + "tiles: {plate: {width: 300, overlap: 32}}\n"));
        assertThat(cut.prompts().getFirst().smallestMm()).hasValue(0.5);
        assertThat(cut.prompts().getFirst().regions()).containsExactly("plate.1", "plate.2");
    }

    private void picture(String name, int width, int height, byte[] rgb) {
        try (Frame frame = Frame.of(width, height, rgb)) {
            PictureFile.writePng(frame, true, dir.resolve(name));
        }
    }

    @Test
    void layoutAndCommentsAreNotPartOfTheHash() throws IOException {
        String hash = RecipeFile.read(write(GOOD)).hash();
        assertThat(RecipeFile.read(write("# A comment\n" + GOOD.replace("[plate]", "plate")))
                        .hash())
                .isEqualTo(hash);
    }

    /** One mistake each: what stands in the good recipe, what is written instead, and what is said about it. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        rejectAt: 0.5             | treshold: 0.5          | r.yaml:21: unknown key 'treshold'; did you mean 'rejectAt'?
        rejectAt: 0.5             | rejectAd: 0.5          | r.yaml:21: unknown key 'rejectAd'; did you mean 'rejectAt'?
        takt: 1.5 s               | takt: 1.5 s\\nshift: 2  | r.yaml:24: unknown key 'shift'; known here: calibration, camera, codes, golden, partNumber, pose, prompts, quality, recipe, references, regions, retention, takt, thinking, tiles, version, views
        takt: 1.5 s               | takt: 1.5              | r.yaml:23: 'takt' must be a duration with its unit, like 500 ms, 1.5 s or 2 min
        takt: 1.5 s               | takt: 0 s              | r.yaml:23: 'takt' must be from 1 ms to 600 s: 0 s
        'version: "1.0"'          | version: 1.0           | r.yaml:2: 'version' must be a text: write "1.0" with quotes
        'version: "1.0"'          | ''                     | r.yaml:1: key 'version' is missing
        recipe: bracket           | recipe: a/../b         | r.yaml:1: 'recipe' must be letters, digits, - and _, at most 64: a/../b
        width: 640                | width: 640.5           | r.yaml:5: 'width' must be a whole number: 640.5
        width: 640                | width: 0640            | r.yaml:5: 'width' must be a whole number
        width: 640                | width: .inf            | r.yaml:5: 'width' must be a whole number
        width: 640                | width: 512             | r.yaml:14: region 'plate' reaches to (576, 416), outside of the picture of 512×480
        height: 480               | width: 480             | r.yaml:6: key 'width' is already in line 5
        micrometresPerPixel: 90   | scale: 90              | r.yaml:7: unknown key 'scale'; did you mean 'micrometresPerPixel'?
        micrometresPerPixel: 90   | micrometresPerPixel: 0 | r.yaml:7: 'micrometresPerPixel' must be in [0.01, 10000]: 0
        degrees: 5.5              | degrees: 90            | r.yaml:9: 'degrees' must be in [0.01, 45]: 90
        '420, 195.5'              | '220, 195.5'           | r.yaml:9: two features of the pose have the same centre
        '420, 195.5'              | '420, 495.5'           | r.yaml:12: 'centre' [420.0, 495.5] is outside of the picture of 640×480
        'plate: [64, 64, 576, 416]' | 'plate: [64, 64, 64, 416]' | r.yaml:14: region 'plate' must be [left, top, right, bottom]: [64, 64, 64, 416]
        'plate: [64, 64, 576, 416]' | 'plate: [64, 64, 576]' | r.yaml:14: 'plate' must be a list of 4 whole numbers
        'plate: [64, 64, 576, 416]' | 'plate: [64, 64, 576, wide]' | r.yaml:14: 'plate' must be a whole number
        'regions: [plate]'        | 'regions: [plates]'    | r.yaml:19: no region 'plates'; the regions are [plate]
        'regions: [plate]'        | 'regions: []'          | r.yaml:19: 'regions' is an empty list
        'defects: [scratch]'      | 'defects: [scratch, scratch]' | r.yaml:18: 'defects' names scratch twice
        'defects: [scratch]'      | 'defects: [no]'        | r.yaml:18: 'defects' must be a text: write "no" with quotes
        reviewAt: 0.2             | reviewAt: 0.6          | r.yaml:22: 'reviewAt' 0.6 is above 'rejectAt' 0.5
        reviewAt: 0.2             | 'reviewAt: 0.2\n    findingsAt: 1.2' | r.yaml:23: 'findingsAt' must be in [0, 1]: 1.2
        reviewAt: 0.2             | 'reviewAt: 0.2\n    findingsAt: some' | r.yaml:23: 'findingsAt' must be a number
        reviewAt: 0.2             | 'reviewAt: 0.2\n    findings: 0.9' | r.yaml:23: unknown key 'findings'; did you mean 'findingsAt'?
        reviewAt: 0.2             | 'reviewAt: 0.2\n    smallestMm: 0' | r.yaml:23: 'smallestMm' must be in [0.001, 10000]: 0
        reviewAt: 0.2             | 'reviewAt: 0.2\n    smallest: 1' | r.yaml:23: unknown key 'smallest'; did you mean 'smallestMm'?
        rejectAt: 0.5             | rejectAt: 1.5          | r.yaml:21: 'rejectAt' must be in [0, 1]: 1.5
        rejectAt: 0.5             | rejectAt: '"0.5"'      | r.yaml:21: 'rejectAt' must be a number
        severity: minor           | severity: small        | r.yaml:20: 'severity' must be one of critical, major, minor: small
        retention: long           | 'retention: long\nthinking: {tokens: 0}' | r.yaml:25: 'tokens' must be in [1, 32768]: 0
        retention: long           | 'retention: long\nreferences: {lid: good.png}' | r.yaml:25: no region 'lid'; the regions are [plate]
        retention: long           | retention: 30 d        | r.yaml:24: 'retention' must be one of short, standard, long: 30 d
        """)
    void aMistakeIsNamedWithFileLineAndRule(String right, String wrong, String problem) throws IOException {
        assertThat(GOOD).contains(right);
        String yaml = GOOD.replace(right, wrong.replace("\\n", "\n"));
        assertThat(problems(yaml)).contains(problem);
    }

    @Test
    void oneMistakeIsOneProblem() throws IOException {
        assertThat(problems(GOOD.replace("rejectAt", "treshold")))
                .containsExactly("r.yaml:21: unknown key 'treshold'; did you mean 'rejectAt'?");
        assertThat(problems(GOOD.replace("regions:\n", "region:\n")))
                .containsExactly("r.yaml:13: unknown key 'region'; did you mean 'regions'?");
    }

    @Test
    void allProblemsAreToldTogetherInTheOrderOfTheFile() throws IOException {
        assertThat(problems(GOOD.replace("640", "none")
                        .replace("minor", "small")
                        .replace("degrees", "degree")
                        .replace("long", "for ever")))
                .containsExactly(
                        "r.yaml:5: 'width' must be a whole number",
                        "r.yaml:9: unknown key 'degree'; did you mean 'degrees'?",
                        "r.yaml:20: 'severity' must be one of critical, major, minor: small",
                        "r.yaml:24: 'retention' must be one of short, standard, long: for ever");
    }

    @Test
    void twoPromptsOfOneNameAreRefused() throws IOException {
        String prompt = GOOD.substring(GOOD.indexOf("  - id"), GOOD.indexOf("takt"));
        assertThat(problems(GOOD.replace("takt", prompt + "takt")))
                .containsExactly("r.yaml:23: two prompts are called 'scratch'");
    }

    @Test
    void whatIsNoYamlIsRefusedAtItsLine() throws IOException {
        assertThat(problems("recipe: bracket\ncamera: [1, 2\nversion: 3\n"))
                .singleElement()
                .asString()
                .startsWith("r.yaml:3: not YAML: ");
        assertThat(problems("recipe: bracket\n---\nrecipe: other\n"))
                .singleElement()
                .asString()
                .startsWith("r.yaml:2: not YAML: ");
    }

    @Test
    void aFileThatIsNoRecipeAtAllIsRefused() throws IOException {
        assertThat(problems("")).containsExactly("r.yaml: is empty");
        assertThat(problems("- a\n- b\n"))
                .containsExactly("r.yaml:1: keys with values expected, like 'version: \"1.0\"'");
        Files.write(dir.resolve("r.yaml"), "recipe: b\u00e4r".getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> RecipeFile.read(dir.resolve("r.yaml")))
                .hasMessageEndingWith("r.yaml: is not UTF-8 text");
        assertThatThrownBy(() -> RecipeFile.read(dir.resolve("x.yaml"))).hasMessageEndingWith("x.yaml: no such file");
    }

    @ParameterizedTest
    @ValueSource(strings = {"bracket", "bare-board", "missing-screws"})
    void theShippedRecipesAreSound(String name) {
        Path root = Path.of(System.getProperty("goshawk.root", "..")); // the repository
        Recipe recipe = RecipeFile.read(root.resolve("recipes").resolve(name + ".yaml"));
        assertThat(recipe.id()).isEqualTo(name);
    }

    private static final String GOLDEN = """
        golden:
          render:
            seed: 7
            kinds: {good: 20, missing_bolt: 10}
            written: 3
          limitSamples: 4
          demands:
            escapeRate: 0.05
            escapeRates: {missing_bolt: 0.3}
            falseCallRate: 0.1
            kappa: 0.75
        """;

    @Test
    void aGoldenSetIsReadAndBelongsToTheHash() throws IOException {
        Recipe recipe = RecipeFile.read(write(GOOD + GOLDEN));
        GoldenSet golden = recipe.qualification().golden().orElseThrow();
        assertThat(golden.source())
                .isEqualTo(new GoldenSet.Source.Rendered(7, Map.of("good", 20, "missing_bolt", 10), 3));
        assertThat(golden.limits().count()).isEqualTo(4);
        assertThat(golden.demands())
                .isEqualTo(
                        new GoldenSet.Demands(0.05, Map.of("missing_bolt", 0.3), 0.1, 0.95, OptionalDouble.of(0.75)));
        Recipe without = RecipeFile.read(write(GOOD));
        Recipe laxer = RecipeFile.read(write(GOOD + GOLDEN.replace("0.05", "0.5")));
        assertThat(recipe.hash()).isNotEqualTo(without.hash()).isNotEqualTo(laxer.hash());
        assertThat(recipe.promptHash()).isEqualTo(without.promptHash());
    }

    @Test
    void aGoldenFolderIsBesideTheRecipeAndNamesItsLimitSamples() throws IOException {
        Recipe recipe = RecipeFile.read(write(GOOD + """
                golden:
                  folder: golden/bracket
                  limitSamples: [a.png, b.png]
                  demands: {escapeRate: 0.05, falseCallRate: 0.1, confidence: 0.9}
                """));
        GoldenSet golden = recipe.qualification().golden().orElseThrow();
        assertThat(golden.source())
                .isEqualTo(new GoldenSet.Source.Folder("golden/bracket", dir.resolve("golden/bracket")));
        assertThat(golden.limits().files()).containsExactly("a.png", "b.png");
        assertThat(golden.demands().confidence()).isEqualTo(0.9);
        assertThat(golden.demands().kappa()).isEmpty();
    }

    @Test
    void whatIsWrongWithAGoldenSetIsToldWithItsLine() throws IOException {
        assertThat(problems(GOOD + GOLDEN.replace("missing_bolt: 10", "missing_bold: 10")))
                .singleElement()
                .asString()
                .contains("missing_bold");
        assertThat(problems(GOOD + "golden:\n  demands: {escapeRate: 0.05, falseCallRate: 2}\n"))
                .anySatisfy(problem -> assertThat(problem).contains("either 'render' or 'folder'"))
                .anySatisfy(problem -> assertThat(problem).contains("'falseCallRate' must be in [0, 1]"));
    }

    private static Calibration measured() {
        return new Calibration(
                "",
                "bracket",
                "1.0",
                "b".repeat(64),
                "nano",
                "c".repeat(64),
                "fp32",
                Map.of("scratch", new Calibration.Curve(0.61, -0.25)));
    }

    @Test
    void aCalibrationIsReadAsItWasWrittenAndBelongsToTheHash() throws IOException {
        CalibrationFile.write(
                dir.resolve("r.json"),
                measured(),
                new ObjectMapper().createObjectNode().put("expectedError", 0.0123));
        Recipe recipe = RecipeFile.read(write(GOOD + "calibration: r.json\n"));
        Calibration read = recipe.qualification().calibration().orElseThrow();
        assertThat(read).usingRecursiveComparison().ignoringFields("sha256").isEqualTo(measured());
        assertThat(read.sha256()).matches("[0-9a-f]{64}");
        assertThat(recipe.hash()).isNotEqualTo(RecipeFile.read(write(GOOD)).hash());
        assertThat(RecipeFile.uncalibrated(write(GOOD + "calibration: gone.json\n"))
                        .qualification()
                        .calibration())
                .as("whoever measures it anew does not need the old one")
                .isEmpty();
    }

    @Test
    void aCalibrationThatSomebodyChangedIsRefused() throws IOException {
        Path file = dir.resolve("r.json");
        CalibrationFile.write(file, measured(), new ObjectMapper().createObjectNode());
        Files.writeString(file, Files.readString(file).replace("0.61", "0.62"));
        assertThat(problems(GOOD + "calibration: r.json\n"))
                .singleElement()
                .asString()
                .contains("r.yaml:25: calibration r.json was changed since it was measured");
        assertThat(problems(GOOD + "calibration: gone.json\n"))
                .singleElement()
                .asString()
                .contains("cannot be read");
    }
}
