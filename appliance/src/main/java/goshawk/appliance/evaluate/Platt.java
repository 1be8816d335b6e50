package goshawk.appliance.evaluate;

import goshawk.appliance.domain.Calibration.Curve;
import java.util.Optional;

/**
 * Fits the curve from logits to confidences: temperature and bias (Platt 1999, with the targets drawn in from 0 and 1 by what the
 * numbers of examples allow, so that examples which lie far apart do not make a confidence of 1).
 */
final class Platt {

    private static final int ROUNDS = 100;
    private static final double ENOUGH = 1e-10;

    private final double[] logits;
    private final boolean[] isTrue;
    private final double high;
    private final double low;

    private Platt(double[] logits, boolean[] isTrue) {
        this.logits = logits;
        this.isTrue = isTrue;
        int positives = 0;
        for (boolean one : isTrue) {
            positives += one ? 1 : 0;
        }
        high = (positives + 1.0) / (positives + 2.0);
        low = 1.0 / (isTrue.length - positives + 2.0);
    }

    /**
     * The curve of the least log loss, by Newton's method with halved steps.
     *
     * @param logits as {@link goshawk.appliance.domain.Calibration#logit} gives them
     * @return empty when the score does not rise with the defect: then there is nothing to calibrate
     */
    static Optional<Curve> fit(double[] logits, boolean[] isTrue) {
        double[] line = new Platt(logits, isTrue).fit();
        return line[0] > 0 ? Optional.of(new Curve(line[0], line[1])) : Optional.empty();
    }

    private double[] fit() {
        double slope = 1;
        double intercept = 0;
        double loss = loss(slope, intercept);
        for (int round = 0; round < ROUNDS; round++) {
            double slopeGradient = 0;
            double interceptGradient = 0;
            double a = 1e-12;
            double b = 0;
            double c = 1e-12;
            for (int i = 0; i < logits.length; i++) {
                double share = share(slope * logits[i] + intercept);
                double off = share - target(i);
                double curve = share * (1 - share);
                slopeGradient += off * logits[i];
                interceptGradient += off;
                a += curve * logits[i] * logits[i];
                b += curve * logits[i];
                c += curve;
            }
            double determinant = a * c - b * b;
            double slopeStep = (c * slopeGradient - b * interceptGradient) / determinant;
            double interceptStep = (a * interceptGradient - b * slopeGradient) / determinant;
            double size = 1;
            double next = loss(slope - slopeStep, intercept - interceptStep);
            while (!(next <= loss) && size > 1e-8) {
                size /= 2;
                next = loss(slope - size * slopeStep, intercept - size * interceptStep);
            }
            double gained = loss - next;
            if (!(gained > 0)) {
                break;
            }
            slope -= size * slopeStep;
            intercept -= size * interceptStep;
            loss = next;
            if (gained < ENOUGH) {
                break;
            }
        }
        return new double[] {slope, intercept};
    }

    private double target(int i) {
        return isTrue[i] ? high : low;
    }

    /** Sum of the log losses; written so that large log-odds do not overflow. */
    private double loss(double slope, double intercept) {
        double sum = 0;
        for (int i = 0; i < logits.length; i++) {
            double odds = slope * logits[i] + intercept;
            sum += Math.max(odds, 0) + Math.log1p(Math.exp(-Math.abs(odds))) - target(i) * odds;
        }
        return sum;
    }

    private static double share(double logOdds) {
        return 1 / (1 + Math.exp(-logOdds));
    }
}
