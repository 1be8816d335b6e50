package goshawk.appliance.evaluate;

import java.util.List;

/**
 * Attribute agreement, as a measurement system analysis has it: the same parts, judged several times.
 *
 * @param flips parts that did not get the same answer each time
 * @param kappa of the presentations with each other, above chance (Fleiss); NaN when all answers are the same
 * @param kappaToTruth of the answers with the truth, above chance (Cohen, mean over the presentations); NaN likewise
 */
public record Agreement(Proportion flips, double kappa, double kappaToTruth) {

    /**
     * Looks at passed or not: that is what moves a part.
     *
     * @param caught a row for each part, a column for each presentation; as many columns in each row, at least two
     * @param isBad for each part
     */
    static Agreement of(List<boolean[]> caught, boolean[] isBad) {
        int flips = 0;
        for (boolean[] row : caught) {
            int hits = count(row);
            flips += hits > 0 && hits < row.length ? 1 : 0;
        }
        return new Agreement(new Proportion(flips, caught.size()), fleiss(caught), toTruth(caught, isBad));
    }

    private static double fleiss(List<boolean[]> caught) {
        double agreed = 0;
        double all = 0;
        double hits = 0;
        for (boolean[] row : caught) {
            double yes = count(row);
            double no = row.length - yes;
            agreed += (yes * (yes - 1) + no * (no - 1)) / (row.length * (row.length - 1.0));
            hits += yes;
            all += row.length;
        }
        double share = hits / all;
        return aboveChance(agreed / caught.size(), share * share + (1 - share) * (1 - share));
    }

    private static double toTruth(List<boolean[]> caught, boolean[] isBad) {
        int presentations = caught.isEmpty() ? 0 : caught.getFirst().length;
        double bad = (double) count(isBad) / isBad.length;
        double sum = 0;
        for (int presentation = 0; presentation < presentations; presentation++) {
            double agreed = 0;
            double hits = 0;
            for (int part = 0; part < isBad.length; part++) {
                boolean is = caught.get(part)[presentation];
                agreed += is == isBad[part] ? 1 : 0;
                hits += is ? 1 : 0;
            }
            double share = hits / isBad.length;
            sum += aboveChance(agreed / isBad.length, share * bad + (1 - share) * (1 - bad));
        }
        return sum / presentations;
    }

    private static double aboveChance(double agreed, double chance) {
        return chance == 1 ? Double.NaN : (agreed - chance) / (1 - chance);
    }

    private static int count(boolean[] row) {
        int count = 0;
        for (boolean one : row) {
            count += one ? 1 : 0;
        }
        return count;
    }
}
