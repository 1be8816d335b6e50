package goshawk.trtbuild;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import goshawk.trtbuild.ModelTensors.Planned;
import goshawk.trtbuild.SafetensorsWriter.Entry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Writes a checkpoint of any shape with random weights: exact names, files cut as Hugging Face cuts them, logits of a
 * usual size. It knows nothing and is as large and as slow as the real one, which is what tests and benchmarks need.
 *
 * <p>The same seed gives the same weights, tensor by tensor, however deep the model is. Little memory is used.
 */
public final class SyntheticCheckpoint {

    /** Bytes after which the next file begins. */
    private static final long SHARD_BYTES = 5_000_000_000L;

    private static final int BLOCK = 128;

    /** How weights are stored. */
    public enum Precision {
        F32,
        BF16,
        /** The text's matrices in FP8 with a scale for each block, all else in BF16. */
        FP8
    }

    private final ObjectNode json;
    private final ModelConfig config;
    private final Precision precision;
    private final long seed;
    private final List<Planned> planned;

    private SyntheticCheckpoint(ObjectNode json, ModelConfig config, Precision precision, long seed) {
        this.json = json;
        this.config = config;
        this.precision = precision;
        this.seed = seed;
        this.planned = ModelTensors.of(config);
    }

    /**
     * @param shape a config.json; its weights' type is replaced
     * @param layers of the text, empty for all of them
     * @param visionLayers blocks of the vision tower, empty for all of them; DeepStack's taps are spread over fewer
     * @throws CheckpointException if that is no shape that we run
     */
    public static SyntheticCheckpoint like(
            ObjectNode shape,
            Optional<Integer> layers,
            Optional<Integer> visionLayers,
            Precision precision,
            long seed) {
        ObjectNode json = shape.deepCopy();
        layers.ifPresent(count -> json.withObject("/text_config").put("num_hidden_layers", count));
        visionLayers.ifPresent(count -> cut(json.withObject("/vision_config"), count));
        json.put("dtype", precision == Precision.F32 ? "float32" : "bfloat16");
        json.remove("torch_dtype");
        json.remove("quantization_config");
        if (precision == Precision.FP8) {
            ObjectNode quantised = json.putObject("quantization_config");
            quantised.put("quant_method", "fp8").put("activation_scheme", "dynamic");
            quantised.putArray("weight_block_size").add(BLOCK).add(BLOCK);
            quantised.putArray("modules_to_not_convert").add("lm_head").add("model.visual");
        }
        return new SyntheticCheckpoint(json, ModelConfig.of(json), precision, seed);
    }

    private static void cut(ObjectNode vision, int depth) {
        int taps = Math.min(vision.path("deepstack_visual_indexes").size(), depth);
        ArrayNode spread = vision.put("depth", depth).putArray("deepstack_visual_indexes");
        for (int tap = 0; tap < taps; tap++) {
            spread.add((tap + 1) * depth / (taps + 1));
        }
    }

    public ModelConfig config() {
        return config;
    }

    /** Bytes of all weight files together. */
    public long bytes() {
        return entries().stream().mapToLong(Entry::bytes).sum();
    }

    /**
     * Writes config.json and the weights.
     *
     * @param folder is created; must have no weights yet
     * @throws CheckpointException if it cannot be written
     */
    public void write(Path folder, EngineBuilder.Progress progress) {
        try {
            Files.createDirectories(folder);
            var mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
            Files.write(folder.resolve("config.json"), mapper.writeValueAsBytes(json));
            List<List<Entry>> files = cutIntoFiles(entries());
            ObjectNode map = mapper.createObjectNode();
            long done = 0;
            for (int i = 0; i < files.size(); i++) {
                String name = files.size() == 1
                        ? "model.safetensors"
                        : "model-%05d-of-%05d.safetensors".formatted(i + 1, files.size());
                done = write(folder.resolve(name), files.get(i), done, progress);
                files.get(i).forEach(entry -> map.put(entry.name(), name));
            }
            if (files.size() > 1) {
                ObjectNode index = mapper.createObjectNode();
                index.putObject("metadata").put("total_size", bytes());
                index.set("weight_map", map);
                Files.write(folder.resolve("model.safetensors.index.json"), mapper.writeValueAsBytes(index));
            }
        } catch (IOException e) {
            throw new CheckpointException(
                    "cannot write %s: %s; %,d bytes are needed there".formatted(folder, e, bytes()), e);
        }
    }

    private long write(Path file, List<Entry> entries, long before, EngineBuilder.Progress progress)
            throws IOException {
        long done = before;
        long total = bytes();
        try (SafetensorsWriter writer = SafetensorsWriter.create(file, entries)) {
            for (Entry entry : entries) {
                RandomWeights.write(writer, entry, planned(entry.name()), config, seed);
                done += entry.bytes();
                progress.at("writing weights", done, total);
            }
        }
        return done;
    }

    private Planned planned(String name) {
        String weight = name.endsWith("_scale_inv") ? name.substring(0, name.length() - "_scale_inv".length()) : name;
        return planned.stream()
                .filter(tensor -> tensor.name().equals(weight))
                .findFirst()
                .orElseThrow();
    }

    private List<Entry> entries() {
        var entries = new ArrayList<Entry>();
        ElementType plain = precision == Precision.F32 ? ElementType.F32 : ElementType.BF16;
        for (Planned tensor : planned) {
            boolean isFp8 = precision == Precision.FP8 && tensor.isQuantised();
            entries.add(new Entry(tensor.name(), isFp8 ? ElementType.F8_E4M3 : plain, tensor.shape()));
            if (isFp8) {
                List<Long> blocks = tensor.shape().stream()
                        .map(size -> Math.ceilDiv(size, BLOCK))
                        .toList();
                entries.add(new Entry(tensor.name() + "_scale_inv", ElementType.BF16, blocks));
            }
        }
        return entries;
    }

    private static List<List<Entry>> cutIntoFiles(List<Entry> entries) {
        var files = new ArrayList<List<Entry>>();
        long bytes = Long.MAX_VALUE;
        for (Entry entry : entries) {
            if (bytes > SHARD_BYTES - entry.bytes()) {
                files.add(new ArrayList<>());
                bytes = 0;
            }
            files.getLast().add(entry);
            bytes += entry.bytes();
        }
        return files;
    }
}
