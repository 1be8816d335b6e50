package goshawk.camera;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avdevice;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.ffmpeg.global.swscale;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacv.FFmpegFrameGrabber;
import org.bytedeco.javacv.FrameGrabber;

/** Films, network cameras and V4L2 devices through FFmpeg. Owns the native decoder. */
final class FfmpegPictureStream implements PictureStream {

    private static final Pattern ERROR = Pattern.compile("error (-?\\d+)");

    private final String name;
    private final FFmpegFrameGrabber grabber;
    private Optional<org.bytedeco.javacv.Frame> current = Optional.empty();

    private FfmpegPictureStream(String name, FFmpegFrameGrabber grabber) {
        this.name = name;
        this.grabber = grabber;
    }

    /**
     * Loads FFmpeg's libraries. To be called before a stream is opened on a thread that may be interrupted: the first load
     * unpacks them under a file lock, and an interrupt there makes them unusable for the life of the process.
     *
     * @throws CameraException when they cannot be loaded
     */
    static void load() {
        load("is the home folder writable and the disk not full?", avcodec.class, avformat.class, swscale.class);
    }

    /** As {@link #load()}, with what reads V4L2 devices. It wants libraries of the system that a bare one lacks. */
    static void loadDevices() {
        load();
        load("install what it names, for example with: apt-get install -y libpulse0", avdevice.class);
    }

    private static void load(String remedy, Class<?>... libraries) {
        try {
            for (Class<?> library : libraries) {
                Loader.load(library);
            }
        } catch (LinkageError e) {
            String why = e.getCause() == null ? e.getMessage() : e.getCause().getMessage();
            throw new CameraException("FFmpeg cannot be loaded: %s; %s".formatted(why, remedy), e);
        }
    }

    /**
     * @param name for messages
     * @param address what FFmpeg opens
     * @param format FFmpeg's name of the input, or empty to have it guessed
     * @param options FFmpeg's
     */
    static FfmpegPictureStream open(String name, String address, String format, Map<String, String> options) {
        avutil.av_log_set_level(avutil.AV_LOG_FATAL);
        var grabber = new FFmpegFrameGrabber(address);
        try {
            if (!format.isEmpty()) {
                grabber.setFormat(format);
            }
            options.forEach(grabber::setOption);
            grabber.setPixelFormat(avutil.AV_PIX_FMT_RGB24);
            grabber.start();
            if (grabber.getImageWidth() < 1) {
                throw new CameraException(name + " holds no pictures; give a film, or a camera's address");
            }
            return new FfmpegPictureStream(name, grabber);
        } catch (FrameGrabber.Exception e) {
            release(grabber);
            throw new CameraException(
                    "cannot open %s: %s; check that it is there and running".formatted(name, reason(e)));
        } catch (CameraException e) {
            release(grabber);
            throw e;
        }
    }

    /**
     * Of a film; a camera's is what it claims.
     *
     * @throws CameraException when the film does not say
     */
    double framesPerSecond() {
        double rate = grabber.getVideoFrameRate();
        if (!(rate > 0)) {
            throw new CameraException(name + " does not say how many frames a second it has");
        }
        return rate;
    }

    /** One frame of this stream's size. */
    FramePool pool() {
        return new FramePool(1, grabber.getImageWidth() * grabber.getImageHeight() * 3);
    }

    @Override
    public boolean advance() {
        try {
            current = Optional.ofNullable(grabber.grabImage());
            return current.isPresent();
        } catch (FrameGrabber.Exception e) {
            throw new CameraException("%s gives no more pictures: %s".formatted(name, reason(e)));
        }
    }

    @Override
    public Optional<Frame> copy(FramePool pool) {
        var picture = current.orElseThrow();
        Optional<Frame> frame = pool.tryTake(picture.imageWidth, picture.imageHeight);
        frame.ifPresent(it -> {
            var pixels = ((ByteBuffer) picture.image[0]).duplicate();
            int row = picture.imageWidth * 3;
            for (int y = 0; y < picture.imageHeight; y++) {
                pixels.position(y * picture.imageStride);
                pixels.get(it.rgb(), y * row, row);
            }
        });
        return frame;
    }

    /** FFmpeg's error, without JavaCV's words around it: they repeat the address, and it may hold a password. */
    private static String reason(FrameGrabber.Exception e) {
        Matcher code = ERROR.matcher(String.valueOf(e.getMessage()));
        if (!code.find()) {
            return "its pictures cannot be decoded";
        }
        try (var text = new BytePointer(avutil.AV_ERROR_MAX_STRING_SIZE)) {
            avutil.av_strerror(Integer.parseInt(code.group(1)), text, text.capacity());
            return text.getString().split("\0", 2)[0];
        }
    }

    private static void release(FFmpegFrameGrabber grabber) {
        try {
            grabber.close();
        } catch (FrameGrabber.Exception e) {
            throw new CameraException("the decoder could not be closed", e);
        }
    }

    @Override
    public void close() {
        release(grabber);
    }
}
