package goshawk.camera.sim;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** {@code truth.csv} of a rendered folder, which appears last and whole: a folder that has it is complete. */
final class TruthTable {

    private static final String NAME = "truth.csv";

    private TruthTable() {}

    /**
     * Makes the folder where it is missing.
     *
     * @return where its truth will be
     * @throws IllegalArgumentException when there is one already
     */
    static Path in(Path folder) throws IOException {
        Path truth = folder.resolve(NAME);
        if (Files.exists(truth)) {
            throw new IllegalArgumentException(
                    "%s already holds parts: name another folder or delete it".formatted(folder));
        }
        Files.createDirectories(folder);
        return truth;
    }

    static void write(Path truth, String header, String[] rows) throws IOException {
        Path unfinished = truth.resolveSibling(NAME + ".part");
        Files.writeString(unfinished, header + "\n" + String.join("\n", rows) + "\n", StandardCharsets.UTF_8);
        Files.move(unfinished, truth, StandardCopyOption.ATOMIC_MOVE);
    }
}
