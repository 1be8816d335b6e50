package goshawk.trtbuild;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.zip.GZIPInputStream;

/** What {@code trt-build/goldens/make_text_goldens.py} wrote. */
final class TextGoldens {

    private TextGoldens() {}

    static Path folder(String name) {
        try {
            return Path.of(Objects.requireNonNull(TextGoldens.class.getResource("/goldens/text/" + name))
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(name, e);
        }
    }

    static JsonNode json(String name) {
        try {
            return new ObjectMapper().readTree(Files.readAllBytes(folder(name)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] unzipped(String name) {
        try (var in = new GZIPInputStream(Files.newInputStream(folder(name)))) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
