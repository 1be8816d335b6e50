package goshawk.appliance.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProportionTest {

    /** Values of the textbooks: beta quantiles, to four places. */
    @ParameterizedTest
    @CsvSource({
        "0, 10, 0.0000, 0.3085",
        "1, 10, 0.0025, 0.4450",
        "5, 10, 0.1871, 0.8129",
        "10, 10, 0.6915, 1.0000",
        "81, 263, 0.2527, 0.3676",
        "1000, 1000, 0.9963, 1.0000",
        "2, 1000, 0.0002, 0.0072"
    })
    void theTwoSidedIntervalIsTheExactOne(int hits, int trials, double low, double high) {
        Proportion.Interval interval = new Proportion(hits, trials).exact95();
        assertThat(interval.low()).isCloseTo(low, within(6e-5));
        assertThat(interval.high()).isCloseTo(high, within(6e-5));
    }

    @Test
    void aThousandOfAThousandAreAtLeastTheTwentiethRoot() {
        // All caught: the bound is 0.05 to the power 1/n, the one case with a formula of its own.
        assertThat(new Proportion(1_000, 1_000).atLeast95()).isCloseTo(Math.pow(0.05, 1e-3), within(1e-9));
        assertThat(new Proportion(0, 1_000).atMost95()).isCloseTo(1 - Math.pow(0.05, 1e-3), within(1e-9));
    }

    @Test
    void whatIsNoProportionIsRefused() {
        assertThatThrownBy(() -> new Proportion(3, 2)).hasMessage("3 of 2 is no proportion");
    }

    @Test
    void howManyTrialsItTakesIsTheFewestThatProveIt() {
        assertThat(Proportion.trialsWithoutHit(0.003, 0.95)).isEqualTo(998);
        assertThat(new Proportion(0, 998).atMost(0.95)).isLessThanOrEqualTo(0.003);
        assertThat(new Proportion(0, 997).atMost(0.95)).isGreaterThan(0.003);
        assertThat(Proportion.trialsWithoutHit(0.5, 0.5)).isEqualTo(1);
    }
}
