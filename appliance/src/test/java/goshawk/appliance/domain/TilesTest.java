package goshawk.appliance.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.camera.Region;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TilesTest {

    @Test
    void aLongRegionIsCutIntoEvenTilesThatOverlap() {
        assertThat(new Tiles(16_384, 400, 64).of("strip", new Region(10, 20, 522, 1_020)))
                .containsExactly(
                        java.util.Map.entry("strip.1", new Region(10, 20, 522, 420)),
                        java.util.Map.entry("strip.2", new Region(10, 320, 522, 720)),
                        java.util.Map.entry("strip.3", new Region(10, 620, 522, 1_020)));
        assertThat(Tiles.regionOf("strip.3")).isEqualTo("strip");
        assertThat(Tiles.isTile("strip.3")).isTrue();
        assertThat(Tiles.isTile("strip")).isFalse();
    }

    /** Whatever the sizes: all of one size, nothing left out, and what is no larger than the overlap lies whole in a tile. */
    @Test
    void everythingUpToTheOverlapLiesWholeInATile() {
        for (int seed = 0; seed < 2_000; seed++) {
            var random = new Random(seed);
            int side = 20 + random.nextInt(100);
            int overlap = random.nextInt(side - 1) + 1;
            var region = new Region(
                    random.nextInt(50), random.nextInt(50), 60 + random.nextInt(400), 60 + side + random.nextInt(400));
            var tiling = new Tiles(side, side, overlap);
            List<Region> tiles;
            try {
                tiles = new ArrayList<>(tiling.of("r", region).values());
            } catch (IllegalArgumentException e) {
                assertThat(e).hasMessageContaining("2 to 256 there may be");
                continue;
            }
            assertThat(tiles).as("seed %d", seed).allSatisfy(tile -> {
                assertThat(tile.width()).isEqualTo(Math.min(side, region.width()));
                assertThat(tile.height()).isEqualTo(Math.min(side, region.height()));
            });
            for (int i = 0; i < 50; i++) {
                int width = Math.min(overlap, region.width());
                int height = Math.min(overlap, region.height());
                int left = region.left() + random.nextInt(region.width() - width + 1);
                int top = region.top() + random.nextInt(region.height() - height + 1);
                assertThat(tiles)
                        .as("seed %d, %d×%d at (%d, %d)", seed, width, height, left, top)
                        .anyMatch(tile -> tile.left() <= left
                                && tile.top() <= top
                                && tile.right() >= left + width
                                && tile.bottom() >= top + height);
            }
        }
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        assertThatThrownBy(() -> new Tiles(100, 50, 50)).hasMessageContaining("the overlap must be below both sides");
        assertThatThrownBy(() -> new Tiles(600, 600, 50).of("plate", new Region(0, 0, 512, 352)))
                .hasMessage(
                        "region plate of 512×352 makes 1 tiles of 600×600 with an overlap of 50; 2 to 256 there may be");
        assertThatThrownBy(() -> new Tiles(11, 11, 10).of("plate", new Region(0, 0, 512, 352)))
                .hasMessageContaining("makes 171684 tiles");
    }
}
