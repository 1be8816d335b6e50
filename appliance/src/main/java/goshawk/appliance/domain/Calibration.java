package goshawk.appliance.domain;

import java.util.Map;
import java.util.OptionalDouble;

/**
 * Turns a recipe's scores into confidences: how often a part with such a score had the defect, among the labelled parts that
 * the curves were fitted on. It holds for the prompts and the engine it was measured with, and for no others.
 *
 * @param sha256 over what the calibration says, in hexadecimal
 * @param recipe the recipe it was measured for
 * @param recipeVersion that recipe's version
 * @param promptsHash as in {@link Provenance}: thresholds may change, questions and regions may not
 * @param engine name of the checkpoint
 * @param engineHash as in {@link Provenance}
 * @param precision as in {@link Provenance}
 * @param curves by prompt; a prompt with too few labelled parts has none
 */
public record Calibration(
        String sha256,
        String recipe,
        String recipeVersion,
        String promptsHash,
        String engine,
        String engineHash,
        String precision,
        Map<String, Curve> curves) {

    public Calibration {
        curves = Map.copyOf(curves);
    }

    /**
     * Platt's curve: {@code confidence = 1 / (1 + exp(-(slope · logit + intercept)))}.
     *
     * @param slope one over the temperature, above 0
     */
    public record Curve(double slope, double intercept) {

        public Curve {
            if (!(slope > 0) || Double.isNaN(intercept)) {
                throw new IllegalArgumentException(
                        "a confidence must rise with the score: slope %s, intercept %s".formatted(slope, intercept));
            }
        }

        /** @param logit of score plus doubt, as {@link Calibration#logit} gives it */
        public double confidence(double logit) {
            return 1 / (1 + Math.exp(-(slope * logit + intercept)));
        }
    }

    /** Where a share of exactly 0 or 1 is put, so that its logit is a number. */
    private static final double LARGEST_LOGIT = 36;

    /** The log-odds of score plus doubt, in [-36, 36]. */
    public static double logit(PromptScore score) {
        double share = score.score() + score.doubt();
        double logit = Math.log(share) - Math.log1p(-Math.min(1, share));
        return Math.clamp(logit, -LARGEST_LOGIT, LARGEST_LOGIT);
    }

    /** Empty when the prompt has no curve. */
    public OptionalDouble confidence(PromptScore score) {
        Curve curve = curves.get(score.prompt().id());
        return curve == null ? OptionalDouble.empty() : OptionalDouble.of(curve.confidence(logit(score)));
    }

    /** @throws CalibrationException when this was measured with another recipe or engine than {@code by} */
    public void check(Provenance by) {
        if (!recipe.equals(by.recipe()) || !recipeVersion.equals(by.recipeVersion())) {
            throw refusal("recipe %s %s".formatted(recipe, recipeVersion), by.recipe() + " " + by.recipeVersion());
        }
        if (!promptsHash.equals(by.promptsHash())) {
            throw refusal(
                    "other questions or regions of recipe %s (prompts %s)".formatted(recipe, shortened(promptsHash)),
                    "prompts " + shortened(by.promptsHash()));
        }
        if (!engineHash.equals(by.engineHash()) || !precision.equals(by.precision())) {
            throw refusal(
                    "engine %s %s (%s)".formatted(engine, shortened(engineHash), precision),
                    "engine %s %s (%s)".formatted(by.engine(), shortened(by.engineHash()), by.precision()));
        }
    }

    private static CalibrationException refusal(String measured, String now) {
        return new CalibrationException(
                "the calibration was measured with %s, not with %s; measure it again with ./goshawk recipe calibrate, or take 'calibration' out of the recipe"
                        .formatted(measured, now));
    }

    private static String shortened(String hash) {
        return hash.substring(0, Math.min(12, hash.length()));
    }
}
