package goshawk.appliance.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.appliance.domain.CheckDigit;
import goshawk.appliance.domain.ClipRecipe;
import goshawk.appliance.domain.CodePrompt;
import goshawk.appliance.domain.NormalForm;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.Severity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CodesInRecipesTest {

    private static final String RECIPE = """
            recipe: labels
            version: "1.0"
            partNumber: GB45
            camera: {width: 640, height: 480, micrometresPerPixel: 90}
            regions:
              label: [208, 310, 432, 358]
            codes:
              - id: serial
                question: Read the code.
                region: label
                pattern: GB45-[0-9]{6}[0-9A-Z]
                checkDigit: mod37_36
                shortest: 4
                longest: 16
                characters: 0-9A-Z-
                normalForm: nfkc_digits
                reviewBelow: 0.8
                severity: major
            takt: 1 s
            """;

    @TempDir
    Path dir;

    private Recipe read(String text) throws IOException {
        return RecipeFile.read(Files.writeString(dir.resolve("recipe.yaml"), text));
    }

    @Test
    void aRecipeMayReadCodesAlone() throws IOException {
        Recipe recipe = read(RECIPE);
        assertThat(recipe.prompts()).isEmpty();
        assertThat(recipe.codes())
                .containsExactly(new CodePrompt(
                        "serial",
                        "Read the code.",
                        "label",
                        new CodePrompt.Form(4, 16, "0-9A-Z-"),
                        new CodePrompt.Expected(
                                Optional.empty(),
                                Optional.of("GB45-[0-9]{6}[0-9A-Z]"),
                                CheckDigit.MOD37_36,
                                NormalForm.NFKC_DIGITS),
                        0.8,
                        Severity.MAJOR));
    }

    @Test
    void whatIsExpectedIsPartOfTheRecipeButNotOfWhatIsAsked() throws IOException {
        Recipe one = read(RECIPE);
        Recipe other = read(RECIPE.replace("GB45-[", "GB46-["));
        assertThat(other.hash()).isNotEqualTo(one.hash());
        assertThat(other.promptHash()).isEqualTo(one.promptHash());
        Recipe longer = read(RECIPE.replace("longest: 16", "longest: 17"));
        assertThat(longer.promptHash()).isNotEqualTo(one.promptHash());
    }

    @Test
    void mistakesAreNamedWithTheirLines() {
        assertThatThrownBy(() -> read(RECIPE.replace("region: label", "region: lable")
                        .replace("mod37_36", "mod10")
                        .replace("reviewBelow: 0.8", "reviewBelow: 80")))
                .hasMessageContaining(":10: no region 'lable'")
                .hasMessageContaining(":12: 'checkDigit' must be one of none, luhn, gtin, mod37_36")
                .hasMessageContaining(":17: 'reviewBelow' must be in [0, 1]");
        assertThatThrownBy(() -> read(RECIPE.replace("[0-9A-Z]", "[0-9A-Z")))
                .hasMessageContaining("is no regular expression");
        assertThatThrownBy(() -> read(RECIPE.replace("codes:", "kodes:")))
                .hasMessageContaining("did you mean 'codes'?");
    }

    @Test
    void theAssemblyRecipeIsSound() {
        Path root = Path.of(System.getProperty("goshawk.root", ".."));
        ClipRecipe recipe = ClipRecipeFile.read(root.resolve("recipes/assembly.yaml"));
        assertThat(recipe.parts())
                .extracting(ClipRecipe.FittedPart::part)
                .containsExactly("bolt 1", "bolt 2", "bolt 3", "bolt 4");
        assertThat(recipe.frames() / recipe.framesPerSecond()).isEqualTo(8);
    }

    @Test
    void clipRecipesAreReadAsStrictly() throws IOException {
        Path file = Files.writeString(dir.resolve("clip.yaml"), """
                recipe: assembly
                version: "1.0"
                clip:
                  fps: 0
                  frames: 32
                  width: 224
                  heigth: 160
                  parts:
                    - {part: bolt 1, question: "When?"}
                    - {part: bolt 1, question: "When?"}
                """);
        assertThatThrownBy(() -> ClipRecipeFile.read(file))
                .hasMessageContaining(":4: 'fps' must be in [0.1, 60]")
                .hasMessageContaining("did you mean 'height'?");
    }
}
