package goshawk.appliance.record;

import goshawk.appliance.domain.LogException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Arrays;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationVersion;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;
import org.sqlite.SQLiteOpenMode;

/** The database file: claimed by one process, checked, migrated, and what is said when it cannot be used. */
final class StoreFile implements AutoCloseable {

    static final long NO_LIMIT = 0;

    private final Path path;
    private final long pages;
    private @Nullable FileChannel claim;

    /**
     * @param pages after which the file counts as a full disk, for tests; {@link #NO_LIMIT} otherwise
     */
    StoreFile(Path path, long pages) {
        this.path = path;
        this.pages = pages;
    }

    /**
     * Keeps a second appliance out. A lock beside the database, not on it: closing any handle of a file drops the
     * process's POSIX locks on it, and with them SQLite's own.
     */
    void claim() {
        Path folder = path.toAbsolutePath().getParent();
        Path lockFile = path.resolveSibling(path.getFileName() + ".lock");
        try {
            Files.createDirectories(folder);
            FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            try {
                if (channel.tryLock() == null) {
                    throw new OverlappingFileLockException();
                }
                claim = channel;
            } catch (IOException | RuntimeException e) {
                channel.close();
                throw e;
            }
        } catch (OverlappingFileLockException e) {
            throw new LogException(
                    "%s is in use by another Goshawk: stop that one, or choose another data folder".formatted(path), e);
        } catch (AccessDeniedException | FileAlreadyExistsException | NotDirectoryException e) {
            throw new LogException(
                    "the data folder %s cannot be written (%s): make it writable, or choose another"
                            .formatted(folder, reason(e)),
                    e);
        } catch (IOException e) {
            throw new LogException(
                    "the data folder %s cannot be used (%s): make room, or choose another".formatted(folder, reason(e)),
                    e);
        }
    }

    /** In few words, where the JDK says it with a class name. */
    static String reason(IOException e) {
        return switch (e) {
            case AccessDeniedException _ -> "permission denied";
            case FileAlreadyExistsException found -> found.getFile() + " is a file";
            case NotDirectoryException found -> found.getFile() + " is no folder";
            default -> String.valueOf(e);
        };
    }

    /** Brings the schema up to this program's, after looking whether the file is sound. Never goes back. */
    void migrate() throws SQLException {
        checkIntegrity();
        try {
            Flyway flyway = Flyway.configure(StoreFile.class.getClassLoader())
                    .dataSource(url(), null, null)
                    .locations("classpath:db/migration")
                    .load();
            refuseNewer(flyway);
            flyway.migrate();
        } catch (FlywayException e) {
            for (Throwable why = e.getCause(); why != null; why = why.getCause()) {
                if (why instanceof SQLException sql) {
                    throw failure("cannot be brought to this program's schema", sql);
                }
            }
            throw new LogException(
                    "%s cannot be brought to this program's schema: %s".formatted(path, firstLine(e)), e);
        }
    }

    private void refuseNewer(Flyway flyway) {
        MigrationInfo[] all = flyway.info().all();
        int known = Arrays.stream(all)
                .filter(migration -> !migration.getState().name().contains("FUTURE"))
                .map(MigrationInfo::getVersion)
                .mapToInt(StoreFile::major)
                .max()
                .orElse(0);
        for (MigrationInfo migration : all) {
            if (migration.getState().name().contains("FUTURE")) {
                throw new LogException(
                        "%s was written by a newer Goshawk (schema %d, this one knows %d): start that one, or choose another data folder"
                                .formatted(path, major(migration.getVersion()), known));
            }
        }
    }

    private static int major(@Nullable MigrationVersion version) {
        return version == null ? 0 : version.getMajor().intValue();
    }

    private void checkIntegrity() throws SQLException {
        try (var db = DriverManager.getConnection(url());
                var sql = db.createStatement();
                var row = sql.executeQuery("PRAGMA quick_check(1)")) {
            String found = row.next() ? row.getString(1) : "no answer";
            if (!"ok".equals(found)) {
                throw new LogException(
                        "%s is damaged (%s): move it away and restore the last backup".formatted(path, found));
            }
        }
    }

    /** The connection that may write; a transaction is always open on it. */
    Connection openWriter() throws SQLException {
        Connection db = DriverManager.getConnection(url());
        try (var sql = db.createStatement()) {
            sql.execute("PRAGMA journal_mode = WAL");
            sql.execute("PRAGMA synchronous = FULL");
            sql.execute("PRAGMA foreign_keys = ON");
            // Nobody else may write; a foreign writer must not hold up a part for the driver's three seconds.
            sql.execute("PRAGMA busy_timeout = 250");
            if (pages != NO_LIMIT) {
                sql.execute("PRAGMA max_page_count = " + pages);
            }
            db.setAutoCommit(false);
            return db;
        } catch (SQLException e) {
            db.close();
            throw e;
        }
    }

    /** A connection that cannot write, whatever it is asked. */
    Connection openReader() throws SQLException {
        var config = new SQLiteConfig();
        config.setReadOnly(true);
        config.resetOpenMode(SQLiteOpenMode.CREATE);
        return config.createConnection(url());
    }

    private String url() {
        return "jdbc:sqlite:" + path.toAbsolutePath();
    }

    /** One line that names the file, what failed and, where there is one, the remedy. */
    LogException failure(String what, SQLException e) {
        String remedy = switch (code(e)) {
            case SQLITE_FULL -> "the disk is full: make room";
            case SQLITE_NOTADB -> "it is not a database: move it away, or choose another data folder";
            case SQLITE_CORRUPT -> "it is damaged: move it away and restore the last backup";
            case SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_PERM ->
                "it cannot be written: make it and its folder writable";
            case SQLITE_BUSY, SQLITE_LOCKED -> "another program holds it: close that one";
            default -> firstLine(e);
        };
        return new LogException("%s: %s; %s".formatted(path, what, remedy), e);
    }

    private static SQLiteErrorCode code(SQLException e) {
        // The low byte is the code, what is above says more about it.
        return e instanceof SQLiteException sqlite
                ? SQLiteErrorCode.getErrorCode(sqlite.getResultCode().code & 0xff)
                : SQLiteErrorCode.UNKNOWN_ERROR;
    }

    private static String firstLine(Throwable e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("").strip();
    }

    /** Lets another process claim the file. */
    @Override
    public void close() {
        FileChannel held = claim;
        claim = null;
        if (held != null) {
            try {
                held.close();
            } catch (IOException e) {
                throw new LogException("the lock of %s was not given back".formatted(path), e);
            }
        }
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
