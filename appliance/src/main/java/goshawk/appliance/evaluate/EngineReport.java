package goshawk.appliance.evaluate;

import goshawk.trtbuild.EngineVerification;
import goshawk.trtbuild.EngineVerification.Check;
import goshawk.trtbuild.EngineVerification.Figures;

/** A verification of an engine, for a terminal. */
public final class EngineReport {

    /** Pictures that are named of those with another verdict. */
    private static final int NAMED = 10;

    private EngineReport() {}

    /** Each figure beside its bound, the worst picture, and the pictures with another verdict. */
    public static String text(EngineVerification verification) {
        var table = new Table(verification.precision().name(), "measured", "bound", "");
        for (Check check : verification.checks()) {
            table.row(check.what(), check.measured(), check.bound(), check.isMet() ? "met" : "NOT MET");
        }
        var text = new StringBuilder(table.text());
        Figures figures = verification.figures();
        text.append("\nLargest error: ").append(figures.worst()).append('\n');
        figures.otherVerdicts().stream()
                .limit(NAMED)
                .forEach(other -> text.append("Another verdict: ").append(other).append('\n'));
        if (figures.otherVerdicts().size() > NAMED) {
            text.append("… and %d more\n".formatted(figures.otherVerdicts().size() - NAMED));
        }
        if (figures.answered().steps() == 0) {
            text.append("No part was rejected or doubtful, so no answer was compared; show bad parts too\n");
        }
        return text.toString();
    }
}
