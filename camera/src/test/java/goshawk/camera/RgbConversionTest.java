package goshawk.camera;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Random;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.ffmpeg.global.swscale;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.PointerPointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RgbConversionTest {

    /** What FFmpeg's fast conversion may differ from exact arithmetic, of 255. */
    private static final int ROUNDING = 3;

    /** 50×34 is one band, 46×106 has no band of a fitting height, 1080 rows are 27 bands of 40. */
    @ParameterizedTest
    @CsvSource({
        "yuv420p, 1280, 720, 48",
        "yuv420p, 1920, 1080, 40",
        "yuv420p, 50, 34, 34",
        "yuv420p, 46, 106, 106",
        "yuv420p, 46, 96, 48",
        "yuv420p, 47, 33, 33",
        "yuvj420p, 320, 240, 48",
        "yuv422p, 320, 240, 240",
        "yuv444p, 320, 240, 240",
        "nv12, 320, 240, 240",
        "yuv420p10le, 320, 240, 240",
        "gray, 320, 240, 240",
        "bgr0, 320, 240, 240"
    })
    void bandsGiveTheVeryPictureThatTheWholeGives(String format, int width, int height, int rows) {
        int id = avutil.av_get_pix_fmt(format);
        assertThat(RgbConversion.rows(id, height)).isEqualTo(rows);
        AVFrame picture = noise(id, width, height, 7);
        byte[] rgb = new byte[width * height * 3];
        try (var conversion = new RgbConversion(picture)) {
            assertThat(conversion.convert(rgb)).isZero();
            assertThat(rgb).isEqualTo(whole(picture));
        }
        avutil.av_frame_free(picture);
    }

    @Test
    void coloursAreThoseOfTheStandard() {
        AVFrame picture = noise(avutil.AV_PIX_FMT_YUV420P, 320, 240, 11);
        byte[] rgb = new byte[320 * 240 * 3];
        try (var conversion = new RgbConversion(picture)) {
            assertThat(conversion.convert(rgb)).isZero();
        }
        for (int y = 0; y < 240; y++) {
            for (int x = 0; x < 320; x++) {
                double luma = 1.164383 * (sample(picture, 0, x, y) - 16);
                double blue = sample(picture, 1, x / 2, y / 2) - 128;
                double red = sample(picture, 2, x / 2, y / 2) - 128;
                double[] exact = {luma + 1.596027 * red, luma - 0.391762 * blue - 0.812968 * red, luma + 2.017232 * blue
                };
                for (int channel = 0; channel < 3; channel++) {
                    assertThat((double) (rgb[(y * 320 + x) * 3 + channel] & 0xFF))
                            .as("x %d, y %d, channel %d", x, y, channel)
                            .isCloseTo(Math.clamp(exact[channel], 0, 255), offset((double) ROUNDING));
                }
            }
        }
        avutil.av_frame_free(picture);
    }

    @Test
    void aPictureOfAnotherSizeIsConvertedToo() {
        AVFrame picture = noise(avutil.AV_PIX_FMT_YUV420P, 64, 48, 1);
        byte[] rgb = new byte[96 * 64 * 3];
        try (var conversion = new RgbConversion(picture)) {
            assertThat(conversion.convert(rgb)).isZero();
            AVFrame larger = noise(avutil.AV_PIX_FMT_YUV422P, 96, 64, 2);
            byte[] expected = whole(larger);
            avutil.av_frame_unref(picture);
            avutil.av_frame_move_ref(picture, larger);
            avutil.av_frame_free(larger);
            assertThat(conversion.convert(rgb)).isZero();
            assertThat(rgb).isEqualTo(expected);
        }
        avutil.av_frame_free(picture);
    }

    @Test
    void nothingIsAllocatedForAPictureLikeTheOneBefore() {
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        AVFrame picture = noise(avutil.AV_PIX_FMT_YUV420P, 320, 240, 3);
        byte[] rgb = new byte[320 * 240 * 3];
        try (var conversion = new RgbConversion(picture)) {
            conversion.convert(rgb);
            threads.getCurrentThreadAllocatedBytes(); // its first call allocates
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 1_000; i++) {
                conversion.convert(rgb);
            }
            assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(1_000);
        }
        avutil.av_frame_free(picture);
    }

    private static AVFrame noise(int format, int width, int height, long seed) {
        AVFrame picture = avutil.av_frame_alloc();
        picture.width(width);
        picture.height(height);
        picture.format(format);
        assertThat(avutil.av_frame_get_buffer(picture, 0)).isZero();
        var random = new Random(seed);
        for (int plane = 0; plane < 4 && picture.data(plane) != null; plane++) {
            int rows =
                    plane == 0 || avutil.av_pix_fmt_desc_get(format).log2_chroma_h() == 0 ? height : (height + 1) / 2;
            byte[] values = new byte[picture.linesize(plane) * rows];
            random.nextBytes(values);
            picture.data(plane).put(values, 0, values.length);
        }
        return picture;
    }

    private static int sample(AVFrame picture, int plane, int x, int y) {
        return picture.data(plane).get((long) y * picture.linesize(plane) + x) & 0xFF;
    }

    /** The plain way: the whole picture at once. */
    private static byte[] whole(AVFrame picture) {
        int width = picture.width();
        int height = picture.height();
        var conversion = swscale.sws_getContext(
                width,
                height,
                picture.format(),
                width,
                height,
                avutil.AV_PIX_FMT_RGB24,
                swscale.SWS_BILINEAR,
                null,
                null,
                (DoublePointer) null);
        AVFrame converted = avutil.av_frame_alloc();
        converted.width(width);
        converted.height(height);
        converted.format(avutil.AV_PIX_FMT_RGB24);
        assertThat(avutil.av_frame_get_buffer(converted, 0)).isZero();
        PointerPointer<?> planes = picture.data();
        swscale.sws_scale(conversion, planes, picture.linesize(), 0, height, converted.data(), converted.linesize());
        byte[] rgb = new byte[width * height * 3];
        BytePointer pixels = converted.data(0);
        for (int y = 0; y < height; y++) {
            pixels.position((long) y * converted.linesize(0)).get(rgb, y * width * 3, width * 3);
        }
        avutil.av_frame_free(converted);
        swscale.sws_freeContext(conversion);
        return rgb;
    }
}
