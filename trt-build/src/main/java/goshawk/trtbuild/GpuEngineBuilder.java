package goshawk.trtbuild;

import goshawk.trtbuild.tensorrt.Device;
import goshawk.trtbuild.tensorrt.NativeCallException;
import goshawk.trtbuild.tensorrt.Plan;
import goshawk.trtbuild.tensorrt.PlanBuilder;
import goshawk.trtbuild.tensorrt.TensorRt;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * From a checkpoint to an engine folder with TensorRT's plans, on the machine whose GPU they are for. The graphs are {@link
 * EngineBuilder}'s. As there, a folder is built once and found again, and appears whole or not at all.
 *
 * <p>TensorRT keeps memory of the machine until the process ends: a process builds one engine.
 */
public final class GpuEngineBuilder {

    /** Raised when plans of the same graphs come out otherwise. */
    private static final String VERSION = "plans 1";

    private static final int STEPS = 2;

    /** What TensorRT's inspector tells of the text plan. */
    private static final String LAYERS = "text.layers.json";

    private static final Logger log = LoggerFactory.getLogger(GpuEngineBuilder.class);

    private final Path cache;
    private final GpuTarget target;
    private final EngineBuilder.Progress progress;

    private GpuEngineBuilder(Path cache, GpuTarget target, EngineBuilder.Progress progress) {
        this.cache = cache;
        this.target = target;
        this.progress = progress;
    }

    /**
     * Builds the engine of a checkpoint for this machine's GPU, or finds it built. Takes minutes.
     *
     * @param adapter folder that PEFT saved a LoRA adapter in
     * @throws CheckpointException if the checkpoint is unusable, the GPU cannot do what is wished or has no room for it, or
     *     TensorRT refuses the graphs; nothing is left behind then
     */
    public static EngineFolder build(
            Path checkpoint, Optional<Path> adapter, Path cache, GpuTarget target, EngineBuilder.Progress progress) {
        EngineFolder graphs = EngineBuilder.build(checkpoint, adapter, cache, TargetProfile.TENSORRT, target, progress);
        try (Checkpoint opened = Checkpoint.open(checkpoint)) {
            var builder = new GpuEngineBuilder(cache, target, progress);
            return EngineBuilder.locked(cache, () -> builder.found(graphs, opened));
        } catch (NativeCallException e) {
            throw new CheckpointException(
                    "TensorRT cannot build the engine of %s: %s".formatted(checkpoint, e.getMessage()), e);
        } catch (IOException e) {
            throw EngineBuilder.unwritable(checkpoint, cache, e);
        }
    }

    private EngineFolder found(EngineFolder graphs, Checkpoint checkpoint) throws IOException {
        String inputs = String.join(
                "\n",
                VERSION,
                graphs.hash(),
                TensorRt.version(),
                target.gpu().words(),
                PlanLimits.of(graphs.config(), target.profile()).toString());
        Path folder = cache.resolve("tensorrt-" + Sha256.of(inputs).substring(0, EngineBuilder.NAME_LENGTH));
        if (Files.isDirectory(folder)) {
            try {
                return EngineFolder.open(folder);
            } catch (CheckpointException _) {
                // Damaged: it is built again in its place.
            }
        }
        Durable.folder(folder, partial -> write(partial, graphs, checkpoint));
        return EngineFolder.open(folder);
    }

    private void write(Path partial, EngineFolder graphs, Checkpoint checkpoint) throws IOException {
        long start = System.nanoTime();
        PlanLimits limits = PlanLimits.of(graphs.config(), target.profile());
        for (String name : graphs.manifest().files().keySet()) {
            Files.copy(graphs.path().resolve(name), partial.resolve(name));
        }
        writeTable(partial.resolve(EngineFolder.TABLE), checkpoint);
        Path timings = cache.resolve("timings-%s-%s.bin"
                .formatted(TensorRt.version(), target.gpu().words().replaceAll("[^A-Za-z0-9.]+", "-")));
        var plans = new PlanBuilder(timings);
        var profiles = new PlanProfiles(graphs.config(), limits);
        plans.build(
                graphs.visionGraph(),
                graphs.weightsFolder(),
                profiles.vision(),
                partial.resolve(EngineFolder.VISION_PLAN),
                phase -> progress.at("vision plan, " + phase, 0, STEPS));
        plans.build(
                graphs.textGraph(),
                graphs.weightsFolder(),
                profiles.text(),
                partial.resolve(EngineFolder.TEXT_PLAN),
                phase -> progress.at("text plan, " + phase, 1, STEPS));
        PlanInspection inspection = inspection(partial, graphs.manifest());
        double seconds = (System.nanoTime() - start) / 1e9;
        var built = new Manifest.Plans(
                TensorRt.version(),
                Device.cudaVersion(),
                target.gpu().words(),
                limits,
                seconds,
                ProcessMemory.peak(),
                inspection);
        Durable.write(
                partial.resolve(EngineFolder.MANIFEST),
                manifest(
                                graphs.manifest(),
                                built,
                                hashes(partial, graphs.manifest().files()))
                        .toJson());
    }

    /** What TensorRT made of the text's layers, as it tells of the finished plan; kept in the folder. */
    private static PlanInspection inspection(Path partial, Manifest graphs) throws IOException {
        String layers = Plan.load(partial.resolve(EngineFolder.TEXT_PLAN)).layers();
        Files.writeString(partial.resolve(LAYERS), layers);
        List<String> fp8 = graphs.quantised() == null
                ? List.of()
                : graphs.quantised().plan().linears().entrySet().stream()
                        .filter(linear -> linear.getValue() instanceof LinearPlan.Fp8)
                        .map(Map.Entry::getKey)
                        .filter(linear -> !linear.startsWith(ModelTensors.VISION))
                        .toList();
        PlanInspection inspection = PlanInspection.of(layers, fp8);
        inspection.shortfall().ifPresent(log::warn);
        return inspection;
    }

    private static Manifest manifest(Manifest graphs, Manifest.Plans plans, SortedMap<String, String> files) {
        return new Manifest(
                graphs.format(),
                graphs.checkpoint(),
                graphs.adapter(),
                graphs.quantised(),
                plans,
                graphs.architecture(),
                graphs.precision(),
                graphs.target(),
                graphs.shapes(),
                files);
    }

    private SortedMap<String, String> hashes(Path partial, Map<String, String> graphs) throws IOException {
        var files = new TreeMap<>(graphs);
        files.put(LAYERS, Sha256.of(Files.readAllBytes(partial.resolve(LAYERS))));
        for (String large : EngineFolder.LARGE) {
            Path file = partial.resolve(large);
            long size = Math.max(1, Files.size(file));
            files.put(large, Sha256.of(file, done -> progress.at("reading " + large, done, size)));
        }
        return files;
    }

    /** Rows in BF16, whatever the checkpoint has. */
    private static void writeTable(Path file, Checkpoint checkpoint) throws IOException {
        WeightRows rows = WeightRows.of(checkpoint, checkpoint.text("embed_tokens.weight"));
        float[] row = new float[rows.columns()];
        byte[] stored = new byte[row.length * ElementType.BF16.bytes()];
        MemorySegment bytes = MemorySegment.ofArray(stored);
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 20)) {
            for (int i = 0; i < checkpoint.config().text().vocabulary(); i++) {
                rows.read(i, row);
                for (int x = 0; x < row.length; x++) {
                    Rounding.write(bytes, ElementType.BF16, x, row[x]);
                }
                out.write(stored);
            }
        }
    }
}
