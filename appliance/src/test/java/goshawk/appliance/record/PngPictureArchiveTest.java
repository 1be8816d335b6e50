package goshawk.appliance.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.appliance.domain.ArchivedPicture;
import goshawk.appliance.domain.LogException;
import goshawk.appliance.domain.Records;
import goshawk.camera.Capture;
import goshawk.camera.Cause;
import goshawk.camera.Frame;
import goshawk.camera.PictureFile;
import goshawk.camera.Trigger;
import goshawk.camera.Views;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Random;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PngPictureArchiveTest {

    @TempDir
    Path dir;

    @Test
    void theArchivedPixelsAreTheJudgedPixels() throws NoSuchAlgorithmException {
        byte[] pixels = noise(61 * 47 * 3);
        try (var archive = PngPictureArchive.open(dir);
                Frame frame = Frame.of(61, 47, pixels);
                var kept = archive.keep(capture(frame))) {
            ArchivedPicture picture = kept.durable().getFirst();
            assertThat(picture.path()).isEqualTo("2026-11-22/1795341600123456-7.png");
            assertThat(picture.width()).isEqualTo(61);
            assertThat(picture.height()).isEqualTo(47);
            assertThat(picture.sha256())
                    .isEqualTo(HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(pixels)));
            try (Frame read = PictureFile.read(dir.resolve(picture.path()))) {
                assertThat(Arrays.copyOf(read.rgb(), pixels.length)).isEqualTo(pixels);
            }
            assertThat(PictureFile.isSimulated(dir.resolve(picture.path()))).isTrue();
        }
    }

    @Test
    void whatWasSeenOfAPartIsKeptUnderANameThatSaysSo() {
        byte[] pixels = noise(20 * 10 * 3);
        Frame frame = Frame.of(20, 10, pixels);
        var missed = Capture.Missed.partial(
                new Trigger(7, "P7", Records.AT, 0), Cause.CAMERA, frame.damaged("the camera was lost"), true);
        try (var archive = PngPictureArchive.open(dir);
                frame;
                var kept = archive.keep(missed)) {
            ArchivedPicture picture = kept.durable().getFirst();
            assertThat(picture.path()).isEqualTo("2026-11-22/1795341600123456-7-partial.png");
            assertThat(picture.isPartial()).isTrue();
            try (Frame read = PictureFile.read(dir.resolve(picture.path()))) {
                assertThat(Arrays.copyOf(read.rgb(), pixels.length)).isEqualTo(pixels);
            }
        }
    }

    @Test
    void theFrameIsFreeOnceTheAnswerIsClosedWhoeverAskedForThePicture() {
        byte[] pixels = noise(640 * 480 * 3);
        try (var archive = PngPictureArchive.open(dir)) {
            for (int i = 0; i < 10; i++) {
                Frame frame = Frame.of(640, 480, pixels);
                var kept = archive.keep(capture(frame));
                kept.close(); // without durable(): the record failed before
                frame.close(); // a frame that is still read would fail the writer
                assertThatThrownBy(frame::rgb).isInstanceOf(IllegalStateException.class);
                assertThat(kept.durable().getFirst().sha256()).hasSize(64);
            }
        }
    }

    @Test
    void anInterruptWaitsForThePictureAndIsKept() {
        try (var archive = PngPictureArchive.open(dir);
                Frame frame = Frame.of(64, 64, noise(64 * 64 * 3));
                var kept = archive.keep(capture(frame))) {
            Thread.currentThread().interrupt();
            assertThat(kept.durable().getFirst().path()).isNotEmpty();
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void eachViewHasAFileOfItsOwnAlsoOfAPartThatWasMissed() {
        SequencedMap<String, Frame> frames = new LinkedHashMap<>();
        frames.put("bright", Frame.of(4, 4, noise(48)));
        frames.put("dark", Frame.of(8, 2, noise(48)).damaged("packets are missing"));
        var trigger = new Trigger(7, "P7", Records.AT, 0);
        var missed = new Capture.Missed(trigger, Cause.CAMERA, "cross: unplugged", true, Views.of(frames), List.of());
        try (var archive = PngPictureArchive.open(dir);
                var views = missed.views();
                var kept = archive.keep(missed)) {
            List<ArchivedPicture> pictures = kept.durable();
            assertThat(pictures).extracting(ArchivedPicture::view).containsExactly("bright", "dark");
            assertThat(pictures)
                    .extracting(ArchivedPicture::path)
                    .containsExactly(
                            "2026-11-22/1795341600123456-7.bright.png",
                            "2026-11-22/1795341600123456-7.dark-partial.png");
            for (ArchivedPicture picture : pictures) {
                try (Frame read = PictureFile.read(dir.resolve(picture.path()))) {
                    assertThat(read.width())
                            .isEqualTo(views.frame(picture.view()).width());
                }
            }
        }
    }

    @Test
    void whereThereIsNoPictureNothingIsKept() {
        var trigger = new Trigger(7, "P7", Records.AT, 0);
        try (var archive = PngPictureArchive.open(dir);
                var kept = archive.keep(new Capture.Missed(trigger, Cause.NO_FRAME, "", true))) {
            assertThat(kept.durable()).isEmpty();
        }
        assertThat(dir).isEmptyDirectory();
    }

    @Test
    void aFolderThatVanishedFailsThatPictureAndIsMadeAgainForTheNext() throws IOException {
        try (var archive = PngPictureArchive.open(dir);
                Frame frame = Frame.of(2, 2, noise(12))) {
            Path kept = keep(archive, frame);
            Files.delete(kept);
            Files.delete(kept.getParent());
            Files.writeString(kept.getParent(), "in the way");
            assertThatThrownBy(() -> keep(archive, frame))
                    .isInstanceOf(LogException.class)
                    .hasMessageContaining("picture of part P7 cannot be kept")
                    .hasMessageContaining("2026-11-22");
            Files.delete(kept.getParent());
            assertThat(keep(archive, frame)).exists();
        }
    }

    @Test
    void aFolderThatCannotBeMadeIsNamed() throws IOException {
        Path file = Files.writeString(dir.resolve("images"), "");
        assertThatThrownBy(() -> PngPictureArchive.open(file))
                .isInstanceOf(LogException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("make it writable, or choose another data folder");
    }

    private Path keep(PngPictureArchive archive, Frame frame) {
        try (var kept = archive.keep(capture(frame))) {
            return dir.resolve(kept.durable().getFirst().path());
        }
    }

    private static Capture.Image capture(Frame frame) {
        return new Capture.Image(new Trigger(7, "P7", Records.AT, 0), frame, true);
    }

    private static byte[] noise(int length) {
        byte[] bytes = new byte[length];
        new Random(1).nextBytes(bytes);
        return bytes;
    }
}
