package goshawk.trtbuild.tensorrt;

import goshawk.trtbuild.ModelConfig;

/**
 * What the kernels of the text plan's operators are compiled for.
 *
 * @param hidden numbers of a token between layers
 * @param mlp numbers of a token within an MLP
 */
public record OperatorSizes(AttentionSizes attention, int hidden, int mlp) {

    /** Numbers of a row that a kernel of many tokens fetches at once, and columns that it makes. */
    private static final int TILE = 128;

    /** @throws goshawk.trtbuild.CheckpointException if there are no kernels for its attention */
    public static OperatorSizes of(ModelConfig.Text text) {
        return new OperatorSizes(AttentionSizes.of(text), text.hidden(), text.mlp());
    }

    /** Whether there is a kernel of gate and up for many tokens, on a GPU that {@link goshawk.trtbuild.Gpu#isHopper()}. */
    public boolean hasGated() {
        return hidden % TILE == 0 && mlp % TILE == 0;
    }
}
