package goshawk.trtbuild;

import java.util.Optional;

/**
 * What graphs with quantised layers are made for.
 *
 * @param scales of the checkpoint's activations; needed where FP8 is chosen
 */
public record GpuTarget(Gpu gpu, PrecisionChoice.Wish wish, GpuProfile profile, Optional<ActivationScales> scales) {

    /** What is chosen for a model of these sizes; refused, with all figures, where the GPU cannot do it or has no room. */
    PrecisionChoice choice(ModelConfig config) {
        PrecisionChoice choice = PrecisionChoice.of(gpu, wish, form -> GpuMemory.of(config, profile, form));
        if (choice.form() == WeightForm.FP8 && scales.isEmpty()) {
            throw new CheckpointException(
                    "FP8 needs scales of the activations: make them with ./goshawk engine calibrate, or take BF16 or INT4");
        }
        return choice;
    }
}
