package goshawk.trtbuild;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * What an engine takes of a GPU's memory, by arithmetic from the model's sizes: before anything is built, and therefore an
 * estimate: 9.6 GiB for the 8B in FP8 with the usual profile, as an H100 with TensorRT 10.6 took. The vision tower's attention is
 * taken to be fused, so that its scores are nowhere in memory. What the text's attention keeps of a split computation is left out: some MB, where few rows are read. All figures in bytes.
 *
 * @param text matrices of the text's layers
 * @param head the matrix that makes logits
 * @param vision all of the vision tower
 * @param others norms of the text
 * @param keysAndValues of as many tokens as the profile has
 * @param activations of a picture and of one prefill, which may be computed at the same time, what goes in and comes out, and in INT4 the largest matrix in BF16
 * @param runtime CUDA's context, TensorRT's, and what allocation leaves unused
 * @param host the embedding table, in the machine's memory: rows of it are copied as they are needed
 */
public record GpuMemory(
        GpuProfile profile,
        WeightForm form,
        long text,
        long head,
        long vision,
        long others,
        long keysAndValues,
        long activations,
        long runtime,
        long host) {

    /** Type of everything that is computed on a GPU, and of the scales. */
    static final ElementType ACTIVATIONS = ElementType.BF16;

    /** CUDA's context takes 328 MiB on an H100 with the stacks that we have, each of TensorRT's executions 2 to 6. */
    private static final long RUNTIME = 380L << 20;

    /** Pictures that are kept at once: a region and a reference; where pictures are seen ahead, the next region. */
    private static final int PICTURES = 2;

    /** What the model needs when its text's linear layers are chosen to be {@code chosen}. */
    public static GpuMemory of(ModelConfig config, GpuProfile profile, WeightForm chosen) {
        return of(config, profile, chosen, linear -> profile.form(linear, chosen));
    }

    /** @param forms of each linear layer, by the name that {@link Checkpoint#linears()} gives it */
    static GpuMemory of(ModelConfig config, GpuProfile profile, WeightForm chosen, Function<String, WeightForm> forms) {
        long text = 0;
        long vision = 0;
        long others = 0;
        for (ModelTensors.Planned tensor : ModelTensors.of(config)) {
            switch (tensor.role()) {
                case TABLE, HEAD -> {}
                default -> {
                    long bytes = bytes(tensor.name(), tensor.role(), tensor.shape(), forms);
                    boolean isMatrix = tensor.shape().size() == 2;
                    if (tensor.name().startsWith(ModelTensors.VISION)) {
                        vision += bytes;
                    } else if (isMatrix) {
                        text += bytes;
                    } else {
                        others += bytes;
                    }
                }
            }
        }
        ModelConfig.Text sizes = config.text();
        List<Long> table = List.of((long) sizes.vocabulary(), (long) sizes.hidden());
        return new GpuMemory(
                profile,
                chosen,
                text,
                bytes("lm_head.weight", ModelTensors.Role.HEAD, table, forms),
                vision,
                others,
                keysAndValues(sizes, profile.contextTokens()),
                computing(vision(config.vision(), profile), prefill(config, profile) + unpacked(sizes, chosen), profile)
                        + between(config, profile),
                RUNTIME,
                table.get(0) * table.get(1) * ACTIVATIONS.bytes());
    }

    private static long bytes(
            String name, ModelTensors.Role role, List<Long> shape, Function<String, WeightForm> forms) {
        boolean isLinear = shape.size() == 2 && role != ModelTensors.Role.BIAS;
        if (!isLinear) {
            return shape.stream().reduce((long) ACTIVATIONS.bytes(), Math::multiplyExact);
        }
        WeightForm wanted = forms.apply(name.substring(0, name.length() - ".weight".length()));
        WeightForm form = wanted.fits(shape.get(1)) ? wanted : WeightForm.BF16;
        return form.bytes(shape.get(0), shape.get(1), ACTIVATIONS);
    }

    /** Keys and values of so many tokens. */
    static long keysAndValues(ModelConfig.Text text, long tokens) {
        return 2L * text.layers() * text.kvHeads() * text.headSize() * ACTIVATIONS.bytes() * tokens;
    }

    private static long computing(long vision, long prefill, GpuProfile profile) {
        return profile.isOverlapped() ? vision + prefill : Math.max(vision, prefill);
    }

    private static long vision(ModelConfig.Vision vision, GpuProfile profile) {
        long side = profile.pictureSide() / vision.patch();
        // What lives at once in a block: its input and sum, queries, keys and values, their rotated copies, the MLP
        // twice.
        long inBlock = 10L * vision.hidden() + 2L * vision.mlp() + vision.patchSize();
        long out = (1L + vision.taps().size()) * vision.outHidden() / ((long) vision.merge() * vision.merge());
        return (inBlock + out) * ACTIVATIONS.bytes() * side * side;
    }

    private static long prefill(ModelConfig config, GpuProfile profile) {
        ModelConfig.Text text = config.text();
        long tokens = PlanLimits.of(config, profile).prefillTokens();
        long looking = (long) text.heads() * text.headSize();
        long projected = looking + 2L * text.kvHeads() * text.headSize();
        // The residual stream, its norm in FP32, queries, keys and values, what they attended to, the MLP three times.
        long inLayer = (6L * text.hidden() + projected + looking + 3L * text.mlp()) * ACTIVATIONS.bytes();
        long rotated = looking * ACTIVATIONS.bytes(); // beside what attention has as its input
        return tokens * (inLayer + rotated);
    }

    /** The largest matrix in BF16, gate and up, where TensorRT multiplies no other form of it. */
    private static long unpacked(ModelConfig.Text text, WeightForm chosen) {
        return chosen == WeightForm.INT4 ? 2L * text.mlp() * text.hidden() * ACTIVATIONS.bytes() : 0;
    }

    /** Between host and plans: pixels, pictures' features, words, keys and values of one layer that nobody keeps, logits. */
    private static long between(ModelConfig config, GpuProfile profile) {
        ModelConfig.Text text = config.text();
        ModelConfig.Vision vision = config.vision();
        PlanLimits limits = PlanLimits.of(config, profile);
        long tokens = limits.prefillTokens();
        long levels = 1L + vision.taps().size();
        int pictures = profile.isOverlapped() ? PICTURES + 1 : PICTURES;
        long features = levels * text.hidden() * limits.patches() / ((long) vision.merge() * vision.merge());
        return (long) ElementType.F32.bytes() * limits.patches() * vision.patchSize()
                + ACTIVATIONS.bytes() * (pictures * features + levels * tokens * text.hidden())
                + keysAndValues(text, tokens) / text.layers()
                + (long) ElementType.F32.bytes() * limits.asked() * text.vocabulary();
    }

    /** All of it on the device. */
    @JsonProperty(access = JsonProperty.Access.READ_ONLY)
    public long total() {
        return weights() + keysAndValues + activations + runtime;
    }

    /** All that must be free there: the embedding table too, where device and machine share their memory. */
    long needed(Gpu gpu) {
        return total() + (gpu.isShared() ? host : 0);
    }

    /** All weights on the device. */
    public long weights() {
        return text + head + vision + others;
    }

    /** Why it does not fit, with all figures; empty if it does. */
    public Optional<String> obstacle(Gpu gpu) {
        if (needed(gpu) <= gpu.freeBytes()) {
            return Optional.empty();
        }
        String smaller = switch (profile) {
            case ROOMY -> "take --profile usual or small, ";
            case USUAL -> "take --profile small, ";
            case SMALL -> "";
        };
        return Optional.of(
                "needs about %s on %s in %s (text %s, head %s, vision %s, keys and values of %,d tokens %s, activations %s, runtime %s%s), %s of %s are free; free some of it, %sor use a smaller model or a larger GPU"
                        .formatted(
                                MemoryNeed.words(needed(gpu)),
                                gpu.words(),
                                form,
                                MemoryNeed.words(text + others),
                                MemoryNeed.words(head),
                                MemoryNeed.words(vision),
                                profile.contextTokens(),
                                MemoryNeed.words(keysAndValues),
                                MemoryNeed.words(activations),
                                MemoryNeed.words(runtime),
                                gpu.isShared() ? ", embedding table " + MemoryNeed.words(host) : "",
                                MemoryNeed.words(gpu.freeBytes()),
                                MemoryNeed.words(gpu.memoryBytes()),
                                smaller));
    }
}
