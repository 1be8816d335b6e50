package goshawk.appliance.inspect;

import java.util.Arrays;

/** A set of tokens: those that may come next. Few are kept as a list, many as bits. Immutable; safe for any thread. */
public final class TokenMask {

    /** Of so many tokens one or fewer: a list is smaller than the bits. */
    private static final int SPARSE = 32;

    private final int count;
    /** Ascending; empty when there are bits. */
    private final int[] ids;

    private final long[] bits;

    private TokenMask(int count, int[] ids, long[] bits) {
        this.count = count;
        this.ids = ids;
        this.bits = bits;
    }

    /** These tokens, in any order, each once. */
    public static TokenMask of(int... tokens) {
        int[] sorted = tokens.clone();
        Arrays.sort(sorted);
        return new TokenMask(sorted.length, sorted, new long[0]);
    }

    /** Tokens 0 to {@code size} - 1. */
    public static TokenMask all(int size) {
        long[] bits = new long[(size + 63) / 64];
        Arrays.fill(bits, -1L);
        if (size % 64 != 0) {
            bits[bits.length - 1] = -1L >>> (64 - size % 64);
        }
        return new TokenMask(size, new int[0], bits);
    }

    /** @param bits bit {@code t % 64} of word {@code t / 64} is set for each token {@code t}; taken over */
    static TokenMask ofBits(long[] bits) {
        int count = 0;
        for (long word : bits) {
            count += Long.bitCount(word);
        }
        var dense = new TokenMask(count, new int[0], bits);
        return count > bits.length * 64 / SPARSE ? dense : new TokenMask(count, dense.ids(), new long[0]);
    }

    /** How many tokens these are. */
    public int count() {
        return count;
    }

    public boolean has(int token) {
        if (bits.length == 0) {
            return Arrays.binarySearch(ids, token) >= 0;
        }
        return token >= 0 && token < bits.length * 64 && (bits[token / 64] >>> (token % 64) & 1) != 0;
    }

    /** Ascending. */
    public int[] ids() {
        int[] all = new int[count];
        copyTo(all);
        return all;
    }

    /**
     * Writes the tokens, ascending, to the beginning of {@code to}.
     *
     * @param to has room for {@link #count()}
     */
    void copyTo(int[] to) {
        System.arraycopy(ids, 0, to, 0, ids.length);
        int at = ids.length;
        for (int i = 0; i < bits.length; i++) {
            for (long word = bits[i]; word != 0; word &= word - 1) {
                to[at++] = i * 64 + Long.numberOfTrailingZeros(word);
            }
        }
    }

    /** The token with the largest number, of equal ones the first; -1 when none of them has a number. */
    int largest(float[] logits) {
        int best = -1;
        float most = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < ids.length && ids[i] < logits.length; i++) {
            float logit = logits[ids[i]];
            if (logit > most || (best < 0 && !Float.isNaN(logit))) {
                most = logit;
                best = ids[i];
            }
        }
        for (int i = 0; i < bits.length; i++) {
            long word = bits[i];
            while (word != 0) {
                int token = i * 64 + Long.numberOfTrailingZeros(word);
                word &= word - 1;
                if (token < logits.length && (logits[token] > most || (best < 0 && !Float.isNaN(logits[token])))) {
                    most = logits[token];
                    best = token;
                }
            }
        }
        return best;
    }

    /** What it takes in memory, in bytes. */
    int size() {
        return 64 + ids.length * Integer.BYTES + bits.length * Long.BYTES;
    }
}
