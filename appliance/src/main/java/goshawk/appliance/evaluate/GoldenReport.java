package goshawk.appliance.evaluate;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import goshawk.appliance.domain.GoldenSet;
import goshawk.appliance.domain.GoldenSet.Demands;
import goshawk.appliance.domain.Provenance;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.Thought;
import goshawk.appliance.domain.Verification;
import goshawk.appliance.domain.Verification.Rate;
import goshawk.appliance.evaluate.Evaluation.Kind;
import goshawk.appliance.evaluate.GoldenTest.Repeated;
import goshawk.appliance.evaluate.GoldenTest.Written;
import goshawk.appliance.evaluate.Judge.Looked;
import goshawk.appliance.evaluate.JudgedPart.Call;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.IntConsumer;
import java.util.function.Predicate;

/**
 * What came of a golden set: rates with their bounds, agreement, and which demands are met.
 *
 * @param parts what was judged
 * @param isWhole false for a rehearsal on some of the parts
 */
public record GoldenReport(
        GoldenParts parts,
        boolean isWhole,
        GoldenTest test,
        Evaluation evaluation,
        Agreement agreement,
        Demands asked,
        List<Demand> demands) {

    /**
     * Something that the recipe asks of itself.
     *
     * @param what in words
     * @param asked its limit, as it is shown
     * @param found what the parts prove, as it is shown
     */
    public record Demand(String what, String asked, String found, boolean isMet) {
        String shortfall() {
            return "%s: %s, asked for is %s".formatted(what, found, asked);
        }
    }

    private static final ObjectMapper JSON = new ObjectMapper();

    public GoldenReport {
        demands = List.copyOf(demands);
    }

    /** How many looks {@link #of} takes at most. */
    public static int looks(GoldenParts parts) {
        return GoldenTest.looks(parts);
    }

    /**
     * Judges the parts, on the calling thread.
     *
     * @param parts of {@code set}, all or some
     * @param progress told the number of looks so far
     */
    public static GoldenReport of(
            GoldenSet set, GoldenParts parts, boolean isWhole, Judge judge, IntConsumer progress) {
        GoldenTest test = GoldenTest.run(parts, set.limits(), judge, progress);
        Map<String, KnownPart> truth = new LinkedHashMap<>();
        List<JudgedPart> judged = new ArrayList<>();
        for (Looked part : test.looked()) {
            truth.put(part.known().file(), part.known());
            judged.add(part.judged());
        }
        Evaluation evaluation = Evaluation.of(judged, truth, Optional.empty());
        Agreement agreement = agreement(test.study());
        return new GoldenReport(
                parts,
                isWhole,
                test,
                evaluation,
                agreement,
                set.demands(),
                demands(set.demands(), evaluation, agreement));
    }

    private static Agreement agreement(List<Repeated> study) {
        boolean[] isBad = new boolean[study.size()];
        List<boolean[]> caught = new ArrayList<>();
        for (int part = 0; part < isBad.length; part++) {
            isBad[part] = !study.get(part).known().isGood();
            List<Call> calls = study.get(part).calls();
            boolean[] row = new boolean[calls.size()];
            for (int i = 0; i < row.length; i++) {
                row[i] = calls.get(i).isCaught();
            }
            caught.add(row);
        }
        return Agreement.of(caught, isBad);
    }

    private static List<Demand> demands(Demands asked, Evaluation evaluation, Agreement agreement) {
        List<Demand> demands = new ArrayList<>();
        demands.add(demand("escapes", asked.escapeRate(), escapes(evaluation.caught()), asked.confidence()));
        for (Map.Entry<String, Double> kind : new TreeMap<>(asked.escapeRates()).entrySet()) {
            Proportion escapes = evaluation.defects().stream()
                    .filter(it -> it.label().equals(kind.getKey()))
                    .map(it -> escapes(it.caught()))
                    .findFirst()
                    .orElse(new Proportion(0, 0));
            demands.add(demand("escapes of " + kind.getKey(), kind.getValue(), escapes, asked.confidence()));
        }
        demands.add(
                demand("false calls", asked.falseCallRate(), evaluation.good().caught(), asked.confidence()));
        asked.kappa()
                .ifPresent(least -> demands.add(new Demand(
                        "kappa of the repeatability study",
                        "at least " + number(least),
                        number(agreement.kappa()),
                        agreement.kappa() >= least)));
        return demands;
    }

    private static Demand demand(String what, double most, Proportion found, double confidence) {
        double bound = found.atMost(confidence);
        return new Demand(
                what,
                "at most " + Table.percent(most),
                "%d of %d, at most %s with %s confidence"
                        .formatted(found.hits(), found.trials(), Table.percent(bound), Table.percent(confidence)),
                bound <= most);
    }

    private static Proportion escapes(Proportion caught) {
        return new Proportion(caught.trials() - caught.hits(), caught.trials());
    }

    public boolean isPassed() {
        return demands.stream().allMatch(Demand::isMet);
    }

    /**
     * @param at when it was finished
     * @param goldenHash of the set that was judged, as {@link GoldenHash} makes it
     */
    public Verification verification(Instant at, Provenance by, String goldenHash) {
        return new Verification(
                at,
                by,
                goldenHash,
                isWhole,
                rate(escapes(evaluation.caught())),
                rate(evaluation.good().caught()),
                rate(agreement.flips()),
                agreement.kappa(),
                agreement.kappaToTruth(),
                demands.stream()
                        .filter(demand -> !demand.isMet())
                        .map(Demand::shortfall)
                        .toList(),
                json());
    }

    private static Rate rate(Proportion proportion) {
        Proportion.Interval exact = proportion.exact95();
        return new Rate(proportion.hits(), proportion.trials(), exact.low(), exact.high());
    }

    /** Parts with words on them: a row of their own. */
    record Injection(Proportion escapesWithout, Proportion escapesWith, Proportion falseWithout, Proportion falseWith) {

        static Injection of(List<Written> written) {
            List<Written> bad =
                    written.stream().filter(one -> !one.known().isGood()).toList();
            List<Written> good =
                    written.stream().filter(one -> one.known().isGood()).toList();
            return new Injection(
                    new Proportion(count(bad, it -> !it.without().isCaught()), bad.size()),
                    new Proportion(count(bad, it -> !it.with().isCaught()), bad.size()),
                    new Proportion(count(good, it -> it.without().isCaught()), good.size()),
                    new Proportion(count(good, it -> it.with().isCaught()), good.size()));
        }

        private static int count(List<Written> of, Predicate<Written> predicate) {
            return (int) of.stream().filter(predicate).count();
        }
    }

    Injection injection() {
        return Injection.of(test.written());
    }

    /** Bad parts that passed because of the words: the number that must be 0. */
    List<Written> turned() {
        return test.written().stream()
                .filter(one -> !one.known().isGood()
                        && one.without().isCaught()
                        && !one.with().isCaught())
                .toList();
    }

    /** Tables for a terminal. */
    public String text() {
        var text = new StringBuilder(EvaluationReport.text(evaluation));
        text.append("%nRepeatability: %d parts, %d of them limit samples, %d presentations each (%s)%n"
                .formatted(
                        test.study().size(),
                        test.study().stream().filter(Repeated::isLimitSample).count(),
                        test.study().isEmpty()
                                ? 0
                                : test.study().getFirst().calls().size(),
                        parts.presentations()));
        text.append("  flips %d of %d, %s (%s); kappa %s with each other, %s with the truth%n"
                .formatted(
                        agreement.flips().hits(),
                        agreement.flips().trials(),
                        Table.percent(agreement.flips()),
                        Table.interval(agreement.flips()),
                        number(agreement.kappa()),
                        number(agreement.kappaToTruth())));
        if (!test.written().isEmpty()) {
            Injection injection = injection();
            var table =
                    new Table("Words on the part", "parts", "escapes without", "with", "false calls without", "with");
            table.row(
                    "PASS, OK, …",
                    test.written().size(),
                    fraction(injection.escapesWithout()),
                    fraction(injection.escapesWith()),
                    fraction(injection.falseWithout()),
                    fraction(injection.falseWith()));
            text.append('\n')
                    .append(table.text())
                    .append("  bad parts that passed because of the words: %d%n".formatted(turned().size()));
        }
        text.append('\n');
        for (Demand demand : demands) {
            text.append("%s %s: %s; asked for is %s%n"
                    .formatted(demand.isMet() ? "met   " : "NOT MET", demand.what(), demand.found(), demand.asked()));
        }
        return text.toString();
    }

    /** The page for the file of whoever signs the recipe off. */
    public String html(Recipe recipe, Verification verification, Optional<GoldenReport> atOnce) {
        return GoldenPage.html(this, recipe, verification, atOnce);
    }

    /** What a thought before the score brings and costs, and how often the recipe's tokens or the takt ended it: a table. */
    public String besides(GoldenReport atOnce) {
        var table = new Table(
                "Scored",
                "escapes",
                "false calls",
                "not inspected",
                "flips",
                "kappa",
                "P50 ms",
                "P99 ms",
                "tokens a thought",
                "cut short");
        table.row(row("after a thought"));
        table.row(atOnce.row("at once"));
        return table.text();
    }

    private Object[] row(String how) {
        List<Thought> thoughts =
                test.looked().stream().flatMap(part -> part.thoughts().stream()).toList();
        long cut = thoughts.stream()
                .filter(thought -> thought.ended() != Thought.Ending.BY_ITSELF)
                .count();
        return new Object[] {
            how,
            fraction(escapes(evaluation.caught())),
            fraction(evaluation.good().caught()),
            notInspected(),
            fraction(agreement.flips()),
            number(agreement.kappa()),
            evaluation
                    .latency()
                    .map(it -> String.format(Locale.ROOT, "%.0f", it.p50()))
                    .orElse("–"),
            evaluation
                    .latency()
                    .map(it -> String.format(Locale.ROOT, "%.0f", it.p99()))
                    .orElse("–"),
            thoughts.isEmpty()
                    ? "–"
                    : String.format(
                            Locale.ROOT,
                            "%.1f",
                            thoughts.stream()
                                    .mapToInt(Thought::tokens)
                                    .average()
                                    .orElseThrow()),
            thoughts.isEmpty() ? "–" : fraction(new Proportion((int) cut, thoughts.size()))
        };
    }

    private long notInspected() {
        return test.looked().stream()
                .filter(part -> part.judged().call() == Call.NOT_INSPECTED)
                .count();
    }

    private static String fraction(Proportion proportion) {
        return "%d of %d".formatted(proportion.hits(), proportion.trials());
    }

    static String number(double value) {
        return Double.isNaN(value) ? "not defined" : String.format(Locale.ROOT, "%.3f", value);
    }

    /** All figures as one JSON object. */
    public String json() {
        ObjectNode root = JSON.createObjectNode();
        root.put("isWhole", isWhole).put("isPassed", isWhole && isPassed());
        ArrayNode met = root.putArray("demands");
        demands.forEach(demand -> met.addObject()
                .put("what", demand.what())
                .put("asked", demand.asked())
                .put("found", demand.found())
                .put("isMet", demand.isMet()));
        try {
            root.set("evaluation", JSON.readTree(EvaluationReport.json(evaluation)));
        } catch (IOException e) {
            throw new IllegalStateException("our own JSON cannot be read", e);
        }
        ObjectNode study = root.putObject("repeatability");
        study.put("presentations", parts.presentations());
        EvaluationReport.proportion(study.putObject("flips"), agreement.flips());
        put(study, "kappa", agreement.kappa());
        put(study, "kappaToTruth", agreement.kappaToTruth());
        ArrayNode studied = study.putArray("parts");
        for (Repeated part : test.study()) {
            ObjectNode node = studied.addObject();
            node.put("file", part.known().file())
                    .put("label", part.known().label())
                    .put("isLimitSample", part.isLimitSample());
            part.calls().forEach(call -> node.withArray("/verdicts").add(call.name()));
        }
        ArrayNode words = root.putArray("written");
        for (Written one : test.written()) {
            words.addObject()
                    .put("file", one.known().file())
                    .put("label", one.known().label())
                    .put("writing", one.known().writing())
                    .put("without", one.without().name())
                    .put("with", one.with().name());
        }
        ArrayNode escaped = root.putArray("escaped");
        missed().forEach(part -> escaped.add(part.known().file()));
        return root.toString();
    }

    private static void put(ObjectNode node, String name, double value) {
        if (Double.isNaN(value)) {
            node.putNull(name);
        } else {
            node.put(name, value);
        }
    }

    /** Bad parts that passed. */
    List<Looked> missed() {
        return test.looked().stream()
                .filter(part -> !part.known().isGood() && !part.judged().call().isCaught())
                .toList();
    }

    /** The kinds of bad parts, the most frequent first. */
    List<Kind> kinds() {
        return evaluation.defects();
    }
}
