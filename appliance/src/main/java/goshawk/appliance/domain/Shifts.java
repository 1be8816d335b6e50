package goshawk.appliance.domain;

import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.List;

/**
 * Which shift a moment falls into, by the station's local time.
 *
 * @param starts in the order of the day, at least one; a shift lasts until the next one starts, the last one over
 *     midnight
 */
public record Shifts(List<Start> starts, ZoneId zone) {

    /** Three shifts from 6, 14 and 22 o'clock. */
    public static Shifts usual(ZoneId zone) {
        return new Shifts(
                List.of(
                        new Start("early", LocalTime.of(6, 0)),
                        new Start("late", LocalTime.of(14, 0)),
                        new Start("night", LocalTime.of(22, 0))),
                zone);
    }

    /** A shift's name and when it starts. */
    public record Start(String name, LocalTime at) {}

    public Shifts {
        starts = List.copyOf(starts);
        if (starts.isEmpty()) {
            throw new IllegalArgumentException("a day needs at least one shift");
        }
        for (int i = 1; i < starts.size(); i++) {
            if (!starts.get(i - 1).at().isBefore(starts.get(i).at())) {
                throw new IllegalArgumentException("shift %s starts at %s, not after %s at %s"
                        .formatted(
                                starts.get(i).name(),
                                starts.get(i).at(),
                                starts.get(i - 1).name(),
                                starts.get(i - 1).at()));
            }
        }
    }

    public String at(Instant moment) {
        LocalTime local = moment.atZone(zone).toLocalTime();
        String name = starts.getLast().name(); // before the first start it is still last night's
        for (Start start : starts) {
            if (!local.isBefore(start.at())) {
                name = start.name();
            }
        }
        return name;
    }
}
