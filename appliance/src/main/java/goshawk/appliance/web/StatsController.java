package goshawk.appliance.web;

import goshawk.appliance.domain.HistorySummary;
import goshawk.appliance.domain.HistorySummary.Counts;
import goshawk.appliance.domain.HistorySummary.Hour;
import goshawk.appliance.domain.HistorySummary.Tally;
import goshawk.appliance.domain.InspectionHistory;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.QueryValue;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import io.micronaut.serde.annotation.Serdeable;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What the last hours come to. */
@Controller("/api/stats")
@ExecuteOn(TaskExecutors.BLOCKING)
class StatsController {

    private static final int LONGEST_HOURS = 168;
    private static final int FEWEST_COLUMNS = 8;
    private static final int MOST_COLUMNS = 24;
    private static final int RECENT = 200;

    /** Ten pages on ten screens ask the same within a second: they get the same answer. */
    private static final Duration FRESH = Duration.ofSeconds(1);

    private final InspectionHistory history;
    private final Clock clock;
    private final Map<Integer, Stats> latest = new ConcurrentHashMap<>();

    StatsController(InspectionHistory history, Clock clock) {
        this.history = history;
        this.clock = clock;
    }

    /** @param hours how far back, brought into [1, 168] */
    @Get
    Stats stats(@QueryValue(defaultValue = "8") int hours) {
        int back = Math.clamp(hours, 1, LONGEST_HOURS);
        Instant now = clock.instant();
        return latest.compute(back, (_, old) -> old != null && isFresh(old, now) ? old : summarise(back, now));
    }

    private static boolean isFresh(Stats old, Instant now) {
        return !old.at().isAfter(now) && old.at().plus(FRESH).isAfter(now);
    }

    private Stats summarise(int hours, Instant now) {
        int columns = Math.clamp(hours, FEWEST_COLUMNS, MOST_COLUMNS);
        return Stats.of(history.summary(now.minus(Duration.ofHours(hours)), now, columns), now);
    }

    /** @param yield passes among all parts, in [0, 1]; null without parts */
    @Serdeable
    record Stats(
            Instant since,
            Instant at,
            CountsRow counts,
            @Nullable Double yield,
            List<DefectRow> defects,
            List<CauseRow> causes,
            LatencyRow latency,
            List<HourRow> hours) {

        static Stats of(HistorySummary summary, Instant at) {
            return new Stats(
                    summary.since(),
                    at,
                    CountsRow.of(summary.counts()),
                    summary.counts().passShare().orElse(null),
                    summary.defects().stream().map(DefectRow::of).toList(),
                    summary.causes().stream().map(CauseRow::of).toList(),
                    LatencyRow.of(summary),
                    summary.hours().stream().map(HourRow::of).toList());
        }
    }

    @Serdeable
    record CountsRow(long pass, long reject, long review, long notInspected) {

        static CountsRow of(Counts counts) {
            return new CountsRow(counts.pass(), counts.reject(), counts.review(), counts.notInspected());
        }
    }

    @Serdeable
    record DefectRow(String defect, long parts) {

        static DefectRow of(Tally tally) {
            return new DefectRow(tally.name(), tally.parts());
        }
    }

    @Serdeable
    record CauseRow(String cause, long parts) {

        static CauseRow of(Tally tally) {
            return new CauseRow(tally.name(), tally.parts());
        }
    }

    /**
     * @param parts over how many of the last parts
     * @param recentMs the last ones, oldest first
     */
    @Serdeable
    record LatencyRow(
            int parts, @Nullable Double p50Ms, @Nullable Double p99Ms, List<Double> recentMs) {

        static LatencyRow of(HistorySummary summary) {
            List<Duration> answers = summary.answers();
            return new LatencyRow(
                    answers.size(),
                    summary.percentile(0.50).map(Milliseconds::of).orElse(null),
                    summary.percentile(0.99).map(Milliseconds::of).orElse(null),
                    answers.subList(Math.max(0, answers.size() - RECENT), answers.size()).stream()
                            .map(Milliseconds::of)
                            .toList());
        }
    }

    @Serdeable
    record HourRow(
            Instant startsAt, CountsRow counts, @Nullable Double yield) {

        static HourRow of(Hour hour) {
            return new HourRow(
                    hour.startsAt(),
                    CountsRow.of(hour.counts()),
                    hour.counts().passShare().orElse(null));
        }
    }
}
