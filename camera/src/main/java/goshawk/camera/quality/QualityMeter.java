package goshawk.camera.quality;

import goshawk.camera.Frame;
import goshawk.camera.PictureQuality;
import java.util.Arrays;

/**
 * Measures one picture after the other. Of large ones it looks at a share of the rows, so that a picture costs some milliseconds
 * whatever its size. Of one thread; takes memory for a few rows once.
 */
public final class QualityMeter {

    /** Of a picture with more pixels only so many are looked at, each with rows above and below it. */
    private static final int ALL_PIXELS = 400_000;

    private static final int SOME_PIXELS = 150_000;

    /** From a level's change over so many pixels to either side and over one the width of an edge is told. */
    private static final int FAR = 4;

    private static final int DIAGONAL_FAR = 3;

    /** Changes of less are noise and texture. */
    private static final int EDGE_LEVELS = 48;

    /** As much as neighbours differ for no reason. */
    private static final int NOISE_LEVELS = 6;

    /** A direction with a smaller share of edge pixels says nothing. */
    private static final double LEAST_EDGES = 1e-4;

    /** Tangent of half of an eighth of a turn: edges belong to the direction that they lie across. */
    private static final double EIGHTH = 0.41421356;

    private static final int BRIGHTEST = 254;
    private static final int DARKEST = 1;
    private static final double TAIL = 0.05;

    private static final EdgeWidth UPRIGHT = new EdgeWidth(1, FAR);
    private static final EdgeWidth DIAGONAL = new EdgeWidth(Math.sqrt(2), DIAGONAL_FAR * Math.sqrt(2));

    private final int[][] rows = new int[2 * FAR + 1][];
    private final int[] rowOf = new int[2 * FAR + 1];
    private final long[] histogram = new long[256];
    private final Edges[] directions = {new Edges(UPRIGHT), new Edges(UPRIGHT), new Edges(DIAGONAL), new Edges(DIAGONAL)
    };
    private long clipped;
    private long crushed;

    /** Edges across one direction, by how much more the level changes over far pixels than over near ones. */
    private static final class Edges {
        private final EdgeWidth width;
        private double far;
        private double near;
        private int count;

        Edges(EdgeWidth width) {
            this.width = width;
        }

        /**
         * Levels along the direction, one pixel apart near the place. Only where the level changes most is the middle of an edge;
         * what does not rise or fall all the way is a line or a texture.
         */
        void add(int farBefore, int twoBefore, int before, int here, int after, int twoAfter, int farAfter) {
            int sign = farAfter < farBefore ? -1 : 1;
            int far = sign * (farAfter - farBefore);
            int near = sign * (after - before);
            boolean isMiddle = near > 0 && near >= sign * (twoAfter - here) && near > sign * (here - twoBefore);
            boolean isEdge = sign * (before - farBefore) >= -NOISE_LEVELS && sign * (farAfter - after) >= -NOISE_LEVELS;
            if (isMiddle && isEdge) {
                this.far += (double) far * far;
                this.near += (double) near * near;
                count++;
            }
        }

        void clear() {
            far = 0;
            near = 0;
            count = 0;
        }

        /** Strong edges weigh more: of weak ones noise is a part. */
        double sigma() {
            return width.sigma(Math.sqrt(far / Math.max(near, 1)));
        }
    }

    /** Nothing of {@code frame} is kept; its dirt is not known. */
    public PictureQuality measure(Frame frame) {
        int width = frame.width();
        int height = frame.height();
        clear(width);
        long pixels = (long) width * height;
        int step = pixels <= ALL_PIXELS ? 1 : (int) (pixels / SOME_PIXELS);
        long looked = 0;
        for (int y = step / 2; y < height; y += step) {
            levels(frame, y);
            looked += width;
            if (y >= FAR && y < height - FAR) {
                edges(frame, y);
            }
        }
        return quality(looked);
    }

    private void clear(int width) {
        if (rows[0] == null || rows[0].length != width) {
            for (int i = 0; i < rows.length; i++) {
                rows[i] = new int[width];
            }
        }
        Arrays.fill(rowOf, -1);
        Arrays.fill(histogram, 0);
        for (Edges direction : directions) {
            direction.clear();
        }
        clipped = 0;
        crushed = 0;
    }

    private void levels(Frame frame, int y) {
        byte[] rgb = frame.rgb();
        int end = (y + 1) * frame.width() * 3;
        for (int i = y * frame.width() * 3; i < end; i += 3) {
            int red = rgb[i] & 0xff;
            int green = rgb[i + 1] & 0xff;
            int blue = rgb[i + 2] & 0xff;
            int most = Math.max(red, Math.max(green, blue));
            clipped += most >= BRIGHTEST ? 1 : 0;
            crushed += most <= DARKEST ? 1 : 0;
            histogram[grey(red, green, blue)]++;
        }
    }

    private static int grey(int red, int green, int blue) {
        return (77 * red + 150 * green + 29 * blue) >> 8;
    }

    /** The row's grey levels, made once. */
    private int[] row(Frame frame, int y) {
        int slot = y % rows.length;
        int[] row = rows[slot];
        if (rowOf[slot] != y) {
            rowOf[slot] = y;
            byte[] rgb = frame.rgb();
            int from = y * row.length * 3;
            for (int x = 0; x < row.length; x++, from += 3) {
                row[x] = grey(rgb[from] & 0xff, rgb[from + 1] & 0xff, rgb[from + 2] & 0xff);
            }
        }
        return row;
    }

    private void edges(Frame frame, int y) {
        int[] here = row(frame, y);
        int[] above = row(frame, y - 1);
        int[] below = row(frame, y + 1);
        int[] above2 = row(frame, y - 2);
        int[] below2 = row(frame, y + 2);
        int[] farAbove = row(frame, y - FAR);
        int[] farBelow = row(frame, y + FAR);
        int[] diagonalAbove = row(frame, y - DIAGONAL_FAR);
        int[] diagonalBelow = row(frame, y + DIAGONAL_FAR);
        for (int x = FAR; x < here.length - FAR; x++) {
            int dx = here[x + FAR] - here[x - FAR];
            int dy = farBelow[x] - farAbove[x];
            if (dx * dx + dy * dy < EDGE_LEVELS * EDGE_LEVELS) {
                continue;
            }
            if (Math.abs(dy) < EIGHTH * Math.abs(dx)) {
                directions[0].add(
                        here[x - FAR], here[x - 2], here[x - 1], here[x], here[x + 1], here[x + 2], here[x + FAR]);
            } else if (Math.abs(dx) < EIGHTH * Math.abs(dy)) {
                directions[1].add(farAbove[x], above2[x], above[x], here[x], below[x], below2[x], farBelow[x]);
            } else if ((dx > 0) == (dy > 0)) {
                directions[2].add(
                        diagonalAbove[x - DIAGONAL_FAR],
                        above2[x - 2],
                        above[x - 1],
                        here[x],
                        below[x + 1],
                        below2[x + 2],
                        diagonalBelow[x + DIAGONAL_FAR]);
            } else {
                directions[3].add(
                        diagonalBelow[x - DIAGONAL_FAR],
                        below2[x - 2],
                        below[x - 1],
                        here[x],
                        above[x + 1],
                        above2[x + 2],
                        diagonalAbove[x + DIAGONAL_FAR]);
            }
        }
    }

    private PictureQuality quality(long looked) {
        double least = EdgeWidth.WIDEST;
        double most = 0;
        for (Edges direction : directions) {
            if (direction.count >= LEAST_EDGES * looked) {
                least = Math.min(least, direction.sigma());
                most = Math.max(most, direction.sigma());
            }
        }
        // Of something that moves evenly an edge becomes a ramp, whose standard deviation is its length through the
        // root of 12.
        double smear = Math.sqrt(12 * Math.max(0, most * most - least * least));
        return new PictureQuality(
                least,
                smear,
                mean(looked),
                level(looked, 1 - TAIL) - level(looked, TAIL),
                (double) clipped / looked,
                (double) crushed / looked,
                0);
    }

    private double mean(long looked) {
        double sum = 0;
        for (int level = 0; level < histogram.length; level++) {
            sum += (double) level * histogram[level];
        }
        return sum / looked;
    }

    /** The level that {@code share} of the pixels do not exceed. */
    private int level(long looked, double share) {
        long below = 0;
        for (int level = 0; level < histogram.length; level++) {
            below += histogram[level];
            if (below >= share * looked) {
                return level;
            }
        }
        return histogram.length - 1;
    }
}
