package goshawk.appliance.api;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.jspecify.annotations.Nullable;

/** Who knows it may ask. Only its digest is kept; it is in no message and no log. Safe for any thread. */
public final class BearerToken {

    /** Guessing a shorter one is a matter of time. */
    private static final int SHORTEST = 16;

    private static final String SCHEME = "Bearer ";

    private final byte[] digest;

    private BearerToken(String token) {
        this.digest = sha256(token);
    }

    /** @throws ApiStartException when it is too short to be kept from strangers */
    public static BearerToken of(String token) {
        if (token.length() < SHORTEST || !token.chars().allMatch(c -> c > ' ' && c < 127)) {
            throw new ApiStartException(
                    "the API's token must be at least %d printable ASCII characters; make one: openssl rand -hex 32"
                            .formatted(SHORTEST));
        }
        return new BearerToken(token);
    }

    /**
     * Reads the token from the first line of a file that only the station's user should be able to read.
     *
     * @throws ApiStartException when the file cannot be read or holds no token
     */
    public static BearerToken read(Path file) {
        try (var lines = Files.lines(file, StandardCharsets.UTF_8)) {
            return of(lines.findFirst().orElse("").strip());
        } catch (IOException | UncheckedIOException e) {
            throw new ApiStartException(
                    "the API's token cannot be read from %s: write one there: openssl rand -hex 32 > %s"
                            .formatted(file, file));
        }
    }

    /** Takes as long for a nearly right token as for any other. */
    boolean isIn(@Nullable String authorization) {
        if (authorization == null || !authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return false;
        }
        return MessageDigest.isEqual(
                digest, sha256(authorization.substring(SCHEME.length()).strip()));
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    @Override
    public String toString() {
        return "a bearer token";
    }
}
