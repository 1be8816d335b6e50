package goshawk.trtbuild.tensorrt;

/**
 * How the kernels of the text's attention are launched for a number of rows, and the memory that they take meanwhile. Queries
 * of heads that share a key head are packed, {@code rows · group} of them; a block takes a tile of 64. Where that leaves
 * multiprocessors without work, what is looked at is split, and what the splits make of it is combined: by a kernel of its own, or, where
 * that would take longer to begin than to do, by whichever block is last. On Hopper, many rows are taken by another kernel, in tiles of 128
 * that nothing is split for.
 *
 * @param rows of queries, from 1 to {@value #MOST_ROWS}, those included that are nobody's
 * @param tiles of packed queries
 * @param splits of what is looked at, from 1 to 32
 * @param isMany whether Hopper's kernel takes them
 */
record AttentionLaunch(AttentionSizes sizes, int rows, int tiles, int splits, boolean isMany) {

    private static final int PREPARE_THREADS = 384;
    private static final int ATTEND_THREADS = 128;
    private static final int MANY_THREADS = 256;
    private static final int COMBINE_THREADS = 128;

    /** That a block takes of all rows where it combines. */
    private static final int COMBINE_HEADS = 4;

    private static final int TILE = 64;
    private static final int MANY_TILE = 128;

    /** A block's tile of queries, two of keys and two of values, from a multiple of 1,024 on. */
    private static final int MANY_SHARED_BYTES = 5 * MANY_TILE * AttentionSizes.HEAD_OF_MANY * Short.BYTES + 1024;

    private static final int MOST_SPLITS = 32;

    /** A block keeps a mark for each 64 new tokens, and has room for 512 marks. */
    private static final int MOST_ROWS = 32_768;

    /** More than any device has so far; where one has more, work is split as for so many. */
    private static final int MOST_MULTIPROCESSORS = 256;

    /** A block's two tiles of keys and of values: so many bytes for each number of a head, and of a gap between rows. */
    private static final int SHARED_BYTES = 512;

    private static final int SHARED_GAP = 8;

    /** What a split keeps of a head's query beside the sums: the largest score, and the sum of all. */
    private static final int PARTIAL_EXTRA = 2;

    /** Packed queries that the last block combines: it has a warp for each of half as many. */
    private static final int FEW = 8;

    AttentionLaunch {
        if (rows > MOST_ROWS) {
            throw new IllegalArgumentException("attention of %,d rows, want %,d at most".formatted(rows, MOST_ROWS));
        }
    }

    /** @param multiprocessors of the device */
    static AttentionLaunch of(AttentionSizes sizes, int rows, int multiprocessors) {
        int tiles = Math.ceilDiv(rows * sizes.group(), TILE);
        int blocks = Math.min(multiprocessors, MOST_MULTIPROCESSORS);
        int splits = Math.clamp(blocks / (tiles * sizes.kvHeads()), 1, MOST_SPLITS);
        return new AttentionLaunch(sizes, rows, tiles, splits, false);
    }

    /** The same on a Hopper GPU, and no more memory. Its kernel for many was measured to be faster with blocks for half of the multiprocessors. */
    static AttentionLaunch onHopper(AttentionSizes sizes, int rows, int multiprocessors) {
        int tiles = Math.ceilDiv(rows * sizes.group(), MANY_TILE);
        boolean isMany = tiles > 1 && 2 * tiles * sizes.kvHeads() >= multiprocessors;
        return sizes.hasMany() && isMany
                ? new AttentionLaunch(sizes, rows, tiles, 1, true)
                : of(sizes, rows, multiprocessors);
    }

    /**
     * What is enough for each number of rows from {@code fewest} to {@code most} on any device: a plan keeps the number, and may be
     * run where more multiprocessors are at work than where it was built, on a card of the same kind or in another power mode.
     */
    static long workspaceBytes(AttentionSizes sizes, int fewest, int most) {
        return workspaceBytes(sizes, fewest, most, MOST_MULTIPROCESSORS);
    }

    /** The same on devices of as many multiprocessors, or fewer. More rows may take less, being split less. */
    static long workspaceBytes(AttentionSizes sizes, int fewest, int most, int multiprocessors) {
        long bytes = 0;
        for (int rows = fewest; rows <= most; rows++) {
            bytes = Math.max(bytes, of(sizes, rows, multiprocessors).workspaceBytes());
        }
        return bytes;
    }

    /** Rotated queries; what each split makes, from {@link #rotatedBytes()} on; what is done, from {@link #doneFrom()} on. */
    long workspaceBytes() {
        return doneFrom() + (isCombinedByLast() ? DeviceMemory.aligned((long) Integer.BYTES * sizes.kvHeads()) : 0);
    }

    /** Where it is counted how many splits of each key head are done, in INT32. */
    long doneFrom() {
        return rotatedBytes() + DeviceMemory.aligned(partialBytes());
    }

    /** {@code [rows, heads, headSize]} in BF16, up to a multiple of 256. */
    long rotatedBytes() {
        return DeviceMemory.aligned(queryHeads() * sizes.headSize() * Short.BYTES);
    }

    /** In FP32; nothing where nothing is split. */
    private long partialBytes() {
        return isSplit() ? splits * queryHeads() * (sizes.headSize() + PARTIAL_EXTRA) * Float.BYTES : 0;
    }

    private boolean isSplit() {
        return splits > 1;
    }

    boolean isCombinedByLast() {
        return isSplit() && rows * sizes.group() <= FEW;
    }

    /** Whether {@link #combine()} is launched. */
    boolean isCombined() {
        return isSplit() && !isCombinedByLast();
    }

    /** A row of queries, keys and values to a block. */
    Kernel.Grid prepare() {
        return new Kernel.Grid(rows, 1, 1, PREPARE_THREADS, 0);
    }

    Kernel.Grid attend() {
        return isMany
                ? new Kernel.Grid(sizes.kvHeads(), tiles, 1, MANY_THREADS, MANY_SHARED_BYTES)
                : new Kernel.Grid(sizes.kvHeads(), tiles, splits, ATTEND_THREADS, sharedBytes(sizes));
    }

    /** Only where {@link #isCombined()}. */
    Kernel.Grid combine() {
        int blocks = Math.toIntExact(Math.ceilDiv(queryHeads(), (long) COMBINE_HEADS));
        return new Kernel.Grid(blocks, 1, 1, COMBINE_THREADS, 0);
    }

    /** Memory that the threads of a block share where there are many rows. */
    static int manySharedBytes() {
        return MANY_SHARED_BYTES;
    }

    /** Memory that the threads of another block that attends share. */
    static int sharedBytes(AttentionSizes sizes) {
        return SHARED_BYTES * (sizes.headSize() + SHARED_GAP);
    }

    private long queryHeads() {
        return (long) rows * sizes.heads();
    }
}
