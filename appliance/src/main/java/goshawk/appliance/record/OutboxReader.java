package goshawk.appliance.record;

import goshawk.appliance.domain.Outbox.Waiting;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Reads what waits in the outbox, on a connection of its own: a publisher that reads never holds up the line. */
final class OutboxReader implements AutoCloseable {

    private static final String WAITING = """
        SELECT inspection.*
        FROM outbox JOIN inspection ON inspection.id = outbox.inspection
        WHERE outbox.inspection > ? AND outbox.inspection <> ?
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
     * @param except an inspection whose part is at the gate right now; 0 when there is none
     */
    synchronized List<Waiting> after(long id, int limit, long except) {
        List<Waiting> waiting = new ArrayList<>();
        try (var query = db.prepareStatement(WAITING)) {
            query.setLong(1, id);
            query.setLong(2, except);
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
