package goshawk.appliance.engine;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Continuations of one past, packed into one row of tokens: each token once, however many continuations begin alike up to
 * it. A token sees the past, itself and the tokens on its way back to the past.
 */
public final class ContinuationTree {

    /** In {@link #parents()}: before this token comes the past. */
    public static final int PAST = -1;

    /** By token, in an order in which each comes after its parent: its id, the token before it or {@link #PAST}, the tokens before it on its way. */
    private int[] tokens;

    private int[] parents;
    private int[] depths;
    private int size;
    /** By continuation: its last token. */
    private final long[] ends;

    /** A token behind another. */
    private record Edge(int parent, int token) {}

    private ContinuationTree(List<int[]> continuations) {
        int most = continuations.stream().mapToInt(it -> it.length).sum();
        this.tokens = new int[most];
        this.parents = new int[most];
        this.depths = new int[most];
        this.ends = new long[continuations.size()];
        Map<Edge, Integer> places = new HashMap<>();
        for (int i = 0; i < ends.length; i++) {
            int at = PAST;
            for (int token : continuations.get(i)) {
                int parent = at;
                at = places.computeIfAbsent(new Edge(parent, token), _ -> add(parent, token));
            }
            ends[i] = at;
        }
        this.tokens = Arrays.copyOf(tokens, size);
        this.parents = Arrays.copyOf(parents, size);
        this.depths = Arrays.copyOf(depths, size);
    }

    /** @throws EngineException when there is no continuation, or one without a token */
    static ContinuationTree of(List<int[]> continuations) {
        if (continuations.isEmpty() || continuations.stream().anyMatch(it -> it.length == 0)) {
            throw new EngineException("ask: no token was given");
        }
        return new ContinuationTree(continuations);
    }

    private int add(int parent, int token) {
        tokens[size] = token;
        parents[size] = parent;
        depths[size] = parent == PAST ? 0 : depths[parent] + 1;
        return size++;
    }

    public int[] tokens() {
        return tokens;
    }

    /** By token: the one before it, which comes earlier in the row, or {@link #PAST}. Shared: not to be changed. */
    public int[] parents() {
        return parents;
    }

    /** How many tokens each has before it, behind the past. */
    int[] depths() {
        return depths;
    }

    /** By continuation: where its last token is. Shared: not to be changed. */
    public long[] ends() {
        return ends;
    }

    /** Hides from token {@code row} all that are not on its way; {@code mask[from]} is about the first token. */
    void hide(int row, float[] mask, int from) {
        Arrays.fill(mask, from, from + tokens.length, Mask.HIDDEN);
        for (int at = row; at != PAST; at = parents[at]) {
            mask[from + at] = 0;
        }
    }
}
