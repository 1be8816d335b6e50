package goshawk.trtbuild;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * From a checkpoint to an engine folder in a cache. The folder's name is the hash of all that goes into it, so an engine
 * is built once and found again; it is written beside its place and renamed, so that a build that was interrupted leaves
 * nothing that looks finished. A lock file keeps two processes from building in one cache at the same time.
 */
public final class EngineBuilder {

    /** Version of the graph definition: raised when {@link VisionGraph} or {@link TextGraph} write something else. */
    private static final int GRAPH_VERSION = 10;

    /** Files that travel with the engine where the checkpoint has them. */
    private static final List<String> COMPANIONS = List.of(
            EngineFolder.CONFIG,
            "goshawk.json",
            "tokenizer.json",
            "tokenizer_config.json",
            "special_tokens_map.json",
            "chat_template.jinja",
            "chat_template.json",
            "preprocessor_config.json",
            "video_preprocessor_config.json",
            "processor_config.json",
            "generation_config.json");

    private static final Logger log = LoggerFactory.getLogger(EngineBuilder.class);
    static final int NAME_LENGTH = 24;

    /** Told what is being done; called often, from the building thread. */
    public interface Progress {

        /**
         * @param step in words, for a person
         * @param done in the step's own unit, bytes for reading
         * @param total of the same unit, at least 1
         */
        void at(String step, long done, long total);
    }

    /** File locks are the process's; this is for its threads. */
    private static final Lock ONE_AT_A_TIME = new ReentrantLock();

    private final TargetProfile profile;
    private final Optional<GpuTarget> target;
    private final LongSupplier freeBytes;

    /**
     * @param target with quantised layers; empty to leave weights as they are
     * @param freeBytes memory that this process may still take
     */
    EngineBuilder(TargetProfile profile, Optional<GpuTarget> target, LongSupplier freeBytes) {
        this.profile = profile;
        this.target = target;
        this.freeBytes = freeBytes;
    }

    EngineBuilder(TargetProfile profile, LongSupplier freeBytes) {
        this(profile, Optional.empty(), freeBytes);
    }

    /**
     * Builds the CPU engine of a checkpoint, or finds it built.
     *
     * @param checkpoint Hugging Face folder
     * @param cache folder of engines, created if it is not there
     * @throws CheckpointException if the checkpoint is unusable, too large for this machine, or the cache cannot be
     *     written; nothing is left behind then
     */
    public static EngineFolder build(Path checkpoint, Path cache, Progress progress) {
        return build(checkpoint, cache, TargetProfile.CPU, progress);
    }

    /** As {@link #build(Path, Path, Progress)}, for another target. */
    public static EngineFolder build(Path checkpoint, Path cache, TargetProfile profile, Progress progress) {
        return build(checkpoint, Optional.empty(), cache, profile, progress);
    }

    /**
     * As {@link #build(Path, Path, Progress)}, with an adapter merged into the checkpoint.
     *
     * @param adapter folder that PEFT saved a LoRA adapter in
     */
    public static EngineFolder build(
            Path checkpoint, Optional<Path> adapter, Path cache, TargetProfile profile, Progress progress) {
        return new EngineBuilder(profile, Memory::availableBytes).engine(checkpoint, adapter, cache, progress);
    }

    /**
     * The graphs for a GPU, with the layers that its precision plan quantises, in an engine folder that TensorRT's engine is
     * then built from.
     *
     * @param profile {@link TargetProfile#TENSORRT}, or one that a CPU can check the numbers with
     * @throws CheckpointException as {@link #build(Path, Path, Progress)}; also if the GPU cannot do what is wished, the plan
     *     does not fit its memory, or scales are missing or another checkpoint's: nothing is left behind then
     */
    public static EngineFolder build(
            Path checkpoint,
            Optional<Path> adapter,
            Path cache,
            TargetProfile profile,
            GpuTarget target,
            Progress progress) {
        return new EngineBuilder(profile, Optional.of(target), Memory::availableBytes)
                .engine(checkpoint, adapter, cache, progress);
    }

    /**
     * Whether a checkpoint can be run: every tensor that the model needs is there in a shape and type that we take.
     * Nothing is written, no weight is read.
     *
     * @throws CheckpointException naming what is in the way
     */
    public static void check(Checkpoint checkpoint) {
        check(checkpoint, TargetProfile.CPU);
    }

    private static void check(Checkpoint checkpoint, TargetProfile profile) {
        new VisionGraph(checkpoint, profile, new Graph("vision", profile.opset(), Path::toString)).toOnnx();
        new TextGraph(checkpoint, profile, new Graph("text", profile.opset(), Path::toString)).toOnnx();
    }

    EngineFolder engine(Path folder, Optional<Path> adapter, Path cache, Progress progress) {
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            requireRoom(checkpoint);
            check(checkpoint, profile);
            if (adapter.isEmpty()) {
                return locked(cache, () -> quantised(checkpoint, Optional.empty(), cache, progress));
            }
            try (Adapter opened = Adapter.open(adapter.get(), checkpoint)) {
                return locked(cache, () -> merged(checkpoint, opened, cache, progress));
            }
        } catch (IOException e) {
            throw unwritable(folder, cache, e);
        }
    }

    /** What stands in the way of an engine when it is no fault of the checkpoint. */
    static CheckpointException unwritable(Path checkpoint, Path cache, IOException e) {
        if (Cancelling.isReason(e)) {
            return new CheckpointException(
                    "the build of the engine of %s was cancelled; nothing is left of it".formatted(checkpoint), e);
        }
        return new CheckpointException(
                "cannot build the engine of %s in %s: %s; is the folder writable and the disk not full?"
                        .formatted(checkpoint, cache, e),
                e);
    }

    /** For the CPU engine, or what the target's GPU must have. */
    private void requireRoom(Checkpoint checkpoint) {
        if (target.isPresent()) {
            target.get().choice(checkpoint.config());
            return;
        }
        MemoryNeed.of(checkpoint, MemoryNeed.Target.CPU_FP32)
                .obstacle(freeBytes.getAsLong())
                .ifPresent(obstacle -> {
                    throw new CheckpointException("%s %s".formatted(checkpoint.folder(), obstacle));
                });
    }

    /** Both graphs as ONNX. */
    private record Graphs(byte[] vision, byte[] text) {}

    private Graphs graphs(Checkpoint checkpoint) {
        Path weights = commonFolder(checkpoint);
        return new Graphs(
                new VisionGraph(checkpoint, profile, graph("vision", weights)).toOnnx(),
                new TextGraph(checkpoint, profile, graph("text", weights)).toOnnx());
    }

    private EngineFolder merged(Checkpoint checkpoint, Adapter adapter, Path cache, Progress progress)
            throws IOException {
        MergedAdapter merged = MergedAdapter.in(cache, checkpoint, adapter, progress);
        try (Safetensors weights = Safetensors.open(merged.weights().toRealPath())) {
            Checkpoint changed = checkpoint.with(weights);
            return quantised(changed, Optional.of(merged.manifest()), cache, progress);
        }
    }

    private EngineFolder quantised(
            Checkpoint checkpoint, Optional<Manifest.Adapter> adapter, Path cache, Progress progress)
            throws IOException {
        Weights read = weights(checkpoint, cache, progress);
        if (target.isEmpty()) {
            return inCache(checkpoint, read, read.sha256(), adapter, Optional.empty(), cache, progress);
        }
        GpuTarget wanted = target.get();
        QuantisedWeights quantised =
                QuantisedWeights.in(cache, checkpoint, read.sha256(), wanted, profile.activations(), progress);
        try (Safetensors file = Safetensors.open(quantised.weights().toRealPath())) {
            Checkpoint changed = checkpoint.with(file);
            var manifest = new Manifest.Quantised(
                    wanted.gpu().words(),
                    quantised.plan(),
                    quantised.plan().memory(checkpoint.config()),
                    wanted.scales()
                            .map(scales -> new Manifest.Calibration(
                                    scales.recipe(), scales.pictures(), Sha256.of(scales.toJson())))
                            .orElse(null));
            Weights all = weights(changed, cache, progress);
            return inCache(changed, all, read.sha256(), adapter, Optional.of(manifest), cache, progress);
        }
    }

    interface Work {
        EngineFolder done() throws IOException;
    }

    /** Whatever is partial then was left by a build that died. */
    static EngineFolder locked(Path cache, Work work) throws IOException {
        Files.createDirectories(cache);
        ONE_AT_A_TIME.lock();
        try (Cancelling _ = Cancelling.withProcess();
                FileChannel channel = FileChannel.open(
                        cache.resolve("build.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock _ = channel.lock()) {
            return work.done();
        } finally {
            ONE_AT_A_TIME.unlock();
        }
    }

    /** @param sha256 of the checkpoint's weights before they were quantised */
    private EngineFolder inCache(
            Checkpoint checkpoint,
            Weights weights,
            String sha256,
            Optional<Manifest.Adapter> adapter,
            Optional<Manifest.Quantised> quantised,
            Path cache,
            Progress progress)
            throws IOException {
        SortedMap<String, byte[]> contents = contents(checkpoint, graphs(checkpoint));
        byte[] json = manifest(checkpoint, weights, sha256, adapter, quantised, contents)
                .toJson();
        Path engine = cache.resolve(Sha256.of(json).substring(0, NAME_LENGTH));
        if (Files.isDirectory(engine)) {
            try {
                return EngineFolder.open(engine);
            } catch (CheckpointException e) {
                log.warn("{}; building it again", e.getMessage());
            }
        }
        write(engine, contents, json, progress);
        return EngineFolder.open(engine);
    }

    private static void write(Path engine, Map<String, byte[]> contents, byte[] manifest, Progress progress)
            throws IOException {
        Durable.folder(engine, partial -> {
            int written = 0;
            for (Map.Entry<String, byte[]> file : contents.entrySet()) {
                Durable.write(partial.resolve(file.getKey()), file.getValue());
                progress.at("writing the engine", ++written, contents.size());
            }
            Durable.write(partial.resolve(EngineFolder.MANIFEST), manifest);
        });
    }

    private static SortedMap<String, byte[]> contents(Checkpoint checkpoint, Graphs graphs) throws IOException {
        var contents = new TreeMap<String, byte[]>();
        contents.put(EngineFolder.VISION, graphs.vision());
        contents.put(EngineFolder.TEXT, graphs.text());
        for (String name : COMPANIONS) {
            Path file = checkpoint.folder().resolve(name);
            if (Files.exists(file)) {
                contents.put(name, Files.readAllBytes(file));
            }
        }
        return contents;
    }

    /**
     * @param folder that external data is relative to
     * @param hashes of the files in it
     */
    private record Weights(Path folder, SortedMap<String, String> hashes) {

        String sha256() {
            return combined(hashes);
        }
    }

    /** Of a checkpoint's weights, as a manifest has it. */
    static String sha256(Checkpoint checkpoint, Path cache) throws IOException {
        return weights(checkpoint, cache, (_, _, _) -> {}).sha256();
    }

    private static Weights weights(Checkpoint checkpoint, Path cache, Progress progress) throws IOException {
        Path folder = commonFolder(checkpoint);
        var hashes = new TreeMap<String, String>();
        var fingerprints = new Fingerprints(cache);
        for (Safetensors file : checkpoint.files()) {
            long size = Files.size(file.file());
            String step = "reading " + file.file().getFileName();
            hashes.put(
                    location(folder, file.file()),
                    fingerprints.sha256(file, done -> progress.at(step, done, Math.max(size, 1))));
        }
        return new Weights(folder, hashes);
    }

    private Manifest manifest(
            Checkpoint checkpoint,
            Weights weights,
            String sha256,
            Optional<Manifest.Adapter> adapter,
            Optional<Manifest.Quantised> quantised,
            Map<String, byte[]> contents)
            throws IOException {
        var hashes = new TreeMap<String, String>();
        contents.forEach((name, bytes) -> hashes.put(name, Sha256.of(bytes)));
        ModelConfig config = checkpoint.config();
        return new Manifest(
                Manifest.FORMAT,
                new Manifest.Source(
                        adapter.map(added -> added.nameOf(checkpoint.name())).orElseGet(checkpoint::name),
                        checkpoint.folder().toRealPath().toString(),
                        sha256,
                        weights.folder().toString(),
                        weights.hashes()),
                adapter.orElse(null),
                quantised.orElse(null),
                null,
                ModelConfig.ARCHITECTURE,
                checkpoint.precision(),
                new Manifest.Target(profile.name(), profile.opset(), GRAPH_VERSION),
                new Manifest.Shapes(config.text(), config.vision()),
                hashes);
    }

    /** The hash of the only file, or the hash of a list of hashes as {@code sha256sum} prints it. */
    private static String combined(SortedMap<String, String> hashes) {
        if (hashes.size() == 1) {
            return hashes.firstEntry().getValue();
        }
        var list = new StringBuilder();
        hashes.forEach(
                (name, hash) -> list.append(hash).append("  ").append(name).append('\n'));
        return Sha256.of(list.toString());
    }

    private Graph graph(String name, Path weights) {
        return new Graph(name, profile.opset(), file -> location(weights, file));
    }

    private static String location(Path weights, Path file) {
        return weights.relativize(file).toString().replace('\\', '/');
    }

    /**
     * The deepest folder that all weight files lie under. ONNX Runtime refuses external data outside the folder it is
     * given, and links that lead out of it; the Hugging Face cache is nothing but such links, so we go by real paths.
     */
    private static Path commonFolder(Checkpoint checkpoint) {
        Path common = folderOf(checkpoint.files().getFirst());
        for (Safetensors file : checkpoint.files()) {
            while (!file.file().startsWith(common)) {
                common = common.resolveSibling("").normalize();
            }
        }
        return common;
    }

    private static Path folderOf(Safetensors file) {
        Path folder = file.file().getParent();
        if (folder == null) {
            throw new IllegalArgumentException(file.file() + " is not absolute");
        }
        return folder;
    }
}
