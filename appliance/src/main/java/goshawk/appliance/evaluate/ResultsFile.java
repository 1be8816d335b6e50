package goshawk.appliance.evaluate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import goshawk.appliance.evaluate.JudgedPart.Call;
import goshawk.appliance.evaluate.JudgedPart.Found;
import goshawk.camera.Region;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/** The lines that {@code inspect} writes, one JSON object a picture. */
public final class ResultsFile {

    private static final ObjectMapper JSON = new ObjectMapper();

    private ResultsFile() {}

    /**
     * The parts of a file, in its order.
     *
     * @throws EvaluationException naming file, line and what is wrong there
     */
    public static List<JudgedPart> read(Path file) {
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (IOException e) {
            throw new EvaluationException("results " + file + " cannot be read: " + e, e);
        }
        List<JudgedPart> parts = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            if (!lines.get(i).isBlank()) {
                try {
                    parts.add(part(JSON.readTree(lines.get(i))));
                } catch (JsonProcessingException | IllegalArgumentException e) {
                    throw new EvaluationException(
                            "%s:%d: no line of inspect: %s".formatted(file, i + 1, firstLine(e)), e);
                }
            }
        }
        return parts;
    }

    private static String firstLine(Exception e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }

    private static JudgedPart part(JsonNode line) {
        List<Found> found = new ArrayList<>();
        for (JsonNode finding : line.path("findings")) {
            JsonNode region = finding.path("region");
            found.add(new Found(
                    text(finding, "prompt"),
                    text(finding, "defect"),
                    finding.path("score").asDouble(),
                    new Region(
                            region.path(0).asInt(),
                            region.path(1).asInt(),
                            region.path(2).asInt(),
                            region.path(3).asInt())));
        }
        Call call = Call.valueOf(text(line, "verdict"));
        return new JudgedPart(
                TruthFile.name(text(line, "image")),
                call,
                call == Call.NOT_INSPECTED ? OptionalDouble.empty() : score(line),
                found,
                number(line.path("timingsMs").path("total")));
    }

    /** The largest score plus doubt of any prompt and region; of an older file, which has no doubts, the score. */
    private static OptionalDouble score(JsonNode line) {
        OptionalDouble largest = number(line.path("score"));
        for (JsonNode prompt : line.path("scores")) {
            for (JsonNode region : prompt) {
                double score = region.path(0).asDouble() + region.path(1).asDouble();
                largest = OptionalDouble.of(Math.max(score, largest.orElse(0)));
            }
        }
        return largest;
    }

    private static String text(JsonNode node, String key) {
        JsonNode value = node.path(key);
        if (!value.isTextual()) {
            throw new IllegalArgumentException("no '%s'".formatted(key));
        }
        return value.asText();
    }

    private static OptionalDouble number(JsonNode node) {
        return node.isNumber() ? OptionalDouble.of(node.asDouble()) : OptionalDouble.empty();
    }
}
