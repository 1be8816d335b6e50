package goshawk.appliance.evaluate;

import goshawk.appliance.domain.Calibration;
import goshawk.appliance.domain.Calibration.Curve;
import goshawk.appliance.domain.DefectPrompt;
import goshawk.appliance.domain.PromptScore;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.evaluate.Judge.Looked;
import goshawk.appliance.evaluate.KnownPart.Mark;
import goshawk.camera.Region;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.IntConsumer;

/**
 * What labelled parts say about a recipe's scores. Every other example of a kind is fitted on, the others, held out, say how
 * good the fit is; thresholds are chosen on all of them, which {@link EscapeThreshold} allows.
 *
 * @param prompts in the recipe's order
 * @param before of the held-out scores, taken as if they were confidences
 * @param after of the held-out confidences
 * @param falseCallsNow good parts that the recipe as it is does not pass
 * @param falseCalls good parts that it would not pass with the thresholds of this study
 * @param rate largest share of escapes that was asked for
 * @param confidence of its bound
 */
public record CalibrationStudy(
        List<OfPrompt> prompts,
        Reliability before,
        Reliability after,
        Proportion falseCallsNow,
        Proportion falseCalls,
        double rate,
        double confidence) {

    /** Fewer examples of a kind than this, fitted or held out, say nothing. */
    private static final int FEWEST = 10;

    /**
     * @param curve empty when there are too few examples, or the score does not rise with the defect
     * @param defective examples with the defect, of all
     * @param before empty without a curve
     */
    public record OfPrompt(
            DefectPrompt prompt,
            Optional<Curve> curve,
            Proportion defective,
            Optional<Reliability> before,
            Optional<Reliability> after,
            EscapeThreshold threshold) {

        /** The threshold that keeps the escape rate; the recipe's own where that cannot be proven. */
        double reviewAt() {
            return threshold.isProven() ? threshold.value() : prompt.reviewAt();
        }
    }

    /** One prompt's score on one region of one part. */
    private record Example(double logit, double share, boolean isTrue, boolean isHeldOut) {}

    public CalibrationStudy {
        prompts = List.copyOf(prompts);
    }

    /** Looks at all parts, in order, on the calling thread. */
    public static List<Looked> look(GoldenParts parts, Judge judge, IntConsumer progress) {
        List<Looked> looked = new ArrayList<>();
        for (GoldenPart part : parts.parts()) {
            looked.add(judge.look(part.show(0)));
            progress.accept(looked.size());
        }
        return looked;
    }

    /** @param rate largest share of escapes, in (0, 1) */
    public static CalibrationStudy of(Recipe recipe, List<Looked> looked, double rate, double confidence) {
        List<OfPrompt> prompts = new ArrayList<>();
        List<Example> heldOut = new ArrayList<>();
        List<Double> confidences = new ArrayList<>();
        for (DefectPrompt prompt : recipe.prompts()) {
            List<Example> examples = examples(recipe, prompt, looked);
            Optional<Curve> curve = curve(examples);
            EscapeThreshold threshold = EscapeThreshold.of(sharesOfBad(prompt, looked), rate, confidence);
            List<Example> tested = examples.stream().filter(Example::isHeldOut).toList();
            curve.ifPresent(it -> {
                heldOut.addAll(tested);
                tested.forEach(example -> confidences.add(it.confidence(example.logit())));
            });
            prompts.add(new OfPrompt(
                    prompt,
                    curve,
                    new Proportion(count(examples, true), examples.size()),
                    curve.map(_ -> reliability(tested, Optional.empty())),
                    curve.map(it -> reliability(tested, Optional.of(it))),
                    threshold));
        }
        return new CalibrationStudy(
                prompts,
                reliability(heldOut, Optional.empty()),
                Reliability.of(
                        confidences.stream().mapToDouble(Double::doubleValue).toArray(), truths(heldOut)),
                falseCalls(looked, present(recipe)),
                falseCalls(looked, thresholds(prompts)),
                rate,
                confidence);
    }

    /** False where a prompt has too few bad parts for the escape rate that was asked for. */
    public boolean isProven() {
        return prompts.stream().allMatch(prompt -> prompt.threshold().isProven());
    }

    public Map<String, Curve> curves() {
        Map<String, Curve> curves = new LinkedHashMap<>();
        prompts.forEach(prompt ->
                prompt.curve().ifPresent(it -> curves.put(prompt.prompt().id(), it)));
        return curves;
    }

    private static Optional<Curve> curve(List<Example> examples) {
        List<Example> fitted =
                examples.stream().filter(example -> !example.isHeldOut()).toList();
        int positives = count(fitted, true);
        if (positives < FEWEST || fitted.size() - positives < FEWEST) {
            return Optional.empty();
        }
        return Platt.fit(fitted.stream().mapToDouble(Example::logit).toArray(), truths(fitted));
    }

    private static List<Example> examples(Recipe recipe, DefectPrompt prompt, List<Looked> looked) {
        List<Example> examples = new ArrayList<>();
        int[] seen = new int[2];
        for (Looked part : looked) {
            if (!isTold(recipe, part.known())) {
                continue;
            }
            for (PromptScore score : part.scores()) {
                if (score.prompt().id().equals(prompt.id())) {
                    boolean isTrue = isDefective(recipe, score, part.known());
                    boolean isHeldOut = seen[isTrue ? 1 : 0]++ % 2 == 1;
                    double share = Math.min(1, score.score() + score.doubt());
                    examples.add(new Example(Calibration.logit(score), share, isTrue, isHeldOut));
                }
            }
        }
        return examples;
    }

    /** A part that is bad for a reason which no prompt asks for, like one that cannot be seen: nobody knows what is below. */
    private static boolean isTold(Recipe recipe, KnownPart part) {
        return part.isGood() || recipe.prompts().stream().anyMatch(prompt -> isDefective(prompt, part));
    }

    private static boolean isDefective(DefectPrompt prompt, KnownPart part) {
        return prompt.defects().contains(part.label())
                || part.marks().stream().map(Mark::code).anyMatch(prompt.defects()::contains);
    }

    /** Where a prompt looks at several regions, by the centre of the mark. */
    private static boolean isDefective(Recipe recipe, PromptScore score, KnownPart part) {
        DefectPrompt prompt = score.prompt();
        if (prompt.regions().size() == 1) {
            return isDefective(prompt, part);
        }
        Region region = recipe.region(score.region());
        return part.marks().stream()
                .filter(mark -> prompt.defects().contains(mark.code()))
                .map(Mark::place)
                .anyMatch(place -> {
                    int x = (place.left() + place.right()) / 2;
                    int y = (place.top() + place.bottom()) / 2;
                    return region.left() <= x && x < region.right() && region.top() <= y && y < region.bottom();
                });
    }

    /** Of each part with the prompt's defect that could be looked at. */
    private static double[] sharesOfBad(DefectPrompt prompt, List<Looked> looked) {
        return looked.stream()
                .filter(part -> isDefective(prompt, part.known()))
                .flatMapToDouble(part -> highest(prompt, part).stream())
                .toArray();
    }

    /** The highest share of any region. */
    private static OptionalDouble highest(DefectPrompt prompt, Looked part) {
        return part.scores().stream()
                .filter(score -> score.prompt().id().equals(prompt.id()))
                .mapToDouble(score -> Math.min(1, score.score() + score.doubt()))
                .max();
    }

    private static Map<DefectPrompt, Double> present(Recipe recipe) {
        Map<DefectPrompt, Double> thresholds = new LinkedHashMap<>();
        recipe.prompts().forEach(prompt -> thresholds.put(prompt, prompt.reviewAt()));
        return thresholds;
    }

    private static Map<DefectPrompt, Double> thresholds(List<OfPrompt> prompts) {
        Map<DefectPrompt, Double> thresholds = new LinkedHashMap<>();
        prompts.forEach(prompt -> thresholds.put(prompt.prompt(), prompt.reviewAt()));
        return thresholds;
    }

    /** Good parts that a prompt does not pass, or that could not be looked at. */
    private static Proportion falseCalls(List<Looked> looked, Map<DefectPrompt, Double> thresholds) {
        List<Looked> good =
                looked.stream().filter(part -> part.known().isGood()).toList();
        long calls = good.stream()
                .filter(part -> part.scores().isEmpty()
                        || thresholds.entrySet().stream()
                                .anyMatch(entry -> highest(entry.getKey(), part).stream()
                                        .anyMatch(share -> share >= entry.getValue())))
                .count();
        return new Proportion((int) calls, good.size());
    }

    private static Reliability reliability(List<Example> examples, Optional<Curve> curve) {
        double[] confidences = examples.stream()
                .mapToDouble(example ->
                        curve.map(it -> it.confidence(example.logit())).orElse(example.share()))
                .toArray();
        return Reliability.of(confidences, truths(examples));
    }

    private static boolean[] truths(List<Example> examples) {
        boolean[] truths = new boolean[examples.size()];
        for (int i = 0; i < truths.length; i++) {
            truths[i] = examples.get(i).isTrue();
        }
        return truths;
    }

    private static int count(List<Example> examples, boolean isTrue) {
        return (int)
                examples.stream().filter(example -> example.isTrue() == isTrue).count();
    }
}
