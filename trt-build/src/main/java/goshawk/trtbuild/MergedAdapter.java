package goshawk.trtbuild;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
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
    private static final int NAME_LENGTH = 24;

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
        Path folder = cache.resolve("merged-" + Sha256.of(inputs.toString()).substring(0, NAME_LENGTH));
        if (!isWhole(folder, fingerprints)) {
            Durable.folder(folder, partial -> {
                SortedMap<String, Manifest.Change> matrices =
                        new Merge(checkpoint, adapter).write(partial.resolve(WEIGHTS), progress);
                String merged = Sha256.of(partial.resolve(WEIGHTS), _ -> {});
                Durable.write(partial.resolve(REPORT), json(new Report(merged, matrices)));
            });
        }
        Report report = report(folder);
        log.info("{}", inWords(adapter.folder(), report));
        Path real = adapter.folder().toRealPath();
        return new MergedAdapter(
                folder.resolve(WEIGHTS),
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

    private static boolean isWhole(Path folder, Fingerprints fingerprints) {
        if (!Files.isDirectory(folder)) {
            return false;
        }
        try (Safetensors found = Safetensors.open(folder.resolve(WEIGHTS).toRealPath())) {
            if (fingerprints.sha256(found, _ -> {}).equals(report(folder).merged())) {
                return true;
            }
            log.warn("{} is not what was merged; merging again", found.file());
        } catch (IOException | CheckpointException e) {
            log.warn("{} cannot be used ({}); merging again", folder, e.getMessage());
        }
        return false;
    }

    private static Report report(Path folder) throws IOException {
        return new ObjectMapper().readValue(folder.resolve(REPORT).toFile(), Report.class);
    }

    private static byte[] json(Report report) throws IOException {
        return new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsBytes(report);
    }
}
