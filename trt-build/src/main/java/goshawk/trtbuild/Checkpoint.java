package goshawk.trtbuild;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A Hugging Face checkpoint folder: {@code config.json} and the weights, in one safetensors file or several with an
 * index. Tensors are asked for by what they are, {@code layers.0.mlp.up_proj.weight} of the text, and found under
 * whatever prefix this export gave them.
 *
 * <p>Memory is mapped, nothing is copied. Files may be symbolic links, as in the Hugging Face cache: {@link
 * Tensor#file()} is the real file.
 */
public final class Checkpoint implements AutoCloseable {

    private static final String SINGLE = "model.safetensors";
    private static final String INDEX = "model.safetensors.index.json";
    private static final String SCALE_INV = "_scale_inv";

    /** The head of a model whose head is tied, where it is stored in another form than the embeddings. */
    static final String OWN_HEAD = "quantised.lm_head.weight";

    private final Path folder;
    private final ModelConfig config;
    private final List<Safetensors> files;
    private final Map<String, Tensor> tensors;
    private final String textPrefix;
    private final String visionPrefix;

    private Checkpoint(Path folder, ModelConfig config, List<Safetensors> files) {
        this.folder = folder;
        this.config = config;
        this.files = List.copyOf(files);
        this.tensors = new LinkedHashMap<>();
        for (Safetensors file : files) {
            // A matrix that comes again comes without the scales that it had, or with its own.
            file.tensors().keySet().forEach(name -> tensors.remove(name + SCALE_INV));
            tensors.putAll(file.tensors());
        }
        this.textPrefix = prefixOf("embed_tokens.weight");
        this.visionPrefix = prefixOf("patch_embed.proj.weight");
    }

    /**
     * Opens a folder; reads the configuration and all headers, no weight.
     *
     * @throws CheckpointException naming what is missing or broken
     */
    public static Checkpoint open(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new CheckpointException(
                    "%s is not a folder; name a Hugging Face checkpoint folder".formatted(folder));
        }
        ModelConfig config = ModelConfig.read(folder.resolve("config.json"));
        var opened = new ArrayList<Safetensors>();
        try {
            for (Path file : weightFiles(folder)) {
                opened.add(Safetensors.open(file.toRealPath()));
            }
            return new Checkpoint(folder, config, opened);
        } catch (IOException e) {
            opened.forEach(Safetensors::close);
            throw new CheckpointException("cannot read the weights of %s: %s".formatted(folder, e), e);
        } catch (RuntimeException e) {
            opened.forEach(Safetensors::close);
            throw e;
        }
    }

    public Path folder() {
        return folder;
    }

    /** What the checkpoint calls itself in {@code goshawk.json} or config.json, or else its folder. */
    public String name() {
        for (var place : List.of(Map.entry("goshawk.json", "name"), Map.entry("config.json", "_name_or_path"))) {
            Path file = folder.resolve(place.getKey());
            try {
                String name = Files.exists(file)
                        ? new ObjectMapper()
                                .readTree(file.toFile())
                                .path(place.getValue())
                                .asText("")
                        : "";
                if (!name.isBlank()) {
                    return name;
                }
            } catch (IOException e) {
                throw new CheckpointException("%s cannot be read as JSON; download it again".formatted(file), e);
            }
        }
        return String.valueOf(folder.toAbsolutePath().normalize().getFileName());
    }

    public ModelConfig config() {
        return config;
    }

    /** The real files of the weights, in the index's order. */
    public List<Safetensors> files() {
        return files;
    }

    /** A tensor of the language model, for example {@code norm.weight}. */
    public Tensor text(String name) {
        return tensor(textPrefix + name);
    }

    /** A tensor of the vision tower, for example {@code patch_embed.proj.bias}. */
    public Tensor vision(String name) {
        return tensor(visionPrefix + name);
    }

    /** The matrix that turns the last hidden state into logits: the head, or the embeddings where they are tied. */
    public Tensor head() {
        Tensor own = tensors.get(OWN_HEAD);
        if (own != null) {
            return own;
        }
        return config.tiedHead()
                ? text("embed_tokens.weight")
                : tensors.keySet().stream()
                        .filter(name -> name.equals("lm_head.weight") || name.endsWith(".lm_head.weight"))
                        .findFirst()
                        .map(this::tensor)
                        .orElseThrow(() -> missing("lm_head.weight"));
    }

    /**
     * The weight matrices of all linear layers by the name that transformers has for the layer, for example {@code
     * model.language_model.layers.0.mlp.up_proj}; the head only where it is not tied.
     */
    SortedMap<String, Tensor> linears() {
        var found = new TreeMap<String, Tensor>();
        String end = ".weight";
        for (Tensor tensor : tensors.values()) {
            String name = tensor.name();
            boolean isMatrix = tensor.shape().size() == 2 && name.endsWith(end) && !name.endsWith("embed" + end);
            if (isMatrix && name.startsWith(visionPrefix)) {
                found.put(
                        "model.visual." + name.substring(visionPrefix.length(), name.length() - end.length()), tensor);
            } else if (isMatrix && name.startsWith(textPrefix + "layers.")) {
                found.put(
                        "model.language_model." + name.substring(textPrefix.length(), name.length() - end.length()),
                        tensor);
            }
        }
        if (!config.tiedHead()) {
            found.put("lm_head", head());
        }
        return found;
    }

    /** As {@link #linears()}, with the head, tied or not. */
    SortedMap<String, Tensor> linearsWithHead() {
        SortedMap<String, Tensor> found = linears();
        found.put("lm_head", head());
        return found;
    }

    /** The gains of all norms of the language model. */
    List<Tensor> textNorms() {
        return tensors.values().stream()
                .filter(tensor -> tensor.shape().size() == 1
                        && tensor.name().startsWith(textPrefix)
                        && !tensor.name().startsWith(visionPrefix)
                        && tensor.name().endsWith("norm.weight"))
                .toList();
    }

    /** The name in {@link #linears()} of the layer whose matrix this is; {@code lm_head} for the head, tied or not. */
    Optional<String> linear(Tensor weight) {
        if (weight.equals(head())) {
            return Optional.of("lm_head");
        }
        return linears().entrySet().stream()
                .filter(linear -> linear.getValue().equals(weight))
                .map(Map.Entry::getKey)
                .findFirst();
    }

    /**
     * This checkpoint with other numbers in some tensors. A view that need not be closed: good until this checkpoint or
     * {@code changed} is.
     */
    Checkpoint with(Safetensors changed) {
        return new Checkpoint(
                folder,
                config,
                Stream.concat(files.stream(), Stream.of(changed)).toList());
    }

    /** The block scales that go with {@code weight}, empty where it is not quantised. */
    public Optional<Tensor> scaleOf(Tensor weight) {
        if (!weight.name().endsWith("weight")) {
            return Optional.empty();
        }
        return Optional.ofNullable(tensors.get(weight.name() + SCALE_INV));
    }

    /** The scales of a matrix that was brought into FP8 or INT4 for a GPU; empty where it was not. */
    Optional<Tensor> channelScaleOf(Tensor weight) {
        return Optional.ofNullable(tensors.get(channelScale(weight.name())));
    }

    /** What the inputs of such a matrix are divided by, a scalar; empty where they stay as they are. */
    Optional<Tensor> inputScaleOf(Tensor weight) {
        return Optional.ofNullable(tensors.get(inputScale(weight.name())));
    }

    /** Name of a matrix's scales that {@link #channelScaleOf} finds. */
    public static String channelScale(String weight) {
        return weight + "_scale";
    }

    static String inputScale(String weight) {
        return weight.substring(0, weight.length() - "weight".length()) + "input_scale";
    }

    /** The bytes of {@code tensor}, read-only, valid until {@link #close()}. */
    public MemorySegment bytes(Tensor tensor) {
        return files.stream()
                .filter(file -> file.file().equals(tensor.file()))
                .findFirst()
                .orElseThrow()
                .bytes(tensor);
    }

    /** The types of all weights, most bytes first, for example {@code F8_E4M3 + BF16}. */
    public String precision() {
        var bytes = new EnumMap<ElementType, Long>(ElementType.class);
        tensors.values().forEach(tensor -> bytes.merge(tensor.type(), tensor.bytes(), Long::sum));
        return bytes.entrySet().stream()
                .sorted(Map.Entry.<ElementType, Long>comparingByValue().reversed())
                .map(entry -> entry.getKey().name())
                .collect(Collectors.joining(" + "));
    }

    /** All tensors of all files. */
    public Collection<Tensor> tensors() {
        return Collections.unmodifiableCollection(tensors.values());
    }

    @Override
    public void close() {
        files.forEach(Safetensors::close);
    }

    private Tensor tensor(String name) {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw missing(name);
        }
        return tensor;
    }

    /** What an export put in front of {@code name}, for example {@code model.language_model.}. */
    private String prefixOf(String name) {
        List<String> found = tensors.keySet().stream()
                .filter(key -> key.equals(name) || key.endsWith("." + name))
                .toList();
        if (found.isEmpty()) {
            throw missing(name);
        }
        if (found.size() > 1) {
            throw new CheckpointException(
                    "%s holds %s more than once: %s; keep one model in a folder".formatted(folder, name, found));
        }
        return found.getFirst().substring(0, found.getFirst().length() - name.length());
    }

    private CheckpointException missing(String name) {
        return new CheckpointException(
                "%s has no tensor %s; the checkpoint is incomplete, download it again".formatted(folder, name));
    }

    private static List<Path> weightFiles(Path folder) {
        Path single = folder.resolve(SINGLE);
        if (Files.exists(single)) {
            return List.of(single);
        }
        Path index = folder.resolve(INDEX);
        if (!Files.exists(index)) {
            throw new CheckpointException(
                    "%s has neither %s nor %s; export the checkpoint as safetensors".formatted(folder, SINGLE, INDEX));
        }
        var names = new TreeSet<String>();
        try {
            JsonNode map = new ObjectMapper().readTree(index.toFile()).path("weight_map");
            map.forEach(file -> names.add(file.asText()));
        } catch (IOException e) {
            throw new CheckpointException("%s cannot be read as JSON; download it again".formatted(index), e);
        }
        if (names.isEmpty()) {
            throw new CheckpointException("%s names no file; download it again".formatted(index));
        }
        for (String name : names) {
            if (!Files.exists(folder.resolve(name))) {
                throw new CheckpointException(
                        "%s names %s, which is not in %s; download it".formatted(INDEX, name, folder));
            }
        }
        return names.stream().map(folder::resolve).toList();
    }
}
