package goshawk.appliance.domain;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

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
 * @param quality how the pictures are; empty where the recipe does not bound it
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
        Optional<QualityState> quality,
        Optional<EngineState> engine) {

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
                Optional.empty(),
                Optional.empty());
    }
}
