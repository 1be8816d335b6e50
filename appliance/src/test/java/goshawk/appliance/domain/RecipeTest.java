package goshawk.appliance.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.camera.Region;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RecipeTest {

    private static final Region PLATE = new Region(64, 64, 576, 416);

    private static DefectPrompt scratch(double rejectAt, String region) {
        return Prompts.of(
                "scratch",
                "Is the surface scratched?",
                List.of("scratch"),
                List.of(region),
                Severity.MAJOR,
                rejectAt,
                0.2);
    }

    private static Recipe recipe(Map<String, Region> regions, DefectPrompt... prompts) {
        return RecipeDraft.of(640, 480, regions).asking(prompts).recipe();
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

    /** What the model sees and how long it thinks are part of what was asked. */
    @Test
    void aReferencesPixelsAndALongerThoughtChangeBothHashes() {
        var small = new Region(0, 0, 2, 1);
        Recipe plain = recipe(Map.of("plate", small), scratch(0.5, "plate"));
        Recipe one = with(small, Map.of("plate", reference(1)), Map.of());
        Recipe other = with(small, Map.of("plate", reference(2)), Map.of());
        Recipe thinks = with(small, Map.of(), Map.of("scratch", 20));
        Recipe longer = with(small, Map.of(), Map.of("scratch", 21));
        assertThat(List.of(plain, one, other, thinks, longer))
                .extracting(Recipe::hash)
                .doesNotHaveDuplicates();
        assertThat(List.of(plain, one, other, thinks, longer))
                .extracting(Recipe::promptHash)
                .doesNotHaveDuplicates();
        assertThat(with(small, Map.of("plate", reference(1)), Map.of()).hash()).isEqualTo(one.hash());
    }

    @Test
    void aReferenceOfAnotherSizeIsRefused() {
        assertThatThrownBy(() -> with(PLATE, Map.of("plate", reference(1)), Map.of()))
                .hasMessage("recipe bracket: reference good.png is 2×1, region plate is 512×352");
        assertThatThrownBy(() -> with(PLATE, Map.of(), Map.of("scratch", 0)))
                .hasMessage("recipe bracket: prompt scratch may think 1 to 32768 tokens, got 0");
    }

    private static ReferencePicture reference(int first) {
        return ReferencePicture.of("good.png", 2, 1, new byte[] {(byte) first, 0, 0, 0, 0, 0});
    }

    private static Recipe with(
            Region plate, Map<String, ReferencePicture> references, Map<String, Integer> thoughtTokens) {
        return RecipeDraft.of(640, 480, Map.of("plate", plate))
                .asking(scratch(0.5, "plate"))
                .showing(references)
                .thinking(thoughtTokens)
                .recipe();
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
