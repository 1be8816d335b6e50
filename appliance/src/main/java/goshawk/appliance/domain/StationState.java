package goshawk.appliance.domain;

import goshawk.camera.Views;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What the station says about itself, for people and for monitoring.
 *
 * @param station its place in the plant, as in the MQTT topics
 * @param detail why the line is in this state, empty where there is nothing to say
 * @param isSimulated true when no real part stands in front of a real camera
 * @param isMonitorOnly true when verdicts inform and nothing is released by them
 * @param startedAt wall clock, when this run of the appliance began
 * @param sinceBeat since the line's thread last gave a sign of life, on the monotonic clock
 * @param counters since the start
 * @param verification newest of the running recipe on this engine, passed or not; empty when there is none
 * @param quality how the pictures of a view are, by its name; without those that the recipe does not bound
 * @param engine the process that the model runs in; empty when it has none of its own
 */
public record StationState(
        String station,
        LineState line,
        String detail,
        Provenance provenance,
        Duration takt,
        boolean isSimulated,
        boolean isMonitorOnly,
        Instant startedAt,
        Duration sinceBeat,
        LineCounters.Snapshot counters,
        Optional<Verification> verification,
        Map<String, QualityState> quality,
        Optional<EngineState> engine) {

    public StationState {
        quality = Collections.unmodifiableMap(new TreeMap<>(quality));
    }

    /** What is on its way to cost parts, in words, view by view. */
    public List<String> pictureAlarms() {
        return quality.entrySet().stream()
                .flatMap(view -> view.getValue().said().stream().map(said -> Views.about(view.getKey(), said)))
                .toList();
    }

    /** Of a station whose recipe was never verified on its engine, which has no process of its own. */
    public StationState(
            String station,
            LineState line,
            String detail,
            Provenance provenance,
            Duration takt,
            boolean isSimulated,
            boolean isMonitorOnly,
            Instant startedAt,
            Duration sinceBeat,
            LineCounters.Snapshot counters) {
        this(
                station,
                line,
                detail,
                provenance,
                takt,
                isSimulated,
                isMonitorOnly,
                startedAt,
                sinceBeat,
                counters,
                Optional.empty(),
                Map.of(),
                Optional.empty());
    }
}
