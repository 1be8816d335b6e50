package goshawk.camera;

import static org.bytedeco.opencv.global.opencv_core.CV_8UC1;
import static org.bytedeco.opencv.global.opencv_imgcodecs.IMREAD_COLOR_RGB;
import static org.bytedeco.opencv.global.opencv_imgcodecs.imdecode;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * Pictures in files: reads PNG, JPEG, BMP and TIFF into a {@link Frame}, writes a frame as PNG without loss.
 *
 * <p>OpenCV decodes, because its JPEG decoder is the one most others use (the JDK's gives other pixels). But OpenCV
 * takes half a picture for a whole one, so the file's structure is looked at first: a part must not be judged by the
 * grey that stands in for the missing half.
 *
 * <p>Holds nothing; safe for any thread.
 */
public final class PictureFile {

    /** What the PNG {@code tEXt} keyword {@link #SOURCE_KEY} says on pictures that the renderer drew. */
    public static final String SIMULATED_SOURCE = "goshawk render";

    /** Keyword of the PNG {@code tEXt} chunk that says where a picture comes from. */
    public static final String SOURCE_KEY = "Source";

    private static final Set<String> SUFFIXES = Set.of("png", "jpg", "jpeg", "bmp", "tif", "tiff");
    private static final long LARGEST_FILE = 256L << 20;
    private static final int LARGEST_PICTURE = 100_000_000;

    private PictureFile() {}

    /** True when the name ends like one of the formats that {@link #read} takes. */
    public static boolean isPictureName(Path file) {
        String name = String.valueOf(file.getFileName());
        return SUFFIXES.contains(name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
    }

    /**
     * Reads a picture into a frame of its own. Grey becomes RGB, 16 bits become the upper 8, transparency is dropped,
     * the orientation that a JPEG states is applied.
     *
     * @throws CameraException when the file is missing, no picture, or a damaged one
     */
    public static Frame read(Path file) {
        return decode(file, bytes(file), Optional.empty()).orElseThrow();
    }

    /**
     * The same, of a file's content that is in memory already.
     *
     * @param name for messages
     * @param mostPixels that it may have
     * @throws CameraException when it is no picture, a damaged one or a larger one
     */
    public static Frame decode(String name, byte[] content, int mostPixels) {
        return decode(Path.of(name), content, Optional.empty(), mostPixels).orElseThrow();
    }

    /**
     * Reads a picture into a frame of {@code pool}; empty when all of its frames are out.
     *
     * @throws CameraException as {@link #read(Path)}, and when the picture is larger than the pool's frames
     */
    public static Optional<Frame> read(Path file, FramePool pool) {
        return decode(file, bytes(file), Optional.of(pool));
    }

    /** True when {@code file} is a PNG that says it was drawn by the renderer. Unreadable files say nothing. */
    public static boolean isSimulated(Path file) {
        try {
            return PictureStructure.pngText(bytes(file), SOURCE_KEY)
                    .filter(SIMULATED_SOURCE::equals)
                    .isPresent();
        } catch (CameraException e) {
            return false;
        }
    }

    /**
     * A picture and what its file says of it.
     *
     * @param isSimulated the renderer drew it
     */
    record Picture(Frame frame, boolean isSimulated) {}

    /** As {@link #read(Path, FramePool)}, with {@link #isSimulated}, reading the file once. */
    static Optional<Picture> picture(Path file, FramePool pool) {
        return picture(file, bytes(file), pool);
    }

    /** The same, of a file's content that is in memory already. */
    static Optional<Picture> picture(Path file, byte[] content, FramePool pool) {
        boolean isSimulated = PictureStructure.pngText(content, SOURCE_KEY)
                .filter(SIMULATED_SOURCE::equals)
                .isPresent();
        return decode(file, content, Optional.of(pool)).map(frame -> new Picture(frame, isSimulated));
    }

    private static Optional<Frame> decode(Path file, byte[] content, Optional<FramePool> pool) {
        return decode(file, content, pool, LARGEST_PICTURE);
    }

    private static Optional<Frame> decode(Path file, byte[] content, Optional<FramePool> pool, int mostPixels) {
        PictureStructure.fault(content).ifPresent(fault -> {
            throw unreadable(file, fault);
        });
        try (var raw = new BytePointer(content);
                var encoded = new Mat(1, content.length, CV_8UC1, raw);
                var picture = imdecode(encoded, IMREAD_COLOR_RGB)) {
            if (picture == null || picture.empty()) {
                throw unreadable(file, "its pixels cannot be decoded");
            }
            int width = picture.cols();
            int height = picture.rows();
            if ((long) width * height > mostPixels) {
                throw unreadable(file, "%d×%d pixels are more than %d".formatted(width, height, mostPixels));
            }
            Optional<Frame> frame =
                    pool.orElseGet(() -> new FramePool(1, width * height * 3)).tryTake(width, height);
            frame.ifPresent(it -> copy(picture, it));
            return frame;
        } catch (CameraException e) {
            throw e;
        } catch (RuntimeException e) { // OpenCV's own, without a type of its own
            throw unreadable(file, "its pixels cannot be decoded", e);
        }
    }

    private static void copy(Mat rgb, Frame frame) {
        int row = frame.width() * 3;
        for (int y = 0; y < frame.height(); y++) {
            rgb.ptr(y).get(frame.rgb(), y * row, row);
        }
    }

    /**
     * The frame as a PNG: 8-bit RGB, without loss, compressed for speed rather than size.
     *
     * @param isSimulated marks the file so that {@link #isSimulated} finds it again
     */
    public static byte[] png(Frame frame, boolean isSimulated) {
        var out = new ByteArrayOutputStream(frame.width() * frame.height());
        out.writeBytes(PictureStructure.PNG_SIGNATURE);
        chunk(
                out,
                "IHDR",
                ByteBuffer.allocate(13)
                        .putInt(frame.width())
                        .putInt(frame.height())
                        .put(new byte[] {8, 2, 0, 0, 0})
                        .array());
        if (isSimulated) {
            chunk(out, "tEXt", (SOURCE_KEY + '\0' + SIMULATED_SOURCE).getBytes(StandardCharsets.ISO_8859_1));
        }
        chunk(out, "IDAT", deflated(frame));
        chunk(out, "IEND", new byte[0]);
        return out.toByteArray();
    }

    /**
     * Writes {@link #png} to {@code file} and returns once it would survive a power cut, but for the folder's entry,
     * which the caller syncs when it has written all it wants to.
     *
     * @throws CameraException when it cannot be written; a partly written file is removed
     */
    public static void writePng(Frame frame, boolean isSimulated, Path file) {
        ByteBuffer content = ByteBuffer.wrap(png(frame, isSimulated));
        try {
            try (var channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
                while (content.hasRemaining()) {
                    channel.write(content);
                }
                channel.force(true);
            } catch (IOException e) {
                Files.deleteIfExists(file);
                throw e;
            }
        } catch (IOException e) {
            throw new CameraException(
                    "cannot write picture " + file + ": " + e.getMessage() + "; check the folder and its free space",
                    e);
        }
    }

    /** Every row against the row above it: for photographs most of the gain of PNG's filters at little of the cost. */
    private static byte[] deflated(Frame frame) {
        int row = frame.width() * 3;
        byte[] rgb = frame.rgb();
        byte[] filtered = new byte[(row + 1) * frame.height()];
        for (int y = 0; y < frame.height(); y++) {
            int to = y * (row + 1);
            filtered[to++] = 2;
            int from = y * row;
            if (y == 0) {
                System.arraycopy(rgb, 0, filtered, to, row);
            } else {
                for (int x = 0; x < row; x++) {
                    filtered[to + x] = (byte) (rgb[from + x] - rgb[from + x - row]);
                }
            }
        }
        var deflater = new Deflater(Deflater.BEST_SPEED);
        deflater.setStrategy(Deflater.HUFFMAN_ONLY);
        try {
            deflater.setInput(filtered);
            deflater.finish();
            // Never more than a little over the input: stored blocks cost 5 bytes in 64 KiB.
            byte[] packed = new byte[filtered.length + filtered.length / 1000 + 1024];
            int length = 0;
            while (!deflater.finished()) {
                length += deflater.deflate(packed, length, packed.length - length);
            }
            return Arrays.copyOf(packed, length);
        } finally {
            deflater.end();
        }
    }

    private static void chunk(ByteArrayOutputStream out, String type, byte[] content) {
        byte[] typed = ByteBuffer.allocate(4 + content.length)
                .put(type.getBytes(StandardCharsets.US_ASCII))
                .put(content)
                .array();
        var crc = new CRC32();
        crc.update(typed);
        out.writeBytes(ByteBuffer.allocate(4).putInt(content.length).array());
        out.writeBytes(typed);
        out.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    }

    private static byte[] bytes(Path file) {
        try {
            long size = Files.size(file);
            if (Files.isDirectory(file)) {
                throw unreadable(file, "it is a folder");
            }
            if (size > LARGEST_FILE) {
                throw unreadable(file, "%d bytes are more than %d".formatted(size, LARGEST_FILE));
            }
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new CameraException("picture " + file + " does not exist; check the path", e);
        } catch (IOException e) {
            throw unreadable(file, String.valueOf(e.getMessage()), e);
        }
    }

    private static CameraException unreadable(Path file, String fault) {
        return new CameraException(message(file, fault));
    }

    private static CameraException unreadable(Path file, String fault, Throwable cause) {
        return new CameraException(message(file, fault), cause);
    }

    private static String message(Path file, String fault) {
        return "picture %s cannot be read: %s; give a whole PNG, JPEG, BMP or TIFF file".formatted(file, fault);
    }
}
