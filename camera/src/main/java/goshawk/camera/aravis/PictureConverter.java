package goshawk.camera.aravis;

import goshawk.camera.CameraException;
import java.nio.ByteBuffer;
import java.util.IdentityHashMap;
import java.util.Optional;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacv.Frame;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * Makes pictures of 8 bits, grey or RGB, of what cameras send. What is one already is lent as it lies in the camera's
 * buffer; all else goes through memory of this object's, allocated for the first picture and kept. Pictures that stay alike cost no object:
 * what OpenCV and JavaCV want of each is made once for each of the camera's buffers. Used by one thread.
 */
final class PictureConverter implements AutoCloseable {

    /** Pictures that are remembered as OpenCV sees them: more than a camera has buffers. */
    private static final int MOST_LENT = 32;

    private final String name;
    private final Frame frame = new Frame();
    private final ByteBuffer[] image = new ByteBuffer[1];
    private Optional<Workspace> workspace = Optional.empty();

    /** @param name of the camera, for messages */
    PictureConverter(String name) {
        this.name = name;
        frame.imageDepth = Frame.DEPTH_UBYTE;
        frame.image = image;
    }

    /**
     * Samples of 8 bits, and the colours made of them.
     *
     * @param lent the camera's buffers as OpenCV sees them
     */
    private record Workspace(
            int width,
            int height,
            int channels,
            Mat samples,
            ByteBuffer sampleBytes,
            Mat rgb,
            ByteBuffer rgbBytes,
            IdentityHashMap<Arrival.Pixels, Mat> lent)
            implements AutoCloseable {

        static Workspace of(int width, int height, int channels) {
            var samples = new Mat(height, width, channels == 1 ? opencv_core.CV_8UC1 : opencv_core.CV_8UC3);
            var rgb = new Mat(height, width, opencv_core.CV_8UC3);
            return new Workspace(
                    width,
                    height,
                    channels,
                    samples,
                    samples.createBuffer(),
                    rgb,
                    rgb.createBuffer(),
                    new IdentityHashMap<>());
        }

        boolean fits(int otherWidth, int otherHeight, int otherChannels) {
            return width == otherWidth && height == otherHeight && channels == otherChannels;
        }

        /** As OpenCV sees the camera's picture; {@code stride} bytes from row to row. */
        Mat lent(Arrival.Pixels picture, long stride) {
            Mat known = lent.get(picture);
            if (known != null) {
                return known;
            }
            if (lent.size() == MOST_LENT) {
                forget(); // incomplete pictures, each of which is told anew
            }
            Mat made;
            try (var bytes = new BytePointer(picture.buffer())) {
                bytes.position(picture.at());
                made = new Mat(height, width, samples.type(), bytes, stride);
            }
            lent.put(picture, made);
            return made;
        }

        private void forget() {
            lent.values().forEach(Mat::close);
            lent.clear();
        }

        @Override
        public void close() {
            forget();
            samples.close();
            rgb.close();
        }
    }

    /**
     * The picture, one channel for grey and three for RGB; valid until the next call, and no longer than the camera's buffer.
     *
     * @throws CameraException when it cannot be read, or is not as large as it says
     */
    Frame convert(Arrival.Pixels picture) {
        PixelFormat format = format(picture.format());
        requireWhole(picture, format);
        return switch (format.colour()) {
            case GREY ->
                format.packing() == PixelFormat.Packing.BYTES ? lent(picture, format, 1) : grey(picture, format);
            case RGB -> lent(picture, format, 3);
            case BGR -> coloured(picture, format, opencv_imgproc.COLOR_BGR2RGB);
            case BAYER_GR -> coloured(picture, format, opencv_imgproc.COLOR_BayerGRBG2RGB);
            case BAYER_RG -> coloured(picture, format, opencv_imgproc.COLOR_BayerRGGB2RGB);
            case BAYER_GB -> coloured(picture, format, opencv_imgproc.COLOR_BayerGBRG2RGB);
            case BAYER_BG -> coloured(picture, format, opencv_imgproc.COLOR_BayerBGGR2RGB);
        };
    }

    private PixelFormat format(int code) {
        Optional<PixelFormat> known = PixelFormat.of(code);
        if (known.isEmpty()) {
            throw new CameraException(
                    "%s sent a picture of the pixel format 0x%08x, which cannot be read; set its feature PixelFormat to another"
                            .formatted(name, code));
        }
        return known.get();
    }

    private void requireWhole(Arrival.Pixels picture, PixelFormat format) {
        int width = picture.width();
        int height = picture.height();
        long row = format.rowBytes(width) + picture.padding();
        long needed = picture.padding() == 0 ? format.bytes(width, height) : row * height - picture.padding();
        if (width < 1 || height < 1 || picture.padding() < 0 || needed > picture.bytes()) {
            throw new CameraException("%s sent %d bytes for a picture of %d×%d in %s, which would be %d"
                    .formatted(name, picture.bytes(), width, height, format.standardName(), needed));
        }
    }

    private Frame lent(Arrival.Pixels picture, PixelFormat format, int channels) {
        int stride = (int) format.rowBytes(picture.width()) + picture.padding();
        ByteBuffer pixels =
                picture.at() == 0 ? picture.buffer() : picture.buffer().slice(picture.at(), (int) picture.bytes());
        return frame(picture.width(), picture.height(), channels, stride, pixels);
    }

    private Frame grey(Arrival.Pixels picture, PixelFormat format) {
        Workspace into = workspace(picture.width(), picture.height(), 1);
        return frame(picture.width(), picture.height(), 1, picture.width(), unpacked(picture, format, into));
    }

    private Frame coloured(Arrival.Pixels picture, PixelFormat format, int conversion) {
        int width = picture.width();
        int height = picture.height();
        int channels = format.colour() == PixelFormat.Colour.BGR ? 3 : 1;
        Workspace into = workspace(width, height, channels);
        if (format.packing() == PixelFormat.Packing.BYTES) {
            Mat lent = into.lent(picture, format.rowBytes(width) + picture.padding());
            opencv_imgproc.cvtColor(lent, into.rgb(), conversion);
        } else {
            var _ = unpacked(picture, format, into);
            opencv_imgproc.cvtColor(into.samples(), into.rgb(), conversion);
        }
        return frame(width, height, 3, 3 * width, into.rgbBytes());
    }

    private static ByteBuffer unpacked(Arrival.Pixels picture, PixelFormat format, Workspace into) {
        ByteBuffer samples = into.sampleBytes();
        int width = picture.width();
        int height = picture.height();
        if (picture.padding() == 0) {
            format.unpack(picture.buffer(), picture.at(), width * height, samples, 0);
        } else {
            int row = (int) format.rowBytes(width) + picture.padding();
            for (int y = 0; y < height; y++) {
                format.unpack(picture.buffer(), picture.at() + y * row, width, samples, y * width);
            }
        }
        return samples;
    }

    private Workspace workspace(int width, int height, int channels) {
        if (workspace.isPresent() && workspace.get().fits(width, height, channels)) {
            return workspace.get();
        }
        close();
        Workspace made = Workspace.of(width, height, channels);
        workspace = Optional.of(made);
        return made;
    }

    private Frame frame(int width, int height, int channels, int stride, ByteBuffer pixels) {
        frame.imageWidth = width;
        frame.imageHeight = height;
        frame.imageChannels = channels;
        frame.imageStride = stride;
        image[0] = pixels;
        return frame;
    }

    @Override
    public void close() {
        workspace.ifPresent(Workspace::close);
        workspace = Optional.empty();
    }
}
