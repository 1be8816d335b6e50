package goshawk.camera.aravis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.camera.CameraException;
import java.nio.ByteBuffer;
import java.util.List;
import org.bytedeco.javacv.Frame;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bit patterns written by hand after the pixel format convention's drawings. */
class PixelFormatTest {

    @Test
    void eightBitsAreTaken() {
        assertThat(samples(PixelFormat.MONO_8, 3, 0x00, 0x7F, 0xFF)).containsExactly(0x00, 0x7F, 0xFF);
    }

    /** The lower byte comes first; 10 bits of 16 are used. */
    @Test
    void tenBitsInAWordLoseTheLowerTwo() {
        assertThat(samples(PixelFormat.MONO_10, 3, 0xFF, 0x03, 0x03, 0x00, 0xA8, 0x02))
                .containsExactly(0xFF, 0x00, 0xAA);
    }

    @Test
    void twelveBitsInAWordLoseTheLowerFour() {
        assertThat(samples(PixelFormat.MONO_12, 3, 0xFF, 0x0F, 0x0F, 0x00, 0xA0, 0x0A))
                .containsExactly(0xFF, 0x00, 0xAA);
    }

    @Test
    void sixteenBitsLoseTheLowerEight() {
        assertThat(samples(PixelFormat.MONO_16, 2, 0x34, 0x12, 0xFF, 0xFE)).containsExactly(0x12, 0xFE);
    }

    /** GigE Vision: upper bits of the first, lower bits of both, upper bits of the second. */
    @Test
    void packedPairsHaveTheirUpperBitsOutside() {
        assertThat(samples(PixelFormat.MONO_12_PACKED, 4, 0xAB, 0xFC, 0x12, 0x34, 0x00, 0x56))
                .containsExactly(0xAB, 0x12, 0x34, 0x56);
        assertThat(samples(PixelFormat.MONO_10_PACKED, 3, 0xAB, 0x33, 0x12, 0x34, 0x00))
                .containsExactly(0xAB, 0x12, 0x34);
    }

    /** 0x3FF, 0x000, 0x2AA, 0x155 as 40 bits, lowest first: 1111111111 0000000000 0101010101 1010101010. */
    @Test
    void tenBitsFollowEachOtherLowestFirst() {
        assertThat(samples(PixelFormat.MONO_10P, 4, 0xFF, 0x03, 0xA0, 0x6A, 0x55))
                .containsExactly(0xFF, 0x00, 0xAA, 0x55);
    }

    /** 0xABC and 0x123: BC, 3A, 12. */
    @Test
    void twelveBitsFollowEachOtherLowestFirst() {
        assertThat(samples(PixelFormat.MONO_12P, 2, 0xBC, 0x3A, 0x12)).containsExactly(0xAB, 0x12);
    }

    @ParameterizedTest
    @CsvSource({
        "MONO_8, 5, 3, 15",
        "MONO_16, 5, 3, 30",
        "MONO_12_PACKED, 5, 3, 23",
        "MONO_10P, 5, 3, 19",
        "RGB_8, 5, 3, 45"
    })
    void aPictureTakesWholeBytes(PixelFormat format, int width, int height, int bytes) {
        assertThat(format.bytes(width, height)).isEqualTo(bytes);
    }

    @Test
    void paddedRowsAreCutToThePicture() {
        assertThat(converted(PixelFormat.MONO_12P, 2, 2, 1, 0xBC, 0x3A, 0x12, 0x99, 0xBC, 0x3A, 0x12))
                .containsExactly(0xAB, 0x12, 0xAB, 0x12);
        assertThat(converted(PixelFormat.MONO_8, 2, 2, 2, 1, 2, 99, 99, 3, 4)).containsExactly(1, 2, 3, 4);
    }

    @Test
    void blueFirstBecomesRedFirst() {
        assertThat(converted(PixelFormat.BGR_8, 1, 2, 0, 1, 2, 3, 4, 5, 6)).containsExactly(3, 2, 1, 6, 5, 4);
        assertThat(converted(PixelFormat.RGB_8, 1, 1, 0, 1, 2, 3)).containsExactly(1, 2, 3);
    }

    /** A sensor that sees one even colour gives that colour back, whichever corner its pattern begins in. */
    @ParameterizedTest
    @CsvSource({
        "BAYER_RG_8, RGGB", "BAYER_GR_8, GRBG", "BAYER_GB_8, GBRG", "BAYER_BG_8, BGGR",
        "BAYER_RG_10, RGGB", "BAYER_GR_10, GRBG", "BAYER_GB_10, GBRG", "BAYER_BG_10, BGGR",
        "BAYER_RG_12, RGGB", "BAYER_GR_12, GRBG", "BAYER_GB_12, GBRG", "BAYER_BG_12, BGGR"
    })
    void anEvenColourIsFoundBehindEveryMosaic(PixelFormat format, String pattern) {
        int side = 8;
        int bytesPerSample = (int) format.bytes(1, 1);
        int shift = format.name().endsWith("_10") ? 2 : format.name().endsWith("_12") ? 4 : 0;
        int[] mosaic = new int[side * side * bytesPerSample];
        for (int i = 0; i < side * side; i++) {
            char colour = pattern.charAt(i / side % 2 * 2 + i % 2);
            int sample = (colour == 'R' ? 200 : colour == 'G' ? 100 : 50) << shift;
            mosaic[i * bytesPerSample] = sample & 0xFF;
            if (bytesPerSample == 2) {
                mosaic[i * 2 + 1] = sample >> 8;
            }
        }
        int[] rgb = converted(format, side, side, 0, mosaic);
        int middle = (side / 2 * side + side / 2) * 3;
        assertThat(List.of(rgb[middle], rgb[middle + 1], rgb[middle + 2])).containsExactly(200, 100, 50);
    }

    @Test
    void aPictureThatIsShorterThanItSaysIsRefused() {
        assertThatThrownBy(() -> converted(PixelFormat.MONO_8, 4, 2, 0, 1, 2, 3, 4, 5, 6, 7))
                .isInstanceOf(CameraException.class)
                .hasMessageContaining("camera X sent 7 bytes for a picture of 4×2 in Mono8, which would be 8");
        assertThatThrownBy(() -> converted(PixelFormat.MONO_8, 0, 2, 0, 1)).hasMessageContaining("picture of 0×2");
    }

    @Test
    void aFormatThatCannotBeReadIsNamedWithThoseThatCan() {
        assertThatThrownBy(() -> PixelFormat.named("YUV422_8", "camera X", List.of("YUV422_8", "Mono8", "BayerRG12")))
                .isInstanceOf(CameraException.class)
                .hasMessage(
                        "camera X sends pictures in YUV422_8, which cannot be read; set its feature PixelFormat to one of Mono8, BayerRG12");
        assertThatThrownBy(() -> PixelFormat.named("YUV422_8", "camera X", List.of("YUV422_8")))
                .hasMessageContaining("one of Mono8, Mono10,")
                .hasMessageEndingWith("it now offers only YUV422_8");
        var unknown = new Arrival.Pixels(ByteBuffer.allocateDirect(4), 0, 4, 2, 2, 0, 0x0210_001F);
        try (var converter = new PictureConverter("camera X")) {
            assertThatThrownBy(() -> converter.convert(unknown)).hasMessageContaining("pixel format 0x0210001f");
        }
    }

    private static int[] samples(PixelFormat format, int count, int... bytes) {
        ByteBuffer to = ByteBuffer.allocate(count + 1);
        format.unpack(direct(bytes), 0, count, to, 1);
        int[] samples = new int[count];
        for (int i = 0; i < count; i++) {
            samples[i] = to.get(i + 1) & 0xFF;
        }
        return samples;
    }

    /** Through the converter, from a buffer in which the picture begins at an odd place. */
    private static int[] converted(PixelFormat format, int width, int height, int padding, int... bytes) {
        ByteBuffer pixels = ByteBuffer.allocateDirect(bytes.length + 3);
        pixels.put(3, bytes(bytes));
        try (var converter = new PictureConverter("camera X")) {
            Frame frame = converter.convert(
                    new Arrival.Pixels(pixels, 3, bytes.length, width, height, padding, format.code()));
            var image = (ByteBuffer) frame.image[0];
            int row = width * frame.imageChannels;
            int[] samples = new int[row * height];
            for (int i = 0; i < samples.length; i++) {
                samples[i] = image.get(i / row * frame.imageStride + i % row) & 0xFF;
            }
            return samples;
        }
    }

    private static ByteBuffer direct(int... bytes) {
        return ByteBuffer.allocateDirect(bytes.length).put(0, bytes(bytes));
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }
}
