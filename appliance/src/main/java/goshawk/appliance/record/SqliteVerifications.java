package goshawk.appliance.record;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import goshawk.appliance.domain.LogException;
import goshawk.appliance.domain.Provenance;
import goshawk.appliance.domain.Verification;
import goshawk.appliance.domain.Verification.Rate;
import goshawk.appliance.domain.Verifications;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The verifications in the station's own file. Takes the file for this process alone, as a line does: what a line stands on does
 * not change under it. Confined to one thread.
 */
public final class SqliteVerifications implements Verifications {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** A column that an older Goshawk's verifications lack: it never looked at a folder's pictures. */
    private static final String GOLDEN = "golden_hash";

    private static final String INSERT = """
        INSERT INTO verification (
          at_us, recipe, recipe_version, recipe_hash, prompts_hash, engine, engine_hash, engine_precision, engine_runtime,
          is_whole, rates, shortfalls, report, golden_hash)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """;

    private static final String COLUMNS = "SELECT name FROM pragma_table_info('verification')";

    private final StoreFile file;
    private final Connection db;

    private SqliteVerifications(StoreFile file, Connection db) {
        this.file = file;
        this.db = db;
    }

    /**
     * Opens the store, creating or migrating it.
     *
     * @throws LogException as {@link SqliteInspectionLog#open}
     */
    public static SqliteVerifications open(Path database) {
        var file = new StoreFile(database, StoreFile.NO_LIMIT);
        file.claim();
        try {
            file.migrate();
            return new SqliteVerifications(file, file.openWriter());
        } catch (SQLException e) {
            file.close();
            throw file.failure("cannot be opened", e);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /**
     * As {@link #newest(Provenance, String)}, read only, beside whoever has the store, an older Goshawk's too; empty where
     * there is none yet.
     */
    public static Optional<Verification> newestIn(Path database, Provenance running, String goldenHash) {
        if (!Files.exists(database)) {
            return Optional.empty();
        }
        var file = new StoreFile(database, StoreFile.NO_LIMIT);
        try (var db = file.openReader()) {
            List<String> columns = columns(db);
            return columns.isEmpty()
                    ? Optional.empty()
                    : newest(db, columns.contains(GOLDEN) ? GOLDEN : "''", running, goldenHash);
        } catch (SQLException e) {
            throw file.failure("the verifications cannot be read", e);
        }
    }

    private static List<String> columns(Connection db) throws SQLException {
        List<String> columns = new ArrayList<>();
        try (var query = db.prepareStatement(COLUMNS);
                var row = query.executeQuery()) {
            while (row.next()) {
                columns.add(row.getString(1));
            }
        }
        return columns;
    }

    @Override
    public void append(Verification verification) {
        Provenance by = verification.by();
        try (var insert = db.prepareStatement(INSERT)) {
            insert.setLong(1, Micros.of(verification.at()));
            insert.setString(2, by.recipe());
            insert.setString(3, by.recipeVersion());
            insert.setString(4, by.recipeHash());
            insert.setString(5, by.promptsHash());
            insert.setString(6, by.engine());
            insert.setString(7, by.engineHash());
            insert.setString(8, by.precision());
            insert.setString(9, by.runtime());
            insert.setInt(10, verification.isWhole() ? 1 : 0);
            insert.setString(11, rates(verification));
            insert.setString(12, JSON.valueToTree(verification.shortfalls()).toString());
            insert.setString(13, verification.report());
            insert.setString(14, verification.goldenHash());
            insert.executeUpdate();
            db.commit();
        } catch (SQLException e) {
            throw file.failure("the verification of recipe " + by.recipe() + " is not recorded", e);
        }
    }

    @Override
    public Optional<Verification> newest(Provenance running, String goldenHash) {
        try {
            return newest(db, GOLDEN, running, goldenHash);
        } catch (SQLException e) {
            throw file.failure("the verifications cannot be read", e);
        }
    }

    private static Optional<Verification> newest(Connection db, String golden, Provenance running, String goldenHash)
            throws SQLException {
        String newest = """
            SELECT *, %1$s AS golden FROM verification
            WHERE recipe = ? AND is_whole = 1
            ORDER BY recipe_hash = ? AND engine_hash = ? AND engine_precision = ? AND %1$s = ? DESC, id DESC
            LIMIT 1
            """.formatted(golden);
        try (var query = db.prepareStatement(newest)) {
            query.setString(1, running.recipe());
            query.setString(2, running.recipeHash());
            query.setString(3, running.engineHash());
            query.setString(4, running.precision());
            query.setString(5, goldenHash);
            try (var row = query.executeQuery()) {
                return row.next() ? Optional.of(read(row)) : Optional.empty();
            }
        }
    }

    private static Verification read(ResultSet row) throws SQLException {
        var by = new Provenance(
                row.getString("recipe"),
                row.getString("recipe_version"),
                row.getString("recipe_hash"),
                row.getString("prompts_hash"),
                row.getString("engine"),
                row.getString("engine_hash"),
                row.getString("engine_precision"),
                row.getString("engine_runtime"));
        JsonNode rates = tree(row.getString("rates"));
        List<String> shortfalls = new ArrayList<>();
        tree(row.getString("shortfalls")).forEach(node -> shortfalls.add(node.asText()));
        return new Verification(
                Micros.instant(row.getLong("at_us")),
                by,
                row.getString("golden"),
                row.getInt("is_whole") == 1,
                rate(rates.path("escapes")),
                rate(rates.path("falseCalls")),
                rate(rates.path("flips")),
                rates.path("kappa").asDouble(Double.NaN),
                rates.path("kappaToTruth").asDouble(Double.NaN),
                shortfalls,
                row.getString("report"));
    }

    private static String rates(Verification verification) {
        ObjectNode rates = JSON.createObjectNode();
        rate(rates, "escapes", verification.escapes());
        rate(rates, "falseCalls", verification.falseCalls());
        rate(rates, "flips", verification.flips());
        number(rates, "kappa", verification.kappa());
        number(rates, "kappaToTruth", verification.kappaToTruth());
        return rates.toString();
    }

    private static void rate(ObjectNode rates, String name, Rate rate) {
        rates.putArray(name).add(rate.hits()).add(rate.trials()).add(rate.low()).add(rate.high());
    }

    private static Rate rate(JsonNode rate) {
        return new Rate(
                rate.path(0).asInt(),
                rate.path(1).asInt(),
                rate.path(2).asDouble(),
                rate.path(3).asDouble());
    }

    /** JSON has no number for what is not defined. */
    private static void number(ObjectNode rates, String name, double value) {
        if (Double.isNaN(value)) {
            rates.putNull(name);
        } else {
            rates.put(name, value);
        }
    }

    private static JsonNode tree(String text) {
        try {
            return JSON.readTree(text);
        } catch (IOException e) {
            throw new LogException("a verification's JSON cannot be read: " + text, e);
        }
    }

    @Override
    public void close() {
        try (file) {
            db.close();
        } catch (SQLException e) {
            throw file.failure("was not closed cleanly; the next start recovers it", e);
        }
    }
}
