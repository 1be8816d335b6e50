package goshawk.appliance.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.View;
import goshawk.camera.PixelScale;
import goshawk.camera.Region;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ViewsInRecipesTest {

    private static final String VIEWS = """
        recipe: bracket
        version: "1.0"
        partNumber: GB-4500
        views:
          bright:
            camera: {width: 640, height: 480, micrometresPerPixel: 90}
            pose:
              tolerance: {millimetres: 2.2, degrees: 5.5}
              bores:
                a: {centre: [220, 195.5], diameterMm: 5}
                b: {centre: [420, 195.5], diameterMm: 5}
          dark:
            camera: {width: 640, height: 480, micrometresPerPixel: 90}
            poseOf: bright
            quality: {blurPx: 4}
          side:
            camera: {width: 320, height: 200, micrometresPerPixel: 50}
        regions:
          plate: {view: bright, place: [64, 64, 576, 416]}
          plate-dark: {view: dark, place: [64, 64, 576, 416]}
          edge: {view: side, place: [0, 0, 320, 100]}
        tiles:
          edge: {width: 200, overlap: 40}
        prompts:
          - id: scratch
            question: Is the surface scratched?
            defects: [scratch]
            regions: [plate, plate-dark, edge]
            severity: minor
            rejectAt: 0.5
            reviewAt: 0.2
        takt: 1.5 s
        """;

    @TempDir
    Path dir;

    private Recipe read(String text) throws IOException {
        return RecipeFile.read(Files.writeString(dir.resolve("r.yaml"), text));
    }

    @Test
    void eachViewHasItsSizeItsPoseAndItsBoundsAndEachRegionItsView() throws IOException {
        Recipe recipe = read(VIEWS);
        assertThat(recipe.viewNames()).containsExactly("bright", "dark", "side");
        assertThat(recipe.view("bright").pose()).isPresent();
        View dark = recipe.view("dark");
        assertThat(dark.pose()).isEmpty();
        assertThat(dark.poseOf()).contains("bright");
        assertThat(dark.quality()).isPresent();
        assertThat(recipe.view("side").scale()).isEqualTo(new PixelScale(50));
        assertThat(recipe.region("plate-dark")).isEqualTo(new Region(64, 64, 576, 416));
        assertThat(recipe.viewOf("plate-dark").name()).isEqualTo("dark");
        assertThat(recipe.prompts().getFirst().regions())
                .as("a tile is in its region's view")
                .filteredOn(region -> region.startsWith("edge"))
                .hasSizeGreaterThan(1)
                .allSatisfy(tile -> assertThat(recipe.viewOf(tile).name()).isEqualTo("side"));
        assertThatThrownBy(recipe::only)
                .hasMessageContaining("recipe bracket has the views [bright, dark, side], here is but one picture");
    }

    @Test
    void aRecipeThatNamesNoViewsHasTheHashThatItHad() throws IOException {
        Recipe recipe = read("""
            recipe: bracket
            version: "1.0"
            partNumber: GB-4500
            camera: {width: 640, height: 480, micrometresPerPixel: 90}
            pose:
              tolerance: {millimetres: 2.2, degrees: 5.5}
              bores:
                a: {centre: [220, 195.5], diameterMm: 5}
                b: {centre: [420, 195.5], diameterMm: 5}
            quality: {blurPx: 4}
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
            """);
        assertThat(recipe.namesViews()).isFalse();
        assertThat(recipe.hash()).isEqualTo("d011faa28485a3296362c82e32d6e29cf88152b734d31d0a48887f80399ba168");
        assertThat(recipe.promptHash()).isEqualTo("e21db044792d76680113c1f6c3979a6ebdf7879ebded0b4366ef19defd88c923");
    }

    @Test
    void whateverAViewSaysIsInTheHash() throws IOException {
        Recipe recipe = read(VIEWS);
        String[][] changes = {
            {"poseOf: bright", "quality: {smearPx: 9}"},
            {"micrometresPerPixel: 50", "micrometresPerPixel: 51"},
            {"{blurPx: 4}", "{blurPx: 5}"},
            {"millimetres: 2.2", "millimetres: 2.3"},
            {"dark", "black"},
        };
        for (String[] change : changes) {
            String text = VIEWS.replace(change[0], change[1]);
            if (change[0].startsWith("poseOf")) {
                text = text.replace("\n    quality: {blurPx: 4}", "");
            }
            assertThat(read(text).hash()).as("%s", change[1]).isNotEqualTo(recipe.hash());
        }
        Recipe moved = read(VIEWS.replace("plate: {view: bright", "plate: {view: dark")
                .replace("plate-dark: {view: dark", "plate-dark: {view: bright"));
        assertThat(moved.promptHash()).isNotEqualTo(recipe.promptHash());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        {view: dark, place     | {view: cross, place             | region 'plate-dark': no view 'cross'; the views are [bright, dark, side]
        {view: side, place: [0, 0, 320, 100]} | [0, 0, 320, 100]  | region 'edge' must say its view, like {view: bright, place: [left, top, right, bottom]}; the views are [bright, dark, side]
        place: [0, 0, 320, 100] | place: [0, 0, 330, 100]        | region 'edge' reaches to (330, 100), outside of the picture of 320×200
        poseOf: bright         | poseOf: cross                   | no other view 'cross'; the views are [bright, dark, side]
        poseOf: bright         | poseOf: dark                    | no other view 'dark'; the views are [bright, dark, side]
        poseOf: bright         | poseOf: side                    | view dark takes its pose from view side, whose picture has another size or scale
        'regions: [plate, plate-dark, edge]' | 'regions: [plate, plate-dark]' | nobody looks at view 'side': no prompt or code has a region in it
        partNumber: GB-4500    | partNumber: GB-4500\\ncamera: {width: 1, height: 1, micrometresPerPixel: 1} | where a recipe has views, 'camera' is each view's own: write it under views
        view: side, place      | view: side, plase                | unknown key 'plase'; did you mean 'place'?
        """)
    void aMistakeIsNamedWithFileLineAndRule(String part, String mistake, String problem) {
        assertThatThrownBy(() -> read(VIEWS.replace(part, mistake.replace("\\n", "\n"))))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(problem)
                .hasMessageContaining("r.yaml:");
    }

    @Test
    void oneViewAloneNeedsNoName() {
        String one = VIEWS.replaceAll("(?s)  dark:.*?regions:", "regions:")
                .replaceAll("(?m)^  (plate-dark|edge).*\n", "")
                .replaceAll("(?s)tiles:.*?prompts:", "prompts:")
                .replace("regions: [plate, plate-dark, edge]", "regions: [plate]");
        assertThatThrownBy(() -> read(one))
                .hasMessageContaining("'views' are two or more; for one picture write camera, pose and quality");
    }

    @Test
    void aRegionOfARecipeWithoutViewsHasNone() {
        String plain = """
            recipe: r
            version: "1"
            partNumber: p
            camera: {width: 64, height: 48, micrometresPerPixel: 90}
            regions:
              plate: {view: dark, place: [0, 0, 9, 9]}
            prompts:
              - {id: p, question: q, defects: [d], regions: [plate], severity: minor, rejectAt: 0.5, reviewAt: 0.2}
            takt: 1 s
            """;
        assertThatThrownBy(() -> read(plain))
                .hasMessageContaining("region 'plate' is in view 'dark', but the recipe has no 'views'");
    }
}
