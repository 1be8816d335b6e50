package goshawk.appliance.checkup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import goshawk.appliance.checkup.SmallestDefects.Size;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.recipe.RecipeFile;
import goshawk.trtbuild.PictureSize;
import goshawk.trtbuild.Preprocessor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A large picture is shrunk until a small defect vanishes, unless its region is cut. */
class SmallestDefectsTest {

    private static final Preprocessor NANO =
            Preprocessor.read(Path.of(System.getProperty("goshawk.root", "..")).resolve("trt-build/nano/checkpoint"));

    @TempDir
    Path dir;

    private Recipe recipe(double x, double y, String tiles, double smallestMm) throws IOException {
        Path file = dir.resolve("rail.yaml");
        Files.writeString(file, """
            recipe: rail
            version: "1"
            partNumber: R
            camera: {width: 4096, height: 12000, micrometresPerPixel: %s, micrometresPerLine: %s}
            regions: {rail: [0, 0, 4096, 12000], end: [100, 100, 356, 356]}
            %s
            prompts:
              - id: scratch
                question: Is the surface scratched?
                defects: [scratch]
                regions: [rail, end]
                severity: minor
                rejectAt: 0.5
                reviewAt: 0.2
                smallestMm: %s
            takt: 1 s
            """.formatted(x, y, tiles, smallestMm));
        return RecipeFile.read(file);
    }

    @Test
    void aRegionThatTheModelShrinksLosesTheDefect() throws IOException {
        List<Size> sizes = SmallestDefects.of(recipe(50, 50, "", 0.5), Optional.of(NANO));
        Size rail = sizes.getFirst();
        PictureSize seen = NANO.resized(4_096, 12_000);
        assertThat(rail.region()).isEqualTo("rail");
        assertThat(rail.cameraPx()).isEqualTo(10);
        assertThat(rail.modelPx().orElseThrow())
                .isCloseTo(10.0 * Math.min(seen.width() / 4_096.0, seen.height() / 12_000.0), within(1e-9))
                .isLessThan(5);
        assertThat(rail.isEnough()).isFalse();
        assertThat(SmallestDefects.warnings(recipe(50, 50, "", 0.5), Optional.of(NANO)))
                .singleElement()
                .asString()
                .startsWith("scratch in rail: 0.5 mm are 10.0 px in the camera's picture, ")
                .endsWith("px after the model's resize, fewer than 5");
    }

    @Test
    void tilesKeepIt() throws IOException {
        Recipe cut = recipe(50, 50, "tiles: {rail: {width: 512, height: 512, overlap: 64}}", 0.5);
        Size rail = SmallestDefects.of(cut, Optional.of(NANO)).getFirst();
        assertThat(rail.region()).isEqualTo("rail");
        assertThat(rail.tiles()).isEqualTo(9 * 27);
        assertThat(rail.isEnough()).isTrue();
        assertThat(SmallestDefects.warnings(cut, Optional.of(NANO))).isEmpty();
        assertThat(SmallestDefects.checks(cut, cut.only(), Optional.of(NANO)))
                .allSatisfy(check -> assertThat(check.result()).isEqualTo(Check.Result.OK));
    }

    @Test
    void theSideWithFewerPixelsCounts() throws IOException {
        Size end =
                SmallestDefects.of(recipe(50, 100, "", 0.5), Optional.empty()).getLast();
        assertThat(end.region()).isEqualTo("end");
        assertThat(end.cameraPx()).isEqualTo(5);
        assertThat(end.isEnough()).isTrue();
        assertThat(SmallestDefects.of(recipe(50, 101, "", 0.5), Optional.empty())
                        .getLast()
                        .isEnough())
                .isFalse();
    }

    @Test
    void enlargingAddsNoDetail() throws IOException {
        Size end =
                SmallestDefects.of(recipe(100, 100, "", 0.4), Optional.of(NANO)).getLast();
        assertThat(end.cameraPx()).isEqualTo(4);
        assertThat(end.seenPx()).isLessThanOrEqualTo(4);
        assertThat(end.isEnough()).isFalse();
    }
}
