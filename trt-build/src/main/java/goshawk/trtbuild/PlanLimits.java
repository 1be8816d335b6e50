package goshawk.trtbuild;

import java.util.List;
import java.util.stream.Stream;

/**
 * The largest sizes that plans compute.
 *
 * @param contextTokens keys and values of so many tokens
 * @param readTokens read in one pass, of each profile that reads, from the smallest: kernels that are fast for a thousand
 *     tokens are not for a few
 * @param patches of one picture, or one step of a film
 * @param asked tokens of one pass of which the logits are told
 * @param isOverlapped whether pictures are seen while a conversation goes on
 */
public record PlanLimits(int contextTokens, List<Integer> readTokens, int patches, int asked, boolean isOverlapped) {

    /** Room for keys and values is made for so many tokens at a time. */
    public static final int BLOCK = 256;

    private static final int ASKED = 32;

    /** Tokens that are said with a picture, and read in one pass with it. */
    private static final int SAID = 64;

    /** One prompt, or the next tokens of several answers. */
    private static final int FEW = 64;

    /** The prompts of a part. */
    static final int SOME = 512;

    /** Smallest number of rows that products are fast for. */
    private static final int STEP = 64;

    static PlanLimits of(ModelConfig config, GpuProfile profile) {
        int side = profile.pictureSide() / config.vision().patch();
        int tokens = side / config.vision().merge();
        int known = config.text().maxPositions();
        int picture = Math.min(tokens * tokens, known);
        int most = Math.min(picture + SAID, known);
        return new PlanLimits(
                Math.min(profile.contextTokens(), known),
                Stream.of(FEW, SOME, picture, most)
                        .map(usual -> Math.min(usual, most))
                        .distinct()
                        .sorted()
                        .toList(),
                side * side,
                ASKED,
                profile.isOverlapped());
    }

    /** Blocks that keys and values of a whole conversation take. */
    public int contextBlocks() {
        return Math.ceilDiv(contextTokens, BLOCK);
    }

    /**
     * Rows that are computed where so many tokens are read in one pass: whole steps, so that parts whose prompts differ by a
     * word have the same sizes, of which TensorRT and we remember a few.
     */
    public int rows(int tokens) {
        return Math.min(Math.ceilDiv(tokens, STEP) * STEP, prefillTokens());
    }

    /**
     * Tokens that the next pass reads of so many: all, if it holds them, else those of a picture, which are read faster than
     * as many and some words.
     */
    public int piece(int left) {
        return left <= prefillTokens() ? left : readTokens.get(Math.max(0, readTokens.size() - 2));
    }

    /** Words of 32 bits in which each of so many rows has a bit for each of them: a row of {@code sees}. */
    public static int seesWords(long rows) {
        return Math.toIntExact(Math.ceilDiv(rows, Integer.SIZE));
    }

    /** The most that is read in one pass. */
    public int prefillTokens() {
        return readTokens.getLast();
    }
}
