package goshawk.trtbuild;

import goshawk.trtbuild.tensorrt.Device;
import goshawk.trtbuild.tensorrt.KernelCompiler;
import goshawk.trtbuild.tensorrt.NativeCallException;
import goshawk.trtbuild.tensorrt.OperatorSizes;
import goshawk.trtbuild.tensorrt.PlanBuilder;
import goshawk.trtbuild.tensorrt.TensorRt;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * From a checkpoint to an engine folder with TensorRT's plans, on the machine whose GPU they are for. The graphs are {@link
 * EngineBuilder}'s. As there, a folder is built once and found again, and appears whole or not at all.
 *
 * <p>What TensorRT does is done in processes of its own, one after another: it keeps memory of the machine until its process
 * ends, so that one process would have both plans, and what they were made of, at the same time.
 */
public final class GpuEngineBuilder {

    /** Raised when plans of the same graphs come out otherwise. */
    private static final String VERSION = "plans 6";

    private static final int BAND_BYTES = 1 << 20;
    private static final Logger log = LoggerFactory.getLogger(GpuEngineBuilder.class);

    private final Path cache;
    private final GpuTarget target;
    private final EngineBuilder.Progress progress;
    private final Tools tools;

    /** Does one work elsewhere. */
    interface Worker {

        /**
         * @return SHA-256 of what was made
         * @throws CheckpointException with what TensorRT said, or how its process ended
         */
        String done(PlanWork work, MemoryWatch watch, PlanBuilder.Steps steps) throws IOException;
    }

    /**
     * What plans are made with.
     *
     * @param tensorRt version
     * @param cuda version of the runtime
     * @param kernels in CUDA C++
     */
    record Tools(String tensorRt, String cuda, String kernels, Worker worker) {}

    GpuEngineBuilder(Path cache, GpuTarget target, EngineBuilder.Progress progress, Tools tools) {
        this.cache = cache;
        this.target = target;
        this.progress = progress;
        this.tools = tools;
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
        Tools tools;
        try {
            tools = new Tools(
                    TensorRt.version(),
                    Device.cudaVersion(),
                    KernelCompiler.sources(),
                    new PlanProcess(cache.resolve("engine-build.log")));
        } catch (NativeCallException e) {
            throw new CheckpointException(
                    "TensorRT cannot build the engine of %s: %s".formatted(checkpoint, e.getMessage()), e);
        }
        return new GpuEngineBuilder(cache, target, progress, tools).build(checkpoint, adapter);
    }

    EngineFolder build(Path checkpoint, Optional<Path> adapter) {
        try (MemoryWatch watch = MemoryWatch.start("graphs and quantised weights")) {
            var sizes = OperatorSizes.of(
                    ModelConfig.read(checkpoint.resolve(EngineFolder.CONFIG)).text());
            var profile = TargetProfile.tensorRt(target.gpu(), sizes);
            EngineFolder graphs = EngineBuilder.build(checkpoint, adapter, cache, profile, target, progress);
            return EngineBuilder.locked(cache, () -> found(graphs, checkpoint, watch));
        } catch (IOException e) {
            throw EngineBuilder.unwritable(checkpoint, cache, e);
        }
    }

    private EngineFolder found(EngineFolder graphs, Path checkpoint, MemoryWatch watch) throws IOException {
        String inputs = String.join(
                "\n",
                VERSION,
                Sha256.of(tools.kernels()),
                graphs.hash(),
                tools.tensorRt(),
                target.gpu().words(),
                PlanLimits.of(graphs.config(), target.profile()).toString());
        Path folder = cache.resolve("tensorrt-" + Sha256.of(inputs).substring(0, EngineBuilder.NAME_LENGTH));
        if (Files.isDirectory(folder)) {
            try {
                return EngineFolder.open(folder);
            } catch (CheckpointException e) {
                log.warn("{}; building it again", e.getMessage());
            }
        }
        SortedMap<String, String> made = new TreeMap<>();
        Durable.folder(folder, partial -> write(partial, graphs, checkpoint, watch, made));
        var large = new LinkedHashMap<Path, String>();
        EngineFolder.LARGE.forEach(name -> large.put(folder.resolve(name), Objects.requireNonNull(made.get(name))));
        new Fingerprints(cache).remember(large);
        return EngineFolder.open(folder);
    }

    /** @param made takes the SHA-256 of all that is not the graphs' */
    private void write(
            Path partial, EngineFolder graphs, Path checkpoint, MemoryWatch watch, SortedMap<String, String> made)
            throws IOException {
        long start = System.nanoTime();
        watch.phase("embedding table");
        for (String name : graphs.manifest().files().keySet()) {
            Files.copy(graphs.path().resolve(name), partial.resolve(name));
        }
        made.put(EngineFolder.TABLE, writeTable(partial.resolve(EngineFolder.TABLE), checkpoint));
        Path timings = cache.resolve("timings-%s-%s.bin"
                .formatted(tools.tensorRt(), target.gpu().words().replaceAll("[^A-Za-z0-9.]+", "-")));
        made.put(EngineFolder.WEIGHTS, shareWeights(graphs, partial.resolve(EngineFolder.WEIGHTS)));
        for (PlanWork.Kind kind : PlanWork.Kind.of(graphs)) {
            var work = new PlanWork(kind, graphs.path(), target.profile(), timings, partial);
            made.put(kind.file(), tools.worker().done(work, watch, (phase, done, total) -> {
                String step = kind.words() + ", " + phase;
                watch.phase(step);
                progress.at(step, done, total);
            }));
        }
        PlanInspection inspection = inspection(partial, graphs.manifest());
        double seconds = (System.nanoTime() - start) / 1e9;
        var built = new Manifest.Plans(
                tools.tensorRt(),
                tools.cuda(),
                target.gpu().words(),
                PlanLimits.of(graphs.config(), target.profile()),
                seconds,
                watch.mostAll(),
                watch.phases(),
                inspection);
        var files = new TreeMap<>(graphs.manifest().files());
        files.putAll(made);
        Durable.write(
                partial.resolve(EngineFolder.MANIFEST),
                manifest(graphs.manifest(), built, files).toJson());
    }

    /** Which layers run in FP8, by what TensorRT's inspector told. */
    private static PlanInspection inspection(Path partial, Manifest graphs) throws IOException {
        PlanInspection inspection = PlanInspection.of(Files.readString(partial.resolve(PlanWork.LAYERS)), fp8(graphs));
        inspection.shortfall().ifPresent(log::warn);
        return inspection;
    }

    /** The text's linear layers that are stored in FP8. */
    private static List<String> fp8(Manifest graphs) {
        return graphs.quantised() == null
                ? List.of()
                : graphs.quantised().plan().fp8OfText();
    }

    /** The cache has them already: a second name for the same file, or a copy where there is no such thing. @return SHA-256 */
    private static String shareWeights(EngineFolder graphs, Path file) throws IOException {
        SortedMap<String, String> weights = graphs.manifest().checkpoint().weights();
        String name = weights.keySet().stream()
                .filter(it -> it.endsWith(QuantisedWeights.WEIGHTS))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(graphs.path() + " has no weights that a plan is given"));
        Path source = graphs.weightsFolder().resolve(name);
        try {
            Files.createLink(file, source);
        } catch (UnsupportedOperationException | IOException e) {
            log.info("no second name for {} ({}); it is copied", source, e.getMessage());
            Files.copy(source, file);
        }
        return Objects.requireNonNull(weights.get(name));
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

    /** Rows in BF16, whatever the checkpoint has. Its mapped pages go with it. @return SHA-256 */
    private static String writeTable(Path file, Path folder) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(folder);
                HashedFile out = HashedFile.create(file)) {
            WeightRows rows = WeightRows.of(checkpoint, checkpoint.text("embed_tokens.weight"));
            float[] row = new float[rows.columns()];
            int rowBytes = row.length * ElementType.BF16.bytes();
            ByteBuffer band = ByteBuffer.allocate(Math.max(1, BAND_BYTES / rowBytes) * rowBytes);
            MemorySegment bytes = MemorySegment.ofBuffer(band);
            for (int i = 0; i < checkpoint.config().text().vocabulary(); i++) {
                rows.read(i, row);
                MemorySegment stored = bytes.asSlice(band.position(), rowBytes);
                for (int x = 0; x < row.length; x++) {
                    Rounding.write(stored, ElementType.BF16, x, row[x]);
                }
                band.position(band.position() + rowBytes);
                if (!band.hasRemaining()) {
                    out.write(band.flip());
                    band.clear();
                }
            }
            out.write(band.flip());
            return out.sha256();
        }
    }
}
