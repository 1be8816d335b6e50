package goshawk.appliance;

import goshawk.appliance.checkup.Check;
import goshawk.appliance.checkup.Check.Result;
import goshawk.appliance.checkup.CheckList;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** One page about a station's camera: what was measured, what it is to be, whether it is, and what helps. */
final class CameraDoctorPage {

    private CameraDoctorPage() {}

    /** @param heads of the page: a name and a text each */
    static List<String> of(Map<String, String> heads, List<Check> checks) {
        List<String> lines = new ArrayList<>();
        heads.forEach((name, text) -> lines.add("%-18s %s".formatted(name, text)));
        lines.add("");
        for (Check check : checks) {
            lines.add("%-18s %-5s %s%s"
                    .formatted(
                            check.name(),
                            word(check.result()),
                            check.measured(),
                            check.bound().isEmpty() ? "" : " [" + check.bound() + "]"));
            if (!check.remedy().isEmpty()) {
                lines.add("%-18s       to do: %s".formatted("", check.remedy()));
            }
        }
        lines.add("");
        lines.add(sum(CheckList.counts(checks)));
        return lines;
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
