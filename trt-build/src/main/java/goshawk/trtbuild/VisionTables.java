package goshawk.trtbuild;

/**
 * What the vision tower must be told about the places of its patches, in merge order. Depends on the grid alone, so it
 * is worth keeping from picture to picture.
 *
 * @param index {@code [frames · n, 4]} neighbours in the learned position table
 * @param weight {@code [frames · n, 4]} their bilinear weights
 * @param cos {@code [n, head size / 2]} of one frame
 * @param sin {@code [n, head size / 2]} of one frame
 */
public record VisionTables(long[] index, float[] weight, float[] cos, float[] sin) {

    private static final float THETA = 10_000;

    /**
     * @param rows of patches, a multiple of the merge size
     * @param columns of patches, a multiple of the merge size
     */
    public static VisionTables of(ModelConfig.Vision config, int frames, int rows, int columns) {
        int merge = config.merge();
        if (frames < 1 || rows < merge || columns < merge || rows % merge != 0 || columns % merge != 0) {
            throw new IllegalArgumentException(
                    "a grid of %d×%d×%d patches; want multiples of %d".formatted(frames, rows, columns, merge));
        }
        int patches = rows * columns;
        int half = config.headSize() / 2;
        float[] frequencies = TextPositions.frequencies(THETA, half / 2);
        var tables = new VisionTables(
                new long[frames * patches * 4],
                new float[frames * patches * 4],
                new float[patches * half],
                new float[patches * half]);
        for (int i = 0; i < patches; i++) {
            int row = row(i, columns, merge);
            int column = column(i, columns, merge);
            tables.interpolate(i, row, rows, column, columns, config.positionSide());
            tables.rotate(i, row, column, frequencies, half);
        }
        for (int frame = 1; frame < frames; frame++) {
            System.arraycopy(tables.index, 0, tables.index, frame * patches * 4, patches * 4);
            System.arraycopy(tables.weight, 0, tables.weight, frame * patches * 4, patches * 4);
        }
        return tables;
    }

    /** Row of the i-th patch: blocks of merge × merge, row by row, and inside a block row by row. */
    private static int row(int i, int columns, int merge) {
        int inBlock = i % (merge * merge);
        int blockRow = i / (merge * columns);
        return blockRow * merge + inBlock / merge;
    }

    private static int column(int i, int columns, int merge) {
        int inBlock = i % (merge * merge);
        int blockColumn = i % (merge * columns) / (merge * merge);
        return blockColumn * merge + inBlock % merge;
    }

    private void interpolate(int i, int row, int rows, int column, int columns, int side) {
        float y = place(row, rows, side);
        float x = place(column, columns, side);
        int top = (int) y;
        int left = (int) x;
        for (int corner = 0; corner < 4; corner++) {
            int down = corner / 2;
            int right = corner % 2;
            index[4 * i + corner] = (long) Math.min(top + down, side - 1) * side + Math.min(left + right, side - 1);
            weight[4 * i + corner] = share(y - top, down) * share(x - left, right);
        }
    }

    /** Where a patch falls in the table: the first on 0, the last on {@code side - 1}. */
    private static float place(int at, int count, int side) {
        return (float) at * (side - 1) / Math.max(count - 1, 1);
    }

    private static float share(float fraction, int neighbour) {
        return neighbour == 0 ? 1 - fraction : fraction;
    }

    /** The first half of the frequencies turns with the row, the second with the column. */
    private void rotate(int i, int row, int column, float[] frequencies, int half) {
        int each = frequencies.length;
        for (int k = 0; k < half; k++) {
            float angle = k < each ? row * frequencies[k] : column * frequencies[k - each];
            cos[i * half + k] = (float) Math.cos(angle);
            sin[i * half + k] = (float) Math.sin(angle);
        }
    }
}
