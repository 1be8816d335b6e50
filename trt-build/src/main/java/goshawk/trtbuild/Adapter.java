package goshawk.trtbuild;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A PEFT LoRA adapter, checked against the checkpoint that it is for: {@code adapter_config.json} and {@code
 * adapter_model.safetensors}. Memory is mapped, nothing is copied.
 */
final class Adapter implements AutoCloseable {

    static final String CONFIG = "adapter_config.json";
    static final String WEIGHTS = "adapter_model.safetensors";

    private static final String TEXT = "model.language_model.";
    private static final String VISION = "model.visual.";
    private static final String HEAD = "lm_head";

    /** Module and half of a key; the adapter's own name in it ("default") is left out when PEFT saves. */
    private static final Pattern KEY =
            Pattern.compile("(?:base_model\\.model\\.)?(?<module>.+)\\.lora_(?<half>[AB])(?:\\.[^.]+)?\\.weight");

    private static final Pattern WHOLE =
            Pattern.compile("(?:.+\\.)?(?<layer>lm_head|embed_tokens)(?:\\.base_layer)?\\.weight");

    private static final Pattern TEXT_MODULE =
            Pattern.compile("(?<prefix>(?:(?:model|language_model)\\.)*)(?<module>layers\\.\\d+\\..+)");
    private static final Pattern VISION_MODULE = Pattern.compile("(?<prefix>(?:model\\.)*visual\\.)(?<module>.+)");
    private static final Pattern HEAD_MODULE = Pattern.compile("(?:(?:model|language_model)\\.)*lm_head");

    private final Path folder;
    private final Safetensors weights;
    private final List<Change> changes;

    /**
     * What one matrix becomes: {@code base + scale · b · a}.
     *
     * @param base {@code [out, in]}, possibly quantised
     * @param a {@code [rank, in]}
     * @param b {@code [out, rank]}
     */
    record Change(Tensor base, Tensor a, Tensor b, double scale) {

        int rank() {
            return Math.toIntExact(a.shape().getFirst());
        }
    }

    private record Pair(String module, Tensor a, Tensor b) {}

    private Adapter(Path folder, Safetensors weights, List<Change> changes) {
        this.folder = folder;
        this.weights = weights;
        this.changes = changes;
    }

    /**
     * Opens an adapter; reads its configuration and header, no weight.
     *
     * @param base the checkpoint that it changes
     * @throws CheckpointException naming what is missing, does not fit or cannot be merged
     */
    static Adapter open(Path folder, Checkpoint base) {
        if (!Files.isRegularFile(folder.resolve(CONFIG)) || !Files.isRegularFile(folder.resolve(WEIGHTS))) {
            throw new CheckpointException("%s has no %s with %s; name the folder that PEFT saved the adapter in"
                    .formatted(folder, CONFIG, WEIGHTS));
        }
        AdapterTargets targets = AdapterTargets.of(json(folder.resolve(CONFIG)), folder.resolve(CONFIG));
        Safetensors weights;
        try {
            weights = Safetensors.open(folder.resolve(WEIGHTS).toRealPath());
        } catch (IOException e) {
            throw new CheckpointException("cannot read %s: %s".formatted(folder.resolve(WEIGHTS), e), e);
        }
        try {
            return new Adapter(folder, weights, new Reader(weights, targets, base).changes());
        } catch (RuntimeException e) {
            weights.close();
            throw e;
        }
    }

    Path folder() {
        return folder;
    }

    Safetensors weights() {
        return weights;
    }

    /** One for each matrix that changes, by the name of its tensor. */
    List<Change> changes() {
        return changes;
    }

    /** The numbers of A or B as FP32, row after row. */
    float[] numbers(Tensor half) {
        float[] values = new float[Math.toIntExact(half.elements())];
        MemorySegment bytes = weights.bytes(half);
        for (int i = 0; i < values.length; i++) {
            values[i] = Rounding.read(bytes, half.type(), i);
            if (!Float.isFinite(values[i])) {
                throw new CheckpointException("%s: %s holds %s at %d; the training went wrong, train again"
                        .formatted(weights.file(), half.name(), values[i], i));
            }
        }
        return values;
    }

    @Override
    public void close() {
        weights.close();
    }

    private static JsonNode json(Path file) {
        try {
            return new ObjectMapper().readTree(file.toFile());
        } catch (IOException e) {
            throw new CheckpointException("%s cannot be read as JSON; save the adapter again".formatted(file), e);
        }
    }

    /** Pairs of an adapter's file, put beside the matrices of a checkpoint. */
    private static final class Reader {

        private final Path file;
        private final AdapterTargets targets;
        private final Checkpoint base;
        private final Map<String, Tensor> linears;
        /** By the module's name as transformers has it today, whatever the adapter calls it. */
        private final SortedMap<String, Pair> pairs = new TreeMap<>();

        private String textPrefix = TEXT;
        private String visionPrefix = VISION;

        Reader(Safetensors weights, AdapterTargets targets, Checkpoint base) {
            this.file = weights.file();
            this.targets = targets;
            this.base = base;
            this.linears = base.linears();
            readPairs(weights);
        }

        List<Change> changes() {
            if (pairs.isEmpty()) {
                throw refused("it holds no LoRA at all; train and save it again");
            }
            List<Change> changes = pairs.entrySet().stream()
                    .map(pair -> change(pair.getKey(), pair.getValue()))
                    .toList();
            linears.keySet().stream()
                    .filter(module -> targets.contain(named(module)) && !pairs.containsKey(module))
                    .findFirst()
                    .ifPresent(missing -> {
                        throw refused("%s is among target_modules but has no lora_A and lora_B; save the adapter again"
                                .formatted(missing));
                    });
            return changes;
        }

        private void readPairs(Safetensors weights) {
            var as = new TreeMap<String, Tensor>();
            var bs = new TreeMap<String, Tensor>();
            for (Tensor tensor : weights.tensors().values()) {
                Matcher key = KEY.matcher(tensor.name());
                if (isCopy(weights, tensor)) {
                    continue;
                }
                if (!key.matches()) {
                    throw refused(
                            "%s is neither lora_A nor lora_B of a linear layer and cannot be merged; train a LoRA of linear layers alone"
                                    .formatted(tensor.name()));
                }
                (key.group("half").equals("A") ? as : bs).put(key.group("module"), tensor);
            }
            as.forEach((module, a) -> {
                Tensor b = bs.remove(module);
                if (b == null) {
                    throw refused("%s has lora_A but no lora_B; save the adapter again".formatted(module));
                }
                pairs.put(published(module), new Pair(module, a, b));
            });
            if (!bs.isEmpty()) {
                throw refused("%s has lora_B but no lora_A; save the adapter again".formatted(bs.firstKey()));
            }
        }

        /** Whether this is the checkpoint's own head or embedding, which PEFT saves beside the LoRA of a head. */
        private boolean isCopy(Safetensors weights, Tensor tensor) {
            Matcher key = WHOLE.matcher(tensor.name());
            if (!key.matches()) {
                return false;
            }
            Tensor original = key.group("layer").equals(HEAD) ? base.head() : base.text("embed_tokens.weight");
            if (!original.type().isPlainFloat() || !original.shape().equals(tensor.shape())) {
                return false;
            }
            MemorySegment ours = base.bytes(original);
            MemorySegment theirs = weights.bytes(tensor);
            for (long i = 0; i < tensor.elements(); i++) {
                if (Rounding.read(ours, original.type(), i) != Rounding.read(theirs, tensor.type(), i)) {
                    return false;
                }
            }
            return true;
        }

        /** The module's name in today's transformers. */
        private String published(String module) {
            Matcher vision = VISION_MODULE.matcher(module);
            if (vision.matches()) {
                visionPrefix = vision.group("prefix");
                return VISION + vision.group("module");
            }
            Matcher text = TEXT_MODULE.matcher(module);
            if (text.matches()) {
                textPrefix = text.group("prefix");
                return TEXT + text.group("module");
            }
            return HEAD_MODULE.matcher(module).matches() ? HEAD : module;
        }

        /** A published name as this adapter would write it. */
        private String named(String module) {
            if (module.startsWith(TEXT)) {
                return textPrefix + module.substring(TEXT.length());
            }
            return module.startsWith(VISION) ? visionPrefix + module.substring(VISION.length()) : module;
        }

        private Change change(String published, Pair pair) {
            Tensor base = linears.get(published);
            if (base == null) {
                throw refused(
                        "%s is no linear layer of the checkpoint that can be changed; train the adapter on this checkpoint's linear layers"
                                .formatted(pair.module()));
            }
            if (!targets.contain(pair.module())) {
                throw refused("%s is not among target_modules, so PEFT would ignore it; save the adapter again"
                        .formatted(pair.module()));
            }
            int rank = targets.rank(pair.module());
            List<Long> shape = base.shape();
            if (!pair.a().shape().equals(List.of((long) rank, shape.getLast()))
                    || !pair.b().shape().equals(List.of(shape.getFirst(), (long) rank))) {
                throw refused(
                        "%s has A %s and B %s of rank %d, the checkpoint's %s is %s; this adapter was trained for another model"
                                .formatted(
                                        pair.module(),
                                        pair.a().shape(),
                                        pair.b().shape(),
                                        rank,
                                        base.name(),
                                        shape));
            }
            for (Tensor half : List.of(pair.a(), pair.b())) {
                if (!half.type().isPlainFloat()) {
                    throw refused("%s is %s, want F32, BF16 or F16".formatted(half.name(), half.type()));
                }
            }
            return new Change(base, pair.a(), pair.b(), targets.scale(pair.module()));
        }

        private CheckpointException refused(String why) {
            return new CheckpointException("%s: %s".formatted(file, why));
        }
    }
}
