package goshawk.appliance.checkup;

import goshawk.appliance.checkup.Check.Result;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * Part of a check list: the station, or one of its views.
 *
 * @param title what is checked; empty of the station
 * @param facts about it: a name and a text each
 */
public record CheckSection(String title, SequencedMap<String, String> facts, List<Check> checks) {

    public CheckSection {
        facts = new LinkedHashMap<>(facts);
        checks = List.copyOf(checks);
    }

    /** Names of the lines that fail, each once: the station is not to run like this. */
    public List<String> failing() {
        return checks.stream()
                .filter(it -> it.result() == Result.FAIL)
                .map(Check::name)
                .distinct()
                .toList();
    }

    /** How many lines came to this. */
    public long count(Result result) {
        return checks.stream().filter(it -> it.result() == result).count();
    }
}
