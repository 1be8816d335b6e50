package goshawk.trtbuild;

import java.util.Arrays;
import java.util.Optional;

/** How much an engine for a GPU can do at once, and how much of it is stored in fewer bits. */
public enum GpuProfile {
    /** All linear layers are quantised where the GPU multiplies FP8, head and vision tower too. */
    USUAL(8192, 1024, true, true),
    /** Head and vision tower stay BF16, for a GPU with room and a checkpoint that FP8 costs too much there. */
    ROOMY(8192, 1024, false, true),
    /** For cards of 10 GB: as {@link #USUAL}, with shorter conversations, smaller pictures, and one thing after the other. */
    SMALL(2048, 768, true, false);

    private final int contextTokens;
    private final int pictureSide;
    private final boolean isAllFp8;
    private final boolean isOverlapped;

    GpuProfile(int contextTokens, int pictureSide, boolean isAllFp8, boolean isOverlapped) {
        this.contextTokens = contextTokens;
        this.pictureSide = pictureSide;
        this.isAllFp8 = isAllFp8;
        this.isOverlapped = isOverlapped;
    }

    /** @param name in any case */
    public static Optional<GpuProfile> named(String name) {
        return Arrays.stream(values())
                .filter(profile -> profile.name().equalsIgnoreCase(name))
                .findFirst();
    }

    /** Tokens whose keys and values fit into device memory, of all conversations together. */
    public int contextTokens() {
        return contextTokens;
    }

    /** Side of the largest square picture, in pixels. */
    public int pictureSide() {
        return pictureSide;
    }

    /** Whether pictures are seen while a conversation goes on, which takes memory for both at once. */
    public boolean isOverlapped() {
        return isOverlapped;
    }

    /**
     * What a linear layer should be stored as.
     *
     * @param linear as {@link Checkpoint#linears()} names it
     * @param chosen for the text's layers
     */
    WeightForm form(String linear, WeightForm chosen) {
        boolean isLayer = linear.startsWith(ModelTensors.TEXT + "layers.");
        return isLayer || (isAllFp8 && chosen == WeightForm.FP8) ? chosen : WeightForm.BF16;
    }
}
