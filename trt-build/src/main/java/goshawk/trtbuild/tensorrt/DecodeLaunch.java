package goshawk.trtbuild.tensorrt;

/**
 * How a kernel of a few tokens is launched. {@code decode.cu} has each for a single token and for up to {@value #MOST_TOKENS}, and the same
 * numbers of warps and stages.
 *
 * @param kernel its name
 * @param room for tokens: 1 or {@value #MOST_TOKENS}
 * @param rows of weights, of which a block multiplies 16
 * @param isNormed whether tokens are normalised
 * @param warps of a block
 * @param stages in which a warp keeps what it has fetched
 */
record DecodeLaunch(String kernel, int room, int rows, boolean isNormed, int warps, int stages) {

    static final int MOST_TOKENS = 8;

    private static final int TILE = 16;
    private static final int LANES = 32;

    /** Of weights, in a stage: 64 columns of 16 rows. */
    private static final int WEIGHT_BYTES = 1024;

    /** The same columns of a token, or of a norm's gain. */
    private static final int TOKEN_BYTES = 128;

    static DecodeLaunch heads(DecodeSizes sizes, int room) {
        return of("heads", room, sizes.queries() + 2 * sizes.keys(), true, 16, 2);
    }

    static DecodeLaunch attended(DecodeSizes sizes, int room) {
        return of("attended", room, sizes.hidden(), false, 16, 2);
    }

    static DecodeLaunch gated(DecodeSizes sizes, int room) {
        return of("gated", room, 2 * sizes.mlp(), true, 4, 8);
    }

    static DecodeLaunch down(DecodeSizes sizes, int room) {
        return of("down", room, sizes.hidden(), false, 16, 4);
    }

    static DecodeLaunch head(DecodeSizes sizes, int room) {
        return of("head", room, sizes.vocabulary(), true, 8, 6);
    }

    /** @param warps for a single token; for more all are alike, and so are the stages */
    private static DecodeLaunch of(String name, int room, int rows, boolean isNormed, int warps, int stages) {
        return room == 1
                ? new DecodeLaunch(name + room, room, rows, isNormed, warps, stages)
                : new DecodeLaunch(name + room, room, rows, isNormed, 8, 4);
    }

    Kernel.Grid grid() {
        return new Kernel.Grid(Math.ceilDiv(rows, TILE), 1, 1, LANES * warps, sharedBytes());
    }

    /** What has been fetched; when all is multiplied, in its place the sums of each warp. */
    private int sharedBytes() {
        int stage = WEIGHT_BYTES + TOKEN_BYTES * (room + (isNormed ? 1 : 0));
        int sums = Float.BYTES * room * (TILE + 1);
        return warps * Math.max(stages * stage, sums);
    }
}
