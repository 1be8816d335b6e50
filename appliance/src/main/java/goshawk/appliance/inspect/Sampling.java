package goshawk.appliance.inspect;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * How the next token is chosen. What does not apply is left at its neutral value.
 *
 * @param temperature 0 takes the likeliest token, 1 the model's shares as they are
 * @param topK how many of the likeliest tokens take part (and all that are as likely as the last of them); 0 for all
 * @param topP the likeliest that together have this share take part, in (0, 1]; 1 for all
 * @param minP tokens with less than this share of the likeliest one's share do not take part, in [0, 1]; 0 for all
 * @param repetitionPenalty logits of tokens that stand in the prompt or in the answer are divided by it where positive,
 *     multiplied where negative; greater than 0, 1 for none
 * @param presencePenalty taken from the logit of every token that stands in the answer, as OpenAI defines it; 0 for none
 * @param frequencyPenalty likewise, once for each time that it stands there; 0 for none
 * @param seed the same one gives the same choices
 */
public record Sampling(
        double temperature,
        int topK,
        double topP,
        double minP,
        double repetitionPenalty,
        double presencePenalty,
        double frequencyPenalty,
        long seed) {

    /** Always the likeliest token: what inspection does. */
    public static final Sampling GREEDY = new Sampling(0, 0, 1, 0, 1, 0, 0, 0);

    public Sampling {
        check("temperature", temperature, temperature >= 0, "at least 0");
        check("top_k", topK, topK >= 0, "at least 0");
        check("top_p", topP, topP > 0 && topP <= 1, "in (0, 1]");
        check("min_p", minP, minP >= 0 && minP <= 1, "in [0, 1]");
        check("repetition_penalty", repetitionPenalty, repetitionPenalty > 0, "greater than 0");
        check("presence_penalty", presencePenalty, true, "a number");
        check("frequency_penalty", frequencyPenalty, true, "a number");
    }

    private static void check(String name, double value, boolean isRight, String want) {
        if (!isRight || !Double.isFinite(value)) {
            throw new IllegalArgumentException("%s must be %s, got %s".formatted(name, want, value));
        }
    }

    /**
     * What a checkpoint's {@code generation_config.json} recommends. Members that it lacks are neutral; without
     * {@code "do_sample": true} it is greedy.
     */
    static Sampling in(JsonNode config) {
        boolean samples = config.path("do_sample").asBoolean(false);
        return new Sampling(
                samples ? config.path("temperature").asDouble(1) : 0,
                samples ? config.path("top_k").asInt(0) : 0,
                samples ? config.path("top_p").asDouble(1) : 1,
                samples ? config.path("min_p").asDouble(0) : 0,
                config.path("repetition_penalty").asDouble(1),
                0,
                0,
                0);
    }

    public Sampling withTemperature(double value) {
        return new Sampling(value, topK, topP, minP, repetitionPenalty, presencePenalty, frequencyPenalty, seed);
    }

    public Sampling withTopK(int value) {
        return new Sampling(temperature, value, topP, minP, repetitionPenalty, presencePenalty, frequencyPenalty, seed);
    }

    public Sampling withTopP(double value) {
        return new Sampling(temperature, topK, value, minP, repetitionPenalty, presencePenalty, frequencyPenalty, seed);
    }

    public Sampling withMinP(double value) {
        return new Sampling(temperature, topK, topP, value, repetitionPenalty, presencePenalty, frequencyPenalty, seed);
    }

    /** All three; see the members. */
    public Sampling withPenalties(double repetition, double presence, double frequency) {
        return new Sampling(temperature, topK, topP, minP, repetition, presence, frequency, seed);
    }

    public Sampling withSeed(long value) {
        return new Sampling(temperature, topK, topP, minP, repetitionPenalty, presencePenalty, frequencyPenalty, value);
    }
}
