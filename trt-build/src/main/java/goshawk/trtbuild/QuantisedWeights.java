package goshawk.trtbuild;

import goshawk.trtbuild.SafetensorsWriter.Entry;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A checkpoint's matrices as a {@link PrecisionPlan} wants them, in a folder of the cache beside the engines, as {@link
 * MergedAdapter} has its own: {@code X.weight} with {@code X.weight_scale} and, in FP8, {@code X.input_scale}; what stays BF16
 * is there too, of the vision tower where the checkpoint has it in blocks of FP8, and the biases that a {@link CentredInput} changes. So all of the
 * text's matrices are, whatever the checkpoint has them in: a plan is given them from here, and with the text's norms they are all that a GPU
 * computes a few tokens from. The folder's name is the hash of what goes in.
 *
 * @param weights the file, to be laid over the checkpoint with {@link Checkpoint#with}
 */
record QuantisedWeights(Path weights, PrecisionPlan plan) {

    /** Raised when other tensors or numbers come out. */
    private static final String VERSION = "quantised 4";

    private static final Logger log = LoggerFactory.getLogger(QuantisedWeights.class);
    /** Name of the file. */
    static final String WEIGHTS = "quantised.safetensors";

    private static final String REPORT = "precision.json";

    /**
     * Quantises, or finds it done. The caller holds the cache's lock.
     *
     * @param sha256 of the checkpoint's weights
     * @throws CheckpointException before anything is written if the plan does not fit the GPU, or the scales are another
     *     checkpoint's
     */
    static QuantisedWeights in(
            Path cache,
            Checkpoint checkpoint,
            String sha256,
            GpuTarget target,
            ElementType activations,
            EngineBuilder.Progress progress)
            throws IOException {
        PrecisionChoice choice = target.choice(checkpoint.config());
        ErrorBounds bounds = ErrorBounds.of(choice.form());
        // What is not FP8 depends on neither scales nor profile.
        boolean isFp8 = choice.form() == WeightForm.FP8;
        String scales = target.scales()
                .filter(_ -> isFp8)
                .map(it -> Sha256.of(it.toJson()))
                .orElse("none");
        String inputs = String.join(
                "\n",
                VERSION,
                sha256,
                Sha256.of(Files.readAllBytes(checkpoint.folder().resolve(EngineFolder.CONFIG))),
                choice.form().name(),
                isFp8 ? target.profile().name() : "any",
                bounds.toString(),
                activations.name(),
                scales);
        var quantised = new DerivedWeights<>(
                DerivedWeights.folder(cache, "quantised", inputs), WEIGHTS, REPORT, Report.class, Report::sha256);
        var fingerprints = new Fingerprints(cache);
        if (!quantised.isWhole(fingerprints)) {
            PrecisionPlan plan = PrecisionPlan.of(checkpoint, choice, target.profile(), bounds, activations, progress);
            requireRoom(checkpoint, plan, target.gpu());
            List<String> fp8 = plan.linears().entrySet().stream()
                    .filter(linear -> linear.getValue() instanceof LinearPlan.Fp8)
                    .map(Map.Entry::getKey)
                    .toList();
            target.scales().ifPresent(it -> it.require(sha256, fp8));
            quantised.write(fingerprints, file -> {
                write(file, checkpoint, plan, target, progress);
                return hash -> new Report(hash, plan);
            });
            plan.kept()
                    .forEach(linear ->
                            log.info("{} stays BF16: {}", linear, plan.linears().get(linear)));
        }
        // Done for another GPU perhaps, or because it was asked for: the layers are the same, reason and profile ours.
        PrecisionPlan plan = quantised.read().plan().because(choice, target.profile());
        requireRoom(checkpoint, plan, target.gpu());
        return new QuantisedWeights(quantised.file(), plan);
    }

    private static void requireRoom(Checkpoint checkpoint, PrecisionPlan plan, Gpu gpu) {
        plan.memory(checkpoint.config()).obstacle(gpu).ifPresent(obstacle -> {
            throw new CheckpointException("%s %s".formatted(checkpoint.folder(), obstacle));
        });
    }

    /** @param sha256 of the file beside it */
    record Report(String sha256, PrecisionPlan plan) {}

    private static void write(
            Path file, Checkpoint checkpoint, PrecisionPlan plan, GpuTarget target, EngineBuilder.Progress progress)
            throws IOException {
        SortedMap<String, Tensor> linears = checkpoint.linearsWithHead();
        linears.entrySet()
                .removeIf(linear -> linear.getKey().startsWith(ModelTensors.VISION)
                        && plan.form(linear.getKey()) == WeightForm.BF16
                        && checkpoint.scaleOf(linear.getValue()).isEmpty());
        List<Entry> entries = new ArrayList<>();
        Map<String, CentredInput> centred = new HashMap<>();
        linears.forEach((name, weight) -> {
            entries.addAll(entries(checkpoint, weight, plan.form(name), plan));
            centred(checkpoint, name, weight, plan, target).ifPresent(it -> {
                entries.addAll(it.entries());
                centred.put(name, it);
            });
        });
        List<Tensor> norms = checkpoint.textNorms();
        norms.forEach(norm -> entries.add(new Entry(norm.name(), plan.activations(), norm.shape())));
        int done = 0;
        try (SafetensorsWriter writer = SafetensorsWriter.create(file, entries)) {
            for (Map.Entry<String, Tensor> linear : linears.entrySet()) {
                WeightForm form = plan.form(linear.getKey());
                byte[] scales = new Requantiser(form, plan.activations())
                        .store(checkpoint, linear.getValue(), writer::write)
                        .scales();
                writer.write(ByteBuffer.wrap(scales));
                if (form == WeightForm.FP8) {
                    float scale = target.scales().orElseThrow().scale(linear.getKey());
                    writer.write(stored(new float[] {scale}, plan.activations()));
                }
                CentredInput input = centred.get(linear.getKey());
                if (input != null) {
                    input.write(writer);
                }
                progress.at("quantising", ++done, linears.size());
            }
            for (Tensor norm : norms) {
                writer.write(stored(WeightRows.numbers(checkpoint, norm), plan.activations()));
            }
        }
    }

    private static ByteBuffer stored(float[] numbers, ElementType type) {
        byte[] stored = new byte[numbers.length * type.bytes()];
        MemorySegment bytes = MemorySegment.ofArray(stored);
        for (int i = 0; i < numbers.length; i++) {
            Rounding.write(bytes, type, i, numbers[i]);
        }
        return ByteBuffer.wrap(stored);
    }

    private static Optional<CentredInput> centred(
            Checkpoint checkpoint, String linear, Tensor weight, PrecisionPlan plan, GpuTarget target) {
        return plan.form(linear) == WeightForm.FP8
                ? target.scales()
                        .flatMap(scales -> scales.mean(linear))
                        .map(mean -> CentredInput.of(checkpoint, linear, weight, mean, plan.activations()))
                : Optional.empty();
    }

    private static List<Entry> entries(Checkpoint checkpoint, Tensor weight, WeightForm form, PrecisionPlan plan) {
        boolean isTable = checkpoint.config().tiedHead() && weight.equals(checkpoint.head());
        String name = isTable ? Checkpoint.OWN_HEAD : weight.name();
        long out = weight.shape().getFirst();
        long in = weight.shape().getLast();
        List<Entry> entries = new ArrayList<>();
        entries.add(form.weight(name, out, in));
        if (form != WeightForm.BF16) {
            entries.add(new Entry(Checkpoint.channelScale(name), plan.activations(), form.scales(out, in)));
        }
        if (form == WeightForm.FP8) {
            entries.add(new Entry(Checkpoint.inputScale(name), plan.activations(), List.of()));
        }
        return entries;
    }
}
