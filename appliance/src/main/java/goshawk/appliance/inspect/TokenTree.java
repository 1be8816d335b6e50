package goshawk.appliance.inspect;

import goshawk.trtbuild.Tokenizer;
import java.util.Arrays;

/**
 * All tokens of a vocabulary by their bytes, so that a grammar looks at each common beginning once. Tokens without bytes
 * are in no answer.
 *
 * <p>Immutable; safe for any thread.
 */
public final class TokenTree {

    /** By node: the byte that leads to it, its first child, the next child of its parent, the first token that ends in it. */
    private byte[] label = new byte[1024];

    private int[] child = new int[1024];
    private int[] sibling = new int[1024];
    private int[] token = new int[1024];
    /** By token: the next one with the same bytes. */
    private final int[] same;

    private int nodes = 1;

    public TokenTree(Tokenizer tokenizer) {
        same = new int[tokenizer.size()];
        Arrays.fill(same, -1);
        Arrays.fill(token, -1);
        for (int id = tokenizer.size() - 1; id >= 0; id--) {
            byte[] bytes = tokenizer.bytes(id);
            if (bytes.length > 0) {
                int node = node(bytes);
                same[id] = token[node];
                token[node] = id;
            }
        }
    }

    private int node(byte[] bytes) {
        int node = 0;
        for (byte value : bytes) {
            int next = child[node];
            while (next != 0 && label[next] != value) {
                next = sibling[next];
            }
            if (next == 0) {
                next = nodes++;
                if (next == label.length) {
                    grow();
                }
                label[next] = value;
                sibling[next] = child[node];
                child[node] = next;
            }
            node = next;
        }
        return node;
    }

    private void grow() {
        int size = label.length * 2;
        label = Arrays.copyOf(label, size);
        child = Arrays.copyOf(child, size);
        sibling = Arrays.copyOf(sibling, size);
        int before = token.length;
        token = Arrays.copyOf(token, size);
        Arrays.fill(token, before, size, -1);
    }

    /** The tokens that {@code grammar} lets follow in {@code state}, in no particular order. */
    public int[] allowed(Grammar grammar, long state) {
        var walk = new Walk(grammar);
        walk.visit(0, state);
        return Arrays.copyOf(walk.found, walk.count);
    }

    private final class Walk {

        private final Grammar grammar;
        private int[] found = new int[32];
        private int count;

        Walk(Grammar grammar) {
            this.grammar = grammar;
        }

        void visit(int node, long state) {
            for (int next = child[node]; next != 0; next = sibling[next]) {
                long after = grammar.next(state, label[next] & 0xff);
                if (after != Grammar.REFUSED) {
                    for (int id = token[next]; id >= 0; id = same[id]) {
                        if (count == found.length) {
                            found = Arrays.copyOf(found, count * 2);
                        }
                        found[count++] = id;
                    }
                    visit(next, after);
                }
            }
        }
    }
}
