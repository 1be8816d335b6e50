package goshawk.camera;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PictureFileTest {

    @TempDir
    Path dir;

    @ParameterizedTest
    @CsvSource({"1,1", "37,23", "640,480"})
    void aPngThatWeWroteReadsBackByteForByte(int width, int height) {
        byte[] rgb = pixels(width, height);
        Path file = dir.resolve("a.png");
        try (Frame frame = Frame.of(width, height, rgb)) {
            PictureFile.writePng(frame, false, file);
        }
        try (Frame back = PictureFile.read(file)) {
            assertThat(back.width()).isEqualTo(width);
            assertThat(back.height()).isEqualTo(height);
            assertThat(Arrays.copyOf(back.rgb(), rgb.length)).isEqualTo(rgb);
        }
    }

    @Test
    void othersReadOurPngToo() throws IOException {
        byte[] rgb = pixels(37, 23);
        Path file = dir.resolve("a.png");
        try (Frame frame = Frame.of(37, 23, rgb)) {
            PictureFile.writePng(frame, true, file);
        }
        BufferedImage image = ImageIO.read(file.toFile());
        for (int y = 0; y < 23; y++) {
            for (int x = 0; x < 37; x++) {
                int i = (y * 37 + x) * 3;
                int want = (rgb[i] & 0xff) << 16 | (rgb[i + 1] & 0xff) << 8 | (rgb[i + 2] & 0xff);
                assertThat(image.getRGB(x, y) & 0xffffff).isEqualTo(want);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"png", "bmp", "tiff"})
    void losslessFormatsOfOthersAreReadExactly(String format) throws IOException {
        var image = new BufferedImage(3, 2, BufferedImage.TYPE_INT_RGB);
        image.setRGB(0, 0, 0xff0000);
        image.setRGB(2, 1, 0x102030);
        try (Frame frame = PictureFile.read(write(image, format))) {
            assertThat(Arrays.copyOf(frame.rgb(), 3)).containsExactly(255, 0, 0);
            assertThat(Arrays.copyOfRange(frame.rgb(), 15, 18)).containsExactly(0x10, 0x20, 0x30);
        }
    }

    @Test
    void aJpegIsReadInRgb() throws IOException {
        var image = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 1024; i++) {
            image.setRGB(i % 32, i / 32, 0xc83214);
        }
        try (Frame frame = PictureFile.read(write(image, "jpg"))) {
            assertThat(frame.rgb()[0] & 0xff).isBetween(195, 205);
            assertThat(frame.rgb()[1] & 0xff).isBetween(45, 55);
            assertThat(frame.rgb()[2] & 0xff).isBetween(15, 25);
        }
    }

    @Test
    void sixteenBitGreyBecomesTheUpperEightInEveryChannel() throws IOException {
        var image = new BufferedImage(2, 1, BufferedImage.TYPE_USHORT_GRAY);
        image.getRaster().setSample(0, 0, 0, 0x8123);
        image.getRaster().setSample(1, 0, 0, 0xffff);
        try (Frame frame = PictureFile.read(write(image, "png"))) {
            assertThat(Arrays.copyOf(frame.rgb(), 6)).containsExactly(0x81, 0x81, 0x81, 255, 255, 255);
        }
    }

    /** A decoder that fills in grey for what is missing would have the part judged by it. */
    @ParameterizedTest
    @ValueSource(strings = {"png", "jpg", "bmp", "tiff"})
    void aFileThatEndsEarlyIsNoPicture(String format) throws IOException {
        byte[] whole = Files.readAllBytes(write(noise(64, 48), format));
        for (int percent : new int[] {0, 1, 10, 50, 90, 99}) {
            Path cut = Files.write(dir.resolve("cut." + format), Arrays.copyOf(whole, whole.length * percent / 100));
            assertThatThrownBy(() -> PictureFile.read(cut))
                    .as("%s at %d %%", format, percent)
                    .isInstanceOf(CameraException.class)
                    .hasMessageContaining("cut." + format)
                    .message()
                    .doesNotContain("\n");
        }
    }

    @Test
    void aBitThatFlippedInAPngIsFound() throws IOException {
        byte[] whole = Files.readAllBytes(write(noise(64, 48), "png"));
        var random = new Random(5);
        for (int i = 0; i < 50; i++) {
            byte[] damaged = whole.clone();
            damaged[random.nextInt(whole.length)] ^= (byte) (1 << random.nextInt(8));
            Path file = Files.write(dir.resolve("damaged.png"), damaged);
            assertThatThrownBy(() -> PictureFile.read(file).close()).isInstanceOf(CameraException.class);
        }
    }

    @Test
    void textAFolderAndAMissingFileAreNamedWithTheRemedy() throws IOException {
        Path text = Files.writeString(dir.resolve("note.png"), "no picture");
        assertThatThrownBy(() -> PictureFile.read(text))
                .hasMessageContaining("note.png cannot be read: it is none of these formats; give a whole PNG");
        assertThatThrownBy(() -> PictureFile.read(dir)).hasMessageContaining("it is a folder");
        assertThatThrownBy(() -> PictureFile.read(dir.resolve("gone.png")))
                .hasMessageContaining("gone.png does not exist");
    }

    @Test
    void aSizeBeyondMemoryIsRefusedBeforeItIsDecoded() throws IOException {
        byte[] file = Files.readAllBytes(write(noise(8, 8), "bmp"));
        Arrays.fill(file, 18, 20, (byte) 0xff);
        Arrays.fill(file, 22, 24, (byte) 0xff);
        Path bomb = Files.write(dir.resolve("bomb.bmp"), file);
        assertThatThrownBy(() -> PictureFile.read(bomb)).hasMessageContaining("65535×65535 pixels");
    }

    @Test
    void onlyPicturesThatSayTheyWereDrawnAreSimulated() throws IOException {
        try (Frame frame = Frame.of(4, 4, pixels(4, 4))) {
            PictureFile.writePng(frame, true, dir.resolve("drawn.png"));
            PictureFile.writePng(frame, false, dir.resolve("seen.png"));
        }
        assertThat(PictureFile.isSimulated(dir.resolve("drawn.png"))).isTrue();
        assertThat(PictureFile.isSimulated(dir.resolve("seen.png"))).isFalse();
        assertThat(PictureFile.isSimulated(write(noise(4, 4), "jpg"))).isFalse();
    }

    @Test
    void aPictureTakesAFrameOfThePoolAndGivesItBack() throws IOException {
        Path file = write(noise(8, 8), "png");
        try (var pool = new FramePool(1, 192)) {
            Frame first = PictureFile.read(file, pool).orElseThrow();
            assertThat(PictureFile.read(file, pool)).isEmpty();
            first.close();
            PictureFile.read(file, pool).orElseThrow().close();
        }
    }

    private Path write(BufferedImage image, String format) throws IOException {
        var out = new ByteArrayOutputStream();
        assertThat(ImageIO.write(image, format, out)).isTrue();
        return Files.write(dir.resolve("picture." + format), out.toByteArray());
    }

    private static BufferedImage noise(int width, int height) {
        var image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        var random = new Random(1);
        for (int i = 0; i < width * height; i++) {
            image.setRGB(i % width, i / width, random.nextInt());
        }
        return image;
    }

    private static byte[] pixels(int width, int height) {
        byte[] rgb = new byte[width * height * 3];
        new Random(width).nextBytes(rgb);
        return rgb;
    }
}
