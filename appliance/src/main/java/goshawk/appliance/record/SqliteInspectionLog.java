package goshawk.appliance.record;

import goshawk.appliance.domain.ArchivedPicture;
import goshawk.appliance.domain.Confirmation;
import goshawk.appliance.domain.Confirmations;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.InspectionLog;
import goshawk.appliance.domain.InspectionRecord;
import goshawk.appliance.domain.LogException;
import goshawk.appliance.domain.Outbox;
import goshawk.appliance.domain.Outcome;
import goshawk.appliance.domain.PromptScore;
import goshawk.appliance.domain.SecondOpinion;
import goshawk.appliance.domain.Timings;
import goshawk.appliance.domain.Verdict;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The station's history in one SQLite file, and the only writer of it.
 *
 * <p>One connection, one lock: SQLite has one writer at a time anyway, so we queue here, where it can be seen. Readers
 * open their own read-only connections and are never blocked (WAL). {@code synchronous=FULL} because {@link #append}
 * promises to survive a power cut; NORMAL would keep the file sound and lose the last parts.
 *
 * <p>The connection is thrown away after any failure: after a full disk SQLite's own is not to be trusted. The next call
 * opens a new one, so a line recovers when somebody makes room.
 */
public final class SqliteInspectionLog implements InspectionLog, Outbox, Confirmations {

    private static final Logger log = LoggerFactory.getLogger(SqliteInspectionLog.class);

    private static final String INSERT = """
        INSERT INTO inspection (
          run, trigger_id, part, attempt, work_order, shift, at_us, is_simulated,
          verdict, cause, detail, score, findings, scores,
          took_us, pose_us, vision_us, prefill_us, score_us, explain_us,
          recipe, recipe_version, recipe_hash, prompts_hash, engine, engine_hash, engine_precision, engine_runtime,
          is_verified,
          picture, picture_width, picture_height, pixels_sha256,
          disposition, disposition_at_us, disposition_after_us, disposition_detail,
          thoughts, readings, views)
        VALUES (
          ?, ?, ?, (SELECT coalesce(max(attempt), 0) + 1 FROM inspection WHERE part = ?3), ?, ?, ?, ?,
          ?, ?, ?, ?, ?, ?,
          ?, ?, ?, ?, ?, ?,
          ?, ?, ?, ?, ?, ?, ?, ?,
          ?,
          ?, ?, ?, ?,
          ?, ?, ?, ?,
          ?, ?, ?)
        RETURNING id
        """;

    private static final String SETTLE = """
        UPDATE inspection
        SET disposition = ?, disposition_at_us = ?, disposition_after_us = ?, disposition_detail = ?
        WHERE id = ?
        """;

    private static final String CONFIRM = """
        INSERT INTO confirmation (inspection, label, defects, confirmed_by, at_us)
        SELECT id, ?2, ?3, ?4, ?5 FROM inspection WHERE id = ?1
        """;

    private final StoreFile file;
    private final OutboxReader reader;
    private final long run;
    private @Nullable Connection writer;
    private volatile Runnable filled = () -> {};

    private SqliteInspectionLog(StoreFile file, OutboxReader reader, Connection writer, long run) {
        this.file = file;
        this.reader = reader;
        this.writer = writer;
        this.run = run;
    }

    /**
     * Opens the history, creating or migrating it, and takes it for this process alone.
     *
     * @param clock names this run of the appliance
     * @throws LogException when the file cannot be written, is damaged, is no history, belongs to a newer Goshawk or is in
     *     use; one line that says what to do
     */
    public static SqliteInspectionLog open(Path database, Clock clock) {
        return open(new StoreFile(database, StoreFile.NO_LIMIT), clock);
    }

    static SqliteInspectionLog open(StoreFile file, Clock clock) {
        file.claim();
        try {
            file.migrate();
            Connection writer = file.openWriter();
            try {
                return new SqliteInspectionLog(file, OutboxReader.open(file), writer, nextRun(writer, clock));
            } catch (SQLException | RuntimeException e) {
                closeAfter(writer, e);
                throw e;
            }
        } catch (SQLException e) {
            file.close();
            throw file.failure("cannot be opened", e);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** Rises even when the wall clock was set back. */
    private static long nextRun(Connection writer, Clock clock) throws SQLException {
        try (var sql = writer.createStatement();
                var row = sql.executeQuery("SELECT coalesce(max(run), 0) FROM inspection")) {
            row.next();
            return Math.max(row.getLong(1) + 1, Micros.of(clock.instant()));
        }
    }

    @Override
    public long append(InspectionRecord record) {
        long id = transaction("part " + record.trigger().part() + " is not recorded", writer -> {
            long inserted = insert(writer, record);
            if (record.inspection() instanceof Inspection.Completed completed
                    && completed.second().isPresent()) {
                secondOpinion(writer, inserted, completed.second().get());
            }
            try (var insert = writer.prepareStatement("INSERT INTO outbox (inspection) VALUES (?)")) {
                insert.setLong(1, inserted);
                insert.executeUpdate();
            }
            return inserted;
        });
        filled.run();
        return id;
    }

    @Override
    public void settle(long id, Outcome outcome) {
        transaction("what became of inspection " + id + " is not recorded", writer -> {
            try (var update = writer.prepareStatement(SETTLE)) {
                update.setString(1, outcome.disposition().name());
                update.setLong(2, Micros.of(outcome.at()));
                update.setLong(3, Micros.of(outcome.after()));
                update.setString(4, outcome.detail());
                update.setLong(5, id);
                if (update.executeUpdate() != 1) {
                    throw new SQLException("there is no inspection " + id);
                }
                return id;
            }
        });
        filled.run();
    }

    @Override
    public void confirm(Confirmation confirmation) {
        long id = confirmation.inspection();
        transaction("what was said about inspection " + id + " is not recorded", writer -> {
            try (var insert = writer.prepareStatement(CONFIRM)) {
                var row = new Row(insert);
                row.add(id).add(confirmation.label().name()).add(RecordJson.defects(confirmation.defects()));
                row.add(confirmation.by()).add(Micros.of(confirmation.at()));
                if (insert.executeUpdate() != 1) {
                    throw new SQLException("there is no inspection " + id);
                }
                return id;
            }
        });
    }

    @Override
    public List<Waiting> after(long id, int limit) {
        return reader.after(id, limit, run);
    }

    @Override
    public long depth() {
        return reader.depth();
    }

    @Override
    public int acknowledged(List<Long> ids) {
        if (ids.isEmpty()) {
            return 0;
        }
        return (int) transaction("published records stay in the outbox", writer -> {
            try (var delete = writer.prepareStatement("DELETE FROM outbox WHERE inspection = ?")) {
                int removed = 0;
                for (long id : ids) {
                    delete.setLong(1, id);
                    removed += delete.executeUpdate();
                }
                return removed;
            }
        });
    }

    @Override
    public void whenFilled(Runnable wake) {
        filled = wake;
    }

    private static void secondOpinion(Connection writer, long id, SecondOpinion second) throws SQLException {
        try (var update = writer.prepareStatement("UPDATE inspection SET second_opinion = ? WHERE id = ?")) {
            update.setString(1, RecordJson.secondOpinion(second));
            update.setLong(2, id);
            update.executeUpdate();
        }
    }

    private long insert(Connection writer, InspectionRecord record) throws SQLException {
        try (var insert = writer.prepareStatement(INSERT)) {
            var row = new Row(insert);
            row.add(run).add(record.trigger().id()).add(record.trigger().part());
            row.add(record.order()).add(record.shift());
            row.add(Micros.of(record.trigger().at())).add(record.isSimulated() ? 1 : 0);
            row.add(record.verdict().code());
            if (record.verdict() instanceof Verdict.NotInspected(var cause, var detail)) {
                row.add(cause.name()).add(detail);
            } else {
                row.skip().add("");
            }
            inspection(row, record);
            var provenance = record.provenance();
            row.add(provenance.recipe()).add(provenance.recipeVersion()).add(provenance.recipeHash());
            row.add(provenance.promptsHash()).add(provenance.engine()).add(provenance.engineHash());
            row.add(provenance.precision()).add(provenance.runtime());
            row.add(provenance.isVerified() ? 1 : 0);
            picture(row, record.picture());
            Outcome outcome = record.outcome();
            row.add(outcome.disposition().name()).add(Micros.of(outcome.at()));
            row.add(Micros.of(outcome.after())).add(outcome.detail());
            thoughtsAndReadings(row, record.inspection());
            row.add(RecordJson.views(record.pictures(), record.faults()));
            try (var inserted = insert.executeQuery()) {
                inserted.next();
                return inserted.getLong(1);
            }
        }
    }

    private static void thoughtsAndReadings(Row row, Inspection inspection) throws SQLException {
        switch (inspection) {
            case Inspection.Completed completed ->
                row.add(RecordJson.thoughts(completed.thoughts())).add(RecordJson.readings(completed.readings()));
            case Inspection.Failed(var _, var _) -> row.add("[]").add("[]");
        }
    }

    private static void inspection(Row row, InspectionRecord record) throws SQLException {
        switch (record.inspection()) {
            case Inspection.Completed(var scores, var findings, var timings, var _, var _, var _) -> {
                OptionalDouble highest =
                        scores.stream().mapToDouble(PromptScore::score).max();
                if (highest.isPresent()) {
                    row.add(highest.getAsDouble());
                } else {
                    row.skip();
                }
                row.add(RecordJson.findings(findings)).add(RecordJson.scores(scores));
                row.add(Micros.of(record.took()));
                durations(row, timings);
            }
            case Inspection.Failed(var _, var _) -> {
                row.skip().add("[]").add("[]").add(Micros.of(record.took()));
                row.skip().skip().skip().skip().skip();
            }
        }
    }

    private static void durations(Row row, Timings timings) throws SQLException {
        for (Duration took :
                List.of(timings.pose(), timings.vision(), timings.prefill(), timings.score(), timings.explain())) {
            row.add(Micros.of(took));
        }
    }

    private static void picture(Row row, Optional<ArchivedPicture> picture) throws SQLException {
        if (picture.isPresent()) {
            ArchivedPicture kept = picture.get();
            row.add(kept.path()).add(kept.width()).add(kept.height()).add(kept.sha256());
        } else {
            row.skip().skip().skip().skip();
        }
    }

    private interface Work {
        long with(Connection writer) throws SQLException;
    }

    private synchronized long transaction(String otherwise, Work work) {
        try {
            Connection open = writer;
            if (open == null) {
                open = file.openWriter();
                writer = open;
            }
            long answer = work.with(open);
            open.commit();
            return answer;
        } catch (SQLException e) {
            Connection broken = writer;
            writer = null;
            if (broken != null) {
                closeAfter(broken, e);
            }
            throw file.failure(otherwise, e);
        }
    }

    /** SQLite rolls back what was not committed. */
    private static void closeAfter(Connection broken, Exception why) {
        try {
            broken.close();
        } catch (SQLException e) {
            why.addSuppressed(e);
        }
    }

    @Override
    public synchronized void close() {
        try {
            reader.close();
            Connection open = writer;
            if (open != null) {
                open.close();
            }
        } catch (SQLException e) {
            log.warn("{} was not closed cleanly; the next start recovers it", file, e);
        } finally {
            file.close();
        }
    }

    /** Fills the question marks of a statement from the left. */
    private static final class Row {

        private final PreparedStatement statement;
        private int column;

        Row(PreparedStatement statement) {
            this.statement = statement;
        }

        Row add(String value) throws SQLException {
            statement.setString(++column, value);
            return this;
        }

        Row add(long value) throws SQLException {
            statement.setLong(++column, value);
            return this;
        }

        Row add(double value) throws SQLException {
            statement.setDouble(++column, value);
            return this;
        }

        Row skip() throws SQLException {
            statement.setNull(++column, Types.NULL);
            return this;
        }
    }
}
