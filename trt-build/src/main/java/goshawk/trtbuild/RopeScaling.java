package goshawk.trtbuild;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * How a model's rotary frequencies are stretched beyond the length that it was trained on, as {@code rope_parameters} or
 * {@code rope_scaling} of its config.json says.
 *
 * @param kind which rule
 * @param factor how many times longer than trained
 * @param trainedPositions the trained length, in positions
 * @param attention what cosines and sines are multiplied by; 1 except for YaRN
 * @param betaFast turns within the trained length from which a frequency is left alone; for YaRN
 * @param betaSlow turns up to which a frequency is stretched in full; for YaRN
 * @param truncate whether the bounds between the two are whole frequencies; for YaRN
 */
public record RopeScaling(
        Kind kind,
        double factor,
        int trainedPositions,
        double attention,
        double betaFast,
        double betaSlow,
        boolean truncate) {

    /** The rules that transformers has and that we compute. */
    public enum Kind {
        NONE,
        LINEAR,
        YARN
    }

    /** @throws IllegalArgumentException when the rule is not one of ours, or contradicts itself */
    static RopeScaling of(JsonNode rope, int maxPositions) {
        String type = rope.path("rope_type").asText(rope.path("type").asText("default"));
        require(rope.path("partial_rotary_factor").asDouble(1) == 1, "partial_rotary_factor is not 1");
        return switch (type) {
            case "default", "mrope" -> new RopeScaling(Kind.NONE, 1, maxPositions, 1, 0, 0, false);
            case "linear" -> new RopeScaling(Kind.LINEAR, factor(rope, maxPositions), maxPositions, 1, 0, 0, false);
            case "yarn" -> yarn(rope, maxPositions);
            default ->
                throw new IllegalArgumentException(
                        "rope_type is '%s'; 'default', 'linear' and 'yarn' are computed".formatted(type));
        };
    }

    private static RopeScaling yarn(JsonNode rope, int maxPositions) {
        int trained = rope.path("original_max_position_embeddings").asInt(maxPositions);
        require(trained > 0, "original_max_position_embeddings is %d".formatted(trained));
        double factor = factor(rope, (double) maxPositions / trained);
        double fast = orElse(rope.path("beta_fast"), 32);
        double slow = orElse(rope.path("beta_slow"), 1);
        double attention = rope.path("attention_factor").isNumber()
                ? rope.path("attention_factor").asDouble()
                : attention(
                        factor,
                        rope.path("mscale").asDouble(),
                        rope.path("mscale_all_dim").asDouble());
        boolean truncate = rope.path("truncate").asBoolean(true);
        return new RopeScaling(Kind.YARN, factor, trained, attention, fast, slow, truncate);
    }

    private static double factor(JsonNode rope, double otherwise) {
        double factor = rope.path("factor").isNumber() ? rope.path("factor").asDouble() : otherwise;
        require(factor >= 1, "factor of rope_type is %s, want at least 1".formatted(factor));
        return factor;
    }

    /** A number that is missing, null or 0 is the usual one. */
    private static double orElse(JsonNode number, double usual) {
        return number.asDouble() == 0 ? usual : number.asDouble();
    }

    private static double attention(double factor, double scale, double scaleOfAll) {
        return scale != 0 && scaleOfAll != 0
                ? temperature(factor, scale) / temperature(factor, scaleOfAll)
                : temperature(factor, 1);
    }

    private static double temperature(double factor, double scale) {
        return factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1;
    }

    /**
     * Angles a position, for each pair of a head's numbers; each step in FP32, as the reference rounds.
     *
     * @param pairs half of the head size
     */
    float[] frequencies(double theta, int pairs) {
        float[] trained = TextPositions.frequencies((float) theta, pairs);
        return switch (kind) {
            case NONE -> trained;
            case LINEAR -> {
                for (int k = 0; k < pairs; k++) {
                    trained[k] /= (float) factor;
                }
                yield trained;
            }
            case YARN -> yarn(trained, theta);
        };
    }

    /** Fast frequencies as trained, slow ones stretched, a ramp between them. */
    private float[] yarn(float[] trained, double theta) {
        int pairs = trained.length;
        double low = bound(betaFast, theta, pairs);
        double high = bound(betaSlow, theta, pairs);
        if (truncate) {
            low = Math.floor(low);
            high = Math.ceil(high);
        }
        low = Math.max(low, 0);
        high = Math.min(high, 2 * pairs - 1);
        if (low == high) {
            high += 0.001;
        }
        float[] stretched = new float[pairs];
        for (int k = 0; k < pairs; k++) {
            float ramp = Math.clamp((k - (float) low) / (float) (high - low), 0, 1);
            float kept = 1 - ramp;
            float power = (float) Math.pow((float) theta, (float) (2 * k) / (2 * pairs));
            stretched[k] = 1 / ((float) factor * power) * (1 - kept) + 1 / power * kept;
        }
        return stretched;
    }

    /** Which pair turns so many times within the trained length. */
    private double bound(double turns, double theta, int pairs) {
        return 2 * pairs * Math.log(trainedPositions / (turns * 2 * Math.PI)) / (2 * Math.log(theta));
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }
}
