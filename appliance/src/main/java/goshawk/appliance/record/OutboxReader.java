package goshawk.appliance.record;

import goshawk.appliance.domain.Outbox.Waiting;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Reads what waits in the outbox, on a connection of its own: a publisher that reads never holds up the line. */
final class OutboxReader implements AutoCloseable {

    /**
     * Leaves out the part that is at the gate right now: the newest of this run, if its fate is not written. Read from
     * the rows and not from what the writer remembers, so that it fits the rows that are read; nothing that comes after
     * it can be in them, so no record is overtaken.
     */
    private static final String WAITING = """
        SELECT inspection.*
        FROM outbox JOIN inspection ON inspection.id = outbox.inspection
        WHERE outbox.inspection > ?
          AND NOT (inspection.disposition = 'UNCONFIRMED' AND inspection.disposition_detail = ''
                   AND inspection.run = ? AND inspection.id = (SELECT max(id) FROM inspection))
        ORDER BY outbox.inspection
        LIMIT ?
        """;

    private final StoreFile file;
    private final Connection db;

    private OutboxReader(StoreFile file, Connection db) {
        this.file = file;
        this.db = db;
    }

    static OutboxReader open(StoreFile file) throws SQLException {
        return new OutboxReader(file, file.openReader());
    }

    /**
     * @param run the run that is going on
     */
    synchronized List<Waiting> after(long id, int limit, long run) {
        List<Waiting> waiting = new ArrayList<>();
        try (var query = db.prepareStatement(WAITING)) {
            query.setLong(1, id);
            query.setLong(2, run);
            query.setInt(3, limit);
            try (var row = query.executeQuery()) {
                while (row.next()) {
                    waiting.add(new Waiting(row.getLong("id"), row.getInt("attempt"), RecordRow.read(row)));
                }
            }
        } catch (SQLException e) {
            throw file.failure("the outbox cannot be read", e);
        }
        return waiting;
    }

    synchronized long depth() {
        try (var sql = db.createStatement();
                var row = sql.executeQuery("SELECT count(*) FROM outbox")) {
            row.next();
            return row.getLong(1);
        } catch (SQLException e) {
            throw file.failure("the outbox cannot be read", e);
        }
    }

    @Override
    public synchronized void close() throws SQLException {
        db.close();
    }
}
