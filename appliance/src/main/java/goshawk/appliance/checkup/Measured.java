package goshawk.appliance.checkup;

import goshawk.camera.Cause;
import goshawk.camera.PictureQuality;
import goshawk.camera.SourceReport;
import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What came of a source in a while.
 *
 * @param images triggers with a picture
 * @param misses triggers without, by cause
 * @param detail of most of the misses; empty when there is none
 * @param sizes of pictures in pixels, in words, and how many had them
 * @param arrived pictures that arrived, also those that no trigger took; 0 of sources that do not say
 * @param arrivals from picture to picture by our clock
 * @param exposures the same by the camera's
 * @param triggers from trigger to trigger
 * @param delays from the trigger to its picture's arrival
 * @param cores processor time of this process, in parts of one core, apart from measuring qualities
 * @param qualities of some of the pictures
 * @param before what the source had counted at the beginning
 * @param after and at the end
 */
public record Measured(
        Duration time,
        long images,
        Map<Cause, Long> misses,
        String detail,
        Map<String, Long> sizes,
        int arrived,
        Optional<Spread> arrivals,
        Optional<Spread> exposures,
        Optional<Spread> triggers,
        Optional<Spread> delays,
        double cores,
        List<PictureQuality> qualities,
        SourceReport before,
        SourceReport after) {

    public Measured {
        Map<Cause, Long> copied = new EnumMap<>(Cause.class);
        copied.putAll(misses);
        misses = copied;
        sizes = new LinkedHashMap<>(sizes);
        qualities = List.copyOf(qualities);
    }

    long missed() {
        return misses.values().stream().mapToLong(Long::longValue).sum();
    }

    /** What most of the misses have in common; empty when there is none. */
    Optional<Cause> mostlyMissedBy() {
        return misses.entrySet().stream().max(Map.Entry.comparingByValue()).map(Map.Entry::getKey);
    }

    double seconds() {
        return time.toNanos() / 1e9;
    }
}
