package goshawk.appliance.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import goshawk.appliance.domain.Confirmation;
import goshawk.appliance.domain.Disposition;
import goshawk.appliance.domain.HistorySummary;
import goshawk.appliance.domain.HistorySummary.Counts;
import goshawk.appliance.domain.HistorySummary.Tally;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.InspectionHistory.Backlog;
import goshawk.appliance.domain.InspectionHistory.Query;
import goshawk.appliance.domain.InspectionRecord;
import goshawk.appliance.domain.LogException;
import goshawk.appliance.domain.RecordedInspection;
import goshawk.appliance.domain.Records;
import goshawk.camera.Cause;
import goshawk.camera.Region;
import goshawk.camera.Trigger;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteInspectionHistoryTest {

    private static final Instant NOW = Instant.parse("2026-11-22T10:20:00Z");

    @TempDir
    Path dir;

    private SqliteInspectionLog log;
    private SqliteInspectionHistory history;

    @BeforeEach
    void open() {
        log = SqliteInspectionLog.open(dir.resolve("goshawk.db"), Clock.fixed(Records.AT, ZoneOffset.UTC));
        history = SqliteInspectionHistory.open(dir.resolve("goshawk.db"));
    }

    @AfterEach
    void close() {
        history.close();
        log.close();
    }

    @Test
    void whatWasWrittenIsReadBackWhole() {
        InspectionRecord written = Records.reject(1);
        long id = log.append(written);

        RecordedInspection read = history.find(id).orElseThrow();

        assertThat(read.record())
                .usingRecursiveComparison()
                .ignoringFields("trigger.atNanos")
                .isEqualTo(written);
        assertThat(read.attempt()).isEqualTo(1);
        assertThat(read.isPublished()).isFalse();
    }

    @Test
    void aRecordIsPublishedOnceItsMessageIsAcknowledged() {
        long id = log.append(Records.reject(1));
        log.acknowledged(List.of(id));

        assertThat(history.find(id).orElseThrow().isPublished()).isTrue();
    }

    @Test
    void pagesMeetWithoutGapOrRepeat() {
        for (int i = 1; i <= 7; i++) {
            log.append(Records.pass(i));
        }
        List<Long> seen = new ArrayList<>();
        long before = Long.MAX_VALUE;
        for (List<RecordedInspection> page = page(before); !page.isEmpty(); page = page(before)) {
            page.forEach(one -> seen.add(one.id()));
            before = page.getLast().id();
        }
        assertThat(seen).containsExactly(7L, 6L, 5L, 4L, 3L, 2L, 1L);
    }

    private List<RecordedInspection> page(long before) {
        return history.latest(new Query(before, Set.of(), 3));
    }

    @Test
    void severalVerdictsComeInOneOrder() {
        log.append(Records.reject(1));
        log.append(Records.pass(2));
        log.append(Records.missed(3));
        log.append(Records.reject(4));

        assertThat(history.latest(new Query(Long.MAX_VALUE, Set.of("REJECT", "NOT_INSPECTED"), 2)))
                .extracting(RecordedInspection::id)
                .containsExactly(4L, 3L);
        assertThat(history.latest(new Query(3, Set.of("REJECT", "NOT_INSPECTED"), 5)))
                .extracting(RecordedInspection::id)
                .containsExactly(1L);
    }

    @Test
    void whatCameLaterComesOldestFirst() {
        for (int i = 1; i <= 4; i++) {
            log.append(Records.pass(i));
        }
        assertThat(history.after(2, 10)).extracting(RecordedInspection::id).containsExactly(3L, 4L);
        assertThat(history.newest()).hasValue(4);
    }

    @Test
    void anEmptyHistoryIsNoError() {
        assertThat(history.newest()).isEmpty();
        assertThat(history.latest(Query.newest(10))).isEmpty();
        HistorySummary summary = history.summary(NOW.minus(Duration.ofHours(8)), NOW, 8);
        assertThat(summary.counts()).isEqualTo(new Counts(0, 0, 0, 0));
        assertThat(summary.counts().passShare()).isEmpty();
        assertThat(summary.percentile(0.99)).isEmpty();
        assertThat(summary.hours()).hasSize(8);
    }

    @Test
    void theSummaryCountsWhatWasTriggeredInItsTime() {
        log.append(at(1, NOW.minus(Duration.ofHours(9)), Records.seen(0.93)));
        log.append(at(2, NOW.minus(Duration.ofHours(2)), Records.seen(0.93)));
        log.append(at(3, NOW.minus(Duration.ofMinutes(70)), Records.seen(0.3)));
        log.append(at(4, NOW.minus(Duration.ofMinutes(5)), Records.seen(0.01)));
        log.append(at(5, NOW, new Inspection.Failed(Cause.LATE, "late")));

        HistorySummary summary = history.summary(NOW.minus(Duration.ofHours(8)), NOW, 3);

        assertThat(summary.counts()).isEqualTo(new Counts(1, 1, 1, 1));
        assertThat(summary.counts().passShare()).hasValue(0.25);
        assertThat(summary.defects()).containsExactly(new Tally("missing_bolt", 2));
        assertThat(summary.causes()).containsExactly(new Tally("LATE", 1));
        assertThat(summary.hours())
                .extracting(hour -> hour.startsAt().toString(), HistorySummary.Hour::counts)
                .containsExactly(
                        tuple("2026-11-22T08:00:00Z", new Counts(0, 1, 0, 0)),
                        tuple("2026-11-22T09:00:00Z", new Counts(0, 0, 1, 0)),
                        tuple("2026-11-22T10:00:00Z", new Counts(1, 0, 0, 1)));
    }

    @Test
    void lateAnswersCountAmongTheAnswerTimes() {
        log.append(at(1, NOW, Records.seen(0.01)));
        log.append(at(2, NOW, new Inspection.Failed(Cause.LATE, "late")));
        log.append(at(3, NOW, new Inspection.Failed(Cause.NO_FRAME, "no picture")));

        assertThat(history.summary(NOW, NOW, 1).answers()).hasSize(2);
    }

    @Test
    void theBacklogTellsThisRunFromTheOnesBefore() {
        for (int i = 1; i <= 5; i++) {
            log.append(Records.reject(i));
        }
        log.acknowledged(List.of(2L, 4L));

        assertThat(history.backlog(3, 5)).isEqualTo(new Backlog(2, 3));
        assertThat(history.backlog(6, 5)).isEqualTo(new Backlog(0, 3));
    }

    @Test
    void aReaderSeesWhatIsWrittenWhileItReads() {
        assertThat(history.newest()).isEmpty();
        log.append(Records.pass(1));
        assertThat(history.newest()).hasValue(1);
    }

    @Test
    void statisticsNeverReadTheLargeRows() throws SQLException {
        try (var db = DriverManager.getConnection("jdbc:sqlite:" + dir.resolve("goshawk.db"));
                var sql = db.createStatement()) {
            for (String statement : List.of(
                    SqliteInspectionHistory.COUNTS, SqliteInspectionHistory.CAUSES, SqliteInspectionHistory.HOURS)) {
                List<String> plan = new ArrayList<>();
                try (var row = sql.executeQuery("EXPLAIN QUERY PLAN " + statement.replace("?", "1"))) {
                    while (row.next()) {
                        plan.add(row.getString("detail"));
                    }
                }
                assertThat(plan.getFirst()).as(statement).contains("USING COVERING INDEX inspection_at");
            }
        }
    }

    @Test
    void aHistoryThatIsNotThereIsNamed() {
        Path nowhere = dir.resolve("nowhere.db");
        assertThatThrownBy(() -> SqliteInspectionHistory.open(nowhere))
                .isInstanceOf(LogException.class)
                .hasMessageContaining("nowhere.db");
    }

    @Test
    void picturesAndFindingsAreReadBackWithTheirViewsAndTheFirstIsInTheColumns() throws SQLException {
        InspectionRecord record = Records.twoViews(1);
        long id = log.append(record);
        InspectionRecord read = history.find(id).orElseThrow().record();
        assertThat(read.pictures()).isEqualTo(record.pictures());
        assertThat(read.inspection()).isEqualTo(record.inspection());
        assertThat(read.picture("dark").orElseThrow().width()).isEqualTo(320);
        assertThat(read.picture("cross")).isEmpty();
        var dent = new Confirmation.Defect("dent", new Region(1, 2, 3, 4), "dark");
        log.confirm(new Confirmation(id, Confirmation.Label.REJECT, List.of(dent), "Ann", Records.AT));
        assertThat(history.confirmation(id).orElseThrow().defects()).containsExactly(dent);
        try (var db = DriverManager.getConnection("jdbc:sqlite:" + dir.resolve("goshawk.db"));
                var row = db.createStatement().executeQuery("SELECT picture, views FROM inspection WHERE id = " + id)) {
            assertThat(row.getString("picture")).isEqualTo("2026-11-22/1-2.bright.png");
            assertThat(row.getString("views")).startsWith("[{\"view\":\"bright\"");
        }
        long plain = log.append(Records.pass(2));
        try (var db = DriverManager.getConnection("jdbc:sqlite:" + dir.resolve("goshawk.db"));
                var row = db.createStatement()
                        .executeQuery("SELECT views, findings FROM inspection WHERE id = " + plain)) {
            assertThat(row.getString("views")).as("one view is as it was").isEqualTo("[]");
        }
        assertThat(history.find(plain).orElseThrow().record().pictures()).containsExactly(Records.PICTURE);
        InspectionRecord torn = Records.tornView(3);
        assertThat(history.find(log.append(torn)).orElseThrow().record())
                .usingRecursiveComparison()
                .isEqualTo(torn);
    }

    private static InspectionRecord at(long trigger, Instant at, Inspection inspection) {
        InspectionRecord made = Records.record(trigger, "P" + trigger, inspection, Disposition.DIVERTED);
        return new InspectionRecord(
                new Trigger(trigger, "P" + trigger, at, 0),
                made.isSimulated(),
                made.order(),
                made.shift(),
                made.provenance(),
                made.inspection(),
                made.verdict(),
                made.took(),
                made.pictures(),
                made.faults(),
                made.outcome());
    }
}
