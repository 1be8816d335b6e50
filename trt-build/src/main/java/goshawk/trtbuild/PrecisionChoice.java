package goshawk.trtbuild;

import java.util.function.Function;

/**
 * What the text's linear layers are stored as on one GPU.
 *
 * @param why one sentence, for a person: the same for the same GPU and model, whatever else runs there
 */
public record PrecisionChoice(WeightForm form, String why) {

    /** What is asked for. */
    public enum Wish {
        /** What the GPU does fastest, of what fits. */
        AUTO,
        FP8,
        BF16,
        INT4
    }

    /**
     * @param memory what the model needs in each form
     * @throws CheckpointException if the GPU cannot do it or has no room for it, with what can be done instead
     */
    public static PrecisionChoice of(Gpu gpu, Wish wish, Function<WeightForm, GpuMemory> memory) {
        if (!gpu.hasBf16()) {
            throw new CheckpointException("%s does not compute in BF16; use a GPU of SM 8.0 or newer, or the CPU engine"
                    .formatted(gpu.words()));
        }
        PrecisionChoice choice = switch (wish) {
            case AUTO -> automatic(gpu, memory);
            case FP8 -> {
                requireFp8(gpu);
                yield asked(WeightForm.FP8);
            }
            case BF16 -> asked(WeightForm.BF16);
            case INT4 -> asked(WeightForm.INT4);
        };
        memory.apply(choice.form()).obstacle(gpu).ifPresent(obstacle -> {
            throw new CheckpointException("the model " + obstacle);
        });
        return choice;
    }

    private static PrecisionChoice asked(WeightForm form) {
        return new PrecisionChoice(form, form.name() + ", because it was asked for.");
    }

    private static PrecisionChoice automatic(Gpu gpu, Function<WeightForm, GpuMemory> memory) {
        String lacks = gpu.fp8() == Gpu.Fp8.OWN_KERNELS
                ? "has no FP8 arithmetic (kernels that do without are not part of this version)"
                : "has no FP8 arithmetic";
        if (gpu.fp8() == Gpu.Fp8.TENSOR_CORES) {
            return new PrecisionChoice(
                    WeightForm.FP8,
                    "FP8, because %s multiplies it and reads half as many bytes as in BF16.".formatted(gpu.words()));
        }
        GpuMemory plain = memory.apply(WeightForm.BF16);
        if (plain.obstacle(gpu).isEmpty()) {
            return new PrecisionChoice(
                    WeightForm.BF16, "BF16, because it fits and %s %s.".formatted(gpu.words(), lacks));
        }
        return new PrecisionChoice(
                WeightForm.INT4,
                "INT4 weights with BF16 arithmetic, because %s %s and BF16 would need %s, more than is free."
                        .formatted(gpu.words(), lacks, MemoryNeed.words(plain.needed(gpu))));
    }

    private static void requireFp8(Gpu gpu) {
        String remedy = "want --precision bf16 or int4";
        switch (gpu.fp8()) {
            case TENSOR_CORES -> {}
            case OWN_KERNELS ->
                throw new CheckpointException(
                        "%s has no FP8 arithmetic, and kernels that do without are not part of this version; %s"
                                .formatted(gpu.words(), remedy));
            case NOT ->
                throw new CheckpointException(
                        "%s has no FP8 arithmetic, SM 8.9 and newer have; %s".formatted(gpu.words(), remedy));
        }
    }
}
