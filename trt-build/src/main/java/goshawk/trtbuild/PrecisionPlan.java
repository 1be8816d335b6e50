package goshawk.trtbuild;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * How each linear layer of a model is stored for one GPU: what was chosen, bounded by what it costs, layer by layer.
 *
 * @param activations type of what is computed, and of the scales
 * @param linears by the name that transformers has for the layer
 */
public record PrecisionPlan(
        PrecisionChoice choice,
        GpuProfile profile,
        ErrorBounds bounds,
        ElementType activations,
        SortedMap<String, LinearPlan> linears) {

    public PrecisionPlan {
        linears = new TreeMap<>(linears);
    }

    /**
     * Measures each layer that could be stored in fewer bits. Reads all of these weights once and keeps none.
     *
     * @throws CheckpointException if a weight cannot be read, or a number is not finite
     */
    public static PrecisionPlan of(
            Checkpoint checkpoint,
            PrecisionChoice choice,
            GpuProfile profile,
            ErrorBounds bounds,
            ElementType activations,
            EngineBuilder.Progress progress) {
        var linears = new TreeMap<String, LinearPlan>();
        SortedMap<String, Tensor> found = checkpoint.linearsWithHead();
        long total = found.values().stream().mapToLong(Tensor::bytes).sum();
        long done = 0;
        for (Map.Entry<String, Tensor> linear : found.entrySet()) {
            WeightForm form = profile.form(linear.getKey(), choice.form());
            linears.put(linear.getKey(), plan(checkpoint, linear.getValue(), form, bounds, activations));
            done += linear.getValue().bytes();
            progress.at("measuring what " + choice.form() + " costs", done, total);
        }
        return new PrecisionPlan(choice, profile, bounds, activations, linears);
    }

    private static LinearPlan plan(
            Checkpoint checkpoint, Tensor weight, WeightForm form, ErrorBounds bounds, ElementType activations) {
        if (form == WeightForm.BF16) {
            return new LinearPlan.Bf16(LinearPlan.Why.CHOSEN, WeightError.NONE);
        }
        if (!form.fits(weight.shape().getLast())) {
            return new LinearPlan.Bf16(LinearPlan.Why.SIZE, WeightError.NONE);
        }
        WeightError error;
        try {
            error = new Requantiser(form, activations)
                    .store(checkpoint, weight, Requantiser.Sink.NOWHERE)
                    .error();
        } catch (IOException e) {
            throw new AssertionError("nothing is written", e);
        }
        if (!bounds.allow(error)) {
            return new LinearPlan.Bf16(LinearPlan.Why.ERROR, error);
        }
        return form == WeightForm.FP8 ? new LinearPlan.Fp8(error) : new LinearPlan.Int4(error);
    }

    /** The same layers, chosen for this reason and with what else a profile says. */
    PrecisionPlan because(PrecisionChoice reason, GpuProfile profile) {
        return new PrecisionPlan(reason, profile, bounds, activations, linears);
    }

    /** Layers that were to be stored in fewer bits and are not. */
    public List<String> kept() {
        return linears.entrySet().stream()
                .filter(linear ->
                        linear.getValue() instanceof LinearPlan.Bf16(var why, var _) && why != LinearPlan.Why.CHOSEN)
                .map(Map.Entry::getKey)
                .toList();
    }

    /** The language model's layers that are stored in FP8, its head included. */
    List<String> fp8OfText() {
        return ofText().filter(linear -> form(linear) == WeightForm.FP8).toList();
    }

    /** What all matrices of the language model's layers are stored as; empty where they differ. */
    Optional<WeightForm> formOfLayers() {
        List<WeightForm> forms = ofText().filter(linear -> linear.startsWith(ModelTensors.TEXT))
                .map(this::form)
                .distinct()
                .toList();
        return forms.size() == 1 ? Optional.of(forms.getFirst()) : Optional.empty();
    }

    /** What the matrix that makes logits is stored as. */
    WeightForm formOfHead() {
        return form(ofText().filter(linear -> !linear.startsWith(ModelTensors.TEXT))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("a plan without a head")));
    }

    private Stream<String> ofText() {
        return linears.keySet().stream().filter(linear -> !linear.startsWith(ModelTensors.VISION));
    }

    /** What the model needs so, layers that stay BF16 included. */
    public GpuMemory memory(ModelConfig config) {
        return GpuMemory.of(config, profile, choice.form(), this::form);
    }

    WeightForm form(String linear) {
        LinearPlan plan = linears.get(linear);
        return plan == null ? WeightForm.BF16 : plan.form();
    }
}
