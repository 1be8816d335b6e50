package goshawk.appliance.evaluate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import goshawk.appliance.domain.NormalForm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Codes as they were read against the truth, texts in Unicode NFC. A code that the model calls unreadable has no character right.
 *
 * @param groups by the value of a column of the truth, or one group without a name
 */
public record CodeEvaluation(Map<String, Group> groups) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * @param whole codes read without any mistake, of those that can be read
     * @param characters right, of those of the codes that can be read: all but the insertions, deletions and changes that
     *     lead from one text to the other (Levenshtein), none below 0
     * @param refused codes that can be read and were called unreadable
     * @param empty parts without a readable code on which none was read
     */
    public record Group(Proportion whole, Proportion characters, Proportion refused, Proportion empty) {}

    /** True and read text of one picture; empty where nothing can be, or was, read. */
    private record Pair(String truth, String read) {}

    /**
     * @param verdicts lines of {@code inspect}; those without a reading do not count
     * @param truth CSV with a column {@code file} and one called {@code code} or {@code text}
     * @param by column whose values make groups; empty for one group
     * @throws EvaluationException naming file, line and what is wrong there
     */
    public static CodeEvaluation of(Path verdicts, Path truth, Optional<String> by) {
        Map<String, String> read = read(verdicts);
        List<List<String>> rows = Csv.rows(text(truth, "truth"));
        List<String> header = rows.isEmpty() ? List.of() : rows.getFirst();
        int file = header.indexOf("file");
        int code = header.contains("code") ? header.indexOf("code") : header.indexOf("text");
        int group = by.map(header::indexOf).orElse(0);
        if (file < 0 || code < 0 || group < 0) {
            throw new EvaluationException("%s:1: columns 'file', 'code' or 'text'%s are wanted, there are %s"
                    .formatted(truth, by.map(it -> " and '" + it + "'").orElse(""), header));
        }
        Map<String, List<Pair>> pairs = new TreeMap<>();
        for (List<String> row : rows.subList(1, rows.size())) {
            if (row.size() != header.size()) {
                throw new EvaluationException(
                        "%s: a row has %d columns, the header %d: %s".formatted(truth, row.size(), header.size(), row));
            }
            String said = read.get(TruthFile.name(row.get(file)));
            if (said != null) {
                pairs.computeIfAbsent(by.isPresent() ? row.get(group) : "", _ -> new ArrayList<>())
                        .add(new Pair(NormalForm.NFC.of(row.get(code)), NormalForm.NFC.of(said)));
            }
        }
        Map<String, Group> groups = new LinkedHashMap<>();
        pairs.forEach((name, some) -> groups.put(name, group(some)));
        return new CodeEvaluation(groups);
    }

    /** Whether a truth says what the parts' codes are. */
    public static boolean isIn(Path truth) {
        List<List<String>> rows = Csv.rows(text(truth, "truth"));
        return !rows.isEmpty() && rows.getFirst().contains("code");
    }

    private static Group group(List<Pair> pairs) {
        List<Pair> legible =
                pairs.stream().filter(pair -> !pair.truth().isEmpty()).toList();
        int whole = 0;
        int refused = 0;
        int right = 0;
        int characters = 0;
        for (Pair pair : legible) {
            int length = pair.truth().codePointCount(0, pair.truth().length());
            whole += pair.truth().equals(pair.read()) ? 1 : 0;
            refused += pair.read().isEmpty() ? 1 : 0;
            right += Math.max(0, length - distance(pair.truth(), pair.read()));
            characters += length;
        }
        List<Pair> nothing =
                pairs.stream().filter(pair -> pair.truth().isEmpty()).toList();
        int silent =
                (int) nothing.stream().filter(pair -> pair.read().isEmpty()).count();
        return new Group(
                new Proportion(whole, legible.size()),
                new Proportion(right, characters),
                new Proportion(refused, legible.size()),
                new Proportion(silent, nothing.size()));
    }

    private static int distance(String first, String second) {
        int[] a = first.codePoints().toArray();
        int[] b = second.codePoints().toArray();
        int[] above = new int[b.length + 1];
        for (int j = 0; j <= b.length; j++) {
            above[j] = j;
        }
        for (int i = 1; i <= a.length; i++) {
            int[] row = new int[b.length + 1];
            row[0] = i;
            for (int j = 1; j <= b.length; j++) {
                int changed = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                row[j] = Math.min(changed, Math.min(above[j], row[j - 1]) + 1);
            }
            above = row;
        }
        return above[b.length];
    }

    /** The first reading of each picture. */
    private static Map<String, String> read(Path verdicts) {
        Map<String, String> read = new LinkedHashMap<>();
        int number = 0;
        for (String line : text(verdicts, "results").lines().toList()) {
            number++;
            try {
                JsonNode part = JSON.readTree(line);
                JsonNode reading = part.path("readings").path(0);
                if (!reading.isMissingNode()) {
                    read.put(
                            TruthFile.name(part.path("image").asText()),
                            reading.path("text").isTextual()
                                    ? reading.path("text").asText()
                                    : "");
                }
            } catch (JsonProcessingException e) {
                throw new EvaluationException("%s:%d: no line of inspect".formatted(verdicts, number), e);
            }
        }
        return read;
    }

    private static String text(Path file, String what) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new EvaluationException("%s %s cannot be read: %s".formatted(what, file, e), e);
        }
    }

    /** For a terminal. */
    public String text() {
        var table =
                new Table("Codes", "codes", "read whole", "exact 95 %", "characters right", "unreadable", "left empty");
        groups.forEach((name, group) -> table.row(
                name,
                group.whole().trials(),
                Table.percent(group.whole()),
                Table.interval(group.whole()),
                Table.percent(group.characters()),
                Table.percent(group.refused()),
                "%d of %d".formatted(group.empty().hits(), group.empty().trials())));
        return table.text();
    }
}
