package goshawk.appliance.evaluate;

import goshawk.appliance.domain.Calibration.Curve;
import java.util.Optional;

/**
 * Fits the curve from logits to confidences: temperature and bias (Platt's form).
 *
 * <p>It is drawn towards the score as it comes (temperature 1, bias 0) with the weight of about one example: where good and bad
 * parts lie so far apart that the examples do not say how sure to be, the score stays as it is, and no slope grows without bound.
 */
final class Platt {

    private static final int ROUNDS = 200;
    private static final double ENOUGH = 1e-12;

    /** One over the variance of the logarithm of the slope that is taken for granted. */
    private static final double SLOPE_PULL = 1;

    /** One over the variance of the bias that is taken for granted: it may well be 2. */
    private static final double BIAS_PULL = 0.25;

    /** Flatter than this the score says nothing. */
    private static final double FLAT = 0.02;

    private final double[] logits;
    private final boolean[] isTrue;

    private Platt(double[] logits, boolean[] isTrue) {
        this.logits = logits;
        this.isTrue = isTrue;
    }

    /**
     * The most likely curve, by Gauss and Newton's steps over the logarithm of the slope and the bias, halved where they go too far.
     *
     * @param logits as {@link goshawk.appliance.domain.Calibration#logit} gives them
     * @return empty when the score does not rise with the defect: then there is nothing to calibrate
     */
    static Optional<Curve> fit(double[] logits, boolean[] isTrue) {
        Curve curve = new Platt(logits, isTrue).fit();
        return curve.slope() > FLAT ? Optional.of(curve) : Optional.empty();
    }

    private Curve fit() {
        double logSlope = 0;
        double bias = 0;
        double loss = loss(logSlope, bias);
        for (int round = 0; round < ROUNDS; round++) {
            double slope = Math.exp(logSlope);
            double slopeGradient = SLOPE_PULL * logSlope;
            double biasGradient = BIAS_PULL * bias;
            double a = SLOPE_PULL;
            double b = 0;
            double c = BIAS_PULL;
            for (int i = 0; i < logits.length; i++) {
                double share = share(slope * logits[i] + bias);
                double off = share - (isTrue[i] ? 1 : 0);
                double curve = share * (1 - share);
                double reach = slope * logits[i];
                slopeGradient += off * reach;
                biasGradient += off;
                a += curve * reach * reach;
                b += curve * reach;
                c += curve;
            }
            double determinant = a * c - b * b;
            double slopeStep = (c * slopeGradient - b * biasGradient) / determinant;
            double biasStep = (a * biasGradient - b * slopeGradient) / determinant;
            double size = 1;
            double next = loss(logSlope - slopeStep, bias - biasStep);
            while (!(next <= loss) && size > 1e-10) {
                size /= 2;
                next = loss(logSlope - size * slopeStep, bias - size * biasStep);
            }
            double gained = loss - next;
            if (!(gained > ENOUGH)) {
                break;
            }
            logSlope -= size * slopeStep;
            bias -= size * biasStep;
            loss = next;
        }
        return new Curve(Math.exp(logSlope), bias);
    }

    /** Sum of the log losses and of the pulls; written so that large log-odds do not overflow. */
    private double loss(double logSlope, double bias) {
        double slope = Math.exp(logSlope);
        double sum = (SLOPE_PULL * logSlope * logSlope + BIAS_PULL * bias * bias) / 2;
        for (int i = 0; i < logits.length; i++) {
            double odds = slope * logits[i] + bias;
            sum += Math.max(odds, 0) + Math.log1p(Math.exp(-Math.abs(odds))) - (isTrue[i] ? odds : 0);
        }
        return sum;
    }

    private static double share(double logOdds) {
        return 1 / (1 + Math.exp(-logOdds));
    }
}
