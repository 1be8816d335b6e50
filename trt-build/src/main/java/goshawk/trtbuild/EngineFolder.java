package goshawk.trtbuild;

import goshawk.trtbuild.tensorrt.DecodeSizes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A finished engine: graphs, tokenizer and preprocessor files and {@code manifest.json}. The weights stay in the
 * checkpoint; the graphs point into them. An engine for a GPU has TensorRT's plans, kernels, what they are given of weights and
 * the embedding table besides, and no need of the checkpoint. Opening compares everything with the manifest's hashes, weights and plans through {@link
 * Fingerprints}.
 *
 * <p>Immutable; may be shared between threads.
 */
public final class EngineFolder {

    static final String MANIFEST = "manifest.json";
    static final String VISION = "vision.onnx";
    static final String TEXT = "text.onnx";
    static final String CONFIG = "config.json";
    static final String VISION_PLAN = "vision.plan";
    static final String TEXT_PLAN = "text.plan";

    /**
     * The kernels of the text plan's operators, compiled for its GPU. They are launched by this program, whichever one compiled
     * them: the name changes with what they are launched with, so that an engine with others is refused.
     */
    static final String OPERATORS = "operators-1.cubin";

    /** Likewise, the kernels of a few tokens. */
    static final String DECODE = "decode-3.cubin";

    /** The embedding table in BF16, row after row. */
    static final String TABLE = "embeddings.bin";

    /** The text's matrices with their scales, its norms, and some that only plans need, which have them in them. */
    static final String WEIGHTS = QuantisedWeights.WEIGHTS;

    /** Files that are too large to be read at each start. */
    static final List<String> LARGE = List.of(VISION_PLAN, TEXT_PLAN, TABLE, WEIGHTS);

    private final Path path;
    private final Manifest manifest;
    private final String hash;
    private final ModelConfig config;
    private final byte[] vision;
    private final byte[] text;

    private EngineFolder(Path path, Manifest manifest, String hash, ModelConfig config, byte[] vision, byte[] text) {
        this.path = path;
        this.manifest = manifest;
        this.hash = hash;
        this.config = config;
        this.vision = vision;
        this.text = text;
    }

    /**
     * Opens and verifies an engine folder.
     *
     * @throws CheckpointException naming the file that is missing or not what the manifest says
     */
    public static EngineFolder open(Path folder) {
        byte[] json = read(folder, MANIFEST);
        Manifest manifest;
        try {
            manifest = Manifest.fromJson(json);
        } catch (IOException e) {
            throw new CheckpointException(
                    "%s is no engine of this version (%s); delete the folder, it is built again"
                            .formatted(folder.resolve(MANIFEST), CheckpointException.firstLine(e)),
                    e);
        }
        for (Map.Entry<String, String> file : manifest.files().entrySet()) {
            if (!LARGE.contains(file.getKey())) {
                verify(folder, file.getKey(), file.getValue(), Sha256.of(read(folder, file.getKey())));
            }
        }
        ModelConfig config = ModelConfig.read(folder.resolve(CONFIG));
        if (manifest.plans() == null) {
            verifyWeights(folder, manifest);
        } else {
            verifyPlans(folder, manifest, config);
        }
        return new EngineFolder(folder, manifest, Sha256.of(json), config, read(folder, VISION), read(folder, TEXT));
    }

    public Path path() {
        return path;
    }

    public Manifest manifest() {
        return manifest;
    }

    /** SHA-256 over the manifest. */
    public String hash() {
        return hash;
    }

    public ModelConfig config() {
        return config;
    }

    /** The vision tower as ONNX; its weights are relative to {@link #weightsFolder()}. */
    public byte[] visionGraph() {
        return vision.clone();
    }

    /** The language model as ONNX; its weights are relative to {@link #weightsFolder()}. */
    public byte[] textGraph() {
        return text.clone();
    }

    /** The vision tower as TensorRT built it. */
    public Path visionPlan() {
        return path.resolve(VISION_PLAN);
    }

    /** The language model as TensorRT built it. */
    public Path textPlan() {
        return path.resolve(TEXT_PLAN);
    }

    /** The kernels of the text plan's operators, which it is loaded with. */
    public Path operatorKernels() {
        return path.resolve(OPERATORS);
    }

    /** What the text's plan is given of matrices. */
    public Path weights() {
        return path.resolve(WEIGHTS);
    }

    /** The kernels of a few tokens; empty where the text's plan computes these too, as it does where layers are in BF16. */
    public Optional<Path> decodeKernels() {
        return manifest.files().containsKey(DECODE) ? Optional.of(path.resolve(DECODE)) : Optional.empty();
    }

    /** What such kernels are for; empty where there are none. */
    public Optional<DecodeSizes> decodeSizes() {
        return decodeSizes(manifest, config);
    }

    private static Optional<DecodeSizes> decodeSizes(Manifest manifest, ModelConfig config) {
        return Optional.ofNullable(manifest.quantised())
                .map(Manifest.Quantised::plan)
                .flatMap(plan -> plan.formOfLayers()
                        .filter(form -> form != WeightForm.BF16)
                        .flatMap(form -> DecodeSizes.of(config.text(), form, plan.formOfHead())));
    }

    /** The embedding table: {@code [vocabulary, hidden]} in BF16. */
    public Path table() {
        return path.resolve(TABLE);
    }

    public Path weightsFolder() {
        return Path.of(manifest.checkpoint().weightsFolder());
    }

    private static byte[] read(Path folder, String name) {
        try {
            return Files.readAllBytes(folder.resolve(name));
        } catch (NoSuchFileException e) {
            throw new CheckpointException(
                    "%s has no %s, so it is no finished engine; delete the folder, it is built again"
                            .formatted(folder, name),
                    e);
        } catch (IOException e) {
            throw new CheckpointException("cannot read %s: %s".formatted(folder.resolve(name), e), e);
        }
    }

    private static void verify(Path folder, String name, String expected, String found) {
        if (!found.equals(expected)) {
            throw new CheckpointException("%s is not what the manifest says; delete the folder, it is built again"
                    .formatted(folder.resolve(name)));
        }
    }

    private static void verifyPlans(Path folder, Manifest manifest, ModelConfig config) {
        requireKernels(folder, manifest, OPERATORS);
        if (decodeSizes(manifest, config).isPresent()) {
            requireKernels(folder, manifest, DECODE);
        }
        List<Path> files = LARGE.stream().map(folder::resolve).toList();
        new Fingerprints(folder.toAbsolutePath().resolveSibling(""))
                .sha256(files)
                .forEach((file, sha256) -> {
                    String name = file.getFileName().toString();
                    String expected = manifest.files().getOrDefault(name, "");
                    verify(folder, name, expected, sha256.orElse("unreadable"));
                });
    }

    private static void requireKernels(Path folder, Manifest manifest, String name) {
        if (!manifest.files().containsKey(name)) {
            throw new CheckpointException(
                    "%s was built by an older version, without %s; build it again".formatted(folder, name));
        }
    }

    private static void verifyWeights(Path folder, Manifest manifest) {
        var fingerprints = new Fingerprints(folder.toAbsolutePath().resolveSibling(""));
        Path weights = Path.of(manifest.checkpoint().weightsFolder());
        manifest.checkpoint().weights().forEach((name, expected) -> {
            Path file = weights.resolve(name);
            if (!Files.exists(file)) {
                throw new CheckpointException("the weights %s of engine %s are gone; build it from where they are now"
                        .formatted(file, folder));
            }
            try (Safetensors opened = Safetensors.open(file)) {
                if (!fingerprints.sha256(opened, _ -> {}).equals(expected)) {
                    throw new CheckpointException(
                            "%s changed since engine %s was built from it; build it again".formatted(file, folder));
                }
            } catch (IOException e) {
                throw new CheckpointException("cannot read %s: %s".formatted(file, e), e);
            }
        });
    }
}
