package goshawk.trtbuild.tensorrt;

import goshawk.trtbuild.ModelConfig;
import goshawk.trtbuild.WeightForm;
import java.util.Optional;

/**
 * What the kernels of a few tokens are compiled for.
 *
 * @param layers of the text
 * @param hidden numbers of a token between layers; a multiple of 16, as {@code mlp} is
 * @param mlp numbers of a token within an MLP
 * @param layersForm of all matrices in the layers
 * @param headForm of the matrix that makes logits; not INT4
 */
public record DecodeSizes(
        int layers,
        int hidden,
        int mlp,
        int vocabulary,
        AttentionSizes attention,
        WeightForm layersForm,
        WeightForm headForm) {

    /** What a lane of a kernel fetches at once, and how many rows a block multiplies. */
    private static final int STEP = 16;

    public DecodeSizes {
        if (!isWhole(hidden) || !isWhole(mlp)) {
            throw new IllegalArgumentException("sizes %d and %d, want multiples of %d".formatted(hidden, mlp, STEP));
        }
        boolean hasBlocks = layersForm == WeightForm.INT4;
        int queries = attention.heads() * attention.headSize();
        if (hasBlocks && !(layersForm.fits(hidden) && layersForm.fits(mlp) && layersForm.fits(queries))) {
            throw new IllegalArgumentException(
                    "sizes %d, %d and %d are no %s".formatted(hidden, mlp, queries, layersForm.words()));
        }
        if (headForm == WeightForm.INT4) {
            throw new IllegalArgumentException("there is no kernel for a head in INT4");
        }
    }

    /** Of a model; empty if there are no kernels for it. */
    public static Optional<DecodeSizes> of(ModelConfig.Text text, WeightForm layersForm, WeightForm headForm) {
        return isWhole(text.hidden()) && isWhole(text.mlp())
                ? Optional.of(new DecodeSizes(
                        text.layers(),
                        text.hidden(),
                        text.mlp(),
                        text.vocabulary(),
                        AttentionSizes.of(text),
                        layersForm,
                        headForm))
                : Optional.empty();
    }

    private static boolean isWhole(int size) {
        return size > 0 && size % STEP == 0;
    }

    /** Numbers of all queries of a token. */
    int queries() {
        return attention.heads() * attention.headSize();
    }

    /** Numbers of all keys of a token, and of all values. */
    int keys() {
        return attention.kvHeads() * attention.headSize();
    }
}
