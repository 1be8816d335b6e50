package goshawk.appliance.web;

import goshawk.appliance.domain.EngineState;
import goshawk.appliance.domain.LineState;
import goshawk.appliance.domain.Station;
import goshawk.appliance.domain.StationState;
import io.micronaut.health.HealthStatus;
import io.micronaut.management.health.indicator.AbstractHealthIndicator;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What {@code /health} says of the line. Down when it failed, or when it says that it runs and gives no sign of life: then
 * a supervisor should start the appliance anew. A line that was stopped as asked is up.
 */
@Singleton
class LineHealth extends AbstractHealthIndicator<Map<String, Object>> {

    /** Longer than any part may take. */
    static final Duration SILENCE = Duration.ofSeconds(15);

    private final Station station;
    private final LiveFeed feed;

    LineHealth(Station station, LiveFeed feed) {
        this.station = station;
        this.feed = feed;
    }

    @Override
    protected String getName() {
        return "line";
    }

    @Override
    protected Map<String, Object> getHealthInformation() {
        StationState state = station.state();
        boolean silent = state.line() == LineState.RUNNING && state.sinceBeat().compareTo(SILENCE) > 0;
        String problem = feed.problem();
        boolean down = silent || state.line() == LineState.FAILED || problem != null;
        healthStatus = down ? HealthStatus.DOWN : HealthStatus.UP;
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("state", state.line().name());
        details.put("detail", state.detail());
        details.put("beatAgeSeconds", state.sinceBeat().toMillis() / 1_000.0);
        details.put("history", problem == null ? "readable" : problem);
        if (!state.pictureAlarms().isEmpty()) {
            details.put("pictures", state.pictureAlarms());
        }
        state.engine().ifPresent(engine -> details.put("engine", engine(engine)));
        return details;
    }

    /** A process that is being started again is no reason to start the appliance again: it stays up. */
    private static Map<String, Object> engine(EngineState engine) {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("state", engine.condition().name());
        details.put("detail", engine.detail());
        details.put("restarts", engine.restarts());
        details.put("pid", engine.pid());
        details.put("memoryBytes", engine.memoryBytes());
        return details;
    }
}
