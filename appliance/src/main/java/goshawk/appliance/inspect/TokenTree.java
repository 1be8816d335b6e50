package goshawk.appliance.inspect;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Tokens by their bytes, so that a grammar looks at each common beginning once. The nodes lie in the order in which they
 * are visited; what a refused byte leads to is stepped over. Immutable; safe for any thread.
 */
final class TokenTree {

    private final int[] tokens;
    /** By node: the byte that leads to it, how many bytes lead to it, and the first node that is not below it. */
    private final byte[] label;

    private final int[] depth;
    private final int[] after;
    /** By node: which of {@link #tokens} end in it, from and to (exclusive). */
    private final int[] from;

    private final int[] to;
    private final int deepest;

    /**
     * @param bytes of every token of the vocabulary
     * @param ids the tokens to take, each with at least one byte
     */
    TokenTree(byte[][] bytes, int[] ids) {
        tokens = IntStream.of(ids)
                .boxed()
                .sorted((a, b) -> Arrays.compareUnsigned(bytes[a], bytes[b]))
                .mapToInt(Integer::intValue)
                .toArray();
        int most = Arrays.stream(tokens).map(id -> bytes[id].length).sum();
        byte[] labels = new byte[most];
        int[] depths = new int[most];
        int[] begins = new int[most];
        int[] ends = new int[most];
        int nodes = 0;
        byte[] before = {};
        for (int i = 0; i < tokens.length; i++) {
            byte[] own = bytes[tokens[i]];
            int common = Arrays.mismatch(before, own);
            for (int at = common < 0 ? own.length : common; at < own.length; at++) {
                labels[nodes] = own[at];
                depths[nodes] = at + 1;
                begins[nodes] = i;
                ends[nodes++] = i;
            }
            // Sorted, a token ends in the node made last: by itself, or by another one with the same bytes.
            ends[nodes - 1] = i + 1;
            before = own;
        }
        label = Arrays.copyOf(labels, nodes);
        depth = Arrays.copyOf(depths, nodes);
        from = Arrays.copyOf(begins, nodes);
        to = Arrays.copyOf(ends, nodes);
        after = new int[nodes];
        deepest = Arrays.stream(depth).max().orElse(0);
        stepOver();
    }

    private void stepOver() {
        int[] open = new int[deepest + 1];
        int height = 0;
        for (int node = 0; node < label.length; node++) {
            while (height >= depth[node]) {
                after[open[height--]] = node;
            }
            open[++height] = node;
        }
        while (height > 0) {
            after[open[height--]] = label.length;
        }
    }

    /** Sets the bit of every token that {@code grammar} lets follow in {@code state}. */
    void allow(Grammar grammar, long state, long[] bits) {
        long[] states = new long[deepest + 1];
        states[0] = state;
        int node = 0;
        while (node < label.length) {
            long next = grammar.next(states[depth[node] - 1], label[node] & 0xff);
            if (next == Grammar.REFUSED) {
                node = after[node];
                continue;
            }
            states[depth[node]] = next;
            for (int i = from[node]; i < to[node]; i++) {
                bits[tokens[i] / 64] |= 1L << (tokens[i] % 64);
            }
            node++;
        }
    }
}
