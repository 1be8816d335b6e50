package goshawk.trtbuild;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Comparator;
import java.util.Map;
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
        var inputs = new StringBuilder(VERSION).append('\n');
        for (Safetensors file : checkpoint.files()) {
            long size = Math.max(Files.size(file.file()), 1);
            String step = "reading " + file.file().getFileName();
            inputs.append(fingerprints.sha256(file, done -> progress.at(step, done, size)))
                    .append('\n');
        }
        inputs.append(Sha256.of(Files.readAllBytes(checkpoint.folder().resolve(EngineFolder.CONFIG))))
                .append('\n');
        String sha256 = fingerprints.sha256(adapter.weights(), _ -> {});
        String configSha256 = Sha256.of(Files.readAllBytes(adapter.folder().resolve(Adapter.CONFIG)));
        inputs.append(sha256).append('\n').append(configSha256).append('\n');
        var merged = new DerivedWeights<>(
                DerivedWeights.folder(cache, "merged", inputs.toString()),
                WEIGHTS,
                REPORT,
                Report.class,
                Report::merged);
        if (!merged.isWhole(fingerprints)) {
            merged.write(file -> {
                SortedMap<String, Manifest.Change> matrices = new Merge(checkpoint, adapter).write(file, progress);
                return hash -> new Report(hash, matrices);
            });
        }
        Report report = merged.read();
        log.info("{}", inWords(adapter.folder(), report));
        Path real = adapter.folder().toRealPath();
        return new MergedAdapter(
                merged.file(),
                new Manifest.Adapter(
                        String.valueOf(real.getFileName()),
                        real.toString(),
                        sha256,
                        configSha256,
                        report.merged(),
                        report.matrices()));
    }

    private static String inWords(Path adapter, Report report) {
        Map.Entry<String, Manifest.Change> worst = Collections.max(
                report.matrices().entrySet(),
                Comparator.comparingDouble(entry -> entry.getValue().relativeError()));
        return "adapter %s is merged into %d matrices; storing them moved %s most, by %.2g of its norm, at most %.2g in one number"
                .formatted(
                        adapter,
                        report.matrices().size(),
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
