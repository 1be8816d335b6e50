package goshawk.trtbuild;

import java.util.Arrays;
import java.util.Optional;

/** How much an engine for a GPU can do at once, and how much of it is stored in fewer bits. */
public enum GpuProfile {
    /** The text's linear layers are quantised, head and vision tower stay BF16. */
    USUAL(8192, 1280, false),
    /** As long conversations in less memory: head and vision tower in FP8 too where the GPU multiplies that. */
    COMPACT(8192, 1280, true),
    /** For cards of 10 GB: as {@link #COMPACT}, with shorter conversations. */
    SMALL(2048, 1024, true);

    /** Side of the largest square picture, in pixels. */
    static final int PICTURE_SIDE = 1024;

    private final int contextTokens;
    private final int prefillTokens;
    private final boolean isAllFp8;

    GpuProfile(int contextTokens, int prefillTokens, boolean isAllFp8) {
        this.contextTokens = contextTokens;
        this.prefillTokens = prefillTokens;
        this.isAllFp8 = isAllFp8;
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

    /** Tokens that are read in one pass. */
    public int prefillTokens() {
        return prefillTokens;
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
