package goshawk.appliance.web;

import goshawk.appliance.domain.InspectionHistory.Backlog;
import goshawk.appliance.domain.Provenance;
import goshawk.appliance.domain.StationState;
import io.micronaut.serde.annotation.Serdeable;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The station as its page shows it: what the line says, and beside it what is in the store.
 *
 * @param beatAgeMs milliseconds since the line's thread last gave a sign of life
 * @param records found in the store since the start: counted there, not taken from the line
 * @param published of {@code records}
 * @param outbox records that wait to be published, older runs' among them
 * @param isVerified true when the recipe had passed its golden set on this engine when the line started
 * @param verification its newest verification on this engine, passed or not; null when there is none
 * @param pictureAlarms what is wrong with the pictures and will cost parts, in words
 * @param problem what keeps the history from being read; null while nothing does
 * @param diskFreeBytes where the pictures go
 */
@Serdeable
record StationReport(
        String station,
        String state,
        String detail,
        String recipe,
        String engine,
        String precision,
        String runtime,
        boolean isSimulated,
        boolean isMonitorOnly,
        boolean isVerified,
        @Nullable VerificationRow verification,
        double beatAgeMs,
        double taktMs,
        Instant startedAt,
        long triggers,
        long missed,
        long overrun,
        long alarms,
        long records,
        long published,
        long outbox,
        List<String> pictureAlarms,
        @Nullable String problem,
        long diskFreeBytes,
        long diskTotalBytes) {

    static StationReport of(
            StationState state,
            long records,
            Backlog backlog,
            @Nullable String problem,
            long diskFree,
            long diskTotal) {
        Provenance by = state.provenance();
        return new StationReport(
                state.station(),
                state.line().name(),
                state.detail(),
                by.recipe() + " " + by.recipeVersion(),
                by.engine(),
                by.precision(),
                by.runtime(),
                state.isSimulated(),
                state.isMonitorOnly(),
                by.isVerified(),
                state.verification().map(VerificationRow::of).orElse(null),
                Milliseconds.of(state.sinceBeat()),
                Milliseconds.of(state.takt()),
                state.startedAt(),
                state.counters().triggers(),
                state.counters().missed(),
                state.counters().overruns(),
                state.counters().alarms(),
                records,
                Math.max(0, records - backlog.ofThese()),
                backlog.all(),
                state.pictureAlarms(),
                problem,
                diskFree,
                diskTotal);
    }
}
