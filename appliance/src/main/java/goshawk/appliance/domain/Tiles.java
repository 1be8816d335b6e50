package goshawk.appliance.domain;

import goshawk.camera.Region;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/**
 * How a region that is too large to be looked at in one go is cut: into tiles of one size that overlap, so that every defect up to
 * the overlap's size lies whole in one of them at least.
 *
 * @param widthPx of a tile, or more than the region's: not cut across
 * @param heightPx of a tile, or more than the region's: not cut along
 * @param overlapPx that neighbours share at least, in [0, tile)
 */
public record Tiles(int widthPx, int heightPx, int overlapPx) {

    /** More would be more than a model looks at within any takt. */
    public static final int MOST = 256;

    /** Stands between a region's name and a tile's number; no region that people name has one. */
    private static final char SEPARATOR = '.';

    public Tiles {
        if (widthPx < 1 || heightPx < 1 || overlapPx < 0 || overlapPx >= Math.min(widthPx, heightPx)) {
            throw new IllegalArgumentException(
                    "tiles of %d×%d cannot overlap by %d: the overlap must be below both sides"
                            .formatted(widthPx, heightPx, overlapPx));
        }
    }

    /** The region that a tile was cut from; any other region's own name. */
    public static String regionOf(String tile) {
        int separator = tile.indexOf(SEPARATOR);
        return separator < 0 ? tile : tile.substring(0, separator);
    }

    /** True for names that {@link #of} gives. */
    public static boolean isTile(String region) {
        return region.indexOf(SEPARATOR) >= 0;
    }

    /**
     * The tiles of a region, by name, row by row: {@code NAME.1}, {@code NAME.2} … They cover it exactly, and their overlaps are
     * as even as whole pixels allow.
     *
     * @throws IllegalArgumentException when the region is no larger than a tile, or there would be more than {@link #MOST}
     */
    public SequencedMap<String, Region> of(String name, Region region) {
        int[] lefts = starts(region.width(), widthPx);
        int[] tops = starts(region.height(), heightPx);
        long count = (long) lefts.length * tops.length;
        if (count == 1 || count > MOST) {
            throw new IllegalArgumentException(
                    "region %s of %d×%d makes %d tiles of %d×%d with an overlap of %d; 2 to %d there may be"
                            .formatted(
                                    name, region.width(), region.height(), count, widthPx, heightPx, overlapPx, MOST));
        }
        int width = Math.min(widthPx, region.width());
        int height = Math.min(heightPx, region.height());
        SequencedMap<String, Region> tiles = new LinkedHashMap<>();
        for (int top : tops) {
            for (int left : lefts) {
                int x = region.left() + left;
                int y = region.top() + top;
                tiles.put(name + SEPARATOR + (tiles.size() + 1), new Region(x, y, x + width, y + height));
            }
        }
        return tiles;
    }

    private int[] starts(int length, int tile) {
        if (length <= tile) {
            return new int[] {0};
        }
        int count = Math.ceilDiv(length - overlapPx, tile - overlapPx);
        int[] starts = new int[count];
        for (int i = 0; i < count; i++) {
            starts[i] = (int) ((long) i * (length - tile) / (count - 1));
        }
        return starts;
    }
}
