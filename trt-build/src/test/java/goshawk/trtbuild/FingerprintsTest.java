package goshawk.trtbuild;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FingerprintsTest {

    @TempDir
    Path folder;

    private String sha256(Path file) {
        return new Fingerprints(folder)
                .sha256(List.of(file))
                .firstEntry()
                .getValue()
                .orElseThrow();
    }

    @Test
    void whatWasWrittenAndHashedIsNotReadAgain() throws IOException {
        Path partial = Files.createDirectory(folder.resolve("engine.partial"));
        String written;
        try (HashedFile file = HashedFile.create(partial.resolve("plan"))) {
            ByteBuffer bytes =
                    ByteBuffer.allocateDirect(3).put(new byte[] {1, 2, 3}).flip();
            assertThat(file.write(bytes)).isEqualTo(3);
            assertThat(bytes.hasRemaining()).isFalse();
            assertThat(file.write(ByteBuffer.wrap(new byte[] {4}))).isEqualTo(1);
            written = file.sha256();
            assertThat(file.isOpen()).isFalse();
        }
        assertThat(Files.readAllBytes(partial.resolve("plan"))).containsExactly(1, 2, 3, 4);
        assertThat(written).isEqualTo(Sha256.of(new byte[] {1, 2, 3, 4}));

        Path plan = folder.resolve("engine/plan");
        Files.move(partial, folder.resolve("engine"), StandardCopyOption.ATOMIC_MOVE);
        new Fingerprints(folder).remember(Map.of(plan, "remembered"));
        assertThat(sha256(plan)).as("not read").isEqualTo("remembered");
        assertThat(sha256(Path.of("").toAbsolutePath().relativize(plan)))
                .as("by whatever path")
                .isEqualTo("remembered");

        Files.write(plan, new byte[] {9, 2, 3, 4});
        assertThat(sha256(plan)).as("another file").isEqualTo(Sha256.of(new byte[] {9, 2, 3, 4}));
    }

    @Test
    void weightsAreRememberedByTheirHeader() throws IOException {
        Path copy =
                Files.copy(Goldens.folder("tiny-f32").resolve("model.safetensors"), folder.resolve("w.safetensors"));
        var fingerprints = new Fingerprints(folder);
        try (Safetensors weights = Safetensors.open(copy.toRealPath())) {
            fingerprints.remember(weights, "remembered");
            assertThat(fingerprints.sha256(weights, _ -> {
                        throw new AssertionError("read");
                    }))
                    .isEqualTo("remembered");
        }
    }

    @Test
    void aFileThatCannotBeReadHasNone() {
        Path none = folder.resolve("none");
        assertThat(new Fingerprints(folder).sha256(List.of(none))).containsEntry(none, Optional.empty());
    }
}
