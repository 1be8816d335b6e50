package goshawk.trtbuild.tensorrt;

import goshawk.trtbuild.WeightForm;

/**
 * How a kernel of a few tokens is launched. {@code decode.cu} has each for a single token and for up to {@value #MOST_TOKENS}, and the same
 * numbers of warps and stages.
 *
 * @param kernel its name
 * @param form of the weights
 * @param room for tokens: 1 or {@value #MOST_TOKENS}
 * @param rows of weights, of which a block multiplies 16
 * @param isNormed whether tokens are normalised
 * @param warps of a block
 * @param stages in which a warp keeps what it has fetched
 */
record DecodeLaunch(String kernel, WeightForm form, int room, int rows, boolean isNormed, int warps, int stages) {

    static final int MOST_TOKENS = 8;

    private static final int TILE = 16;
    private static final int LANES = 32;

    /** Of a row of weights, in a stage. */
    private static final int ROW_BYTES = 64;

    static DecodeLaunch heads(DecodeSizes sizes, int room) {
        return of("heads", sizes.layersForm(), room, sizes.queries() + 2 * sizes.keys(), true, 16, 2);
    }

    static DecodeLaunch attended(DecodeSizes sizes, int room) {
        return of("attended", sizes.layersForm(), room, sizes.hidden(), false, 16, 2);
    }

    static DecodeLaunch gated(DecodeSizes sizes, int room) {
        return of("gated", sizes.layersForm(), room, 2 * sizes.mlp(), true, 4, 8);
    }

    static DecodeLaunch down(DecodeSizes sizes, int room) {
        return of("down", sizes.layersForm(), room, sizes.hidden(), false, 16, 4);
    }

    static DecodeLaunch head(DecodeSizes sizes, int room) {
        return of("head", sizes.headForm(), room, sizes.vocabulary(), true, 8, 6);
    }

    /** @param warps for a single token; for more all are alike, and so are the stages */
    private static DecodeLaunch of(
            String name, WeightForm form, int room, int rows, boolean isNormed, int warps, int stages) {
        return room == 1
                ? new DecodeLaunch(name + room, form, room, rows, isNormed, warps, stages)
                : new DecodeLaunch(name + room, form, room, rows, isNormed, 8, form == WeightForm.INT4 ? 3 : 4);
    }

    Kernel.Grid grid() {
        return new Kernel.Grid(Math.ceilDiv(rows, TILE), 1, 1, LANES * warps, sharedBytes());
    }

    /** What has been fetched; when all is multiplied, in its place the sums of each warp. */
    private int sharedBytes() {
        int columns = ROW_BYTES * Byte.SIZE / form.bits();
        int stage = TILE * ROW_BYTES + columns * Short.BYTES * (room + (isNormed ? 1 : 0));
        int sums = Float.BYTES * room * (TILE + 1);
        return warps * Math.max(stages * stage, sums);
    }
}
