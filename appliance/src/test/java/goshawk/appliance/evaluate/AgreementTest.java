package goshawk.appliance.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AgreementTest {

    @Test
    void agreementIsCountedAboveChance() {
        List<boolean[]> caught = List.of(
                new boolean[] {true, true, true},
                new boolean[] {false, false, false},
                new boolean[] {true, true, false},
                new boolean[] {false, false, false});
        Agreement agreement = Agreement.of(caught, new boolean[] {true, false, true, false});
        assertThat(agreement.flips()).isEqualTo(new Proportion(1, 4));
        assertThat(agreement.kappa()).as("by hand: (5/6 - 37/72) / (1 - 37/72)").isCloseTo(23 / 35.0, within(1e-12));
        assertThat(agreement.kappaToTruth()).as("1, 1 and 1/2").isCloseTo(2.5 / 3, within(1e-12));
    }

    /** The textbook's fifty grants: 20 yes by both, 15 no by both, 5 and 10 by one alone. */
    @Test
    void kappaWithTheTruthIsCohens() {
        List<boolean[]> caught = new ArrayList<>();
        boolean[] isBad = new boolean[50];
        for (int i = 0; i < 50; i++) {
            isBad[i] = i < 25;
            boolean yes = i < 20 || (i >= 25 && i < 35);
            caught.add(new boolean[] {yes, yes});
        }
        assertThat(Agreement.of(caught, isBad).kappaToTruth()).isCloseTo(0.4, within(1e-12));
    }

    @Test
    void withoutTwoSortsOfAnswersThereIsNoKappa() {
        Agreement agreement = Agreement.of(
                List.of(new boolean[] {true, true}, new boolean[] {true, true}), new boolean[] {true, false});
        assertThat(agreement.kappa()).isNaN();
        assertThat(agreement.flips().hits()).isZero();
    }
}
