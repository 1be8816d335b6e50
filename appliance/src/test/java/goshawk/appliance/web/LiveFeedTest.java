package goshawk.appliance.web;

import static org.assertj.core.api.Assertions.assertThat;

import goshawk.appliance.domain.Confirmation;
import goshawk.appliance.domain.ConfirmedInspection;
import goshawk.appliance.domain.HistorySummary;
import goshawk.appliance.domain.InspectionHistory;
import goshawk.appliance.domain.LineCounters;
import goshawk.appliance.domain.LineState;
import goshawk.appliance.domain.LogException;
import goshawk.appliance.domain.RecordedInspection;
import goshawk.appliance.domain.Records;
import goshawk.appliance.domain.StationState;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LiveFeedTest {

    @TempDir
    Path pictures;

    private final MemoryHistory history = new MemoryHistory();
    private final List<Long> heard = new ArrayList<>();
    private final List<StationReport> reports = new ArrayList<>();
    private LineState line = LineState.RUNNING;
    private long nanos;

    @Test
    void whatWasThereBeforeTheStartIsNotThisRuns() {
        history.add(3);
        LiveFeed feed = feed();
        feed.look();
        history.add(2);
        feed.look();

        assertThat(heard).containsExactly(4L, 5L);
        assertThat(feed.records()).isEqualTo(2);
    }

    @Test
    void aBurstIsReadToItsEndAtOnce() {
        LiveFeed feed = feed();
        history.add(950);
        feed.look();

        assertThat(heard).hasSize(950).isSorted();
    }

    @Test
    void theStationIsReportedEveryTwoSecondsAndWhenTheLineChanges() {
        LiveFeed feed = feed();
        feed.look();
        feed.look();
        assertThat(reports).hasSize(1);
        nanos += Duration.ofSeconds(2).toNanos();
        feed.look();
        assertThat(reports).hasSize(2);
        line = LineState.FAILED;
        feed.look();
        assertThat(reports)
                .hasSize(3)
                .last()
                .satisfies(report -> assertThat(report.state()).isEqualTo("FAILED"));
    }

    @Test
    void aHistoryThatCannotBeReadIsSaidAndNothingIsLostByIt() {
        LiveFeed feed = feed();
        feed.look();
        history.add(1);
        history.problem = "goshawk.db: damaged";
        nanos += Duration.ofSeconds(2).toNanos();
        feed.look();
        assertThat(reports.getLast().problem()).isEqualTo("goshawk.db: damaged");
        assertThat(heard).isEmpty();

        history.problem = "";
        feed.look();
        assertThat(heard).containsExactly(1L);
        assertThat(feed.problem()).isNull();
    }

    private LiveFeed feed() {
        var feed = new LiveFeed(history, this::state, new PictureFolder(pictures), () -> nanos);
        feed.add(new LiveFeed.Listener() {
            @Override
            public void recorded(RecordedInspection recorded) {
                heard.add(recorded.id());
            }

            @Override
            public void reported(StationReport report) {
                reports.add(report);
            }
        });
        return feed;
    }

    private StationState state() {
        return new StationState(
                "goshawk/test",
                line,
                "",
                Records.PROVENANCE,
                Duration.ofMillis(500),
                true,
                true,
                Records.AT,
                Duration.ZERO,
                new LineCounters.Snapshot(0, 0, 0, 0, 0, 0, 0));
    }

    /** A history of nothing but ids. */
    private static final class MemoryHistory implements InspectionHistory {

        private final List<RecordedInspection> rows = new ArrayList<>();
        private String problem = "";

        void add(int count) {
            for (int i = 0; i < count; i++) {
                long id = rows.size() + 1L;
                rows.add(new RecordedInspection(id, 1, false, Records.pass(id)));
            }
        }

        @Override
        public List<RecordedInspection> after(long id, int limit) {
            if (!problem.isEmpty()) {
                throw new LogException(problem);
            }
            return rows.stream().filter(row -> row.id() > id).limit(limit).toList();
        }

        @Override
        public OptionalLong newest() {
            return rows.isEmpty() ? OptionalLong.empty() : OptionalLong.of(rows.size());
        }

        @Override
        public Backlog backlog(long first, long last) {
            return new Backlog(0, 0);
        }

        @Override
        public List<RecordedInspection> latest(Query query) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Optional<RecordedInspection> find(long id) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Optional<Confirmation> confirmation(long id) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<ConfirmedInspection> confirmed(Instant since, long id, int limit) {
            throw new UnsupportedOperationException();
        }

        @Override
        public HistorySummary summary(Instant since, Instant now, int hours) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {}
    }
}
