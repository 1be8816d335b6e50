package goshawk.appliance.domain;

import java.time.Instant;
import java.util.List;

/**
 * What came of judging a recipe's golden set with the engine that a line runs.
 *
 * @param at wall clock, when it was finished
 * @param by recipe, engine and precision that were verified; another of any of them wants another verification
 * @param goldenHash SHA-256 over the golden set's truth and pictures, in hexadecimal; empty for simulated parts, of which the
 *     recipe says everything
 * @param isWhole true when the whole golden set was judged; a part of it is a rehearsal and opens no gate
 * @param escapes bad parts that passed, of all bad parts
 * @param falseCalls good parts that did not pass, of all good parts
 * @param flips parts of the repeatability study that passed in one presentation and not in another
 * @param kappa agreement of the presentations with each other (Fleiss); NaN where it is not defined
 * @param kappaToTruth agreement with the truth (Cohen, mean over the presentations); NaN where it is not defined
 * @param shortfalls the demands that were not met, in words; empty when the recipe passed
 * @param report all figures, as JSON
 */
public record Verification(
        Instant at,
        Provenance by,
        String goldenHash,
        boolean isWhole,
        Rate escapes,
        Rate falseCalls,
        Rate flips,
        double kappa,
        double kappaToTruth,
        List<String> shortfalls,
        String report) {

    public Verification {
        shortfalls = List.copyOf(shortfalls);
    }

    /**
     * A share with what is known of it.
     *
     * @param low lower end of the exact two-sided 95 % interval
     * @param high upper end
     */
    public record Rate(int hits, int trials, double low, double high) {}

    public boolean isPassed() {
        return isWhole && shortfalls.isEmpty();
    }

    /** True when this says something about what {@code running} names: same recipe, golden set, engine and precision. */
    public boolean isOf(Provenance running, String goldenHash) {
        return this.goldenHash.equals(goldenHash)
                && by.recipeHash().equals(running.recipeHash())
                && by.engineHash().equals(running.engineHash())
                && by.precision().equals(running.precision());
    }
}
