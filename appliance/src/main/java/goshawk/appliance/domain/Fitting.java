package goshawk.appliance.domain;

import java.util.OptionalDouble;

/**
 * When a part was fitted, as the model says.
 *
 * @param at seconds after the clip's first frame; empty when it was not fitted in this clip
 * @param score share of all times together when there is a time, of "never" when there is none; in [0, 1]. No confidence
 */
public record Fitting(String part, OptionalDouble at, double score) {

    public Fitting {
        if (!(score >= 0 && score <= 1)) {
            throw new IllegalArgumentException("%s: score %s is no share".formatted(part, score));
        }
    }
}
