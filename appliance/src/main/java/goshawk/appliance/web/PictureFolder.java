package goshawk.appliance.web;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/** The archive's folder, of which nothing but its own PNG files is ever served. */
final class PictureFolder {

    private final Path folder;

    PictureFolder(Path folder) {
        this.folder = folder;
    }

    Path path() {
        return folder;
    }

    /**
     * The file that a record names. Empty when it is gone, is no PNG file, or lies outside the folder, be it by {@code ..},
     * by an absolute path or by a link: whatever stands in the database, nothing else of this machine is read.
     *
     * @param name below the folder, with {@code /}
     */
    Optional<Path> find(String name) {
        if (!name.endsWith(".png")) {
            return Optional.empty();
        }
        try {
            Path file = folder.resolve(name).toRealPath();
            return file.startsWith(folder.toRealPath()) && Files.isRegularFile(file)
                    ? Optional.of(file)
                    : Optional.empty();
        } catch (IOException | InvalidPathException e) {
            return Optional.empty();
        }
    }
}
