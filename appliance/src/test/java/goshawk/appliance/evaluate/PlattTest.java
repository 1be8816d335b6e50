package goshawk.appliance.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import goshawk.appliance.domain.Calibration.Curve;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PlattTest {

    @Test
    void theCurveThatMadeTheTruthIsFoundAgain() {
        var random = new Random(20261125);
        double[] logits = new double[20_000];
        boolean[] isTrue = new boolean[logits.length];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = 4 * random.nextGaussian();
            isTrue[i] = random.nextDouble() < new Curve(0.4, -1.5).confidence(logits[i]);
        }
        Curve curve = Platt.fit(logits, isTrue).orElseThrow();
        assertThat(curve.slope()).isCloseTo(0.4, within(0.02));
        assertThat(curve.intercept()).isCloseTo(-1.5, within(0.06));
    }

    @Test
    void whereGoodAndBadLieFarApartTheScoreStaysAsItIs() {
        double[] logits = new double[40];
        boolean[] isTrue = new boolean[40];
        for (int i = 0; i < 40; i++) {
            isTrue[i] = i % 2 == 0;
            logits[i] = isTrue[i] ? 12 : -12;
        }
        Curve curve = Platt.fit(logits, isTrue).orElseThrow();
        assertThat(curve.slope()).isCloseTo(1, within(0.01));
        assertThat(curve.intercept()).isCloseTo(0, within(0.01));
    }

    @Test
    void oneSureMistakeTakesTheSurenessAway() {
        double[] logits = new double[40];
        boolean[] isTrue = new boolean[40];
        for (int i = 0; i < 40; i++) {
            isTrue[i] = i % 2 == 0;
            logits[i] = isTrue[i] ? 12 : -12;
        }
        logits[1] = 12; // a good part that the model is sure is bad
        Curve curve = Platt.fit(logits, isTrue).orElseThrow();
        assertThat(curve.confidence(12)).isBetween(0.9, 0.99);
    }

    @Test
    void aScoreThatFallsWithTheDefectHasNoCurve() {
        double[] logits = new double[60];
        boolean[] isTrue = new boolean[60];
        for (int i = 0; i < 60; i++) {
            isTrue[i] = i % 2 == 0;
            logits[i] = isTrue[i] ? -10 : 10;
        }
        assertThat(Platt.fit(logits, isTrue)).isEmpty();
    }
}
