package goshawk.appliance.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AnswerSharesTest {

    private static final int TOKENS = 5;

    /** Logits that depend on all that was said. */
    private static float[] logits(int seed, int[] said) {
        var random = new Random(31L * seed + Arrays.hashCode(said));
        float[] logits = new float[TOKENS];
        for (int i = 0; i < TOKENS; i++) {
            logits[i] = (float) (3 * random.nextGaussian());
        }
        return logits;
    }

    @Test
    void sharesAreWhatWalkingEachAnswerTokenByTokenGives() {
        for (int seed = 0; seed < 100; seed++) {
            List<int[]> answers = answers(new Random(seed));
            var shares = new AnswerShares(answers);
            int now = seed;
            int[] tokens = shares.tokens().toArray();
            assertThat(tokens).doesNotHaveDuplicates();
            double[] found = shares.of(shares.places().stream()
                    .map(place -> of(logits(now, place), tokens))
                    .toList());
            assertThat(Arrays.stream(found).sum()).isCloseTo(1, within(1e-9));
            for (int i = 0; i < answers.size(); i++) {
                assertThat(found[i]).as("seed %d", seed).isCloseTo(walked(seed, answers, answers.get(i)), within(1e-9));
            }
        }
    }

    private static TokenLogits of(float[] logits, int[] tokens) {
        float[] some = new float[tokens.length];
        for (int i = 0; i < some.length; i++) {
            some[i] = logits[tokens[i]];
        }
        return new TokenLogits(tokens, some);
    }

    private static List<int[]> answers(Random random) {
        List<int[]> answers = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            // The last token is of no other place: no answer is the beginning of another.
            int[] answer = random.ints(1 + random.nextInt(4), 0, TOKENS - 1).toArray();
            int[] ended = Arrays.copyOf(answer, answer.length + 1);
            ended[answer.length] = TOKENS - 1;
            if (answers.stream().noneMatch(other -> Arrays.equals(other, ended))) {
                answers.add(ended);
            }
        }
        return answers;
    }

    private static double walked(int seed, List<int[]> answers, int[] answer) {
        double share = 1;
        for (int depth = 0; depth < answer.length; depth++) {
            int[] said = Arrays.copyOf(answer, depth);
            float[] here = logits(seed, said);
            int at = depth;
            int[] ways = answers.stream()
                    .filter(other -> other.length > at && Arrays.equals(Arrays.copyOf(other, at), said))
                    .mapToInt(other -> other[at])
                    .distinct()
                    .toArray();
            double sum =
                    Arrays.stream(ways).mapToDouble(way -> Math.exp(here[way])).sum();
            share *= Math.exp(here[answer[depth]]) / sum;
        }
        return share;
    }

    @Test
    void anAnswerThatBeginsAnotherIsRefused() {
        assertThatThrownBy(() -> new AnswerShares(List.of(new int[] {1, 2}, new int[] {1})))
                .hasMessage("one answer is the beginning of another");
    }
}
