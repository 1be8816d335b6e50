package goshawk.appliance.evaluate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import goshawk.appliance.domain.Fitting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Fitting times against the truth.
 *
 * @param errors seconds between told and true time, of parts that were fitted and told to be, ascending
 * @param missed of the parts that were fitted, those told not to be
 * @param invented of the parts that were not fitted, those told to be
 */
public record AssemblyEvaluation(List<Double> errors, Proportion missed, Proportion invented) {

    private static final ObjectMapper JSON = new ObjectMapper();

    public AssemblyEvaluation {
        errors = errors.stream().sorted().toList();
    }

    /** The true times of the parts fitted in each clip. */
    public record Truth(Map<String, Map<String, Double>> clips) {

        /**
         * Reads the {@code truth.csv} of {@code render --station assembly}: columns clip, fps, events.
         *
         * @throws EvaluationException naming file, row and what is wrong there
         */
        public static Truth read(Path file) {
            List<List<String>> rows;
            try {
                rows = Csv.rows(Files.readString(file));
            } catch (IOException e) {
                throw new EvaluationException("truth " + file + " cannot be read: " + e, e);
            }
            List<String> header = rows.isEmpty() ? List.of() : rows.getFirst();
            int clip = header.indexOf("clip");
            int events = header.indexOf("events");
            if (clip < 0 || events < 0) {
                throw new EvaluationException(
                        "%s:1: no columns 'clip' and 'events'; want the truth.csv of render --station assembly"
                                .formatted(file));
            }
            Map<String, Map<String, Double>> clips = new LinkedHashMap<>();
            for (int i = 1; i < rows.size(); i++) {
                List<String> row = rows.get(i);
                try {
                    clips.put(TruthFile.name(row.get(clip)), times(row.get(events)));
                } catch (JsonProcessingException | IndexOutOfBoundsException e) {
                    throw new EvaluationException(
                            "%s: row %d: events must be [{\"part\": \"bolt 1\", \"at\": 2.3}, …]".formatted(file, i),
                            e);
                }
            }
            return new Truth(clips);
        }

        private static Map<String, Double> times(String json) throws JsonProcessingException {
            Map<String, Double> times = new LinkedHashMap<>();
            for (JsonNode event : JSON.readTree(json)) {
                if (event.path("at").isNumber()) {
                    times.put(event.path("part").asText(), event.path("at").asDouble());
                }
            }
            return times;
        }
    }

    /**
     * @param told by clip
     * @throws EvaluationException when the truth does not know a clip
     */
    public static AssemblyEvaluation of(Map<String, List<Fitting>> told, Truth truth) {
        List<Double> errors = new ArrayList<>();
        int fitted = 0;
        int missed = 0;
        int unfitted = 0;
        int invented = 0;
        for (var clip : told.entrySet()) {
            Map<String, Double> times = truth.clips().get(clip.getKey());
            if (times == null) {
                throw new EvaluationException("the truth knows no clip '%s'".formatted(clip.getKey()));
            }
            for (Fitting fitting : clip.getValue()) {
                Double at = times.get(fitting.part());
                OptionalDouble said = fitting.at();
                if (at == null) {
                    unfitted++;
                    invented += said.isPresent() ? 1 : 0;
                } else {
                    fitted++;
                    missed += said.isPresent() ? 0 : 1;
                    said.ifPresent(seconds -> errors.add(Math.abs(seconds - at)));
                }
            }
        }
        return new AssemblyEvaluation(errors, new Proportion(missed, fitted), new Proportion(invented, unfitted));
    }

    /** Of the errors, by nearest rank; empty when there are none. */
    public OptionalDouble errorAt(double share) {
        return errors.isEmpty()
                ? OptionalDouble.empty()
                : OptionalDouble.of(errors.get((int) Math.ceil(share * errors.size()) - 1));
    }

    /** For a terminal. */
    public String text() {
        var text = new StringBuilder();
        if (!errors.isEmpty()) {
            text.append(String.format(
                    Locale.ROOT,
                    "Error of %d times: median %.2f s, P90 %.2f s, at most %.2f s%n%n",
                    errors.size(),
                    errorAt(0.5).orElseThrow(),
                    errorAt(0.9).orElseThrow(),
                    errors.getLast()));
        }
        var table = new Table("", "parts", "of", "share", "exact 95 %");
        row(table, "missed", missed);
        row(table, "invented", invented);
        return text.append(table.text()).toString();
    }

    private static void row(Table table, String name, Proportion share) {
        table.row(name, share.hits(), share.trials(), Table.percent(share), Table.interval(share));
    }
}
