package goshawk.appliance.evaluate;

import goshawk.appliance.evaluate.JudgedPart.Call;
import goshawk.appliance.evaluate.JudgedPart.Found;
import goshawk.appliance.evaluate.KnownPart.Mark;
import goshawk.camera.PixelScale;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Verdicts against the truth: escapes and false calls, per kind of defect and by size.
 *
 * <p>Whatever does not pass is caught, for it leaves the line: rejected, in review or not inspected. By the same count a
 * good part that does not pass is a false call.
 *
 * @param good the good parts; those caught are the false calls
 * @param defects one for each label of bad parts, the most frequent first
 * @param sizes bad parts of the kinds whose size is drawn at random, by size
 * @param latency of the parts whose time was measured
 * @param unjudged pictures of the truth without a verdict
 * @param unknown pictures with a verdict that the truth does not know; they are not counted
 */
public record Evaluation(
        Kind good,
        List<Kind> defects,
        List<SizeBand> sizes,
        Optional<Latency> latency,
        List<String> unjudged,
        List<String> unknown) {

    /**
     * The parts of one label.
     *
     * @param calls how often each verdict was given
     * @param caught parts that did not pass
     * @param named caught parts of which a finding names a defect that is there
     */
    public record Kind(String label, Map<Call, Integer> calls, Proportion caught, Proportion named) {
        public int of(Call call) {
            return calls.getOrDefault(call, 0);
        }

        public int escapes() {
            return caught.trials() - caught.hits();
        }
    }

    /**
     * Parts of one label whose marked defect is of about one size, by the longer side of its mark.
     *
     * @param from mm, excluded
     * @param to mm, included; infinite for the last band
     */
    public record SizeBand(String label, double from, double to, Proportion caught) {}

    /** Milliseconds from the picture, or its trigger, to the verdict. */
    public record Latency(double p50, double p99, int parts) {}

    private static final double[] BANDS_MM = {0, 0.75, 1.5, 3, Double.POSITIVE_INFINITY};

    /** The kinds of which small ones are asked for. */
    private static final List<String> SIZED = List.of("scratch", "crack", "dent");

    public Evaluation {
        defects = List.copyOf(defects);
        sizes = List.copyOf(sizes);
        unjudged = List.copyOf(unjudged);
        unknown = List.copyOf(unknown);
    }

    /** All bad parts together. */
    public Proportion caught() {
        int hits = 0;
        int trials = 0;
        for (Kind kind : defects) {
            hits += kind.caught().hits();
            trials += kind.caught().trials();
        }
        return new Proportion(hits, trials);
    }

    /** A verdict and the truth about the same picture. */
    private record Pair(JudgedPart judged, KnownPart known) {}

    /**
     * @param truth by file name
     * @param scale of the pictures, for the table by size; empty leaves it out
     */
    public static Evaluation of(
            Collection<JudgedPart> judged, Map<String, KnownPart> truth, Optional<PixelScale> scale) {
        List<Pair> pairs = new ArrayList<>();
        List<String> unknown = new ArrayList<>();
        for (JudgedPart part : judged) {
            KnownPart known = truth.get(part.file());
            if (known == null) {
                unknown.add(part.file());
            } else {
                pairs.add(new Pair(part, known));
            }
        }
        List<String> judgedFiles = judged.stream().map(JudgedPart::file).toList();
        List<String> unjudged = new ArrayList<>(truth.keySet());
        unjudged.removeAll(new HashSet<>(judgedFiles));
        List<Kind> defects = pairs.stream()
                .map(pair -> pair.known().label())
                .filter(label -> !label.equals(KnownPart.GOOD))
                .distinct()
                .map(label -> kind(label, pairs))
                .sorted(Comparator.comparingInt((Kind kind) -> -kind.caught().trials())
                        .thenComparing(Kind::label))
                .toList();
        return new Evaluation(
                kind(KnownPart.GOOD, pairs),
                defects,
                scale.map(it -> sizes(pairs, it)).orElse(List.of()),
                latency(judged),
                unjudged,
                unknown);
    }

    private static Kind kind(String label, List<Pair> all) {
        List<Pair> pairs =
                all.stream().filter(pair -> pair.known().label().equals(label)).toList();
        Map<Call, Integer> calls = new EnumMap<>(Call.class);
        for (Call call : Call.values()) {
            calls.put(call, count(pairs, pair -> pair.judged().call() == call));
        }
        int caught = count(pairs, pair -> pair.judged().call().isCaught());
        return new Kind(
                label,
                calls,
                new Proportion(caught, pairs.size()),
                new Proportion(count(pairs, Evaluation::isNamed), caught));
    }

    private static boolean isNamed(Pair pair) {
        List<String> there = pair.known().marks().stream().map(Mark::code).toList();
        return pair.judged().call().isCaught()
                && pair.judged().found().stream().map(Found::defect).anyMatch(there::contains);
    }

    private static int count(List<Pair> pairs, Predicate<Pair> predicate) {
        return (int) pairs.stream().filter(predicate).count();
    }

    private static List<SizeBand> sizes(List<Pair> pairs, PixelScale scale) {
        List<SizeBand> bands = new ArrayList<>();
        for (String label : SIZED) {
            for (int i = 1; i < BANDS_MM.length; i++) {
                double from = BANDS_MM[i - 1];
                double to = BANDS_MM[i];
                List<Pair> inBand = pairs.stream()
                        .filter(pair -> pair.known().label().equals(label))
                        .filter(pair -> pair.known().labelled().stream()
                                .mapToDouble(mark -> scale.extentMillimetres(mark.place()))
                                .anyMatch(mm -> from < mm && mm <= to))
                        .toList();
                if (!inBand.isEmpty()) {
                    int caught = count(inBand, pair -> pair.judged().call().isCaught());
                    bands.add(new SizeBand(label, from, to, new Proportion(caught, inBand.size())));
                }
            }
        }
        return bands;
    }

    private static Optional<Latency> latency(Collection<JudgedPart> judged) {
        double[] sorted = judged.stream()
                .flatMapToDouble(part -> part.tookMs().stream())
                .sorted()
                .toArray();
        return sorted.length == 0
                ? Optional.empty()
                : Optional.of(new Latency(percentile(sorted, 0.5), percentile(sorted, 0.99), sorted.length));
    }

    /** The least value that {@code share} of all do not exceed. */
    static double percentile(double[] sorted, double share) {
        return sorted[Math.clamp((long) Math.ceil(share * sorted.length) - 1, 0, sorted.length - 1)];
    }
}
