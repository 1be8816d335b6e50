package goshawk.camera.aravis;

import goshawk.camera.CameraException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A pixel format of GenICam's naming convention that we can read. More than 8 bits a channel are cut to the upper 8.
 *
 * <p>Names, and the codes that cameras send, are those of the Pixel Format Naming Convention.
 */
public enum PixelFormat {
    MONO_8("Mono8", 0x0108_0001, Packing.BYTES, Colour.GREY),
    MONO_10("Mono10", 0x0110_0003, Packing.WORDS_10, Colour.GREY),
    MONO_12("Mono12", 0x0110_0005, Packing.WORDS_12, Colour.GREY),
    MONO_16("Mono16", 0x0110_0007, Packing.WORDS_16, Colour.GREY),
    MONO_10_PACKED("Mono10Packed", 0x010C_0004, Packing.PAIRS, Colour.GREY),
    MONO_12_PACKED("Mono12Packed", 0x010C_0006, Packing.PAIRS, Colour.GREY),
    MONO_10P("Mono10p", 0x010A_0046, Packing.BITS_10, Colour.GREY),
    MONO_12P("Mono12p", 0x010C_0047, Packing.BITS_12, Colour.GREY),

    BAYER_GR_8("BayerGR8", 0x0108_0008, Packing.BYTES, Colour.BAYER_GR),
    BAYER_RG_8("BayerRG8", 0x0108_0009, Packing.BYTES, Colour.BAYER_RG),
    BAYER_GB_8("BayerGB8", 0x0108_000A, Packing.BYTES, Colour.BAYER_GB),
    BAYER_BG_8("BayerBG8", 0x0108_000B, Packing.BYTES, Colour.BAYER_BG),
    BAYER_GR_10("BayerGR10", 0x0110_000C, Packing.WORDS_10, Colour.BAYER_GR),
    BAYER_RG_10("BayerRG10", 0x0110_000D, Packing.WORDS_10, Colour.BAYER_RG),
    BAYER_GB_10("BayerGB10", 0x0110_000E, Packing.WORDS_10, Colour.BAYER_GB),
    BAYER_BG_10("BayerBG10", 0x0110_000F, Packing.WORDS_10, Colour.BAYER_BG),
    BAYER_GR_12("BayerGR12", 0x0110_0010, Packing.WORDS_12, Colour.BAYER_GR),
    BAYER_RG_12("BayerRG12", 0x0110_0011, Packing.WORDS_12, Colour.BAYER_RG),
    BAYER_GB_12("BayerGB12", 0x0110_0012, Packing.WORDS_12, Colour.BAYER_GB),
    BAYER_BG_12("BayerBG12", 0x0110_0013, Packing.WORDS_12, Colour.BAYER_BG),

    RGB_8("RGB8", 0x0218_0014, Packing.BYTES, Colour.RGB),
    BGR_8("BGR8", 0x0218_0015, Packing.BYTES, Colour.BGR);

    /** How the samples lie in memory. */
    enum Packing {
        /** One byte a sample. */
        BYTES(8),
        /** Two bytes a sample, little end first, 10 bits used. */
        WORDS_10(16),
        /** Two bytes a sample, little end first, 12 bits used. */
        WORDS_12(16),
        WORDS_16(16),
        /** GigE Vision's: two samples in three bytes, the first and the last with the upper 8 bits of each. */
        PAIRS(12),
        /** USB3 Vision's: samples follow each other bit by bit, lowest bit first. */
        BITS_10(10),
        BITS_12(12);

        private final int bits;

        Packing(int bits) {
            this.bits = bits;
        }
    }

    /** What the samples mean. */
    enum Colour {
        GREY(1),
        BAYER_GR(1),
        BAYER_RG(1),
        BAYER_GB(1),
        BAYER_BG(1),
        RGB(3),
        BGR(3);

        private final int samples;

        Colour(int samples) {
            this.samples = samples;
        }
    }

    private static final List<PixelFormat> ALL = List.of(values());

    private final String standardName;
    private final int code;
    private final Packing packing;
    private final Colour colour;
    private final Optional<PixelFormat> known = Optional.of(this);

    PixelFormat(String standardName, int code, Packing packing, Colour colour) {
        this.standardName = standardName;
        this.code = code;
        this.packing = packing;
        this.colour = colour;
    }

    /** As GenICam writes it. */
    public String standardName() {
        return standardName;
    }

    /** As pictures carry it. */
    int code() {
        return code;
    }

    Packing packing() {
        return packing;
    }

    Colour colour() {
        return colour;
    }

    /** Of a picture's code; empty for a format that we cannot read. */
    static Optional<PixelFormat> of(int code) {
        for (int i = 0; i < ALL.size(); i++) { // for each picture, so without an iterator
            if (ALL.get(i).code == code) {
                return ALL.get(i).known;
            }
        }
        return Optional.empty();
    }

    /**
     * Of the value of the feature {@code PixelFormat}.
     *
     * @param camera for the message
     * @throws CameraException naming the formats that can be read, those that the camera offers first
     */
    static PixelFormat named(String name, String camera, List<String> offered) {
        return Arrays.stream(values())
                .filter(it -> it.standardName.equals(name))
                .findFirst()
                .orElseThrow(() -> new CameraException(
                        "%s sends pictures in %s, which cannot be read; set its feature PixelFormat to %s"
                                .formatted(camera, name, possible(offered))));
    }

    private static String possible(List<String> offered) {
        String all = Arrays.stream(values()).map(PixelFormat::standardName).collect(Collectors.joining(", "));
        String both = Arrays.stream(values())
                .map(PixelFormat::standardName)
                .filter(offered::contains)
                .collect(Collectors.joining(", "));
        return both.isEmpty()
                ? "one of %s, if a newer firmware has one: it now offers only %s"
                        .formatted(all, String.join(", ", offered))
                : "one of " + both;
    }

    /** Bytes that {@code width} × {@code height} pixels take, without padding. */
    long bytes(int width, int height) {
        return ((long) width * height * colour.samples * packing.bits + 7) / 8;
    }

    /** Bytes of one row; rows that end within a byte cannot be padded. */
    long rowBytes(int width) {
        return bytes(width, 1);
    }

    /**
     * Cuts samples to 8 bits.
     *
     * @param from the samples begin at its index {@code at}
     * @param samples how many
     * @param to receives them from its index {@code start}
     */
    void unpack(ByteBuffer from, int at, int samples, ByteBuffer to, int start) {
        switch (packing) {
            case BYTES -> to.put(start, from, at, samples);
            case WORDS_10 -> words(from, at, samples, to, start, 2);
            case WORDS_12 -> words(from, at, samples, to, start, 4);
            case WORDS_16 -> words(from, at, samples, to, start, 8);
            case PAIRS -> pairs(from, at, samples, to, start);
            case BITS_10 -> bits(from, at, samples, to, start, 10);
            case BITS_12 -> bits(from, at, samples, to, start, 12);
        }
    }

    private static void words(ByteBuffer from, int at, int samples, ByteBuffer to, int start, int shift) {
        for (int i = 0; i < samples; i++) {
            int word = (from.get(at + 2 * i) & 0xFF) | ((from.get(at + 2 * i + 1) & 0xFF) << 8);
            to.put(start + i, (byte) (word >> shift));
        }
    }

    private static void pairs(ByteBuffer from, int at, int samples, ByteBuffer to, int start) {
        for (int i = 0; i < samples; i++) {
            to.put(start + i, from.get(at + (i / 2) * 3 + (i & 1) * 2));
        }
    }

    private static void bits(ByteBuffer from, int at, int samples, ByteBuffer to, int start, int each) {
        for (int i = 0; i < samples; i++) {
            long bit = (long) i * each + each - 8;
            int index = at + (int) (bit / 8);
            int shift = (int) (bit % 8);
            int low = from.get(index) & 0xFF;
            int high = shift == 0 ? 0 : from.get(index + 1) & 0xFF;
            to.put(start + i, (byte) (((high << 8) | low) >> shift));
        }
    }
}
