package goshawk.appliance.domain;

import java.util.OptionalDouble;

/**
 * What the model's logits say to one prompt in one of its regions: the softmax over its verdict tokens. No confidence until the recipe is
 * calibrated.
 *
 * @param region name of the recipe's region that was looked at
 * @param score share of REJECT, in [0, 1]
 * @param doubt share of REVIEW, in [0, 1]; {@code score + doubt <= 1}, the rest is PASS
 * @param confidence that the part has the defect, in [0, 1]; empty until the recipe is calibrated
 */
public record PromptScore(DefectPrompt prompt, String region, double score, double doubt, OptionalDouble confidence) {

    /** A score that no calibration speaks of. */
    public PromptScore(DefectPrompt prompt, String region, double score, double doubt) {
        this(prompt, region, score, doubt, OptionalDouble.empty());
    }

    public PromptScore {
        if (!(score >= 0 && doubt >= 0 && score + doubt <= 1 + 1e-6)) { // also refuses NaN
            throw new IllegalArgumentException("prompt %s in %s: score %s and doubt %s are no shares"
                    .formatted(prompt.id(), region, score, doubt));
        }
    }

    PromptScore withConfidence(OptionalDouble confidence) {
        return new PromptScore(prompt, region, score, doubt, confidence);
    }

    public boolean rejects() {
        return score >= prompt.rejectAt();
    }

    /** True when the part is not clearly free of this defect: it is rejected or doubtful. */
    public boolean needsExplanation() {
        return rejects() || score + doubt >= prompt.reviewAt();
    }
}
