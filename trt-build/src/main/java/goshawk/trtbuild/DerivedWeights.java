package goshawk.trtbuild;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder of the cache, beside the engines, with weights made of a checkpoint's and a report that bears their hash. Its
 * name is the hash of what goes in: made once, it is found again, unless it is damaged. The caller holds the cache's lock.
 *
 * @param <R> the report, as JSON beside the weights
 * @param weights name of the file with the weights
 * @param report name of the file with the report
 * @param sha256 of the weights, as a report says it
 */
record DerivedWeights<R>(Path folder, String weights, String report, Class<R> type, Function<R, String> sha256) {

    private static final Logger log = LoggerFactory.getLogger(DerivedWeights.class);
    private static final int NAME_LENGTH = 24;

    /** Writes the weights to a file. */
    interface Writing<R> {
        /** @return what the report is, once the hash of what was written is known */
        Function<String, R> write(Path file) throws IOException;
    }

    /**
     * @param what begins the folder's name
     * @param inputs all that the weights depend on
     */
    static Path folder(Path cache, String what, String inputs) {
        return cache.resolve(what + "-" + Sha256.of(inputs).substring(0, NAME_LENGTH));
    }

    Path file() {
        return folder.resolve(weights);
    }

    /** Whether it is there and its weights are those that the report names. */
    boolean isWhole(Fingerprints fingerprints) {
        if (!Files.isDirectory(folder)) {
            return false;
        }
        try (Safetensors found = Safetensors.open(file().toRealPath())) {
            if (fingerprints.sha256(found, _ -> {}).equals(sha256.apply(read()))) {
                return true;
            }
            log.warn("{} is not what was written", found.file());
        } catch (IOException | CheckpointException e) {
            log.warn("{} cannot be used ({})", folder, e.getMessage());
        }
        return false;
    }

    /** Makes it; the folder appears whole or not at all. */
    void write(Fingerprints fingerprints, Writing<R> writing) throws IOException {
        Durable.folder(folder, partial -> {
            Path file = partial.resolve(weights);
            Function<String, R> reported = writing.write(file);
            R made = reported.apply(Sha256.of(file, _ -> {}));
            Durable.write(partial.resolve(report), JsonRecord.bytes(made));
        });
        try (Safetensors written = Safetensors.open(file().toRealPath())) {
            fingerprints.remember(written, sha256.apply(read()));
        }
    }

    R read() throws IOException {
        return new ObjectMapper().readValue(folder.resolve(report).toFile(), type);
    }
}
