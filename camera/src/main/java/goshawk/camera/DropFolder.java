package goshawk.camera;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The files of a folder that somebody else writes to. A file is ready when neither its size nor its time has changed for a
 * while; it is then renamed into {@code taken/}, so that it is nobody else's, and from there into {@code done/} or {@code
 * rejected/}, or deleted. Each step is one rename within a file system: after a power cut a file is in exactly one of them.
 *
 * <p>Belongs to one thread.
 */
final class DropFolder {

    private final Path inbox;
    private final Path taken;
    private final Path done;
    private final Path rejected;
    private final Duration settle;
    private final Comparator<Dropped> order;
    private Map<Path, Dropped> seen = new HashMap<>();

    /**
     * A file as it was seen.
     *
     * @param sinceNanos {@link System#nanoTime()} when it was first seen like this
     */
    record Dropped(Path file, long size, FileTime modified, long sinceNanos) {

        boolean looksLike(Dropped other) {
            return size == other.size && modified.equals(other.modified);
        }

        String name() {
            return String.valueOf(file.getFileName());
        }
    }

    private DropFolder(Path inbox, Duration settle, Comparator<Dropped> order) {
        this.inbox = inbox;
        this.taken = inbox.resolve("taken");
        this.done = inbox.resolve("done");
        this.rejected = inbox.resolve("rejected");
        this.settle = settle;
        this.order = order;
    }

    /** @throws CameraException when it is no folder that we may write to */
    static DropFolder open(Path inbox, Duration settle, Comparator<Dropped> order) {
        var folder = new DropFolder(inbox, settle, order);
        if (!Files.isDirectory(inbox)) {
            throw new CameraException("folder " + inbox + " does not exist; make it, and let the camera write to it");
        }
        try {
            folder.makeFolders();
        } catch (IOException e) {
            throw new CameraException(
                    "cannot make folders for files in hand in %s: %s; let the station write there".formatted(inbox, e),
                    e);
        }
        return folder;
    }

    private void makeFolders() throws IOException {
        for (Path folder : List.of(taken, done, rejected)) {
            Files.createDirectories(folder);
        }
    }

    /** Files that were in hand when the station ended. */
    List<Path> leftInHand() throws IOException {
        try (Stream<Path> files = Files.list(taken)) {
            return files.sorted().toList();
        }
    }

    /** Looks at the folder; the files that are ready, in order. */
    List<Dropped> ready(long nowNanos) throws IOException {
        Map<Path, Dropped> now = new HashMap<>();
        try (Stream<Path> files = Files.list(inbox)) {
            files.filter(DropFolder::isPicture)
                    .flatMap(file -> look(file, nowNanos).stream())
                    .forEach(file -> now.put(file.file(), since(file)));
        }
        seen = now;
        return now.values().stream()
                .filter(file -> nowNanos - file.sinceNanos() >= settle.toNanos())
                .sorted(order)
                .toList();
    }

    private Dropped since(Dropped file) {
        Dropped before = seen.get(file.file());
        return before != null && before.looksLike(file) ? before : file;
    }

    private static boolean isPicture(Path file) {
        return PictureFile.isPictureName(file)
                && !String.valueOf(file.getFileName()).startsWith(".");
    }

    /** Empty when it has gone meanwhile, or is no file. */
    private static Optional<Dropped> look(Path file, long nowNanos) {
        try {
            var attributes = Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            return attributes.isRegularFile()
                    ? Optional.of(new Dropped(file, attributes.size(), attributes.lastModifiedTime(), nowNanos))
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /**
     * Takes a file in hand; empty when it has gone, or is not as it was seen: then it is left where it is.
     *
     * @return where it is now
     */
    Optional<Path> take(Dropped file) throws IOException {
        Path hand = free(taken, file.name());
        try {
            makeFolders(); // somebody tidied up
            move(file.file(), hand);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        if (isUnchanged(file, hand)) {
            return Optional.of(hand);
        }
        putBack(hand, file);
        return Optional.empty();
    }

    /** True when {@code hand} is what was seen: nobody has written to it since. */
    boolean isUnchanged(Dropped file, Path hand) {
        return look(hand, 0).filter(file::looksLike).isPresent();
    }

    /** Back to where it came from, as if never taken. */
    void putBack(Path hand, Dropped file) throws IOException {
        seen.remove(file.file());
        move(hand, Files.exists(file.file()) ? free(inbox, file.name()) : file.file());
    }

    void finish(Path hand, boolean keep) throws IOException {
        if (keep) {
            move(hand, free(done, String.valueOf(hand.getFileName())));
        } else {
            Files.deleteIfExists(hand);
        }
    }

    /** @return where it is now */
    Path reject(Path hand) throws IOException {
        Path place = free(rejected, String.valueOf(hand.getFileName()));
        move(hand, place);
        return place;
    }

    private static void move(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    }

    /** A name that is not taken: a rename would replace the other file without a word. */
    private static Path free(Path folder, String name) throws IOException {
        Path place = folder.resolve(name);
        int dot = name.lastIndexOf('.');
        for (int copy = 2; Files.exists(place, LinkOption.NOFOLLOW_LINKS); copy++) {
            if (copy > 100_000) {
                throw new FileAlreadyExistsException(place.toString());
            }
            place = folder.resolve("%s~%d%s".formatted(name.substring(0, dot), copy, name.substring(dot)));
        }
        return place;
    }
}
