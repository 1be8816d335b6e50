package goshawk.appliance.inspect;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Random;

/**
 * Picks the next token from logits: the likeliest, or by chance. Chance comes from a seed, so an answer can be had again.
 *
 * <p>What takes part is worked out as transformers does, in its order: repetition penalty, the grammar's mask,
 * temperature, top-k, top-p, min-p; OpenAI's presence and frequency penalties come right after the repetition penalty,
 * as in vLLM. Then one uniform number in [0, 1) picks: going through the tokens that are left in the order of their ids,
 * the first at which the sum of the shares is larger.
 *
 * <p>Belongs to one thread, and to one answer when there are penalties: it remembers what was said.
 */
public final class Sampler {

    private final Sampling sampling;
    private final Random random;
    private final boolean isPenalised;

    /** Tokens of the prompt, and how often each one stands in the answer. */
    private final BitSet heard = new BitSet();

    private int[] said = {};

    /** Those that take part, ascending, with their scores and then their shares; used again each time. */
    private int count;

    private int[] ids = {};
    private float[] scores = {};
    private double[] shares = {};
    private TokenMask everything = TokenMask.of();

    private Sampler(Sampling sampling) {
        this.sampling = sampling;
        this.random = new Random(sampling.seed());
        this.isPenalised = sampling.repetitionPenalty() != 1
                || sampling.presencePenalty() != 0
                || sampling.frequencyPenalty() != 0;
    }

    /** Always the likeliest token; of equal ones that with the lowest id. */
    public static Sampler greedy() {
        return new Sampler(Sampling.GREEDY);
    }

    public static Sampler of(Sampling sampling) {
        return new Sampler(sampling);
    }

    /** What stands before the answer, for the repetition penalty. */
    public void hear(int... prompt) {
        for (int token : isPenalised ? prompt : new int[0]) {
            heard.set(token);
        }
    }

    /** What the answer goes on with, picked or not, for the penalties. */
    public void say(int... tokens) {
        for (int token : isPenalised ? tokens : new int[0]) {
            if (token >= said.length) {
                said = Arrays.copyOf(said, Math.max(token + 1, said.length * 2));
            }
            said[token]++;
        }
    }

    /** One of all tokens. */
    public int pick(float[] logits) {
        if (everything.count() != logits.length) {
            everything = TokenMask.all(logits.length);
        }
        return pick(logits, everything);
    }

    /**
     * One of {@code among}. It is not yet {@link #say said}.
     *
     * @param among ids beyond {@code logits} do not take part
     * @throws IllegalArgumentException when nothing can be picked: none take part, or their logits are no numbers
     */
    public int pick(float[] logits, TokenMask among) {
        if (sampling.temperature() == 0 && !isPenalised) {
            return checked(among.largest(logits), logits, among);
        }
        return pick(logits, among, sampling.temperature() == 0 ? 0 : random.nextDouble());
    }

    private static int checked(int best, float[] logits, TokenMask among) {
        if (best < 0 || !Float.isFinite(logits[best])) {
            throw new IllegalArgumentException("no token can be picked among " + among.count());
        }
        return best;
    }

    /** @param draw in [0, 1) */
    int pick(float[] logits, TokenMask among, double draw) {
        filter(logits, among);
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += shares[i];
        }
        double dart = draw * sum;
        double passed = 0;
        for (int i = 0; i < count; i++) {
            passed += shares[i];
            if (passed > dart) {
                return ids[i];
            }
        }
        return ids[count - 1];
    }

    /** The shares of all tokens of {@code logits}, after everything has been left out that does not take part. */
    double[] distribution(float[] logits, TokenMask among) {
        filter(logits, among);
        double sum = Arrays.stream(shares, 0, count).sum();
        double[] all = new double[logits.length];
        for (int i = 0; i < count; i++) {
            all[ids[i]] = shares[i] / sum;
        }
        return all;
    }

    private void filter(float[] logits, TokenMask among) {
        float largest = gather(logits, among);
        if (sampling.temperature() == 0) {
            keepFrom(largest, Integer.MAX_VALUE);
            count = 1;
            shares[0] = 1;
            return;
        }
        if (sampling.topK() > 0 && sampling.topK() < count) {
            keepFrom(kthLargest(sampling.topK()), Integer.MAX_VALUE);
        }
        double sum = 0;
        for (int i = 0; i < count; i++) {
            shares[i] = Math.exp((double) scores[i] - largest);
            sum += shares[i];
        }
        if (sampling.topP() < 1) {
            int last = lastOfTopP(sampling.topP() * sum);
            keepFrom(scores[last], ids[last]);
        }
        if (sampling.minP() > 0) {
            keepShares(sampling.minP());
        }
    }

    /** All of {@code among} that have a logit, with its penalties, over the temperature. The largest. */
    private float gather(float[] logits, TokenMask among) {
        if (ids.length < among.count()) {
            ids = new int[among.count()];
            scores = new float[among.count()];
            shares = new double[among.count()];
        }
        among.copyTo(ids);
        float temperature = sampling.temperature() == 0 ? 1 : (float) sampling.temperature();
        float largest = Float.NEGATIVE_INFINITY;
        count = 0;
        for (int i = 0; i < among.count() && ids[i] < logits.length; i++) {
            float score = (isPenalised ? penalised(logits[ids[i]], ids[i]) : logits[ids[i]]) / temperature;
            if (score > Float.NEGATIVE_INFINITY) { // not for what is no number
                ids[count] = ids[i];
                scores[count++] = score;
                largest = Math.max(largest, score);
            }
        }
        if (count == 0 || largest == Float.POSITIVE_INFINITY) {
            throw new IllegalArgumentException("no token can be picked among " + among.count());
        }
        return largest;
    }

    private float penalised(float logit, int token) {
        int times = token < said.length ? said[token] : 0;
        if (times == 0 && !heard.get(token)) {
            return logit;
        }
        float penalty = (float) sampling.repetitionPenalty();
        float score = logit > 0 ? logit / penalty : logit * penalty;
        score -= (float) sampling.frequencyPenalty() * times;
        return times > 0 ? score - (float) sampling.presencePenalty() : score;
    }

    /** Leaves those with a larger score than {@code least}, and with the same one up to id {@code lastId}. */
    private void keepFrom(float least, int lastId) {
        int left = 0;
        for (int i = 0; i < count; i++) {
            if (scores[i] > least || (scores[i] == least && ids[i] <= lastId)) {
                ids[left] = ids[i];
                scores[left] = scores[i];
                shares[left++] = shares[i];
            }
        }
        count = left;
    }

    private void keepShares(double least) {
        int left = 0;
        for (int i = 0; i < count; i++) {
            if (shares[i] >= least) {
                ids[left] = ids[i];
                shares[left++] = shares[i];
            }
        }
        count = left;
    }

    /** A heap of the k largest, the least of them on top. */
    private float kthLargest(int k) {
        float[] heap = Arrays.copyOf(scores, k);
        for (int i = k / 2 - 1; i >= 0; i--) {
            sink(heap, i);
        }
        for (int i = k; i < count; i++) {
            if (scores[i] > heap[0]) {
                heap[0] = scores[i];
                sink(heap, 0);
            }
        }
        return heap[0];
    }

    private static void sink(float[] heap, int from) {
        float value = heap[from];
        int at = from;
        int child = 2 * at + 1;
        while (child < heap.length) {
            if (child + 1 < heap.length && heap[child + 1] < heap[child]) {
                child++;
            }
            if (heap[child] >= value) {
                break;
            }
            heap[at] = heap[child];
            at = child;
            child = 2 * at + 1;
        }
        heap[at] = value;
    }

    /**
     * Which one, going down from the likeliest, is the last before which the shares add up to less than {@code limit}. Of
     * equal ones the first goes first; transformers leaves that to a sort which is not stable. Sorting all of a large
     * vocabulary would take longer than the model: only the half is split again in which the last one lies.
     */
    private int lastOfTopP(double limit) {
        int[] order = new int[count];
        Arrays.setAll(order, i -> i);
        int low = 0;
        int high = count;
        double before = 0;
        int last = -1;
        while (low < high) {
            int split = split(order, low, high);
            double sum = before;
            for (int i = low; i < split; i++) {
                sum += shares[order[i]];
            }
            if (sum < limit) {
                last = order[split];
                before = sum + shares[last];
                low = split + 1;
            } else {
                high = split;
            }
        }
        return last < 0 ? order[0] : last;
    }

    /** Brings the likelier ones before one of them, the others behind it. Where that one is now. */
    private int split(int[] order, int low, int high) {
        int middle = (low + high) >>> 1;
        int pivot = order[middle];
        order[middle] = order[high - 1];
        int at = low;
        for (int i = low; i < high - 1; i++) {
            int one = order[i];
            if (scores[one] > scores[pivot] || (scores[one] == scores[pivot] && one < pivot)) {
                order[i] = order[at];
                order[at++] = one;
            }
        }
        order[high - 1] = order[at];
        order[at] = pivot;
        return at;
    }
}
