package goshawk.appliance.evaluate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import goshawk.appliance.evaluate.KnownPart.Mark;
import goshawk.camera.Region;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Truth in a CSV file with a header: {@code truth.csv} of the renderer (columns file, label, defects, pose) or {@code
 * labels.csv} of a data set (file, split, label, boxes, board …). Marks are JSON, {@code [[x0, y0, x1, y1, "code"], …]}.
 */
public final class TruthFile {

    private static final ObjectMapper JSON = new ObjectMapper();

    private TruthFile() {}

    /** All parts of a file, by the last part of their names. */
    public static Map<String, KnownPart> read(Path file) {
        return read(file, "");
    }

    /**
     * The parts of one split of a data set, by the last part of their names.
     *
     * @param split {@code train}, {@code val}; empty for all
     * @throws EvaluationException naming file, line and what is wrong there
     */
    public static Map<String, KnownPart> read(Path file, String split) {
        List<List<String>> rows;
        try {
            rows = Csv.rows(Files.readString(file));
        } catch (IOException e) {
            throw new EvaluationException("truth " + file + " cannot be read: " + e, e);
        }
        List<String> header = rows.isEmpty() ? List.of() : rows.getFirst();
        for (String column : List.of("file", "label")) {
            if (!header.contains(column)) {
                throw new EvaluationException(
                        "%s:1: no column '%s'; want the renderer's truth.csv or a labels.csv".formatted(file, column));
            }
        }
        String marks = header.contains("defects") ? "defects" : "boxes";
        Map<String, KnownPart> parts = new LinkedHashMap<>();
        for (int i = 1; i < rows.size(); i++) {
            List<String> row = rows.get(i);
            if (row.size() != header.size()) {
                throw new EvaluationException(
                        "%s: row %d has %d columns, its header %d".formatted(file, i, row.size(), header.size()));
            }
            Map<String, String> cells = new LinkedHashMap<>();
            for (int column = 0; column < row.size(); column++) {
                cells.put(header.get(column), row.get(column));
            }
            if (split.isEmpty() || split.equals(cells.get("split"))) {
                String name = name(cells.getOrDefault("file", ""));
                try {
                    parts.put(
                            name,
                            new KnownPart(
                                    name,
                                    cells.getOrDefault("label", ""),
                                    marks(cells.getOrDefault(marks, "")),
                                    cells.getOrDefault("board", ""),
                                    cells.getOrDefault("writing", "")));
                } catch (JsonProcessingException | IllegalArgumentException e) {
                    throw new EvaluationException(
                            "%s: row %d: marks must be [[x0, y0, x1, y1, \"code\"], ...]".formatted(file, i), e);
                }
            }
        }
        return parts;
    }

    /** The last part of a path: what truth and results have in common, wherever the pictures lie. */
    static String name(String path) {
        return path.substring(path.replace('\\', '/').lastIndexOf('/') + 1);
    }

    private static List<Mark> marks(String json) throws JsonProcessingException {
        List<Mark> marks = new ArrayList<>();
        for (JsonNode mark : JSON.readTree(json.isBlank() ? "[]" : json)) {
            if (mark.size() != 5) {
                throw new IllegalArgumentException("a mark has five values");
            }
            var place = new Region(
                    mark.get(0).asInt(),
                    mark.get(1).asInt(),
                    mark.get(2).asInt(),
                    mark.get(3).asInt());
            marks.add(new Mark(place, mark.get(4).asText()));
        }
        return marks;
    }
}
