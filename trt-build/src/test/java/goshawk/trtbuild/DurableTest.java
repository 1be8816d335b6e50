package goshawk.trtbuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DurableTest {

    @TempDir
    Path dir;

    @Test
    void aFileIsReplacedAndNothingIsLeftBeside() throws IOException {
        Path file = dir.resolve("kept.json");
        Durable.replace(file, new byte[] {1});
        Durable.replace(file, new byte[] {2, 3});
        assertThat(file).hasBinaryContent(new byte[] {2, 3});
        assertThat(dir).isDirectoryContaining(file::equals).isDirectoryNotContaining(it -> !file.equals(it));
    }

    /** A service's files are looked at by people who are not the service. */
    @Test
    void whoMayReadAnyNewFileMayReadIt() throws IOException {
        Path any = Files.write(dir.resolve("any"), new byte[] {1});
        Path file = dir.resolve("kept.json");
        Durable.replace(file, new byte[] {1});
        assertThat(Files.getPosixFilePermissions(file)).isEqualTo(Files.getPosixFilePermissions(any));
    }

    @Test
    void whatCannotBeReplacedStaysWithNothingBeside() throws IOException {
        Path folder = Files.createDirectory(dir.resolve("kept.json"));
        Files.write(folder.resolve("inside"), new byte[] {1});
        assertThatThrownBy(() -> Durable.replace(folder, new byte[] {2})).isInstanceOf(IOException.class);
        assertThat(folder.resolve("inside")).exists();
        assertThat(dir).isDirectoryNotContaining(it -> !folder.equals(it));
    }
}
