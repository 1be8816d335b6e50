package goshawk.camera;

import java.util.Map;
import java.util.Optional;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVIOInterruptCB;
import org.bytedeco.ffmpeg.avformat.AVInputFormat;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVRational;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avdevice;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.ffmpeg.global.swscale;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;

/**
 * Films, network cameras and V4L2 devices through FFmpeg. Owns the native reader and decoder.
 *
 * <p>Not through JavaCV's FFmpegFrameGrabber: that one opens an address twice, takes a lost connection for the end of the
 * stream and a picture that was patched up after lost packets for a whole one, and cannot be interrupted.
 */
final class FfmpegPictureStream implements PictureStream {

    private static final Interrupted INTERRUPTED = new Interrupted();

    /** Where the pictures come from, which decides what is done when they do not. */
    enum Kind {
        /** Every picture counts, and the decoder may work ahead. */
        FILM,
        /** The newest picture counts; an interrupt ends what hangs. */
        LIVE
    }

    private final String name;
    private final Kind kind;
    private final AVFormatContext input;
    private final AVCodecContext decoder = avcodec.avcodec_alloc_context3(null);
    private final AVPacket packet = avcodec.av_packet_alloc();
    private final AVFrame decoded = avutil.av_frame_alloc();
    private final RgbConversion conversion = new RgbConversion(decoded);
    private int stream;
    private boolean ended;
    private boolean closed;

    private FfmpegPictureStream(String name, Kind kind, AVFormatContext input) {
        this.name = name;
        this.kind = kind;
        this.input = input;
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
        avdevice.avdevice_register_all();
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
     * @param address what FFmpeg opens; a password in it appears in no message
     * @param format FFmpeg's name of the input, or empty to have it guessed
     * @param options FFmpeg's
     */
    static FfmpegPictureStream open(
            String name, String address, String format, Map<String, String> options, Kind kind) {
        avutil.av_log_set_level(avutil.AV_LOG_QUIET); // its messages repeat addresses
        AVFormatContext input = avformat.avformat_alloc_context();
        if (kind == Kind.LIVE) {
            input.interrupt_callback().callback(INTERRUPTED);
        }
        var pictures = new FfmpegPictureStream(name, kind, input);
        try {
            pictures.connect(address, format, options);
            pictures.startDecoder();
            return pictures;
        } catch (RuntimeException e) {
            pictures.close();
            throw e;
        }
    }

    private void connect(String address, String format, Map<String, String> options) {
        AVInputFormat known = format.isEmpty() ? null : avformat.av_find_input_format(format);
        var dictionary = new AVDictionary(null);
        try {
            options.forEach((key, value) -> avutil.av_dict_set(dictionary, key, value, 0));
            opened(avformat.avformat_open_input(input, address, known, dictionary));
        } finally {
            avutil.av_dict_free(dictionary);
        }
        opened(avformat.avformat_find_stream_info(input, (PointerPointer<?>) null));
    }

    private void startDecoder() {
        stream = avformat.av_find_best_stream(input, avutil.AVMEDIA_TYPE_VIDEO, -1, -1, (AVCodec) null, 0);
        if (stream < 0) {
            throw new CameraException(name + " holds no pictures; give a film, or a camera's address");
        }
        AVStream video = input.streams(stream);
        AVCodec codec = avcodec.avcodec_find_decoder(video.codecpar().codec_id());
        if (codec == null) {
            throw new CameraException("%s sends %s, which is not supported; set the camera to H.264 or H.265"
                    .formatted(
                            name,
                            avcodec.avcodec_get_name(video.codecpar().codec_id())
                                    .getString()));
        }
        opened(avcodec.avcodec_parameters_to_context(decoder, video.codecpar()));
        decoder.pkt_timebase(video.time_base());
        decoder.thread_count(0);
        if (kind == Kind.LIVE) {
            // A decoder that works on several pictures at once holds back as many.
            decoder.thread_type(AVCodecContext.FF_THREAD_SLICE);
            decoder.flags(decoder.flags() | avcodec.AV_CODEC_FLAG_LOW_DELAY);
        }
        var none = new AVDictionary(null);
        opened(avcodec.avcodec_open2(decoder, codec, none));
    }

    /**
     * Of a film; a camera's is what it claims.
     *
     * @throws CameraException when the film does not say
     */
    double framesPerSecond() {
        AVStream video = input.streams(stream);
        AVRational rate = video.avg_frame_rate().num() > 0 ? video.avg_frame_rate() : video.r_frame_rate();
        if (rate.num() < 1 || rate.den() < 1) {
            throw new CameraException(name + " does not say how many frames a second it has");
        }
        return avutil.av_q2d(rate);
    }

    /** One frame of this stream's size. */
    FramePool pool() {
        return new FramePool(1, decoder.width() * decoder.height() * 3);
    }

    /** @throws CameraException as promised, and of a film when its picture is damaged: the next call goes on behind it */
    @Override
    public boolean advance() {
        while (true) {
            int result = avcodec.avcodec_receive_frame(decoder, decoded);
            if (result >= 0) {
                if (isWhole(decoded)) {
                    return true;
                }
                if (kind == Kind.FILM) {
                    throw new CameraException("%s has a damaged picture".formatted(name));
                }
            } else if (result == avutil.AVERROR_EOF()) {
                return false;
            } else if (result != avutil.AVERROR_EAGAIN()) {
                damaged(result);
            } else if (ended) {
                return false;
            } else {
                feed();
            }
        }
    }

    /** False of a picture whose data did not all arrive: the decoder then makes up the rest. */
    private static boolean isWhole(AVFrame picture) {
        return picture.decode_error_flags() == 0 && (picture.flags() & AVFrame.AV_FRAME_FLAG_CORRUPT) == 0;
    }

    /** Gives the decoder the next packet, or tells it that there are no more. */
    private void feed() {
        int result = avformat.av_read_frame(input, packet);
        if (result < 0) {
            ended = true;
            avcodec.avcodec_send_packet(decoder, null);
            if (result == avutil.AVERROR_EOF()) {
                return;
            }
            throw new CameraException("%s gives no more pictures: %s".formatted(name, reason(result)));
        }
        try {
            int sent = packet.stream_index() == stream ? avcodec.avcodec_send_packet(decoder, packet) : 0;
            if (sent < 0) {
                damaged(sent);
            }
        } finally {
            avcodec.av_packet_unref(packet);
        }
    }

    /** Data that cannot be decoded are a picture less: of a film they are told, a camera has another one soon. */
    private void damaged(int error) {
        if (kind == Kind.FILM) {
            throw new CameraException("%s has a damaged picture: %s".formatted(name, reason(error)));
        }
    }

    @Override
    public Optional<Frame> copy(FramePool pool) {
        Optional<Frame> frame = pool.tryTake(decoded.width(), decoded.height());
        if (frame.isPresent()) {
            try {
                convert(frame.get());
            } catch (CameraException e) {
                frame.get().close();
                throw e;
            }
        }
        return frame;
    }

    private void convert(Frame frame) {
        int result = conversion.convert(frame.rgb());
        if (result < 0) {
            throw new CameraException("%s: its picture cannot be converted: %s".formatted(name, reason(result)));
        }
    }

    private void opened(int result) {
        if (result < 0) {
            String remedy = result == avutil.AVERROR_HTTP_UNAUTHORIZED()
                    ? "check user and password"
                    : "check that it is there and running";
            throw new CameraException("cannot open %s: %s; %s".formatted(name, reason(result), remedy));
        }
    }

    private static String reason(int error) {
        if (error == avutil.AVERROR_EXIT()) {
            return "it did not answer in time";
        }
        try (var text = new BytePointer(avutil.AV_ERROR_MAX_STRING_SIZE)) {
            avutil.av_strerror(error, text, text.capacity());
            return text.getString().split("\0", 2)[0];
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        conversion.close();
        avutil.av_frame_free(decoded);
        avcodec.av_packet_free(packet);
        avcodec.avcodec_free_context(decoder);
        avformat.avformat_close_input(input);
    }

    /** FFmpeg asks now and then, on the thread that it holds, whether it is to give up. */
    private static final class Interrupted extends AVIOInterruptCB.Callback_Pointer {

        Interrupted() {
            super();
        }

        @Override
        public int call(Pointer opaque) {
            return Thread.currentThread().isInterrupted() ? 1 : 0;
        }
    }
}
