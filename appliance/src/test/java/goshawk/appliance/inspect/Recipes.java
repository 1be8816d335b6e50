package goshawk.appliance.inspect;

import goshawk.appliance.domain.DefectPrompt;
import goshawk.appliance.domain.Prompts;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.RecipeDraft;
import goshawk.appliance.domain.ReferencePicture;
import goshawk.appliance.domain.Severity;
import goshawk.camera.Region;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Small recipes for pictures of 160×128 with the regions left and right, 64×64 each. */
final class Recipes {

    static final Region LEFT = new Region(16, 32, 80, 96);
    static final Region RIGHT = new Region(80, 32, 144, 96);

    private Recipes() {}

    static Recipe asking(String question) {
        return of(List.of(prompt(0, question, List.of("missing_bolt"), List.of("left"))));
    }

    static DefectPrompt prompt(int index, String question, List<String> defects, List<String> regions) {
        return Prompts.of("p" + index, question, defects, regions, Severity.MAJOR, 0.5, 0.2);
    }

    static Recipe of(List<DefectPrompt> prompts) {
        return of(prompts, Map.of(), Map.of());
    }

    /** A picture of the size of a region. */
    static ReferencePicture reference(int grey) {
        byte[] rgb = new byte[64 * 64 * 3];
        Arrays.fill(rgb, (byte) grey);
        return ReferencePicture.of("good.png", 64, 64, rgb);
    }

    static Recipe of(
            List<DefectPrompt> prompts, Map<String, ReferencePicture> references, Map<String, Integer> thoughtTokens) {
        Map<String, Region> regions = new LinkedHashMap<>();
        regions.put("left", LEFT);
        regions.put("right", RIGHT);
        return RecipeDraft.of(160, 128, regions)
                .asking(prompts)
                .showing(references)
                .thinking(thoughtTokens)
                .recipe();
    }
}
