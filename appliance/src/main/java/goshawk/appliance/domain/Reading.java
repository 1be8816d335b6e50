package goshawk.appliance.domain;

import goshawk.camera.Region;
import goshawk.camera.Views;
import java.util.Optional;

/**
 * What the model read of one code, and how that compares with what it should be.
 *
 * @param code id of the {@link CodePrompt}
 * @param text in its normal form; empty where the model says that nothing can be read
 * @param score product of the chosen tokens' shares among those that the answer's form allows, in [0, 1]. No confidence
 * @param region where it was looked for, in pixels of the original picture of {@code view}
 * @param expected in words: a text, a pattern, a check
 * @param view whose picture it was read in; {@link Views#ONLY} where there is but one
 */
public record Reading(
        String code,
        String question,
        Optional<String> text,
        double score,
        Region region,
        String expected,
        Outcome outcome,
        String view) {

    /** What follows from it. Everything but a match calls an operator. */
    public enum Outcome {
        MATCH,
        /** Another text than expected. */
        CONFLICT,
        /** The model says that it cannot read it. */
        UNREADABLE,
        /** The right text, read with too low a score. */
        DOUBTFUL;

        /** The defect code of its finding. */
        String defect() {
            return switch (this) {
                case MATCH -> throw new IllegalArgumentException("a match is no finding");
                case CONFLICT -> "code_conflict";
                case UNREADABLE -> "code_unreadable";
                case DOUBTFUL -> "code_doubtful";
            };
        }
    }

    public Reading {
        if (!(score >= 0 && score <= 1)) {
            throw new IllegalArgumentException("code %s: score %s is no share".formatted(code, score));
        }
        if (text.isEmpty() != (outcome == Outcome.UNREADABLE)) {
            throw new IllegalArgumentException("code %s: %s is not %s".formatted(code, text, outcome));
        }
    }

    /** As {@link #of(CodePrompt, Optional, double, Region, String)}, in the only view. */
    public static Reading of(CodePrompt prompt, Optional<String> text, double score, Region region) {
        return of(prompt, text, score, region, Views.ONLY);
    }

    /** @param text as the model wrote it; empty where it says that nothing can be read */
    public static Reading of(CodePrompt prompt, Optional<String> text, double score, Region region, String view) {
        var expected = prompt.expected();
        Optional<String> normal = text.map(expected.normalForm()::of).filter(it -> !it.isEmpty());
        Outcome outcome = normal.isEmpty()
                ? Outcome.UNREADABLE
                : !expected.isMet(normal.get())
                        ? Outcome.CONFLICT
                        : score < prompt.reviewBelow() ? Outcome.DOUBTFUL : Outcome.MATCH;
        return new Reading(prompt.id(), prompt.question(), normal, score, region, expected.words(), outcome, view);
    }

    public boolean isMatch() {
        return outcome == Outcome.MATCH;
    }

    /** Both texts, for the operator who decides. */
    public Finding finding() {
        String answer = "read %s, expected %s"
                .formatted(text.map(it -> '"' + it + '"').orElse("nothing"), expected.isEmpty() ? "a text" : expected);
        return new Finding(code, outcome.defect(), score, region, answer, view);
    }
}
