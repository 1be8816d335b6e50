package goshawk.camera.sim;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * A rendered clip of the assembly station and what is true of it.
 *
 * @param frames {@code height × width × 3} bytes each, red first; frame {@code k} was taken {@code k / fps} seconds after the start
 * @param events in the order in which they happened; a bolt that was never fitted has none
 */
public record SimulatedClip(List<byte[]> frames, ClipOptions options, List<Event> events) {

    static final String CSV_HEADER = "clip,fps,events";

    /**
     * @param part such as {@code bolt 1}; bolts are numbered from 1 in reading order, upper left first
     * @param at when it was seated, seconds after the first frame
     */
    public record Event(String part, double at) {}

    public SimulatedClip {
        frames = List.copyOf(frames);
        events = List.copyOf(events);
    }

    /** The row of {@code truth.csv}, without a line end. */
    String csvRow(String folder) {
        String json = events.stream()
                .map(event -> String.format(
                        Locale.ROOT, "{\"\"part\"\":\"\"%s\"\",\"\"at\"\":%.2f}", event.part(), event.at()))
                .collect(Collectors.joining(",", "[", "]"));
        return "%s,%d,\"%s\"".formatted(folder, options.framesPerSecond(), json);
    }
}
