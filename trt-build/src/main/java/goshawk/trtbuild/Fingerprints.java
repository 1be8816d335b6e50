package goshawk.trtbuild;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * SHA-256 of weight files without reading gigabytes at each start. A hash is remembered together with the file's size,
 * time of change and header; while these are the same, the file is taken to be the same. Damage that keeps all three,
 * a rotten disk for instance, is therefore not noticed at a start: delete {@code fingerprints.json} to have everything
 * read again.
 */
final class Fingerprints {

    private static final Logger log = LoggerFactory.getLogger(Fingerprints.class);
    private static final String FILE = "fingerprints.json";

    private record Fingerprint(long bytes, long modifiedNs, String headerSha256, String sha256) {}

    private final Path file;

    /** @param cache folder in which they are remembered */
    Fingerprints(Path cache) {
        this.file = cache.resolve(FILE);
    }

    /**
     * The SHA-256 of a weight file, from memory where possible.
     *
     * @param progress told the bytes read so far, not at all if none had to be
     */
    String sha256(Safetensors weights, LongConsumer progress) throws IOException {
        Path path = weights.file();
        long modifiedNs = Files.getLastModifiedTime(path).to(TimeUnit.NANOSECONDS);
        String header = Sha256.of(weights.headerBytes());
        Map<String, Fingerprint> known = load();
        Fingerprint seen = known.get(path.toString());
        if (seen != null
                && seen.bytes() == Files.size(path)
                && seen.modifiedNs() == modifiedNs
                && seen.headerSha256().equals(header)) {
            return seen.sha256();
        }
        String sha256 = Sha256.of(path, progress);
        known.put(path.toString(), new Fingerprint(Files.size(path), modifiedNs, header, sha256));
        save(known);
        return sha256;
    }

    private Map<String, Fingerprint> load() {
        if (!Files.exists(file)) {
            return new TreeMap<>();
        }
        try {
            return new ObjectMapper().readValue(file.toFile(), new TypeReference<TreeMap<String, Fingerprint>>() {});
        } catch (IOException e) {
            // Only a memory: hashing again is slow, not wrong.
            log.warn("{} is unreadable, the weights are hashed again", file, e);
            return new TreeMap<>();
        }
    }

    private void save(Map<String, Fingerprint> known) {
        try {
            byte[] json = new ObjectMapper()
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .writeValueAsBytes(known);
            Durable.replace(file, json);
        } catch (IOException e) {
            log.warn("cannot remember hashes in {}, the weights are hashed again at the next start", file, e);
        }
    }
}
