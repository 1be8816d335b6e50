package goshawk.camera;

import java.nio.ByteBuffer;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.ffmpeg.global.swscale;
import org.bytedeco.ffmpeg.swscale.SwsContext;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerPointer;
import org.jspecify.annotations.Nullable;

/**
 * Makes RGB of what FFmpeg decoded, straight into a frame's array. Owns the native converter. Used by one thread.
 *
 * <p>FFmpeg cannot write into Java's memory, so its RGB is copied. It is made and copied in bands of a few rows: a band is
 * still in the core's cache when it is copied, a whole picture is not. Nothing is allocated while pictures keep their size.
 */
final class RgbConversion implements AutoCloseable {

    /** Of 1,280 pixels each these are 184 kB: half of a small core's cache. */
    private static final int MOST_ROWS = 48;

    /** Below, calling FFmpeg costs more than the cache saves. */
    private static final int LEAST_ROWS = 8;

    private static final int PLANES = 4;

    private final AVFrame from;
    private final AVFrame band = avutil.av_frame_alloc();

    // JavaCPP makes an object each time that it is asked for these.
    private final LongPointer planes;
    private final IntPointer strides;
    private final PointerPointer<?> bandPlanes = band.data();
    private final IntPointer bandStrides = band.linesize();
    private final LongPointer slice = new LongPointer(PLANES);
    private final PointerPointer<?> slicePlanes = new PointerPointer<>(slice);
    private ByteBuffer pixels = ByteBuffer.allocate(0);
    private @Nullable SwsContext conversion;
    private int width;
    private int height;
    private int format = avutil.AV_PIX_FMT_NONE;

    /** @param from holds one decoded picture after the other; outlives this */
    RgbConversion(AVFrame from) {
        this.from = from;
        this.planes = new LongPointer(from.data());
        this.strides = from.linesize();
    }

    /**
     * @param rgb filled with the picture that {@code from} holds now, rows without padding; may be longer
     * @return below 0, FFmpeg's error; then what {@code rgb} holds is no picture
     */
    int convert(byte[] rgb) {
        if (from.width() != width || from.height() != height || from.format() != format) {
            int prepared = prepare();
            if (prepared < 0) {
                return prepared;
            }
        }
        int rows = band.height();
        for (int y = 0; y < height; y += rows) {
            for (int plane = 0; plane < PLANES; plane++) {
                int row = plane == 0 ? y : y / 2;
                slice.put(plane, planes.get(plane) + (long) row * strides.get(plane));
            }
            int converted = swscale.sws_scale(conversion, slicePlanes, strides, 0, rows, bandPlanes, bandStrides);
            if (converted < 0) {
                return converted;
            }
            copy(rgb, y, rows);
        }
        return 0;
    }

    private void copy(byte[] rgb, int y, int rows) {
        int row = width * 3;
        int stride = bandStrides.get(0);
        if (stride == row) {
            pixels.get(0, rgb, y * row, rows * row);
            return;
        }
        for (int i = 0; i < rows; i++) {
            pixels.get(i * stride, rgb, (y + i) * row, row);
        }
    }

    private int prepare() {
        format = avutil.AV_PIX_FMT_NONE; // until it is done
        width = from.width();
        height = from.height();
        int rows = rows(from.format(), height);
        conversion = swscale.sws_getCachedContext(
                conversion,
                width,
                rows,
                from.format(),
                width,
                rows,
                avutil.AV_PIX_FMT_RGB24,
                swscale.SWS_BILINEAR,
                null,
                null,
                (DoublePointer) null);
        if (conversion == null) {
            return avutil.AVERROR_EINVAL();
        }
        avutil.av_frame_unref(band);
        band.width(width);
        band.height(rows);
        band.format(avutil.AV_PIX_FMT_RGB24);
        int allocated = avutil.av_frame_get_buffer(band, 0);
        if (allocated < 0) {
            return allocated;
        }
        pixels = band.data(0).capacity((long) bandStrides.get(0) * rows).asByteBuffer();
        format = from.format();
        return 0;
    }

    /**
     * Rows of a band: they divide the picture, and two of them share their colour. Of other formats than the usual one FFmpeg
     * smooths colours from row to row, which would show where bands meet: these are converted whole.
     */
    static int rows(int format, int height) {
        if (format == avutil.AV_PIX_FMT_YUV420P || format == avutil.AV_PIX_FMT_YUVJ420P) {
            for (int rows = MOST_ROWS; rows >= LEAST_ROWS; rows -= 2) {
                if (height % rows == 0) {
                    return rows;
                }
            }
        }
        return height;
    }

    @Override
    public void close() {
        swscale.sws_freeContext(conversion);
        conversion = null;
        avutil.av_frame_free(band);
        slice.close();
    }
}
