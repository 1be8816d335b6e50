package goshawk.trtbuild;

import goshawk.trtbuild.SafetensorsWriter.Entry;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A checkpoint's matrices as a {@link PrecisionPlan} wants them, in a folder of the cache beside the engines, as {@link
 * MergedAdapter} has its own: {@code X.weight} with {@code X.weight_scale} and, in FP8, {@code X.input_scale}; what stays BF16
 * is there where the checkpoint has it in blocks of FP8, and the biases that a {@link CentredInput} changes. The folder's name is the hash of what goes in.
 *
 * @param weights the file, to be laid over the checkpoint with {@link Checkpoint#with}
 */
record QuantisedWeights(Path weights, PrecisionPlan plan) {

    /** Raised when other numbers come out, or in another order. */
    private static final String VERSION = "quantised 3";

    private static final Logger log = LoggerFactory.getLogger(QuantisedWeights.class);
    private static final String WEIGHTS = "quantised.safetensors";
    private static final String REPORT = "precision.json";
    private static final Pattern QUERIES_KEYS_VALUES = Pattern.compile("(.*\\.self_attn)\\.([qkv])_proj");

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
        String scales = target.scales().map(it -> Sha256.of(it.toJson())).orElse("none");
        String inputs = String.join(
                "\n",
                VERSION,
                sha256,
                Sha256.of(Files.readAllBytes(checkpoint.folder().resolve(EngineFolder.CONFIG))),
                choice.form().name(),
                target.profile().name(),
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
        // Done for another GPU perhaps, or because it was asked for: the layers are the same, the reason is this one's.
        PrecisionPlan plan = quantised.read().plan().because(choice);
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
        List<Linear> linears = checkpoint.linearsWithHead().entrySet().stream()
                .map(linear -> new Linear(
                        linear.getKey(),
                        linear.getValue(),
                        plan.form(linear.getKey()),
                        centred(checkpoint, linear.getKey(), linear.getValue(), plan, target)))
                .filter(linear -> linear.form != WeightForm.BF16
                        || checkpoint.scaleOf(linear.weight).isPresent())
                .toList();
        List<List<Linear>> bundles = bundles(linears);
        List<Entry> entries = bundles.stream()
                .flatMap(bundle -> entries(checkpoint, bundle, plan.activations()))
                .toList();
        int done = 0;
        try (SafetensorsWriter writer = SafetensorsWriter.create(file, entries)) {
            for (List<Linear> bundle : bundles) {
                List<byte[]> scales = new ArrayList<>();
                for (Linear linear : bundle) {
                    scales.add(new Requantiser(linear.form, plan.activations())
                            .store(checkpoint, linear.weight, writer::write)
                            .scales());
                    progress.at("quantising", ++done, linears.size());
                }
                for (byte[] own : scales) {
                    writer.write(ByteBuffer.wrap(own));
                }
                for (Linear linear : bundle) {
                    if (linear.form == WeightForm.FP8) {
                        float scale = target.scales().orElseThrow().scale(linear.name);
                        byte[] stored = new byte[plan.activations().bytes()];
                        Rounding.write(MemorySegment.ofArray(stored), plan.activations(), 0, scale);
                        writer.write(ByteBuffer.wrap(stored));
                    }
                }
                for (Linear linear : bundle) {
                    if (linear.centred.isPresent()) {
                        linear.centred.get().write(writer);
                    }
                }
            }
        }
    }

    /** @param centred the biases that change with it, if any do */
    private record Linear(String name, Tensor weight, WeightForm form, Optional<CentredInput> centred) {}

    /**
     * Layers by what lies together in the file. Queries, keys and values of a layer are products of the same numbers; where all
     * three are FP8 they are one bundle, in this order.
     */
    private static List<List<Linear>> bundles(List<Linear> linears) {
        var sides = new LinkedHashMap<String, SortedMap<Integer, Linear>>();
        for (Linear linear : linears) {
            Matcher side = QUERIES_KEYS_VALUES.matcher(linear.name);
            boolean isSide = side.matches() && linear.form == WeightForm.FP8;
            sides.computeIfAbsent(isSide ? side.group(1) : linear.name, _ -> new TreeMap<>())
                    .put(isSide ? "qkv".indexOf(side.group(2)) : 0, linear);
        }
        return sides.values().stream()
                .flatMap(bundle -> bundle.size() == 3
                        ? Stream.of(List.copyOf(bundle.values()))
                        : bundle.values().stream().map(List::of))
                .toList();
    }

    private static Optional<CentredInput> centred(
            Checkpoint checkpoint, String linear, Tensor weight, PrecisionPlan plan, GpuTarget target) {
        return plan.form(linear) == WeightForm.FP8
                ? target.scales()
                        .flatMap(scales -> scales.mean(linear))
                        .map(mean -> CentredInput.of(checkpoint, linear, weight, mean, plan.activations()))
                : Optional.empty();
    }

    /** A bundle's matrices one below the other, then the scales of their channels, then those of their inputs. */
    private static Stream<Entry> entries(Checkpoint checkpoint, List<Linear> bundle, ElementType activations) {
        List<Entry> weights = new ArrayList<>();
        List<Entry> scales = new ArrayList<>();
        List<Entry> inputs = new ArrayList<>();
        List<Entry> biases = new ArrayList<>();
        for (Linear linear : bundle) {
            Tensor weight = linear.weight;
            boolean isTable = checkpoint.config().tiedHead() && weight.equals(checkpoint.head());
            String name = isTable ? Checkpoint.OWN_HEAD : weight.name();
            long out = weight.shape().getFirst();
            long in = weight.shape().getLast();
            weights.add(linear.form.weight(name, out, in));
            if (linear.form != WeightForm.BF16) {
                scales.add(new Entry(Checkpoint.channelScale(name), activations, linear.form.scales(out, in)));
            }
            if (linear.form == WeightForm.FP8) {
                inputs.add(new Entry(Checkpoint.inputScale(name), activations, List.of()));
            }
            linear.centred.ifPresent(it -> biases.addAll(it.entries()));
        }
        return Stream.of(weights, scales, inputs, biases).flatMap(List::stream);
    }
}
