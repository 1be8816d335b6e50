package goshawk.trtbuild.tensorrt;

import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * How the kernel of gate and up is launched for a number of tokens. A cluster of two blocks makes 128 columns of a tile of tokens, and goes on to the
 * next such item until none is left. Tiles are as high as it takes for all multiprocessors to be busy until the end.
 *
 * @param high tokens of a tile, one of those that {@code gated-many.cu} has
 * @param items of all clusters
 * @param clusters at once
 */
record GatedLaunch(int high, int items, int clusters) {

    private static final int[] HIGHS = {64, 96, 128, 160, 176, 192, 208, 224, 240, 256, 272};

    /** What an item takes besides, in tokens of a tile, as was measured. */
    private static final int EXTRA = 24;

    private static final int CLUSTER = 2;
    private static final int THREADS = 384;

    /** Of an item. */
    private static final int COLUMNS = 128;

    /** Numbers of each row in a stage. */
    private static final int DEPTH = 128;

    private static final int MOST_STAGES = 8;

    /** Of a token's result, on its way to the device's memory. */
    private static final int MIXED_BYTES = 80;

    /** For stages and results; from a multiple of {@value #ALIGNMENT} on. */
    private static final int MOST_BYTES = 225 << 10;

    private static final int ALIGNMENT = 1024;

    /** @param multiprocessors of the device */
    static GatedLaunch of(int rows, int mlp, int multiprocessors) {
        int most = multiprocessors / CLUSTER;
        return IntStream.of(HIGHS)
                .mapToObj(high -> {
                    int items = Math.ceilDiv(rows, high) * (mlp / COLUMNS);
                    return new GatedLaunch(high, items, Math.min(items, most));
                })
                .min(Comparator.comparingInt(GatedLaunch::cost))
                .orElseThrow();
    }

    /** The most memory that a block takes. */
    static int mostSharedBytes() {
        return MOST_BYTES + ALIGNMENT;
    }

    private int cost() {
        return Math.ceilDiv(items, clusters) * (high + EXTRA);
    }

    Kernel.Grid grid() {
        int stage = (COLUMNS + high) * DEPTH;
        int mixed = high * MIXED_BYTES;
        int stages = Math.min(MOST_STAGES, (MOST_BYTES - mixed) / stage);
        return new Kernel.Grid(CLUSTER * clusters, 1, 1, THREADS, stages * stage + mixed + ALIGNMENT);
    }
}
