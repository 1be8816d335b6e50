package goshawk.appliance.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import goshawk.appliance.domain.Calibration;
import goshawk.appliance.domain.Calibration.Curve;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A calibration as JSON beside its recipe, {@code docs/qualification.md}. Its {@code sha256} covers all the rest: a file that
 * somebody has changed by hand is refused.
 */
public final class CalibrationFile {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String HASH = "sha256";

    private CalibrationFile() {}

    /**
     * @param calibration its own hash is ignored: the file gets the right one
     * @param evidence what was measured, for people; goes into the file and its hash
     */
    public static void write(Path file, Calibration calibration, ObjectNode evidence) throws IOException {
        ObjectNode root = JSON.createObjectNode();
        root.putObject("recipe")
                .put("id", calibration.recipe())
                .put("version", calibration.recipeVersion())
                .put("promptsHash", calibration.promptsHash());
        root.putObject("engine")
                .put("name", calibration.engine())
                .put("hash", calibration.engineHash())
                .put("precision", calibration.precision());
        ObjectNode curves = root.putObject("curves");
        calibration.curves().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .forEach(entry -> curves.putObject(entry.getKey())
                        .put("slope", entry.getValue().slope())
                        .put("intercept", entry.getValue().intercept()));
        root.set("evidence", evidence);
        root.put(HASH, hash(root));
        Files.writeString(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n");
    }

    /** @throws ConfigurationException when it cannot be read, or was changed since it was measured */
    public static Calibration read(Path file) {
        try {
            JsonNode read = JSON.readTree(Files.readString(file));
            if (!(read instanceof ObjectNode root)) {
                throw refusal(file, "is no calibration");
            }
            String written = text(file, root, HASH);
            root.remove(HASH);
            if (!written.equals(hash(root))) {
                throw refusal(file, "was changed since it was measured");
            }
            JsonNode recipe = root.path("recipe");
            JsonNode engine = root.path("engine");
            Map<String, Curve> curves = new LinkedHashMap<>();
            for (Map.Entry<String, JsonNode> curve : root.path("curves").properties()) {
                JsonNode numbers = curve.getValue();
                curves.put(
                        curve.getKey(),
                        new Curve(
                                numbers.path("slope").asDouble(),
                                numbers.path("intercept").asDouble()));
            }
            return new Calibration(
                    written,
                    text(file, recipe, "id"),
                    text(file, recipe, "version"),
                    text(file, recipe, "promptsHash"),
                    text(file, engine, "name"),
                    text(file, engine, "hash"),
                    text(file, engine, "precision"),
                    curves);
        } catch (IOException e) {
            throw refusal(file, "cannot be read (%s)".formatted(e));
        } catch (IllegalArgumentException e) {
            throw refusal(file, "is no calibration (%s)".formatted(e.getMessage()));
        }
    }

    private static String text(Path file, JsonNode node, String key) {
        if (!node.path(key).isTextual()) {
            throw refusal(file, "has no '%s'".formatted(key));
        }
        return node.path(key).asText();
    }

    private static ConfigurationException refusal(Path file, String why) {
        return new ConfigurationException(
                List.of("calibration %s %s; measure it again with ./goshawk recipe calibrate".formatted(file, why)));
    }

    private static String hash(ObjectNode root) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(root.toString().getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
