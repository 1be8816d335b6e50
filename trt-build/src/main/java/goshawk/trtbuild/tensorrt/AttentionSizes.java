package goshawk.trtbuild.tensorrt;

import goshawk.trtbuild.CheckpointException;
import goshawk.trtbuild.ModelConfig;

/**
 * What the kernels of the text's attention are compiled for.
 *
 * @param heads query heads
 * @param kvHeads key and value heads; divides {@code heads}
 * @param headSize a multiple of 16, at most 256
 * @param normEpsilon of the norms of queries and keys
 */
public record AttentionSizes(int heads, int kvHeads, int headSize, float normEpsilon) {

    /** Numbers of 32 bits in which attention is told where keys and values lie: the size of {@code places}. */
    public static final int PLACES = 20;

    private static final int STEP = 16;
    private static final int MOST = 256;

    /** That it is written for: a head, and packed queries that are whole tokens. */
    static final int HEAD_OF_MANY = 128;

    private static final int TOGETHER_OF_MANY = 16;

    /** @throws CheckpointException if there are no kernels for them */
    public AttentionSizes {
        if (headSize < STEP || headSize > MOST || headSize % STEP != 0) {
            throw new CheckpointException(
                    "attention on a GPU takes heads whose size is a multiple of %d and at most %d, and head_dim is %d"
                            .formatted(STEP, MOST, headSize));
        }
        if (kvHeads < 1 || heads < kvHeads || heads % kvHeads != 0) {
            throw new CheckpointException(
                    "attention on a GPU takes as many query heads for each key head, and there are %d and %d"
                            .formatted(heads, kvHeads));
        }
    }

    /** Of a model. */
    public static AttentionSizes of(ModelConfig.Text text) {
        return new AttentionSizes(text.heads(), text.kvHeads(), text.headSize(), text.normEpsilon());
    }

    /** Whether there is a kernel for many rows besides, on a GPU that {@link goshawk.trtbuild.Gpu#isHopper()}. */
    boolean hasMany() {
        return headSize == HEAD_OF_MANY && TOGETHER_OF_MANY % group() == 0;
    }

    /** Query heads that share a key head. */
    int group() {
        return heads / kvHeads;
    }
}
