package goshawk.camera;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * Looks at a picture file's frame without decoding it: a damaged PNG or a file that ends early is found here, because the
 * decoders fill the rest with grey and call it a picture.
 */
final class PictureStructure {

    static final byte[] PNG_SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

    private PictureStructure() {}

    /** What is wrong with the file, as a clause; empty when nothing is, as far as the structure tells. */
    static Optional<String> fault(byte[] file) {
        if (file.length == 0) {
            return Optional.of("it is empty");
        }
        if (isPng(file)) {
            return pngFault(file);
        }
        if (at(file, 0) == 0xff && at(file, 1) == 0xd8) {
            return jpegFault(file);
        }
        if (at(file, 0) == 'B' && at(file, 1) == 'M') {
            return bmpFault(file);
        }
        boolean tiff = starts(file, 'I', 'I', 42, 0)
                || starts(file, 'M', 'M', 0, 42)
                || starts(file, 'I', 'I', 43, 0)
                || starts(file, 'M', 'M', 0, 43);
        return tiff ? Optional.empty() : Optional.of("it is none of these formats");
    }

    /** The text of a PNG's {@code tEXt} chunk with this keyword; empty for any other file. */
    static Optional<String> pngText(byte[] file, String keyword) {
        if (!isPng(file)) {
            return Optional.empty();
        }
        byte[] key = (keyword + '\0').getBytes(StandardCharsets.ISO_8859_1);
        int at = PNG_SIGNATURE.length;
        while (at + 12 <= file.length) {
            int length = ByteBuffer.wrap(file).getInt(at);
            if (length < 0 || length > file.length - at - 12 || named(file, at, "IDAT")) {
                return Optional.empty();
            }
            int content = at + 8;
            if (named(file, at, "tEXt")
                    && length >= key.length
                    && Arrays.equals(file, content, content + key.length, key, 0, key.length)) {
                return Optional.of(
                        new String(file, content + key.length, length - key.length, StandardCharsets.ISO_8859_1));
            }
            at += 12 + length;
        }
        return Optional.empty();
    }

    private static Optional<String> pngFault(byte[] file) {
        var in = ByteBuffer.wrap(file);
        int at = PNG_SIGNATURE.length;
        while (at + 12 <= file.length) {
            int length = in.getInt(at);
            if (length < 0 || length > file.length - at - 12) {
                return Optional.of(
                        "it ends within a chunk, at byte %d of %d".formatted(file.length, at + 12L + length));
            }
            var crc = new CRC32();
            crc.update(file, at + 4, length + 4);
            if ((int) crc.getValue() != in.getInt(at + 8 + length)) {
                return Optional.of("the checksum of its chunk at byte %d is wrong".formatted(at));
            }
            if (named(file, at, "IHDR") && tooLarge(in.getInt(at + 8), in.getInt(at + 12))) {
                return Optional.of(size(in.getInt(at + 8), in.getInt(at + 12)));
            }
            if (named(file, at, "IEND")) {
                return Optional.empty();
            }
            at += 12 + length;
        }
        return Optional.of("it ends at byte " + file.length + ", before its end chunk");
    }

    /** Walks the markers; entropy-coded data holds no marker but RST, because 0xff is followed by 0 there. */
    private static Optional<String> jpegFault(byte[] file) {
        int at = 2;
        boolean scanned = false;
        while (at + 1 < file.length) {
            if (at(file, at) != 0xff) {
                at++; // within a scan
                continue;
            }
            int marker = at(file, at + 1);
            boolean alone = marker == 0 || marker == 0xff || marker == 0x01 || (marker >= 0xd0 && marker <= 0xd7);
            if (alone) {
                at += marker == 0xff ? 1 : 2;
                continue;
            }
            if (marker == 0xd9) {
                return scanned ? Optional.empty() : Optional.of("it holds no picture data");
            }
            if (at + 9 > file.length) {
                break;
            }
            boolean frameHeader =
                    marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
            if (frameHeader && tooLarge(two(file, at + 7), two(file, at + 5))) {
                return Optional.of(size(two(file, at + 7), two(file, at + 5)));
            }
            scanned |= marker == 0xda;
            at += 2 + two(file, at + 2);
        }
        return Optional.of("it ends at byte " + file.length + ", before its end marker");
    }

    private static Optional<String> bmpFault(byte[] file) {
        if (file.length < 30) {
            return Optional.of("it ends within its header");
        }
        var in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        long width = Math.abs((long) in.getInt(18));
        long height = Math.abs((long) in.getInt(22));
        if (tooLarge(width, height)) {
            return Optional.of(size(width, height));
        }
        boolean packed = in.getInt(14) >= 40 && file.length >= 34 && (in.getInt(30) == 1 || in.getInt(30) == 2);
        long needed = in.getInt(10) + (width * in.getShort(28) + 31) / 32 * 4 * height;
        return packed || file.length >= needed
                ? Optional.empty()
                : Optional.of("it ends at byte %d of %d".formatted(file.length, needed));
    }

    private static boolean tooLarge(long width, long height) {
        return width <= 0 || height <= 0 || width > 65_535 || height > 65_535 || width * height > 100_000_000;
    }

    private static String size(long width, long height) {
        return "its size of %d×%d pixels is beyond what is taken".formatted(width, height);
    }

    private static boolean isPng(byte[] file) {
        return file.length >= 8 && Arrays.equals(file, 0, 8, PNG_SIGNATURE, 0, 8);
    }

    private static boolean named(byte[] file, int chunk, String type) {
        for (int i = 0; i < 4; i++) {
            if (file[chunk + 4 + i] != type.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static boolean starts(byte[] file, int... bytes) {
        for (int i = 0; i < bytes.length; i++) {
            if (at(file, i) != bytes[i]) {
                return false;
            }
        }
        return true;
    }

    private static int two(byte[] file, int index) {
        return at(file, index) << 8 | at(file, index + 1);
    }

    /** The unsigned byte, or −1 past the end. */
    private static int at(byte[] file, int index) {
        return index < file.length ? file[index] & 0xff : -1;
    }
}
