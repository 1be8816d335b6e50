package goshawk.trtbuild;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.UUID;
import java.util.stream.Stream;

/** Files and folders that are whole or not there, also after a power cut. */
public final class Durable {

    private static final String PARTIAL = ".partial";

    private Durable() {}

    /** Writes a file and returns once its bytes are on the disk. */
    static void write(Path file, byte[] bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(true);
        }
    }

    /**
     * Replaces a file in one step, and returns once it would survive a power cut. Who may read it is as of any new file, by
     * the process's umask: not for secrets.
     */
    public static void replace(Path file, byte[] bytes) throws IOException {
        // Of a name of its own: two processes may replace the same file. Not createTempFile's, which only its owner may
        // read.
        Path temporary = file.resolveSibling("%s.%s%s".formatted(file.getFileName(), UUID.randomUUID(), PARTIAL));
        try {
            write(temporary, bytes);
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            force(parent(file));
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /** Fills a folder. */
    interface Filling {

        /** @param partial the folder, empty and under another name */
        void into(Path partial) throws IOException;
    }

    /**
     * Makes a folder that is there with all its files or not at all, in place of one of the same name. What an earlier
     * attempt left half done beside it is removed: the caller must be the only one who writes there.
     */
    static void folder(Path folder, Filling filling) throws IOException {
        try (Stream<Path> found = Files.list(parent(folder))) {
            for (Path left :
                    found.filter(path -> path.toString().endsWith(PARTIAL)).toList()) {
                delete(left);
            }
        }
        Path partial = folder.resolveSibling(folder.getFileName() + PARTIAL);
        try {
            Files.createDirectory(partial);
            filling.into(partial);
            delete(folder);
            publish(partial, folder);
        } finally {
            delete(partial);
        }
    }

    /** Gives a finished folder its name, in one step. */
    private static void publish(Path temporary, Path folder) throws IOException {
        force(temporary);
        Files.move(temporary, folder, StandardCopyOption.ATOMIC_MOVE);
        force(parent(folder));
    }

    /** Deletes a folder and all in it, if it is there; links are deleted, not followed. */
    public static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> found = Files.walk(folder)) {
            for (Path path : found.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    private static void force(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static Path parent(Path file) {
        Path parent = file.toAbsolutePath().getParent();
        if (parent == null) {
            throw new IllegalArgumentException(file + " has no folder");
        }
        return parent;
    }
}
