package goshawk.trtbuild;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A checkpoint's matrices with an adapter added, in a folder of the cache beside the engines. Its name is the hash of what
 * goes in, so that the graphs can name the file before the engine has a name, and engines for several targets share it.
 *
 * @param weights the changed tensors, under the names that they have in the checkpoint
 */
record MergedAdapter(Path weights, Manifest.Adapter manifest) {

    /** Raised when {@link Merge} computes something else. */
    private static final String VERSION = "merge 1";

    private static final Logger log = LoggerFactory.getLogger(MergedAdapter.class);
    private static final String WEIGHTS = "merged.safetensors";
    private static final String REPORT = "adapter.json";

    /** Merges, or finds it merged. The caller holds the cache's lock. */
    static MergedAdapter in(Path cache, Checkpoint checkpoint, Adapter adapter, EngineBuilder.Progress progress)
            throws IOException {
        var fingerprints = new Fingerprints(cache);
        DerivedWeights<Report> merged = merged(cache, checkpoint, adapter, fingerprints, progress);
        if (!merged.isWhole(fingerprints)) {
            merged.write(fingerprints, file -> {
                SortedMap<String, Manifest.Change> matrices = new Merge(checkpoint, adapter).write(file, progress);
                return hash -> new Report(hash, matrices);
            });
        }
        MergedAdapter made = of(merged, adapter, fingerprints);
        log.info("{}", inWords(adapter.folder(), made.manifest()));
        return made;
    }

    /** Finds it merged; empty where it never was, or is damaged. */
    static Optional<MergedAdapter> found(Path cache, Checkpoint checkpoint, Adapter adapter) throws IOException {
        var fingerprints = new Fingerprints(cache);
        DerivedWeights<Report> merged = merged(cache, checkpoint, adapter, fingerprints, (_, _, _) -> {});
        return merged.isWhole(fingerprints) ? Optional.of(of(merged, adapter, fingerprints)) : Optional.empty();
    }

    private static DerivedWeights<Report> merged(
            Path cache,
            Checkpoint checkpoint,
            Adapter adapter,
            Fingerprints fingerprints,
            EngineBuilder.Progress progress)
            throws IOException {
        var inputs = new StringBuilder(VERSION).append('\n');
        for (Safetensors file : checkpoint.files()) {
            long size = Math.max(Files.size(file.file()), 1);
            String step = "reading " + file.file().getFileName();
            inputs.append(fingerprints.sha256(file, done -> progress.at(step, done, size)))
                    .append('\n');
        }
        inputs.append(Sha256.of(Files.readAllBytes(checkpoint.folder().resolve(EngineFolder.CONFIG))))
                .append('\n');
        inputs.append(fingerprints.sha256(adapter.weights(), _ -> {}))
                .append('\n')
                .append(configSha256(adapter))
                .append('\n');
        return new DerivedWeights<>(
                DerivedWeights.folder(cache, "merged", inputs.toString()),
                WEIGHTS,
                REPORT,
                Report.class,
                Report::merged);
    }

    private static MergedAdapter of(DerivedWeights<Report> merged, Adapter adapter, Fingerprints fingerprints)
            throws IOException {
        Report report = merged.read();
        Path real = adapter.folder().toRealPath();
        return new MergedAdapter(
                merged.file(),
                new Manifest.Adapter(
                        String.valueOf(real.getFileName()),
                        real.toString(),
                        fingerprints.sha256(adapter.weights(), _ -> {}),
                        configSha256(adapter),
                        report.merged(),
                        report.matrices()));
    }

    private static String configSha256(Adapter adapter) throws IOException {
        return Sha256.of(Files.readAllBytes(adapter.folder().resolve(Adapter.CONFIG)));
    }

    private static String inWords(Path adapter, Manifest.Adapter manifest) {
        Map.Entry<String, Manifest.Change> worst = Collections.max(
                manifest.matrices().entrySet(),
                Comparator.comparingDouble(entry -> entry.getValue().relativeError()));
        return "adapter %s is merged into %d matrices; storing them moved %s most, by %.2g of its norm, at most %.2g in one number"
                .formatted(
                        adapter,
                        manifest.matrices().size(),
                        worst.getKey(),
                        worst.getValue().relativeError(),
                        worst.getValue().largestError());
    }

    /** @param merged SHA-256 of the file beside it */
    record Report(String merged, SortedMap<String, Manifest.Change> matrices) {

        Report {
            matrices = new TreeMap<>(matrices);
        }
    }
}
