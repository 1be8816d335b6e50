package goshawk.appliance.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ReliabilityTest {

    @Test
    void theErrorIsHowFarConfidenceIsFromTruthWeightedByExamples() {
        double[] confidences = new double[200];
        boolean[] isTrue = new boolean[200];
        Arrays.fill(confidences, 0, 100, 0.95);
        Arrays.fill(isTrue, 0, 70, true);
        Arrays.fill(confidences, 100, 200, 0.05);
        Arrays.fill(isTrue, 100, 105, true);
        Reliability reliability = Reliability.of(confidences, isTrue);
        assertThat(reliability.expectedError()).isCloseTo((0.25 + 0) / 2, within(1e-12));
        assertThat(reliability.bins()).hasSize(2);
        assertThat(reliability.bins().getLast().isTrue()).isEqualTo(new Proportion(70, 100));
    }

    @Test
    void aConfidenceOfOneIsInTheLastBin() {
        Reliability reliability = Reliability.of(new double[] {1, 0}, new boolean[] {true, false});
        assertThat(reliability.expectedError()).isZero();
        assertThat(reliability.brier()).isZero();
    }
}
