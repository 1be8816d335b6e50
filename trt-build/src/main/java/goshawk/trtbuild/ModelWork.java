package goshawk.trtbuild;

import java.util.List;
import java.util.function.Function;

/**
 * What each call of an engine must read and compute at least, by arithmetic from the model's sizes and from how its weights
 * are stored. A multiplication and an addition are two operations; what is small beside matrices and attention is left out.
 * Of the text's last layer, only those tokens whose logits are asked need more than keys and values.
 */
public final class ModelWork {

    private final ModelConfig config;
    private final ElementType activations;
    private final Weights everyToken;
    private final Weights askedTokens;
    private final Weights everyPatch;
    private final Weights everyPictureToken;

    /**
     * Of one call.
     *
     * @param bytes of weights, keys and values that are read once
     * @param fp8Operations those on two FP8 matrices
     * @param operations all others
     */
    public record Call(long bytes, double fp8Operations, double operations) {

        /**
         * The time below which no machine gets, in seconds: it reads while it computes, and does each at its measured rate.
         *
         * @param bytesPerSecond at which it copies, bytes read and written counted
         * @param fp8PerSecond operations of an FP8 matrix product; of no account where there are none
         * @param perSecond operations of a matrix product in the type of the activations
         */
        public double floor(double bytesPerSecond, double fp8PerSecond, double perSecond) {
            double fp8 = fp8Operations == 0 ? 0 : fp8Operations / fp8PerSecond;
            return Math.max(bytes / bytesPerSecond, fp8 + operations / perSecond);
        }
    }

    /** Weights that meet the same rows of activations, numbers counted by how they are multiplied. */
    private record Weights(long bytes, long fp8, long others) {

        static final Weights NONE = new Weights(0, 0, 0);

        Weights plus(Weights more) {
            return new Weights(bytes + more.bytes, fp8 + more.fp8, others + more.others);
        }

        Call with(long rows) {
            return new Call(bytes, 2.0 * fp8 * rows, 2.0 * others * rows);
        }
    }

    /**
     * @param activations type of what is computed, and of weights that are stored in no fewer bits
     * @param forms how each linear layer is stored, by the name that {@link Checkpoint#linears()} gives it; {@link
     *     WeightForm#BF16} stands for the type of the activations
     */
    ModelWork(ModelConfig config, ElementType activations, Function<String, WeightForm> forms) {
        this.config = config;
        this.activations = activations;
        Weights every = Weights.NONE;
        Weights asked = head(forms);
        Weights patches = Weights.NONE;
        Weights tokens = Weights.NONE;
        String last = ModelTensors.TEXT + "layers.%d.".formatted(config.text().layers() - 1);
        for (ModelTensors.Planned tensor : ModelTensors.of(config)) {
            if (tensor.role() == ModelTensors.Role.TABLE || tensor.role() == ModelTensors.Role.HEAD) {
                continue;
            }
            String name = tensor.name();
            Weights weights = weights(tensor, forms);
            boolean isOfAll = !name.startsWith(last) || name.contains("k_proj") || name.contains("v_proj");
            if (name.startsWith(ModelTensors.TEXT)) {
                every = isOfAll ? every.plus(weights) : every;
                asked = isOfAll ? asked : asked.plus(weights);
            } else if (name.contains("merger")) {
                tokens = tokens.plus(weights);
            } else {
                patches = patches.plus(weights);
            }
        }
        this.everyToken = every;
        this.askedTokens = asked;
        this.everyPatch = patches;
        this.everyPictureToken = tokens;
    }

    /** Of an engine that was built; one for a GPU computes in BF16, any other in FP32. */
    public static ModelWork of(EngineFolder folder) {
        Manifest manifest = folder.manifest();
        Manifest.Quantised quantised = manifest.quantised();
        return new ModelWork(
                folder.config(),
                manifest.target().profile().equals(TargetProfile.TENSORRT.name()) ? ElementType.BF16 : ElementType.F32,
                quantised == null ? _ -> WeightForm.BF16 : quantised.plan()::form);
    }

    private Weights head(Function<String, WeightForm> forms) {
        ModelConfig.Text text = config.text();
        return matrix(text.vocabulary(), text.hidden(), forms.apply("lm_head"));
    }

    private Weights weights(ModelTensors.Planned tensor, Function<String, WeightForm> forms) {
        List<Long> shape = tensor.shape();
        long numbers = shape.stream().reduce(1L, Math::multiplyExact);
        boolean isAdded = tensor.role() == ModelTensors.Role.BIAS || tensor.role() == ModelTensors.Role.GAIN;
        if (isAdded) {
            return new Weights(numbers * activations.bytes(), 0, 0);
        }
        String layer = tensor.name().substring(0, tensor.name().length() - ".weight".length());
        // The convolution over patches is a matrix too, that stays as it is.
        return shape.size() == 2
                ? matrix(shape.get(0), shape.get(1), forms.apply(layer))
                : new Weights(numbers * activations.bytes(), 0, numbers);
    }

    private Weights matrix(long out, long in, WeightForm wanted) {
        WeightForm form = wanted.fits(in) ? wanted : WeightForm.BF16;
        long bytes = form == WeightForm.BF16 ? out * in * activations.bytes() : form.bytes(out, in, activations);
        return form == WeightForm.FP8 ? new Weights(bytes, out * in, 0) : new Weights(bytes, 0, out * in);
    }

    /** Type of what is computed. */
    public ElementType activations() {
        return activations;
    }

    /** A picture of {@code rows × columns} patches. */
    public Call see(int rows, int columns) {
        ModelConfig.Vision vision = config.vision();
        long patches = (long) rows * columns;
        double attention = 4.0 * patches * patches * vision.hidden() * vision.depth();
        return sum(
                everyPatch.with(patches),
                everyPictureToken.with(patches / ((long) vision.merge() * vision.merge())),
                new Call(0, 0, attention));
    }

    /** {@code tokens} tokens behind {@code past}, and the logits of the one that follows. */
    public Call read(long past, long tokens) {
        return text(past, tokens, tokens * past + tokens * (tokens + 1) / 2, 1);
    }

    /** What follows each of several continuations of {@code past}, no two of which begin alike. */
    public Call ask(long past, int continuations, long tokensEach) {
        long seen = tokensEach * past + tokensEach * (tokensEach + 1) / 2;
        return text(past, continuations * tokensEach, continuations * seen, continuations);
    }

    /** @param seen pairs of a new token and one that it sees */
    private Call text(long past, long tokens, long seen, int asked) {
        ModelConfig.Text text = config.text();
        long seenByAsked = asked * (past + tokens / asked);
        double pairs = (text.layers() - 1.0) * seen + seenByAsked;
        long keysAndValues = 2L * text.layers() * text.kvHeads() * text.headSize() * activations.bytes();
        return sum(
                everyToken.with(tokens),
                askedTokens.with(asked),
                new Call(keysAndValues * (past + tokens), 0, 4.0 * text.heads() * text.headSize() * pairs));
    }

    private static Call sum(Call... calls) {
        Call sum = new Call(0, 0, 0);
        for (Call call : calls) {
            sum = new Call(
                    sum.bytes + call.bytes, sum.fp8Operations + call.fp8Operations, sum.operations + call.operations);
        }
        return sum;
    }
}
