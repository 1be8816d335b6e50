package goshawk.trtbuild;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The bytes that each token of a {@code tokenizer.json} adds to a text. Decoding a token alone would not tell: a token can
 * hold half a character.
 */
final class TokenBytes {

    private static final byte[] NONE = {};
    private static final Pattern BYTE = Pattern.compile("<0x([0-9A-Fa-f]{2})>");

    private TokenBytes() {}

    /**
     * @param ids is filled with every token's name and id
     * @return by id; empty for special tokens and for ids without a token
     */
    static byte[][] of(JsonNode tokenizer, Map<String, Integer> ids) {
        JsonNode vocabulary = tokenizer.path("model").path("vocab");
        if (!vocabulary.isObject()) {
            throw new CheckpointException("its model is no vocabulary by name (BPE), but "
                    + tokenizer.path("model").path("type").asText("of no type"));
        }
        boolean isByteLevel = hasDecoder(tokenizer.path("decoder"), "ByteLevel");
        boolean isByteFallback = hasDecoder(tokenizer.path("decoder"), "ByteFallback")
                || tokenizer.path("model").path("byte_fallback").asBoolean();
        if (!isByteLevel && !isByteFallback) {
            throw new CheckpointException("its decoder is neither ByteLevel nor ByteFallback, so tokens have no bytes");
        }
        vocabulary
                .properties()
                .forEach(entry -> ids.put(entry.getKey(), entry.getValue().asInt()));
        tokenizer
                .path("added_tokens")
                .forEach(token ->
                        ids.put(token.path("content").asText(), token.path("id").asInt()));
        int size = ids.values().stream().mapToInt(it -> it + 1).max().orElse(0);
        byte[][] bytes = new byte[size][];
        Arrays.fill(bytes, NONE);
        vocabulary
                .properties()
                .forEach(entry -> bytes[entry.getValue().asInt()] =
                        isByteLevel ? byteLevel(entry.getKey()) : fallback(entry.getKey()));
        tokenizer
                .path("added_tokens")
                .forEach(token ->
                        bytes[token.path("id").asInt()] = token.path("special").asBoolean()
                                ? NONE
                                : Tokenizer.utf8(token.path("content").asText()));
        return bytes;
    }

    private static boolean hasDecoder(JsonNode decoder, String type) {
        if (decoder.path("type").asText().equals(type)) {
            return true;
        }
        for (JsonNode one : decoder.path("decoders")) {
            if (hasDecoder(one, type)) {
                return true;
            }
        }
        return false;
    }

    /** Each character stands for one byte, in the table that GPT-2 began. */
    private static byte[] byteLevel(String token) {
        byte[] bytes = new byte[token.length()];
        for (int i = 0; i < bytes.length; i++) {
            int value = byteOf(token.charAt(i));
            if (value < 0) { // written as it is, as added tokens are
                return token.getBytes(StandardCharsets.UTF_8);
            }
            bytes[i] = (byte) value;
        }
        return bytes;
    }

    /** Printable Latin-1 stands for itself; the other 68 bytes, in order, are the characters from U+0100 on. */
    private static int byteOf(char c) {
        if (isItself(c)) {
            return c;
        }
        int index = c - 0x100;
        if (index < 0 || index > 67) {
            return -1;
        }
        for (int value = 0; ; value++) {
            if (!isItself((char) value) && index-- == 0) {
                return value;
            }
        }
    }

    private static boolean isItself(char c) {
        return (c >= '!' && c <= '~') || (c >= 0xa1 && c <= 0xac) || (c >= 0xae && c <= 0xff);
    }

    /** SentencePiece's way: U+2581 is a space, {@code <0xNN>} a byte. */
    private static byte[] fallback(String token) {
        Matcher one = BYTE.matcher(token);
        return one.matches()
                ? new byte[] {(byte) Integer.parseInt(one.group(1), 16)}
                : Tokenizer.utf8(token.replace('\u2581', ' '));
    }
}
