package goshawk.appliance.domain;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;

/**
 * Parts with a known truth that a recipe must judge well enough before a line may run with it.
 *
 * @param demands what "well enough" is
 * @param limits which parts are hard to tell: they are in the repeatability study first of all
 */
public record GoldenSet(Source source, Demands demands, LimitSamples limits) {

    /** Where the parts come from. */
    public sealed interface Source {

        /**
         * Pictures with their {@code truth.csv}.
         *
         * @param written the folder as the recipe has it, relative to the recipe's own
         */
        record Folder(String written, Path folder) implements Source {}

        /**
         * Simulated parts, drawn when they are needed: nothing has to be shipped, and every station draws the same.
         *
         * @param kinds how many of each kind of part, by the renderer's names
         * @param written how many of them are looked at once more with words written on them
         */
        record Rendered(long seed, Map<String, Integer> kinds, int written) implements Source {
            public Rendered {
                kinds = Map.copyOf(kinds);
                if (kinds.isEmpty()) {
                    throw new IllegalArgumentException("a golden set of no parts proves nothing");
                }
            }
        }
    }

    /**
     * The rates that must be kept. A rate is kept when its exact one-sided upper bound is, not when the parts happened to
     * come out well: ten parts without an escape prove little.
     *
     * @param escapeRate of all bad parts, in (0, 1]
     * @param escapeRates of the bad parts of one label; none for labels that are not named
     * @param falseCallRate of the good parts, in (0, 1]
     * @param confidence of the bounds, in [0.5, 1)
     * @param kappa least agreement in the repeatability study (Fleiss); empty when it is only reported
     */
    public record Demands(
            double escapeRate,
            Map<String, Double> escapeRates,
            double falseCallRate,
            double confidence,
            OptionalDouble kappa) {

        public Demands {
            escapeRates = Map.copyOf(escapeRates);
            if (!(confidence >= 0.5 && confidence < 1)) {
                throw new IllegalArgumentException("the confidence must be in [0.5, 1): " + confidence);
            }
        }
    }

    /**
     * Parts at the limit of what must be found.
     *
     * @param count of simulated parts: so many bad ones with the smallest marks
     * @param files of a folder's parts: their names
     */
    public record LimitSamples(int count, List<String> files) {

        public static final LimitSamples NONE = new LimitSamples(0, List.of());

        public LimitSamples {
            files = List.copyOf(files);
        }
    }

    /** Everything that the set and its demands say, one value after another: part of the recipe's hash. */
    List<Object> values() {
        List<Object> values = new ArrayList<>();
        switch (source) {
            case Source.Folder(var written, var _) -> values.add(written);
            case Source.Rendered(var seed, var kinds, var written) -> {
                values.add(seed);
                values.add(new TreeMap<>(kinds));
                values.add(written);
            }
        }
        values.add(demands.escapeRate());
        values.add(new TreeMap<>(demands.escapeRates()));
        values.add(demands.falseCallRate());
        values.add(demands.confidence());
        values.add(demands.kappa());
        values.add(limits.count());
        values.add(limits.files());
        return values;
    }
}
