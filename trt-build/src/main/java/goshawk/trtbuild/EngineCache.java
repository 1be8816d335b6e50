package goshawk.trtbuild;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What is known of the engines in a cache, in files beside them: which were verified with what result, and which is the
 * active one of a checkpoint and target. Each file is replaced in one step; of two processes that activate at the same time
 * the later one stays.
 *
 * @param folder of the engines
 */
public record EngineCache(Path folder) {

    private static final int NAME_LENGTH = 24;

    /**
     * An engine in the cache.
     *
     * @param name of its folder
     * @param bytes of its files, without weights that it only points to
     * @param verification empty when it was never verified
     */
    public record Entry(
            String name, Manifest manifest, long bytes, Optional<EngineVerification> verification, boolean isActive) {

        /** Whether it can be run: graphs that TensorRT's plans are built from cannot. */
        public boolean isRunnable() {
            return manifest.plans() != null || !manifest.target().profile().equals(TargetProfile.TENSORRT.name());
        }
    }

    /**
     * What an engine's verification came to; empty when there was none.
     *
     * @param engine its hash
     * @throws CheckpointException if the file is damaged
     */
    public Optional<EngineVerification> verification(String engine) {
        Path file = verificationFile(engine);
        return read(file, EngineVerification::fromJson).map(found -> {
            if (!found.engine().equals(engine)) {
                throw damaged(file, "it is another engine's");
            }
            return found;
        });
    }

    /**
     * Keeps it in the place of an earlier one of the same engine.
     *
     * @return the file
     */
    public Path keep(EngineVerification verification) {
        Path file = verificationFile(verification.engine());
        write(file, verification.toJson());
        return file;
    }

    /**
     * The engine that a checkpoint is used with; empty while none was activated. Its weights may be others that bore the
     * same name: compare {@link ActiveEngine#sha256()}.
     *
     * @param target name of the target profile
     * @throws CheckpointException if the file is damaged
     */
    public Optional<ActiveEngine> active(String checkpoint, String target) {
        Path file = activeFile(checkpoint, target);
        return read(file, json -> JsonRecord.read(json, ActiveEngine.FORMAT, ActiveEngine.class))
                .map(found -> {
                    if (!found.checkpoint().equals(checkpoint)
                            || !found.target().equals(target)) {
                        throw damaged(
                                file, "it is of checkpoint %s for %s".formatted(found.checkpoint(), found.target()));
                    }
                    return found;
                });
    }

    /**
     * The active engine of the checkpoint in a folder, opened; empty while there is none of these very weights.
     *
     * @throws CheckpointException if the engine, the checkpoint or what is known of them is damaged
     */
    public Optional<EngineFolder> active(Path checkpoint, TargetProfile profile) {
        return active(checkpoint, Optional.empty(), profile);
    }

    /**
     * The same of a checkpoint with an adapter. It is not merged for that: without merged matrices in this cache there is no
     * engine of them.
     *
     * @param adapter folder that PEFT saved a LoRA adapter in
     */
    public Optional<EngineFolder> active(Path checkpoint, Optional<Path> adapter, TargetProfile profile) {
        if (!Files.isDirectory(folder)) {
            return Optional.empty();
        }
        try (Checkpoint opened = Checkpoint.open(checkpoint)) {
            return adapter.isEmpty()
                    ? active(opened, opened.name(), profile)
                    : activeWith(adapter.get(), opened, profile);
        } catch (IOException e) {
            throw new CheckpointException("cannot read %s: %s".formatted(checkpoint, e), e);
        }
    }

    private Optional<EngineFolder> activeWith(Path adapter, Checkpoint checkpoint, TargetProfile profile)
            throws IOException {
        try (Adapter opened = Adapter.open(adapter, checkpoint)) {
            Optional<MergedAdapter> merged = MergedAdapter.found(folder, checkpoint, opened);
            if (merged.isEmpty()) {
                return Optional.empty();
            }
            try (Safetensors weights = Safetensors.open(merged.get().weights().toRealPath())) {
                return active(checkpoint.with(weights), merged.get().manifest().nameOf(checkpoint.name()), profile);
            }
        }
    }

    private Optional<EngineFolder> active(Checkpoint checkpoint, String name, TargetProfile profile)
            throws IOException {
        Optional<ActiveEngine> active = active(name, profile.name());
        return active.isPresent() && active.get().sha256().equals(EngineBuilder.sha256(checkpoint, folder))
                ? Optional.of(EngineFolder.open(folder.resolve(active.get().engine())))
                : Optional.empty();
    }

    /**
     * Makes an engine of this cache the active one of its checkpoint and target; the one before it stays known.
     *
     * @throws CheckpointException unless its verification passed; nothing has changed then
     */
    public ActiveEngine activate(EngineFolder engine) {
        requireHere(engine);
        if (!verification(engine.hash()).map(EngineVerification::isPassed).orElse(false)) {
            throw new CheckpointException(
                    "engine %s has not passed its verification; run ./goshawk engine verify --engine %s"
                            .formatted(engine.path(), engine.path()));
        }
        String name = name(engine.path());
        Manifest.Source checkpoint = engine.manifest().checkpoint();
        String target = engine.manifest().target().profile();
        Optional<ActiveEngine> before = active(checkpoint.name(), target);
        if (before.isPresent() && before.get().engine().equals(name)) {
            return before.get();
        }
        var active = new ActiveEngine(
                ActiveEngine.FORMAT,
                checkpoint.name(),
                checkpoint.sha256(),
                target,
                name,
                before.map(ActiveEngine::engine).orElse(null));
        write(active);
        return active;
    }

    /**
     * Sees to it that an engine which failed is not, or no longer, the active one: the one before it is again, if that passed.
     *
     * @return the active engine of its checkpoint and target now; empty for none
     */
    public Optional<ActiveEngine> withdraw(EngineFolder engine) {
        requireHere(engine);
        String checkpoint = engine.manifest().checkpoint().name();
        String target = engine.manifest().target().profile();
        Optional<ActiveEngine> active = active(checkpoint, target);
        if (active.isEmpty() || !active.get().engine().equals(name(engine.path()))) {
            return active;
        }
        Optional<ActiveEngine> again =
                Optional.ofNullable(active.get().previous()).flatMap(this::again);
        if (again.isPresent()) {
            write(again.get());
        } else {
            delete(activeFile(checkpoint, target));
        }
        return again;
    }

    private Optional<ActiveEngine> again(String name) {
        if (!Files.isDirectory(folder.resolve(name))) {
            return Optional.empty();
        }
        Entry previous = entry(folder.resolve(name));
        Manifest.Source checkpoint = previous.manifest().checkpoint();
        return previous.verification()
                .filter(EngineVerification::isPassed)
                .map(_ -> new ActiveEngine(
                        ActiveEngine.FORMAT,
                        checkpoint.name(),
                        checkpoint.sha256(),
                        previous.manifest().target().profile(),
                        name,
                        null));
    }

    /** @throws CheckpointException for an engine that lies elsewhere: what is kept here would not be found there */
    public void requireHere(EngineFolder engine) {
        Path parent = engine.path().toAbsolutePath().normalize().getParent();
        if (!folder.toAbsolutePath().normalize().equals(parent)) {
            throw new CheckpointException(
                    "engine %s does not lie in the engines' folder %s; name its own with --engines"
                            .formatted(engine.path(), folder));
        }
    }

    /** Folders in the cache that have a manifest, by name; none where there is no cache. */
    public List<Path> engines() {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> found = Files.list(folder)) {
            return found.filter(path -> Files.exists(path.resolve(EngineFolder.MANIFEST)))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new CheckpointException("cannot read %s: %s".formatted(folder, e), e);
        }
    }

    /**
     * What is known of one of {@link #engines()}. Its files are not compared with its manifest.
     *
     * @throws CheckpointException if its manifest, or what is kept of it, is damaged or of another version
     */
    public Entry entry(Path engine) {
        try {
            byte[] json = Files.readAllBytes(engine.resolve(EngineFolder.MANIFEST));
            Manifest manifest = Manifest.fromJson(json);
            boolean isActive = active(
                            manifest.checkpoint().name(), manifest.target().profile())
                    .filter(it -> it.engine().equals(name(engine)))
                    .isPresent();
            return new Entry(name(engine), manifest, bytes(engine), verification(Sha256.of(json)), isActive);
        } catch (IOException e) {
            throw damaged(engine.resolve(EngineFolder.MANIFEST), CheckpointException.firstLine(e));
        }
    }

    private static long bytes(Path engine) throws IOException {
        List<Path> files = new ArrayList<>();
        try (Stream<Path> found = Files.walk(engine)) {
            found.filter(Files::isRegularFile).forEach(files::add);
        }
        long bytes = 0;
        for (Path file : files) {
            bytes += Files.size(file);
        }
        return bytes;
    }

    private Path verificationFile(String engine) {
        return folder.resolve(engine.substring(0, Math.min(NAME_LENGTH, engine.length())) + ".verification.json");
    }

    /** Names may hold anything. */
    private Path activeFile(String checkpoint, String target) {
        return folder.resolve(
                "active-%s.json".formatted(Sha256.of(checkpoint + "\n" + target).substring(0, NAME_LENGTH)));
    }

    private interface Parsing<T> {
        T from(byte[] json) throws IOException;
    }

    private static <T> Optional<T> read(Path file, Parsing<T> parsing) {
        try {
            return Optional.of(parsing.from(Files.readAllBytes(file)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw damaged(file, CheckpointException.firstLine(e));
        }
    }

    private void write(ActiveEngine active) {
        write(activeFile(active.checkpoint(), active.target()), JsonRecord.bytes(active));
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new CheckpointException("cannot delete %s: %s".formatted(file, e), e);
        }
    }

    private static void write(Path file, byte[] json) {
        try {
            Durable.replace(file, json);
        } catch (IOException e) {
            throw new CheckpointException("cannot write %s (%s); is the disk full?".formatted(file, e), e);
        }
    }

    private static CheckpointException damaged(Path file, String how) {
        return new CheckpointException(
                "%s is damaged (%s); delete it, and verify the engine again: ./goshawk engine verify"
                        .formatted(file, how));
    }

    private static String name(Path engine) {
        return String.valueOf(engine.getFileName());
    }
}
