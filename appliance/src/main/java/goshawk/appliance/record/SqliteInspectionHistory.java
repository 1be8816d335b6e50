package goshawk.appliance.record;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import goshawk.appliance.domain.Confirmation;
import goshawk.appliance.domain.ConfirmedInspection;
import goshawk.appliance.domain.HistorySummary;
import goshawk.appliance.domain.HistorySummary.Counts;
import goshawk.appliance.domain.HistorySummary.Hour;
import goshawk.appliance.domain.HistorySummary.Tally;
import goshawk.appliance.domain.InspectionHistory;
import goshawk.appliance.domain.LogException;
import goshawk.appliance.domain.RecordedInspection;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/**
 * The history, read over connections of its own that cannot write. Under WAL a reader sees the last commit, blocks no
 * writer and is blocked by none, so an operator who pages through a year costs the line nothing but the disk's time.
 *
 * <p>Two connections: one for the page that follows the line, one for whoever looks back. A third reader waits, five
 * seconds at most. No statement is left open: an open one would keep the write-ahead log from being folded back.
 */
public final class SqliteInspectionHistory implements InspectionHistory {

    private static final int READERS = 2;
    private static final Duration WAIT_FOR_READER = Duration.ofSeconds(5);
    private static final int ANSWERS = 1_000;

    private static final String ROWS = """
        SELECT inspection.*, outbox.inspection IS NULL AS is_published
        FROM inspection LEFT JOIN outbox ON outbox.inspection = inspection.id
        """;

    private static final String LATEST = ROWS + "WHERE id < ? ORDER BY id DESC LIMIT ?";
    private static final String LATEST_OF_VERDICT = ROWS + "WHERE verdict = ? AND id < ? ORDER BY id DESC LIMIT ?";
    private static final String AFTER = ROWS + "WHERE id > ? ORDER BY id LIMIT ?";
    private static final String FIND = ROWS + "WHERE id = ?";

    private static final String CONFIRMATION = """
        SELECT inspection, label, defects, confirmed_by, at_us AS confirmed_at_us
        FROM confirmation WHERE inspection = ? ORDER BY id DESC LIMIT 1
        """;

    private static final String CONFIRMED = """
        SELECT inspection.*, outbox.inspection IS NULL AS is_published,
          confirmation.inspection AS inspection, label, defects, confirmed_by, confirmation.at_us AS confirmed_at_us
        FROM confirmation
        JOIN inspection ON inspection.id = confirmation.inspection
        LEFT JOIN outbox ON outbox.inspection = inspection.id
        WHERE confirmation.id = (SELECT max(id) FROM confirmation AS said WHERE said.inspection = inspection.id)
          AND confirmation.at_us >= ? AND inspection.id > ?
        ORDER BY inspection.id LIMIT ?
        """;

    // Answered from the index inspection_at alone: the rows themselves are large.
    static final String COUNTS = """
        SELECT verdict, count(*) FROM inspection
        WHERE at_us >= ? AND at_us <= ?
        GROUP BY verdict
        """;
    static final String CAUSES = """
        SELECT cause, count(*) AS parts FROM inspection
        WHERE at_us >= ? AND at_us <= ? AND cause IS NOT NULL
        GROUP BY cause ORDER BY parts DESC, cause
        """;
    static final String HOURS = """
        SELECT at_us / 3600000000 AS hour, verdict, count(*) FROM inspection
        WHERE at_us >= ? AND at_us <= ?
        GROUP BY hour, verdict
        """;

    private static final String DEFECTS = """
        SELECT finding.value ->> 'defect' AS defect, count(DISTINCT inspection.id) AS parts
        FROM inspection, json_each(inspection.findings) AS finding
        WHERE at_us >= ? AND at_us <= ? AND verdict IN ('REJECT', 'REVIEW')
        GROUP BY defect ORDER BY parts DESC, defect
        """;

    // Late ones belong in: without them no percentile could ever exceed the takt.
    private static final String ANSWER_TIMES = """
        SELECT took_us FROM inspection
        WHERE cause IS NULL OR cause = 'LATE'
        ORDER BY id DESC LIMIT ?
        """;

    private static final String BACKLOG = """
        SELECT count(*) FILTER (WHERE inspection BETWEEN ? AND ?), count(*) FROM outbox
        """;

    private final StoreFile file;
    private final HikariDataSource readers;

    private SqliteInspectionHistory(StoreFile file, HikariDataSource readers) {
        this.file = file;
        this.readers = readers;
    }

    /**
     * @param database created and migrated before, by {@link SqliteInspectionLog#open}
     * @throws LogException when it cannot be read
     */
    public static SqliteInspectionHistory open(Path database) {
        var sqlite = new SQLiteConfig();
        sqlite.setReadOnly(true);
        sqlite.setBusyTimeout((int) WAIT_FOR_READER.toMillis());
        var source = new SQLiteDataSource(sqlite);
        source.setUrl("jdbc:sqlite:" + database.toAbsolutePath());
        var pool = new HikariConfig();
        pool.setPoolName("history");
        pool.setDataSource(source);
        pool.setReadOnly(true);
        pool.setMaximumPoolSize(READERS);
        pool.setMinimumIdle(0);
        pool.setConnectionTimeout(WAIT_FOR_READER.toMillis());
        pool.setInitializationFailTimeout(-1);
        var history =
                new SqliteInspectionHistory(new StoreFile(database, StoreFile.NO_LIMIT), new HikariDataSource(pool));
        try {
            history.newest();
            return history;
        } catch (LogException e) {
            history.close();
            throw e;
        }
    }

    @Override
    public List<RecordedInspection> latest(Query query) {
        if (query.verdicts().isEmpty()) {
            return read(LATEST, sql -> {
                sql.setLong(1, query.before());
                sql.setInt(2, query.limit());
                return rows(sql);
            });
        }
        // One walk down the index for each verdict: asked together, SQLite would look at every pass on the way.
        List<RecordedInspection> found = new ArrayList<>();
        for (String verdict : query.verdicts()) {
            found.addAll(read(LATEST_OF_VERDICT, sql -> {
                sql.setString(1, verdict);
                sql.setLong(2, query.before());
                sql.setInt(3, query.limit());
                return rows(sql);
            }));
        }
        return found.stream()
                .sorted(Comparator.comparingLong(RecordedInspection::id).reversed())
                .limit(query.limit())
                .toList();
    }

    @Override
    public List<RecordedInspection> after(long id, int limit) {
        return read(AFTER, sql -> {
            sql.setLong(1, id);
            sql.setInt(2, limit);
            return rows(sql);
        });
    }

    @Override
    public Optional<RecordedInspection> find(long id) {
        return read(FIND, sql -> {
            sql.setLong(1, id);
            return rows(sql).stream().findFirst();
        });
    }

    @Override
    public Optional<Confirmation> confirmation(long id) {
        return read(CONFIRMATION, sql -> {
            sql.setLong(1, id);
            try (var row = sql.executeQuery()) {
                return row.next() ? Optional.of(RecordRow.confirmation(row)) : Optional.empty();
            }
        });
    }

    @Override
    public List<ConfirmedInspection> confirmed(Instant since, long id, int limit) {
        return read(CONFIRMED, sql -> {
            sql.setLong(1, Micros.of(since));
            sql.setLong(2, id);
            sql.setInt(3, limit);
            List<ConfirmedInspection> rows = new ArrayList<>();
            try (var row = sql.executeQuery()) {
                while (row.next()) {
                    rows.add(new ConfirmedInspection(recorded(row), RecordRow.confirmation(row)));
                }
            }
            return rows;
        });
    }

    @Override
    public OptionalLong newest() {
        return read("SELECT max(id) FROM inspection", sql -> {
            try (var row = sql.executeQuery()) {
                row.next();
                long id = row.getLong(1);
                return row.wasNull() ? OptionalLong.empty() : OptionalLong.of(id);
            }
        });
    }

    @Override
    public HistorySummary summary(Instant since, Instant now, int hours) {
        Instant firstHour = now.truncatedTo(ChronoUnit.HOURS).minus(hours - 1L, ChronoUnit.HOURS);
        return new HistorySummary(
                since,
                read(COUNTS, sql -> counts(between(sql, since, now))),
                read(DEFECTS, sql -> tallies(between(sql, since, now))),
                read(CAUSES, sql -> tallies(between(sql, since, now))),
                read(ANSWER_TIMES, SqliteInspectionHistory::answers),
                read(HOURS, sql -> hours(between(sql, firstHour, now), firstHour, hours)));
    }

    @Override
    public Backlog backlog(long first, long last) {
        return read(BACKLOG, sql -> {
            sql.setLong(1, first);
            sql.setLong(2, last);
            try (var row = sql.executeQuery()) {
                row.next();
                return new Backlog(row.getLong(1), row.getLong(2));
            }
        });
    }

    private static List<RecordedInspection> rows(PreparedStatement sql) throws SQLException {
        List<RecordedInspection> rows = new ArrayList<>();
        try (var row = sql.executeQuery()) {
            while (row.next()) {
                rows.add(recorded(row));
            }
        }
        return rows;
    }

    private static RecordedInspection recorded(ResultSet row) throws SQLException {
        return new RecordedInspection(
                row.getLong("id"), row.getInt("attempt"), row.getBoolean("is_published"), RecordRow.read(row));
    }

    private static PreparedStatement between(PreparedStatement sql, Instant first, Instant last) throws SQLException {
        sql.setLong(1, Micros.of(first));
        sql.setLong(2, Micros.of(last));
        return sql;
    }

    private static Counts counts(PreparedStatement sql) throws SQLException {
        Map<String, Long> parts = new HashMap<>();
        try (var row = sql.executeQuery()) {
            while (row.next()) {
                parts.put(row.getString(1), row.getLong(2));
            }
        }
        return counts(parts);
    }

    private static Counts counts(Map<String, Long> parts) {
        return new Counts(
                parts.getOrDefault("PASS", 0L),
                parts.getOrDefault("REJECT", 0L),
                parts.getOrDefault("REVIEW", 0L),
                parts.getOrDefault("NOT_INSPECTED", 0L));
    }

    private static List<Tally> tallies(PreparedStatement sql) throws SQLException {
        List<Tally> tallies = new ArrayList<>();
        try (var row = sql.executeQuery()) {
            while (row.next()) {
                tallies.add(new Tally(row.getString(1), row.getLong(2)));
            }
        }
        return tallies;
    }

    private static List<Duration> answers(PreparedStatement sql) throws SQLException {
        sql.setInt(1, ANSWERS);
        List<Duration> newestFirst = new ArrayList<>();
        try (var row = sql.executeQuery()) {
            while (row.next()) {
                newestFirst.add(Micros.duration(row.getLong(1)));
            }
        }
        return newestFirst.reversed();
    }

    private static List<Hour> hours(PreparedStatement sql, Instant firstHour, int hours) throws SQLException {
        Map<Long, Map<String, Long>> byHour = new HashMap<>();
        try (ResultSet row = sql.executeQuery()) {
            while (row.next()) {
                byHour.computeIfAbsent(row.getLong(1), _ -> new HashMap<>()).put(row.getString(2), row.getLong(3));
            }
        }
        List<Hour> filled = new ArrayList<>();
        for (int i = 0; i < hours; i++) {
            Instant startsAt = firstHour.plus(i, ChronoUnit.HOURS);
            filled.add(new Hour(startsAt, counts(byHour.getOrDefault(startsAt.getEpochSecond() / 3600, Map.of()))));
        }
        return filled;
    }

    private interface Reading<T> {
        T from(PreparedStatement sql) throws SQLException;
    }

    private <T> T read(String statement, Reading<T> reading) {
        try (Connection db = readers.getConnection();
                PreparedStatement sql = db.prepareStatement(statement)) {
            return reading.from(sql);
        } catch (SQLException e) {
            throw file.failure("the history cannot be read", e);
        }
    }

    @Override
    public void close() {
        readers.close();
    }
}
