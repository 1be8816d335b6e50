package goshawk.appliance.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.camera.PixelScale;
import goshawk.camera.Region;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RecipeTest {

    private static final Region PLATE = new Region(64, 64, 576, 416);

    private static DefectPrompt scratch(double rejectAt, String region) {
        return new DefectPrompt(
                "scratch",
                "Is the surface scratched?",
                List.of("scratch"),
                List.of(region),
                Severity.MAJOR,
                rejectAt,
                0.2);
    }

    private static Recipe recipe(Map<String, Region> regions, DefectPrompt... prompts) {
        return new Recipe(
                "bracket",
                "1.0",
                "GB-4500",
                640,
                480,
                new PixelScale(90),
                Optional.empty(),
                regions,
                List.of(prompts),
                Duration.ofSeconds(1),
                Retention.STANDARD);
    }

    @Test
    void aThresholdChangesTheHashButNotThePromptHash() {
        Recipe one = recipe(Map.of("plate", PLATE), scratch(0.5, "plate"));
        Recipe other = recipe(Map.of("plate", PLATE), scratch(0.6, "plate"));
        assertThat(other.hash()).isNotEqualTo(one.hash()).matches("[0-9a-f]{64}");
        assertThat(other.promptHash()).isEqualTo(one.promptHash()).matches("[0-9a-f]{64}");
    }

    @Test
    void movingARegionChangesBothHashes() {
        Recipe one = recipe(Map.of("plate", PLATE), scratch(0.5, "plate"));
        Recipe other = recipe(Map.of("plate", new Region(65, 64, 576, 416)), scratch(0.5, "plate"));
        assertThat(other.hash()).isNotEqualTo(one.hash());
        assertThat(other.promptHash()).isNotEqualTo(one.promptHash());
    }

    @Test
    void theOrderInWhichRegionsAreNamedIsNoDifference() {
        Map<String, Region> forwards = new LinkedHashMap<>();
        forwards.put("plate", PLATE);
        forwards.put("label", new Region(0, 0, 10, 10));
        Map<String, Region> backwards = new LinkedHashMap<>();
        backwards.put("label", new Region(0, 0, 10, 10));
        backwards.put("plate", PLATE);
        assertThat(recipe(backwards, scratch(0.5, "plate")).hash())
                .isEqualTo(recipe(forwards, scratch(0.5, "plate")).hash());
    }

    @Test
    void aRegionOutsideThePictureIsRefusedByName() {
        assertThatThrownBy(() -> recipe(Map.of("plate", new Region(64, 64, 641, 416)), scratch(0.5, "plate")))
                .hasMessage("recipe bracket: region plate reaches to (641, 416), the picture is 640×480");
    }

    @Test
    void aPromptThatLooksAtAnUnknownRegionIsRefusedByName() {
        assertThatThrownBy(() -> recipe(Map.of("plate", PLATE), scratch(0.5, "label")))
                .hasMessage("recipe bracket: prompt scratch looks at [label], the regions are [plate]");
    }

    @Test
    void twoPromptsOfOneNameAreRefused() {
        assertThatThrownBy(() -> recipe(Map.of("plate", PLATE), scratch(0.5, "plate"), scratch(0.6, "plate")))
                .hasMessage("recipe bracket: two prompts are called scratch");
    }
}
