package goshawk.appliance.evaluate;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import goshawk.appliance.evaluate.Evaluation.Kind;
import goshawk.appliance.evaluate.Evaluation.SizeBand;
import goshawk.appliance.evaluate.JudgedPart.Call;
import java.util.List;
import java.util.Locale;

/** An {@link Evaluation} for people and for programs. */
public final class EvaluationReport {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int NAMES = 5;

    private EvaluationReport() {}

    /** Tables for a terminal of about 100 columns. */
    public static String text(Evaluation evaluation) {
        var text = new StringBuilder();
        text.append(verdicts(evaluation)).append('\n').append(escapes(evaluation));
        Proportion falseCalls = evaluation.good().caught();
        if (falseCalls.trials() > 0) {
            text.append("\nFalse calls: %d of %d good parts, %s; exact 95 %% %s; at most %s *%n"
                    .formatted(
                            falseCalls.hits(),
                            falseCalls.trials(),
                            Table.percent(falseCalls),
                            Table.interval(falseCalls),
                            Table.percent(falseCalls.atMost95())));
        }
        if (!evaluation.sizes().isEmpty()) {
            text.append("\nBy size (longer side of the marked defect)\n").append(sizes(evaluation));
        }
        evaluation
                .latency()
                .ifPresent(latency -> text.append(String.format(
                        Locale.ROOT,
                        "%nLatency: P50 %.0f ms, P99 %.0f ms (%d parts)%n",
                        latency.p50(),
                        latency.p99(),
                        latency.parts())));
        text.append(missing("in the truth but not judged", evaluation.unjudged()));
        text.append(missing("judged but not in the truth", evaluation.unknown()));
        text.append("* one-sided, 95 %. Intervals cover the luck of the draw, not parts of another kind.\n");
        return text.toString();
    }

    private static String verdicts(Evaluation evaluation) {
        var table = new Table("Verdicts", "parts", "PASS", "REJECT", "REVIEW", "NOT INSPECTED");
        verdicts(table, evaluation.good());
        evaluation.defects().forEach(kind -> verdicts(table, kind));
        return table.text();
    }

    private static void verdicts(Table table, Kind kind) {
        table.row(
                words(kind.label()),
                kind.caught().trials(),
                kind.of(Call.PASS),
                kind.of(Call.REJECT),
                kind.of(Call.REVIEW),
                kind.of(Call.NOT_INSPECTED));
    }

    private static String escapes(Evaluation evaluation) {
        var table = new Table("Defects", "parts", "escapes", "caught", "exact 95 %", "at least *", "named rightly");
        for (Kind kind : evaluation.defects()) {
            escapes(table, words(kind.label()), kind.caught(), Table.percent(kind.named()));
        }
        if (evaluation.defects().size() > 1) {
            escapes(table, "all", evaluation.caught(), "");
        }
        return table.text();
    }

    private static void escapes(Table table, String label, Proportion caught, String named) {
        table.row(
                label,
                caught.trials(),
                caught.trials() - caught.hits(),
                Table.percent(caught),
                Table.interval(caught),
                Table.percent(caught.atLeast95()),
                named);
    }

    private static String sizes(Evaluation evaluation) {
        var table = new Table("", "parts", "escapes", "caught", "exact 95 %", "at least *");
        for (SizeBand band : evaluation.sizes()) {
            table.row(
                    words(band.label()) + " " + range(band),
                    band.caught().trials(),
                    band.caught().trials() - band.caught().hits(),
                    Table.percent(band.caught()),
                    Table.interval(band.caught()),
                    Table.percent(band.caught().atLeast95()));
        }
        return table.text();
    }

    private static String range(SizeBand band) {
        if (band.from() == 0) {
            return "up to %s mm".formatted(band.to());
        }
        return Double.isInfinite(band.to())
                ? "over %s mm".formatted(band.from())
                : "%s to %s mm".formatted(band.from(), band.to());
    }

    private static String missing(String what, List<String> files) {
        if (files.isEmpty()) {
            return "";
        }
        String names = String.join(", ", files.subList(0, Math.min(NAMES, files.size())));
        return "%s %s: %s%s%n"
                .formatted(
                        files.size() == 1 ? "1 picture is" : files.size() + " pictures are",
                        what,
                        names,
                        files.size() > NAMES ? ", …" : "");
    }

    private static String words(String code) {
        return code.replace('_', ' ');
    }

    /** One JSON object; shares in [0, 1], lengths in mm, times in ms. */
    public static String json(Evaluation evaluation) {
        ObjectNode root = JSON.createObjectNode();
        kind(root.putObject("good"), evaluation.good());
        ArrayNode defects = root.putArray("defects");
        evaluation.defects().forEach(kind -> kind(defects.addObject(), kind));
        ArrayNode sizes = root.putArray("sizes");
        for (SizeBand band : evaluation.sizes()) {
            ObjectNode node = sizes.addObject().put("label", band.label()).put("overMm", band.from());
            if (!Double.isInfinite(band.to())) {
                node.put("toMm", band.to());
            }
            proportion(node.putObject("caught"), band.caught());
        }
        evaluation
                .latency()
                .ifPresent(latency -> root.putObject("latencyMs")
                        .put("p50", latency.p50())
                        .put("p99", latency.p99())
                        .put("parts", latency.parts()));
        evaluation.unjudged().forEach(root.putArray("unjudged")::add);
        evaluation.unknown().forEach(root.putArray("unknown")::add);
        return root.toString();
    }

    private static void kind(ObjectNode node, Kind kind) {
        node.put("label", kind.label());
        ObjectNode calls = node.putObject("verdicts");
        kind.calls().forEach((call, count) -> calls.put(call.name(), count));
        proportion(node.putObject("caught"), kind.caught());
        proportion(node.putObject("named"), kind.named());
    }

    static void proportion(ObjectNode node, Proportion proportion) {
        node.put("hits", proportion.hits()).put("trials", proportion.trials());
        if (proportion.trials() > 0) {
            Proportion.Interval exact = proportion.exact95();
            node.put("share", proportion.share())
                    .put("exact95Low", exact.low())
                    .put("exact95High", exact.high())
                    .put("atLeast95", proportion.atLeast95())
                    .put("atMost95", proportion.atMost95());
        }
    }
}
