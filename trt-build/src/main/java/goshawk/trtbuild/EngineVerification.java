package goshawk.trtbuild;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What came of comparing an engine with the CPU engine of the same checkpoint, on pictures and a recipe's prompts. It holds
 * for the engine of this hash and no other.
 *
 * @param format version of the file's layout
 * @param engine hash of the engine that was compared
 * @param reference hash of the CPU engine
 * @param checkpoint SHA-256 of the weights of both
 * @param pictures SHA-256 over the names, sizes and pixels of what was shown, in its order
 * @param at wall clock, when it was finished, in ISO 8601
 */
@JsonIgnoreProperties(
        value = {"passed", "conclusive"},
        allowGetters = true)
public record EngineVerification(
        int format,
        String engine,
        String reference,
        String checkpoint,
        ActivationScales.Recipe recipe,
        String pictures,
        String at,
        EnginePrecision precision,
        Bounds bounds,
        Figures figures) {

    /** The layout written by this version. */
    public static final int FORMAT = 1;

    private static final String SCORED = "scored steps";
    private static final String ANSWERED = "steps of answers";

    /**
     * How near an engine must come.
     *
     * @param pictures that must have been compared, at least
     * @param scored steps
     * @param answered steps; places in a picture are near ties, so the likeliest token is often another
     * @param sameVerdicts share of pictures whose verdict is the same, at least
     */
    public record Bounds(int pictures, Nearness scored, Nearness answered, double sameVerdicts) {

        /** Fewer parts hide too much. */
        private static final int FEWEST_PICTURES = 20;

        /** What docs/engine.md has under "Proof of an engine", with the measurements that they come from. */
        public static Bounds of(EnginePrecision precision) {
            return switch (precision) {
                case FP32 -> of(new Nearness(0.002, 0.01, 0.999), new Nearness(0.002, 0.03, 0.98), 0.999);
                case BF16 -> of(new Nearness(0.03, 0.1, 0.995), new Nearness(0.03, 0.3, 0.9), 0.999);
                case FP8 -> of(new Nearness(0.08, 0.3, 0.99), new Nearness(0.08, 0.6, 0.85), 0.999);
                case INT4 -> of(new Nearness(0.12, 0.5, 0.97), new Nearness(0.12, 1.2, 0.8), 0.99);
            };
        }

        private static Bounds of(Nearness scored, Nearness answered, double sameVerdicts) {
            return new Bounds(FEWEST_PICTURES, scored, answered, sameVerdicts);
        }
    }

    /**
     * How near the logits of some steps must come.
     *
     * @param meanError of all of them, at most
     * @param worstError of each, at most
     * @param sameTop share of steps whose likeliest token is the same, at least
     */
    public record Nearness(double meanError, double worstError, double sameTop) {}

    /**
     * Logits of some steps beside the reference's, which the same tokens led to. The error is the Euclidean norm of the
     * difference as a part of that of the reference; infinite where a logit is not finite.
     *
     * @param sameTop steps whose likeliest token is the reference's
     */
    public record Logits(int steps, double meanError, double worstError, int sameTop) {}

    /**
     * @param pictures that were compared
     * @param scored steps that decide a verdict
     * @param answered steps of the answers, and thoughts, that the reference chose; both engines read its tokens
     * @param sameVerdicts pictures whose verdict is the same
     * @param worst picture with the largest error
     * @param otherVerdicts pictures whose verdict is another, with both
     */
    public record Figures(
            int pictures, Logits scored, Logits answered, int sameVerdicts, String worst, List<String> otherVerdicts) {

        public Figures {
            otherVerdicts = List.copyOf(otherVerdicts);
        }
    }

    /** One figure beside its bound, in words. */
    public record Check(String what, String measured, String bound, boolean isMet) {}

    public boolean isPassed() {
        return checks().stream().allMatch(Check::isMet);
    }

    /**
     * Whether so much was compared that it proves something, for the engine or against it; else it is a rehearsal. An engine
     * that fails over each picture says nothing that could be compared, and has failed.
     */
    public boolean isConclusive() {
        boolean isCompared = counts().stream().allMatch(Check::isMet);
        return isCompared || (shown().isMet() && !verdicts().isMet());
    }

    /** Every figure that has a bound. */
    public List<Check> checks() {
        List<Check> checks = new ArrayList<>(counts());
        add(checks, SCORED, figures.scored(), bounds.scored());
        add(checks, ANSWERED, figures.answered(), bounds.answered());
        checks.add(verdicts());
        return checks;
    }

    private List<Check> counts() {
        return List.of(
                shown(),
                count(SCORED, figures.scored().steps(), 1),
                count(ANSWERED, figures.answered().steps(), 1));
    }

    private Check shown() {
        return count("pictures", figures.pictures(), bounds.pictures());
    }

    private Check verdicts() {
        return share("verdicts, the same", figures.sameVerdicts(), figures.pictures(), bounds.sameVerdicts());
    }

    private static void add(List<Check> checks, String steps, Logits logits, Nearness bound) {
        checks.add(error(steps + ", relative error, mean", logits.meanError(), bound.meanError()));
        checks.add(error(steps + ", relative error, worst", logits.worstError(), bound.worstError()));
        checks.add(share(steps + ", same likeliest token", logits.sameTop(), logits.steps(), bound.sameTop()));
    }

    private static Check count(String what, int count, int least) {
        return new Check(what, Integer.toString(count), "≥ " + least, count >= least);
    }

    private static Check error(String what, double error, double most) {
        return new Check(what, format("%.2g", error), "≤ " + format("%.2g", most), error <= most);
    }

    private static Check share(String what, int hits, int trials, double least) {
        double share = (double) hits / trials; // NaN, which meets no bound, of nothing
        return new Check(
                what, "%d of %d".formatted(hits, trials), "≥ " + format("%.1f %%", 100 * least), share >= least);
    }

    private static String format(String pattern, double number) {
        return String.format(Locale.ROOT, pattern, number);
    }

    byte[] toJson() {
        return JsonRecord.bytes(this);
    }

    /** @throws IOException if these bytes are no verification of this format */
    static EngineVerification fromJson(byte[] json) throws IOException {
        return JsonRecord.read(json, FORMAT, EngineVerification.class);
    }
}
