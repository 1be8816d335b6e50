package goshawk.appliance.domain;

import java.util.Optional;

/**
 * How good a recipe is known to be.
 *
 * @param golden the parts that it is verified with; without them no line may run it unless told so by name
 * @param calibration what makes confidences of its scores; without it a score is a score
 */
public record Qualification(Optional<GoldenSet> golden, Optional<Calibration> calibration) {

    public static final Qualification NONE = new Qualification(Optional.empty(), Optional.empty());
}
