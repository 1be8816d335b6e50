package goshawk.appliance.recipe;

import goshawk.appliance.domain.DefectPrompt;
import goshawk.appliance.domain.ReferencePicture;
import goshawk.appliance.domain.Tiles;
import goshawk.camera.Region;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A recipe's regions, those that its {@code tiles} name cut into tiles: whoever looks at the region looks at each of them.
 *
 * @param written regions by name, uncut
 * @param cut tiles by name, by the region's name
 */
record Tiling(Map<String, Region> written, Map<String, Map<String, Region>> cut) {

    private static final int LARGEST_SIDE_PX = 16_384;

    static Tiling read(Section root, Map<String, Region> written) {
        Map<String, Map<String, Region>> cut = new LinkedHashMap<>();
        if (root.meaning("tile", "tiles").has("tiles")) {
            root.named("tiles").forEach((name, section) -> {
                Region region = written.get(name);
                int width = section.whole("width", 1, LARGEST_SIDE_PX, LARGEST_SIDE_PX);
                int height = section.whole("height", 1, LARGEST_SIDE_PX, LARGEST_SIDE_PX);
                int overlap = section.whole("overlap", 0, LARGEST_SIDE_PX);
                if (region == null) {
                    section.problem("width", "no region '%s'; the regions are %s".formatted(name, written.keySet()));
                } else {
                    section.make(() -> new Tiles(width, height, overlap).of(name, region))
                            .ifPresent(tiles -> cut.put(name, tiles));
                }
            });
        }
        return new Tiling(written, cut);
    }

    /** All regions, tiles in the place of theirs. */
    Map<String, Region> regions() {
        Map<String, Region> regions = new LinkedHashMap<>();
        written.forEach((name, region) -> regions.putAll(cut.getOrDefault(name, Map.of(name, region))));
        return regions;
    }

    /** Regions that are not cut: a code lies in one of these, for nobody reads one across a seam. */
    Map<String, Region> whole() {
        Map<String, Region> whole = new LinkedHashMap<>(written);
        whole.keySet().removeAll(cut.keySet());
        return whole;
    }

    List<DefectPrompt> prompts(List<DefectPrompt> prompts) {
        return prompts.stream()
                .map(prompt -> prompt.lookingAt(prompt.regions().stream()
                        .flatMap(name -> names(name).stream())
                        .toList()))
                .toList();
    }

    private List<String> names(String region) {
        Map<String, Region> tiles = cut.get(region);
        return tiles == null ? List.of(region) : new ArrayList<>(tiles.keySet());
    }

    Map<String, ReferencePicture> references(Map<String, ReferencePicture> references) {
        Map<String, ReferencePicture> all = new LinkedHashMap<>();
        references.forEach((name, picture) -> {
            Map<String, Region> tiles = cut.get(name);
            Region region = written.get(name);
            if (tiles == null || region == null) {
                all.put(name, picture);
            } else {
                tiles.forEach((tile, place) -> all.put(tile, cut(picture, region, place)));
            }
        });
        return all;
    }

    private static ReferencePicture cut(ReferencePicture picture, Region region, Region tile) {
        byte[] rgb = new byte[tile.width() * tile.height() * 3];
        for (int y = 0; y < tile.height(); y++) {
            int from = ((tile.top() - region.top() + y) * picture.widthPx() + tile.left() - region.left()) * 3;
            System.arraycopy(picture.rgb(), from, rgb, y * tile.width() * 3, tile.width() * 3);
        }
        return ReferencePicture.of(picture.file(), tile.width(), tile.height(), rgb);
    }
}
