package goshawk.camera.sim;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/**
 * Writes RGB pictures as PNG with the chunk that tells readers that no camera took them: {@code tEXt}, keyword {@code Source}, text
 * {@code goshawk render}.
 *
 * <p>Own, because the JDK's writer cannot add the chunk without its XML metadata tree, takes four times as long, and would draw the
 * desktop module into a runtime that has no desktop.
 */
public final class PngFile {

    /** Keyword of the chunk. */
    public static final String KEYWORD = "Source";

    /** Text of the chunk. */
    public static final String RENDERED = "goshawk render";

    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    private static final int FILTER_UP = 2;

    private PngFile() {}

    /**
     * @param rgb {@code height × width × 3} bytes
     * @throws IOException when the file cannot be written; it may then be incomplete
     */
    public static void write(Path file, byte[] rgb, int width, int height) throws IOException {
        Files.write(file, encode(rgb, width, height));
    }

    static byte[] encode(byte[] rgb, int width, int height) {
        var header = ByteBuffer.allocate(13).putInt(width).putInt(height).put(new byte[] {8, 2, 0, 0, 0});
        var png = new ByteArrayOutputStream(rgb.length / 2);
        png.writeBytes(SIGNATURE);
        chunk(png, "IHDR", header.array(), header.capacity());
        byte[] text = (KEYWORD + '\0' + RENDERED).getBytes(StandardCharsets.ISO_8859_1);
        chunk(png, "tEXt", text, text.length);
        byte[] packed = new byte[rgb.length + rgb.length / 100 + 1_024];
        chunk(png, "IDAT", packed, deflate(filtered(rgb, width, height), packed));
        chunk(png, "IEND", new byte[0], 0);
        return png.toByteArray();
    }

    /** Every row as its difference from the one above: best for brushed metal, and one filter keeps it quick. */
    private static byte[] filtered(byte[] rgb, int width, int height) {
        int stride = width * 3;
        var rows = new byte[height * (stride + 1)];
        for (int row = 0; row < height; row++) {
            int to = row * (stride + 1);
            rows[to] = FILTER_UP;
            for (int k = 0; k < stride; k++) {
                int above = row == 0 ? 0 : rgb[(row - 1) * stride + k];
                rows[to + 1 + k] = (byte) (rgb[row * stride + k] - above);
            }
        }
        return rows;
    }

    private static int deflate(byte[] plain, byte[] packed) {
        var deflater = new Deflater(Deflater.BEST_SPEED);
        try {
            deflater.setStrategy(Deflater.HUFFMAN_ONLY);
            deflater.setInput(plain);
            deflater.finish();
            int length = 0;
            while (!deflater.finished()) {
                if (length == packed.length) {
                    throw new IllegalStateException(
                            "%d bytes do not fit into %d".formatted(plain.length, packed.length));
                }
                length += deflater.deflate(packed, length, packed.length - length);
            }
            return length;
        } finally {
            deflater.end();
        }
    }

    private static void chunk(ByteArrayOutputStream png, String type, byte[] data, int length) {
        byte[] name = type.getBytes(StandardCharsets.ISO_8859_1);
        var crc = new CRC32();
        crc.update(name);
        crc.update(data, 0, length);
        png.writeBytes(ByteBuffer.allocate(4).putInt(length).array());
        png.writeBytes(name);
        png.write(data, 0, length);
        png.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    }
}
