package goshawk.appliance.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.appliance.domain.QualityBounds.Range;
import goshawk.appliance.domain.Recipe;
import goshawk.camera.Frame;
import goshawk.camera.PictureFile;
import goshawk.camera.PictureQuality.Measure;
import goshawk.camera.PixelScale;
import goshawk.camera.Region;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TilesAndQualityInRecipesTest {

    private static final String LONG = """
            recipe: rail
            version: "1.0"
            partNumber: R-1
            camera: {width: 512, height: 1100, micrometresPerPixel: 90, micrometresPerLine: 45}
            regions:
              rail: [0, 0, 512, 1000]
              stamp: [0, 1000, 512, 1100]
            tiles:
              rail: {height: 400, overlap: 64}
            prompts:
              - {id: scratch, question: "Scratched?", defects: [scratch], regions: [stamp, rail], severity: minor, rejectAt: 0.5, reviewAt: 0.2}
            takt: 2 s
            """;

    @TempDir
    Path dir;

    @Test
    void aRegionIsCutAndItsPromptsLookAtEachTile() throws IOException {
        Recipe recipe = read(LONG);
        assertThat(recipe.only().scale()).isEqualTo(new PixelScale(90, 45));
        assertThat(recipe.regions().keySet()).containsExactly("rail.1", "rail.2", "rail.3", "stamp");
        assertThat(recipe.region("rail.2")).isEqualTo(new Region(0, 300, 512, 700));
        assertThat(recipe.prompts().getFirst().regions()).containsExactly("stamp", "rail.1", "rail.2", "rail.3");
        Recipe other = read(LONG.replace("overlap: 64", "overlap: 101"));
        assertThat(other.hash()).isNotEqualTo(recipe.hash());
        assertThat(other.promptHash()).isNotEqualTo(recipe.promptHash());
    }

    @Test
    void aReferenceIsCutWithItsRegion() throws IOException {
        byte[] rgb = new byte[512 * 1_000 * 3];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (i / (512 * 3) / 4);
        }
        try (Frame frame = Frame.of(512, 1_000, rgb)) {
            PictureFile.writePng(frame, true, dir.resolve("good.png"));
        }
        Recipe recipe = read(LONG + "references: {rail: good.png}\n");
        assertThat(recipe.references().keySet()).containsExactly("rail.1", "rail.2", "rail.3");
        assertThat(recipe.reference("rail.3").orElseThrow().rgb())
                .isEqualTo(Arrays.copyOfRange(rgb, 600 * 512 * 3, 1_000 * 512 * 3));
    }

    @Test
    void mistakesInTilesAreNamed() {
        refused(LONG.replace("  rail: {height", "  lid: {height"), "no region 'lid'; the regions are [rail, stamp]");
        refused(LONG.replace("overlap: 64", "overlap: 400"), "tiles of 16384×400 cannot overlap by 400");
        refused(LONG.replace("height: 400", "height: 1000"), "region rail of 512×1000 makes 1 tiles");
        refused(LONG.replace("overlap: 64", "overlaps: 64"), "unknown key 'overlaps'; did you mean 'overlap'?");
        refused(
                LONG + "codes: [{id: lot, question: Read., region: rail, reviewBelow: 0.5, severity: minor}]\n",
                "no region 'rail'; the regions are [stamp]");
    }

    @Test
    void aPartIsFoundInSquarePixelsOnly() {
        refused(
                LONG
                        + "pose: {tolerance: {millimetres: 1, degrees: 2}, bores: {a: {centre: [10, 10], diameterMm: 5}, b: {centre: [90, 90], diameterMm: 5}}}\n",
                "these are 90.0 × 45.0 µm; have the encoder give a line every 90.0 µm, or leave 'pose' out");
    }

    @Test
    void boundsOfAPicturesQualityAreRead() throws IOException {
        Recipe recipe = read(
                LONG
                        + "quality: {blurPx: 2.5, smearPx: 6, brightness: [60, 200], contrast: 50, clipped: 0.02, crushed: 0.1, dirt: 0.2}\n");
        assertThat(recipe.only().quality().orElseThrow().ranges())
                .containsEntry(Measure.BLUR, Range.atMost(2.5))
                .containsEntry(Measure.BRIGHTNESS, new Range(60, 200))
                .containsEntry(Measure.CONTRAST, Range.atLeast(50))
                .containsEntry(Measure.DIRT, Range.atMost(0.2))
                .hasSize(7);
        assertThat(recipe.hash()).isNotEqualTo(read(LONG).hash());
        assertThat(recipe.promptHash()).isEqualTo(read(LONG).promptHash());
        refused(LONG + "quality: {}\n", "name no measure");
        refused(LONG + "quality: {focus: 2}\n", "unknown key 'focus'; did you mean 'blurPx'?");
        refused(LONG + "quality: {brightness: [200, 60]}\n", "from 200.0 to 60.0 there is nothing");
        refused(LONG + "quality: {clipped: 2}\n", "'clipped' must be in [0, 1]: 2");
    }

    private Recipe read(String yaml) throws IOException {
        return RecipeFile.read(Files.writeString(dir.resolve("r.yaml"), yaml));
    }

    private void refused(String yaml, String why) {
        assertThatThrownBy(() -> read(yaml))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(why);
    }
}
