package goshawk.trtbuild;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedCollection;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * SHA-256 of files without reading gigabytes at each start. A hash is remembered together with the file's size, its time
 * of change and a witness: of weights the header, of other files when their entry on the disk was last written. While
 * these are the same, the file is taken to be the same. Damage that keeps all three, a rotten disk for instance, is
 * therefore not noticed at a start: delete {@code fingerprints.json} to have everything read again.
 */
public final class Fingerprints {

    private static final Logger log = LoggerFactory.getLogger(Fingerprints.class);
    private static final String FILE = "fingerprints.json";

    private record Fingerprint(
            long bytes,
            long modifiedNs,
            @JsonAlias("headerSha256") String witness,
            String sha256) {}

    private final Path cache;
    private final Path file;

    /** @param cache folder in which they are remembered; made when there is something to remember */
    public Fingerprints(Path cache) {
        this.cache = cache;
        this.file = cache.resolve(FILE);
    }

    /**
     * The SHA-256 of a weight file, from memory where possible.
     *
     * @param progress told the bytes read so far, not at all if none had to be
     */
    String sha256(Safetensors weights, LongConsumer progress) throws IOException {
        Map<String, Fingerprint> known = load();
        var before = Map.copyOf(known);
        String sha256 = sha256(known, weights.file(), Sha256.of(weights.headerBytes()), progress);
        saveIfOther(before, known);
        return sha256;
    }

    /**
     * The SHA-256 of each of many files, from memory where possible.
     *
     * @return by file, in their order; empty for one that cannot be read
     */
    public SequencedMap<Path, Optional<String>> sha256(SequencedCollection<Path> files) {
        Map<String, Fingerprint> known = load();
        var before = Map.copyOf(known);
        SequencedMap<Path, Optional<String>> hashes = new LinkedHashMap<>();
        for (Path path : files) {
            try {
                hashes.put(path, Optional.of(sha256(known, path, entryWritten(path), _ -> {})));
            } catch (IOException e) {
                log.warn("{} cannot be read", path, e);
                hashes.put(path, Optional.empty());
            }
        }
        saveIfOther(before, known);
        return hashes;
    }

    /**
     * Keeps hashes that were computed while the files were written, so that they are not read for that.
     *
     * @param hashes by file, in the place where it is looked for
     */
    void remember(Map<Path, String> hashes) throws IOException {
        Map<String, Fingerprint> known = load();
        var before = Map.copyOf(known);
        for (Map.Entry<Path, String> file : hashes.entrySet()) {
            remember(known, file.getKey(), entryWritten(file.getKey()), file.getValue());
        }
        saveIfOther(before, known);
    }

    /** The same of a weight file. */
    void remember(Safetensors weights, String sha256) throws IOException {
        Map<String, Fingerprint> known = load();
        var before = Map.copyOf(known);
        remember(known, weights.file(), Sha256.of(weights.headerBytes()), sha256);
        saveIfOther(before, known);
    }

    private static void remember(Map<String, Fingerprint> known, Path path, String witness, String sha256)
            throws IOException {
        known.put(key(path), new Fingerprint(Files.size(path), modifiedNs(path), witness, sha256));
    }

    private static String sha256(Map<String, Fingerprint> known, Path path, String witness, LongConsumer progress)
            throws IOException {
        Fingerprint seen = known.get(key(path));
        if (seen != null
                && seen.bytes() == Files.size(path)
                && seen.modifiedNs() == modifiedNs(path)
                && seen.witness().equals(witness)) {
            return seen.sha256();
        }
        long bytes = Files.size(path);
        long modifiedNs = modifiedNs(path); // what changes while it is read is read again
        String sha256 = Sha256.of(path, progress);
        known.put(key(path), new Fingerprint(bytes, modifiedNs, witness, sha256));
        return sha256;
    }

    private static String key(Path path) {
        return path.toAbsolutePath().normalize().toString();
    }

    private static long modifiedNs(Path path) throws IOException {
        return Files.getLastModifiedTime(path).to(TimeUnit.NANOSECONDS);
    }

    /** Unlike the time of change nobody can set it back; empty where the file system does not tell it. */
    private static String entryWritten(Path path) throws IOException {
        return path.getFileSystem().supportedFileAttributeViews().contains("unix")
                ? Files.getAttribute(path, "unix:ctime").toString()
                : "";
    }

    private Map<String, Fingerprint> load() {
        if (!Files.exists(file)) {
            return new TreeMap<>();
        }
        try {
            return new ObjectMapper().readValue(file.toFile(), new TypeReference<TreeMap<String, Fingerprint>>() {});
        } catch (IOException e) {
            // Only a memory: hashing again is slow, not wrong.
            log.warn("{} is unreadable, everything is hashed again", file, e);
            return new TreeMap<>();
        }
    }

    private void saveIfOther(Map<String, Fingerprint> before, Map<String, Fingerprint> known) {
        if (before.equals(known)) {
            return;
        }
        try {
            Files.createDirectories(cache);
            Durable.replace(file, JsonRecord.bytes(known));
        } catch (IOException e) {
            log.warn("cannot remember hashes in {}, the files are hashed again at the next start", file, e);
        }
    }
}
