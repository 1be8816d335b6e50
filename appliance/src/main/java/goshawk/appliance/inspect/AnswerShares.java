package goshawk.appliance.inspect;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The model's shares for each of many answers that it may give and no other: at each place where answers part, the softmax over
 * the tokens that go on, multiplied along the way.
 *
 * <p>Immutable; safe for any thread.
 */
final class AnswerShares {

    private final List<int[]> answers;
    private final List<int[]> places = new ArrayList<>();
    private final Set<Integer> tokens = new LinkedHashSet<>();

    /** @param answers tokens of each, at least one of each; none is the beginning of another */
    AnswerShares(List<int[]> answers) {
        this.answers = List.copyOf(answers);
        List<Integer> all = new ArrayList<>();
        for (int i = 0; i < answers.size(); i++) {
            all.add(i);
        }
        find(all, 0);
    }

    private void find(List<Integer> among, int depth) {
        if (among.size() == 1) {
            return;
        }
        places.add(Arrays.copyOf(answers.get(among.getFirst()), depth));
        byToken(among, depth).forEach((token, some) -> {
            tokens.add(token);
            find(some, depth + 1);
        });
    }

    private Map<Integer, List<Integer>> byToken(List<Integer> among, int depth) {
        Map<Integer, List<Integer>> ways = new LinkedHashMap<>();
        for (int answer : among) {
            int[] tokens = answers.get(answer);
            if (tokens.length <= depth) {
                throw new IllegalArgumentException("one answer is the beginning of another");
            }
            ways.computeIfAbsent(tokens[depth], _ -> new ArrayList<>()).add(answer);
        }
        return ways;
    }

    /** What was said of an answer where several ways go on; the first place is the very beginning. */
    List<int[]> places() {
        return List.copyOf(places);
    }

    /** Those with which answers go on at any of {@link #places()}. */
    IntStream tokens() {
        return tokens.stream().mapToInt(Integer::intValue);
    }

    /**
     * @param logits of {@link #tokens()} after each of {@link #places()}
     * @return of each answer, in [0, 1], with a sum of 1
     */
    double[] of(List<TokenLogits> logits) {
        double[] shares = new double[answers.size()];
        List<Integer> all = new ArrayList<>();
        for (int i = 0; i < shares.length; i++) {
            all.add(i);
        }
        split(logits.iterator(), all, 0, 1, shares);
        return shares;
    }

    private void split(Iterator<TokenLogits> logits, List<Integer> among, int depth, double share, double[] shares) {
        if (among.size() == 1) {
            shares[among.getFirst()] = share;
            return;
        }
        TokenLogits here = logits.next();
        Map<Integer, List<Integer>> ways = byToken(among, depth);
        double largest = Double.NEGATIVE_INFINITY;
        for (int token : ways.keySet()) {
            largest = Math.max(largest, here.of(token));
        }
        double sum = 0;
        for (int token : ways.keySet()) {
            sum += Math.exp(here.of(token) - largest);
        }
        for (var way : ways.entrySet()) {
            double part = Math.exp(here.of(way.getKey()) - largest) / sum;
            split(logits, way.getValue(), depth + 1, share * part, shares);
        }
    }
}
