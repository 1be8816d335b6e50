package goshawk.appliance.checkup;

import goshawk.camera.Cause;
import goshawk.camera.PictureQuality;
import goshawk.camera.SourceReport;
import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * What came of a source in a while.
 *
 * @param images triggers with a picture of every view
 * @param misses triggers without, by cause
 * @param detail of most of the misses; empty when there is none
 * @param triggers from trigger to trigger
 * @param cores processor time of this process, in parts of one core, apart from measuring qualities
 * @param cameras what arrived, by camera, as {@link goshawk.camera.FrameSource#cameras()} names them; the first one leads
 * @param views what became of each view
 */
public record Measured(
        Duration time,
        long images,
        Map<Cause, Long> misses,
        String detail,
        Optional<Spread> triggers,
        double cores,
        SequencedMap<String, OfCamera> cameras,
        SequencedMap<String, OfView> views) {

    public Measured {
        Map<Cause, Long> copied = new EnumMap<>(Cause.class);
        copied.putAll(misses);
        misses = copied;
        cameras = new LinkedHashMap<>(cameras);
        views = new LinkedHashMap<>(views);
    }

    /**
     * What arrived from one camera.
     *
     * @param arrived pictures, also those that no trigger took; 0 of sources that do not say
     * @param arrivals from picture to picture by our clock
     * @param exposures the same by the camera's
     * @param before what the source had counted at the beginning
     * @param after and at the end
     */
    public record OfCamera(
            int arrived,
            Optional<Spread> arrivals,
            Optional<Spread> exposures,
            SourceReport before,
            SourceReport after) {}

    /**
     * What became of one view.
     *
     * @param missing triggers without its picture, or with a partial one
     * @param detail of most of them; empty when there is none
     * @param sizes of pictures in pixels, in words, and how many had them
     * @param delays from the trigger to its picture's arrival
     * @param qualities of some of the pictures
     */
    public record OfView(
            long missing,
            String detail,
            Map<String, Long> sizes,
            Optional<Spread> delays,
            List<PictureQuality> qualities) {

        public OfView {
            sizes = new LinkedHashMap<>(sizes);
            qualities = List.copyOf(qualities);
        }
    }

    /** @param name of a view that was watched */
    public OfView view(String name) {
        return Objects.requireNonNull(views.get(name), name);
    }

    /** Triggers, with and without a picture. */
    public long all() {
        return images + missed();
    }

    long missed() {
        return misses.values().stream().mapToLong(Long::longValue).sum();
    }

    /** What most of the misses have in common; empty when there is none. */
    Optional<Cause> mostlyMissedBy() {
        return misses.entrySet().stream().max(Map.Entry.comparingByValue()).map(Map.Entry::getKey);
    }
}
