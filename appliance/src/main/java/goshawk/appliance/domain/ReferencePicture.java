package goshawk.appliance.domain;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * How a region of a good part looks: shown to the model beside the part.
 *
 * @param file as the recipe names it
 * @param rgb {@code widthPx × heightPx} pixels, 8-bit RGB; not to be changed
 * @param sha256 over width, height and pixels, in lower-case hex
 */
public record ReferencePicture(String file, int widthPx, int heightPx, byte[] rgb, String sha256) {

    public static ReferencePicture of(String file, int widthPx, int heightPx, byte[] rgb) {
        if (rgb.length != widthPx * heightPx * 3) {
            throw new IllegalArgumentException(
                    "%s: %d bytes for %d×%d pixels of 3".formatted(file, rgb.length, widthPx, heightPx));
        }
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            digest.update("%d×%d ".formatted(widthPx, heightPx).getBytes(StandardCharsets.UTF_8));
            digest.update(rgb);
            return new ReferencePicture(
                    file, widthPx, heightPx, rgb, HexFormat.of().formatHex(digest.digest()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
