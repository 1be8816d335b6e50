package goshawk.camera;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PartFilesTest {

    private static final List<String> VIEWS = List.of("bright", "dark");

    @TempDir
    Path dir;

    private void picture(String name, int width) {
        try (Frame frame = Frame.of(width, 2, new byte[width * 2 * 3])) {
            PictureFile.writePng(frame, true, dir.resolve(name));
        }
    }

    @Test
    void aPartHasAFileForEachViewAndAFolderMayHaveOthersBesideIt() throws Exception {
        picture("b.dark.png", 4);
        picture("b.bright.png", 3);
        picture("a.v2.bright.png", 3);
        picture("a.v2.dark.png", 4);
        Files.writeString(dir.resolve("truth.csv"), "");
        try (var pool = new FramePool(4, 4 * 2 * 3);
                var source = FolderFrameSource.open(dir, VIEWS, pool, Duration.ZERO)) {
            for (String part : List.of("a.v2", "b")) {
                var image = (Capture.Image) source.next().orElseThrow();
                assertThat(image.trigger().part()).isEqualTo(part);
                assertThat(image.isSimulated()).isTrue();
                assertThat(image.views().frame("bright").width()).isEqualTo(3);
                assertThat(image.views().frame("dark").width()).isEqualTo(4);
                image.views().close();
            }
            assertThat(source.next()).isEmpty();
        }
    }

    @Test
    void aViewWithoutFileOrWithADamagedOneIsMissedAndTheOtherIsThere() throws Exception {
        picture("a.bright.png", 3);
        picture("b.bright.png", 3);
        Files.writeString(dir.resolve("b.dark.png"), "no picture");
        try (var pool = new FramePool(4, 3 * 2 * 3);
                var source = FolderFrameSource.open(dir, VIEWS, pool, Duration.ZERO)) {
            var missed = (Capture.Missed) source.next().orElseThrow();
            assertThat(missed.cause()).isEqualTo(Cause.UNREADABLE);
            assertThat(missed.detail()).isEqualTo("view dark: a.dark.png is not there");
            assertThat(missed.views().names()).containsExactly("bright");
            missed.views().close();
            missed = (Capture.Missed) source.next().orElseThrow();
            assertThat(missed.detail()).startsWith("view dark: ").contains("b.dark.png");
            missed.views().close();
        }
        PartFiles part = PartFiles.in(dir, VIEWS).getFirst();
        assertThat(part.missing()).containsExactly("view dark: a.dark.png is not there");
        assertThatThrownBy(part::read).isInstanceOf(CameraException.class).hasMessageStartingWith("view dark: ");
    }

    @Test
    void aPictureOfNoViewIsNamed() {
        picture("a.cross.png", 3);
        assertThatThrownBy(() -> PartFiles.in(dir, VIEWS))
                .isInstanceOf(CameraException.class)
                .hasMessageContaining("a.cross.png is of none of the views [bright, dark]; name it PART.VIEW");
    }

    @Test
    void withOneViewEachFileIsAPart() throws IOException {
        picture("a.png", 3);
        Files.copy(dir.resolve("a.png"), dir.resolve("a.bmp"));
        assertThat(PartFiles.in(dir, List.of(Views.ONLY)))
                .extracting(PartFiles::part)
                .containsExactly("a", "a");
        assertThat(PartFiles.of(dir.resolve("x.png"), VIEWS).files().get("dark"))
                .isEqualTo(dir.toAbsolutePath().resolve("x.dark.png"));
    }
}
