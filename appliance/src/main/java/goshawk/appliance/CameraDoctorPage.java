package goshawk.appliance;

import goshawk.appliance.checkup.Check;
import goshawk.appliance.checkup.Check.Result;
import goshawk.appliance.checkup.CheckList;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** One page about a station's camera: what was measured, what it is to be, whether it is, and what helps. */
final class CameraDoctorPage {

    /** Characters before the text of a line: name and result. */
    private static final int INDENT = 25;

    private static final int WIDTH = 120;

    private CameraDoctorPage() {}

    /** @param heads of the page: a name and a text each */
    static List<String> of(Map<String, String> heads, List<Check> checks) {
        List<String> lines = new ArrayList<>();
        heads.forEach((name, text) -> lines.add("%-18s %s".formatted(name, text)));
        lines.add("");
        lines.add(" ".repeat(INDENT) + "measured [what it is to be]");
        for (Check check : checks) {
            String bound = check.bound().isEmpty() ? "" : " [" + check.bound() + "]";
            add(lines, "%-18s %-5s".formatted(check.name(), word(check.result())), check.measured() + bound);
            if (!check.remedy().isEmpty()) {
                add(lines, "", "to do: " + check.remedy());
            }
        }
        lines.add("");
        lines.add(sum(CheckList.counts(checks)));
        return lines;
    }

    /** Text in lines of its own column. A word that is longer than a line stays whole: it may be a command's. */
    private static void add(List<String> lines, String before, String text) {
        String indent = " ".repeat(INDENT);
        var line = new StringBuilder(before + " ".repeat(INDENT - before.length()));
        for (String word : text.split(" ", -1)) {
            if (line.length() > INDENT && line.length() + 1 + word.length() > WIDTH) {
                lines.add(line.toString());
                line = new StringBuilder(indent);
            }
            line.append(line.length() > INDENT ? " " : "").append(word);
        }
        lines.add(line.toString());
    }

    private static String word(Result result) {
        return result == Result.NONE ? "-" : result.name();
    }

    private static String sum(Map<Result, Long> counts) {
        return "%d OK, %d WARN, %d FAIL, %d without a verdict"
                .formatted(
                        counts.getOrDefault(Result.OK, 0L),
                        counts.getOrDefault(Result.WARN, 0L),
                        counts.getOrDefault(Result.FAIL, 0L),
                        counts.getOrDefault(Result.NONE, 0L));
    }
}
