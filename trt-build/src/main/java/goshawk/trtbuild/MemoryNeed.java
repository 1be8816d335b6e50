package goshawk.trtbuild;

import java.util.Optional;

/**
 * What a model takes of a machine's memory when it runs, estimated from its sizes; all figures in bytes.
 *
 * @param weights all of them, in the types that the target computes in
 */
public record MemoryNeed(ModelConfig config, Target target, long weights) {

    /** Where a model runs, and in which numbers. */
    public enum Target {
        CPU_FP32("CPU in FP32", 4, 4),
        GPU_BF16("GPU in BF16", 2, 2),
        /** Weights that are FP8 in the checkpoint stay FP8. */
        GPU_FP8("GPU in FP8", 2, 1);

        private final String words;
        private final int bytes;
        private final int fp8Bytes;

        Target(String words, int bytes, int fp8Bytes) {
            this.words = words;
            this.bytes = bytes;
            this.fp8Bytes = fp8Bytes;
        }

        /** For a person. */
        public String words() {
            return words;
        }
    }

    /** Side of the square picture that an estimate counts with, in pixels. */
    public static final int USUAL_SIDE = 1024;

    private static final int USUAL_TOKENS = 2048;

    /** Sessions and the process itself. */
    private static final long BESIDE = 200L << 20;

    public static MemoryNeed of(Checkpoint checkpoint, Target target) {
        long weights = checkpoint.tensors().stream()
                .mapToLong(tensor -> bytes(checkpoint, tensor, target))
                .sum();
        return new MemoryNeed(checkpoint.config(), target, weights);
    }

    /** What is needed beside the weights of a model that is open. */
    public static MemoryNeed besideWeights(ModelConfig config, Target target) {
        return new MemoryNeed(config, target, 0);
    }

    private static long bytes(Checkpoint checkpoint, Tensor tensor, Target target) {
        boolean isQuantised = tensor.type() == ElementType.F8_E4M3;
        long computed = tensor.elements() * (isQuantised ? target.fp8Bytes : target.bytes);
        if (!tensor.equals(checkpoint.text("embed_tokens.weight"))) {
            return computed;
        }
        // Rows are looked up in the file's own type; a tied head is computed with besides, where that is another type.
        boolean isTwice = checkpoint.config().tiedHead() && tensor.type().bytes() != target.bytes;
        return tensor.bytes() + (isTwice ? computed : 0);
    }

    /** Memory that can be taken without swapping. */
    public static long freeBytes() {
        return Memory.availableBytes();
    }

    /** Keys and values of a conversation. */
    public long keysAndValues(long tokens) {
        ModelConfig.Text text = config.text();
        return 2L * text.layers() * text.kvHeads() * text.headSize() * target.bytes * tokens;
    }

    /** Activations of the vision tower for one picture, or one film, of so many patches. */
    public long vision(long patches) {
        ModelConfig.Vision vision = config.vision();
        // What lives at once in a block: its input and sum, queries, keys and values, their rotated copies, the MLP
        // twice.
        long inBlock = 10L * vision.hidden() + 2L * vision.mlp() + vision.patchSize();
        long out = (1L + vision.taps().size()) * vision.outHidden() / ((long) vision.merge() * vision.merge());
        return (inBlock + out) * target.bytes * patches;
    }

    /** Patches of a square picture of {@link #USUAL_SIDE}. */
    public long usualPatches() {
        long side = USUAL_SIDE / config.vision().patch();
        return side * side;
    }

    /**
     * Tokens of the longest conversation that fits, beside a usual picture. A step's keys and values are written beside
     * those that it continues, so a conversation counts twice.
     */
    public int longestConversation(long freeBytes) {
        long left = freeBytes - weights - vision(usualPatches());
        return (int) Math.clamp(
                left / (2 * keysAndValues(1)), 0L, (long) config.text().maxPositions());
    }

    /** The smallest use: a short conversation about a usual picture. */
    public long least() {
        return weights + BESIDE + 2 * keysAndValues(usualTokens()) + vision(usualPatches());
    }

    private int usualTokens() {
        return Math.min(USUAL_TOKENS, config.text().maxPositions());
    }

    /** Why the smallest use does not fit, with all figures; empty if it does. */
    public Optional<String> obstacle(long freeBytes) {
        if (least() <= freeBytes) {
            return Optional.empty();
        }
        return Optional.of(
                "needs about %s of memory on a %s (weights %s, %,d tokens of conversation %s, a picture of %,d×%,d %s), %s are free; use a smaller model or a larger machine"
                        .formatted(
                                words(least()),
                                target.words(),
                                words(weights),
                                usualTokens(),
                                words(2 * keysAndValues(usualTokens())),
                                USUAL_SIDE,
                                USUAL_SIDE,
                                words(vision(usualPatches())),
                                words(freeBytes)));
    }

    /** For a person. */
    public static String words(long bytes) {
        return bytes < 1L << 30
                ? "%.0f MiB".formatted(bytes / (double) (1L << 20))
                : "%.1f GiB".formatted(bytes / (double) (1L << 30));
    }
}
