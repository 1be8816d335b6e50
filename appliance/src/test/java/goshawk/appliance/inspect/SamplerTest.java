package goshawk.appliance.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class SamplerTest {

    private static final float[] LOGITS = {0, (float) Math.log(2), (float) Math.log(4), (float) Math.log(1), -90};

    @Test
    void greedyTakesTheLikeliestAndOfEqualOnesTheFirst() {
        assertThat(Sampler.greedy().pick(LOGITS)).isEqualTo(2);
        assertThat(Sampler.greedy().pick(LOGITS, TokenMask.of(3, 0))).isEqualTo(0);
        assertThat(Sampler.greedy().pick(LOGITS, TokenMask.of(4, 99))).isEqualTo(4);
    }

    @Test
    void chanceFollowsTheShares() {
        Map<Integer, Integer> counts = counts(sampled(1, 0, 1, 1));
        assertThat(counts.getOrDefault(2, 0)).isBetween(4_800, 5_200);
        assertThat(counts.getOrDefault(1, 0)).isBetween(2_350, 2_650);
        assertThat(counts.getOrDefault(0, 0)).isBetween(1_150, 1_350);
    }

    @Test
    void temperatureSharpensOrFlattens() {
        // Shares 1 : 4 : 16 : 1.
        assertThat(counts(sampled(0.5, 0, 1, 1)).getOrDefault(2, 0)).isBetween(7_080, 7_460);
    }

    @Test
    void onlyTheLikeliestTakePart() {
        assertThat(counts(sampled(1, 2, 1, 1)).keySet()).containsExactly(1, 2);
        assertThat(counts(sampled(1, 0, 0.5, 1)).keySet()).containsExactly(2);
        assertThat(counts(sampled(1, 0, 0.51, 1)).keySet()).containsExactly(1, 2);
    }

    @Test
    void theSameSeedGivesTheSameAnswer() {
        assertThat(counts(sampled(1, 0, 1, 5))).isEqualTo(counts(sampled(1, 0, 1, 5)));
        assertThat(counts(sampled(1, 0, 1, 5))).isNotEqualTo(counts(sampled(1, 0, 1, 6)));
    }

    @Test
    void nothingToPickIsAnError() {
        assertThatThrownBy(() -> Sampler.greedy().pick(LOGITS, TokenMask.of(99)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Sampler.greedy().pick(new float[] {Float.NaN}))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> sampled(-1, 0, 1, 1)).isInstanceOf(IllegalArgumentException.class);
    }

    private static Sampler sampled(double temperature, int topK, double topP, long seed) {
        return Sampler.of(Sampling.GREEDY
                .withTemperature(temperature)
                .withTopK(topK)
                .withTopP(topP)
                .withSeed(seed));
    }

    private static Map<Integer, Integer> counts(Sampler sampler) {
        Map<Integer, Integer> counts = new TreeMap<>();
        for (int i = 0; i < 10_000; i++) {
            counts.merge(sampler.pick(LOGITS), 1, Integer::sum);
        }
        return counts;
    }
}
