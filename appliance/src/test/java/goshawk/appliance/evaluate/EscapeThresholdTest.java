package goshawk.appliance.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class EscapeThresholdTest {

    @Test
    void tooFewBadPartsAreToldHowManyItTakes() {
        EscapeThreshold threshold = EscapeThreshold.of(new double[40], 0.003, 0.95);
        assertThat(threshold.isProven()).isFalse();
        assertThat(threshold.needed())
                .as("0.997 to the power 998 is below 0.05")
                .isEqualTo(998);
        assertThat(threshold.bound()).as("what forty can prove").isCloseTo(1 - Math.pow(0.05, 1 / 40.0), within(1e-6));
    }

    @Test
    void asManyAsItTakesLetNonePass() {
        double[] shares = new double[998];
        for (int i = 0; i < shares.length; i++) {
            shares[i] = 0.5 + i * 1e-4;
        }
        EscapeThreshold threshold = EscapeThreshold.of(shares, 0.003, 0.95);
        assertThat(threshold.isProven()).isTrue();
        assertThat(threshold.value()).isLessThanOrEqualTo(0.5).isCloseTo(0.5, within(2e-9));
        assertThat(threshold.escapes()).isEqualTo(new Proportion(0, 998));
        assertThat(threshold.bound()).isLessThanOrEqualTo(0.003);
    }

    /** Bad parts' scores are drawn evenly from 0 to 1, so that the share that passes a threshold is the threshold itself. */
    @Test
    void theBoundHoldsAlthoughTheThresholdWasChosenOnTheSameParts() {
        var random = new Random(4_711);
        int missed = 0;
        int sets = 2_000;
        for (int set = 0; set < sets; set++) {
            double[] shares = random.doubles(200).toArray();
            if (EscapeThreshold.of(shares, 0.05, 0.9).value() > 0.05) {
                missed++;
            }
        }
        assertThat(missed / (double) sets)
                .as("more than the stated rate passes")
                .isLessThan(0.12);
        assertThat(missed).as("the bound is no wider than it must be").isGreaterThan(sets / 50);
    }
}
