package goshawk.appliance;

import goshawk.appliance.checkup.Check;
import goshawk.appliance.checkup.Check.Result;
import goshawk.appliance.checkup.CheckSection;
import java.util.ArrayList;
import java.util.List;

/**
 * One page about a station's cameras: what was measured, what it is to be, whether it is, and what helps. The station comes first, then
 * each view under its name, then one verdict over all.
 */
final class CameraDoctorPage {

    /** Characters before the text of a line: name and result. */
    private static final int INDENT = 25;

    private static final int WIDTH = 120;
    private static final String HEADING = " ".repeat(INDENT) + "measured [what it is to be]";

    private CameraDoctorPage() {}

    static List<String> of(List<CheckSection> sections) {
        List<String> lines = new ArrayList<>();
        for (CheckSection section : sections) {
            if (!section.title().isEmpty()) {
                lines.add(section.title());
            }
            section.facts().forEach((name, text) -> lines.add("%-18s %s".formatted(name, text)));
            if (!section.facts().isEmpty()) {
                lines.add("");
            }
            if (!lines.contains(HEADING)) {
                lines.add(HEADING);
            }
            section.checks().forEach(check -> add(check, lines));
            lines.add("");
        }
        sections.stream()
                .filter(section -> !section.failing().isEmpty())
                .forEach(section -> lines.add("FAIL%s: %s"
                        .formatted(
                                section.title().isEmpty() ? "" : " " + section.title(),
                                String.join(", ", section.failing()))));
        lines.add("%d OK, %d WARN, %d FAIL, %d without a verdict"
                .formatted(
                        count(sections, Result.OK),
                        count(sections, Result.WARN),
                        count(sections, Result.FAIL),
                        count(sections, Result.NONE)));
        return lines;
    }

    private static void add(Check check, List<String> lines) {
        String bound = check.bound().isEmpty() ? "" : " [" + check.bound() + "]";
        add("%-18s %-5s".formatted(check.name(), word(check.result())), check.measured() + bound, lines);
        if (!check.remedy().isEmpty()) {
            add("", "to do: " + check.remedy(), lines);
        }
    }

    /** Text in a column of its own. A word that is longer than a line stays whole: it may be a command's. */
    private static void add(String before, String text, List<String> lines) {
        var line = new StringBuilder(before + " ".repeat(INDENT - before.length()));
        for (String word : text.split(" ", -1)) {
            if (line.length() > INDENT && line.length() + 1 + word.length() > WIDTH) {
                lines.add(line.toString());
                line = new StringBuilder(" ".repeat(INDENT));
            }
            line.append(line.length() > INDENT ? " " : "").append(word);
        }
        lines.add(line.toString());
    }

    private static String word(Result result) {
        return result == Result.NONE ? "-" : result.name();
    }

    private static long count(List<CheckSection> sections, Result result) {
        return sections.stream().mapToLong(section -> section.count(result)).sum();
    }
}
