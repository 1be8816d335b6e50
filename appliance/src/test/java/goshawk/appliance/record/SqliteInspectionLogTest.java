package goshawk.appliance.record;

import static goshawk.appliance.domain.Records.missed;
import static goshawk.appliance.domain.Records.pass;
import static goshawk.appliance.domain.Records.reject;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import goshawk.appliance.domain.Disposition;
import goshawk.appliance.domain.InspectionRecord;
import goshawk.appliance.domain.LogException;
import goshawk.appliance.domain.Outbox.Waiting;
import goshawk.appliance.domain.Outcome;
import goshawk.appliance.domain.Records;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteInspectionLogTest {

    private static final Outcome RELEASED =
            new Outcome(Disposition.RELEASED, Records.AT.plusMillis(130), Duration.ofMillis(130), "");

    @TempDir
    Path dir;

    private Path file;

    @BeforeEach
    void nameTheFile() {
        file = dir.resolve("var").resolve("goshawk.db");
    }

    @Test
    void whatIsReadForPublishingIsWhatWasWritten() {
        try (var log = open()) {
            List<InspectionRecord> written = List.of(reject(1), missed(2), pass(3).settled(RELEASED));
            for (InspectionRecord record : written) {
                log.append(record);
            }
            assertThat(log.after(0, 10))
                    .extracting(Waiting::record)
                    .usingRecursiveComparison()
                    .isEqualTo(written);
        }
    }

    @Test
    void aPassIsPublishedOnlyWhenItsFateIsKnown() {
        try (var log = open()) {
            long id = log.append(pass(1));
            assertThat(log.after(0, 10)).isEmpty();
            assertThat(log.depth()).isEqualTo(1);
            log.settle(id, RELEASED);
            assertThat(log.after(0, 10))
                    .singleElement()
                    .satisfies(waiting -> assertThat(waiting.record().outcome()).isEqualTo(RELEASED));
        }
    }

    @Test
    void aPassWhoseFateWasNeverWrittenIsPublishedAsUnconfirmedWithTheNextPart() {
        try (var log = open()) {
            log.append(pass(1));
            log.append(reject(2));
            assertThat(log.after(0, 10))
                    .extracting(waiting -> waiting.record().outcome().disposition())
                    .containsExactly(Disposition.UNCONFIRMED, Disposition.DIVERTED);
        }
    }

    @Test
    void anAcknowledgedRecordLeavesTheOutboxAndStaysInTheHistory() {
        try (var log = open()) {
            long first = log.append(reject(1));
            long second = log.append(missed(2));
            assertThat(log.acknowledged(List.of(first))).isEqualTo(1);
            assertThat(log.acknowledged(List.of(first))).as("again").isZero();
            assertThat(log.after(0, 10)).extracting(Waiting::id).containsExactly(second);
        }
        assertThat(count("inspection")).isEqualTo(2);
    }

    @Test
    void eachLookAtTheSamePartIsCounted() {
        try (var log = open()) {
            log.append(Records.record(1, "SN-7", Records.seen(0.9), Disposition.DIVERTED));
            log.append(Records.record(2, "SN-8", Records.seen(0.9), Disposition.DIVERTED));
            log.append(Records.record(3, "SN-7", Records.seen(0.9), Disposition.DIVERTED));
            assertThat(log.after(0, 10)).extracting(Waiting::attempt).containsExactly(1, 1, 2);
        }
    }

    @Test
    void oneTriggerCannotBeRecordedTwiceInOneRun() {
        try (var log = open()) {
            log.append(reject(1));
            assertThatThrownBy(() -> log.append(reject(1))).isInstanceOf(LogException.class);
            log.append(reject(2));
        }
        try (var log = open()) {
            log.append(reject(1)); // a camera that counts from one again after a restart
        }
        assertThat(count("inspection")).isEqualTo(3);
        assertThat(count("outbox")).isEqualTo(3);
    }

    @Test
    void whoeverListensForArrivalsHearsOfEach() {
        var heard = new AtomicInteger();
        try (var log = open()) {
            log.whenFilled(heard::incrementAndGet);
            long id = log.append(pass(1));
            log.settle(id, RELEASED);
            log.append(reject(2));
        }
        assertThat(heard.get()).isEqualTo(3);
    }

    @Test
    void aFullDiskRecordsNothingAndTheNextRecordAfterRoomWasMadeIsWritten() throws SQLException {
        try (var log = open()) {
            log.append(reject(1));
        }
        long pages = pragma("page_count");
        var full = new StoreFile(file, pages + 4);
        int written = 1;
        try (var log = SqliteInspectionLog.open(full, Clock.systemUTC())) {
            var refused = new ArrayList<LogException>();
            for (int trigger = 2; trigger < 200 && refused.isEmpty(); trigger++) {
                try {
                    log.append(reject(trigger));
                    written++;
                } catch (LogException e) {
                    refused.add(e);
                }
            }
            assertThat(refused)
                    .singleElement()
                    .satisfies(e -> assertThat(e.getMessage())
                            .contains(file.toString(), "P" + written(1), "the disk is full: make room")
                            .doesNotContain("\n"));
        }
        assertThat(count("inspection")).isEqualTo(written);
        assertThat(count("outbox")).isEqualTo(written);
        try (var log = open()) {
            log.append(reject(999));
        }
        assertThat(count("inspection")).isEqualTo(written + 1);
    }

    /** The first part that did not fit: the parts are numbered as they were written. */
    private long written(int before) {
        return count("inspection") + before;
    }

    @Test
    void theLogRecoversByItselfWhenTheDiskHasRoomAgain() throws SQLException, IOException {
        try (var log = open()) {
            log.append(reject(1));
            Path wal = dir.resolve("var/goshawk.db-wal");
            assertThat(Files.exists(wal)).isTrue();
            try (var other = DriverManager.getConnection("jdbc:sqlite:" + file);
                    var sql = other.createStatement()) {
                sql.execute("BEGIN IMMEDIATE"); // a second writer, which the rules forbid
                assertThatThrownBy(() -> log.append(reject(2)))
                        .isInstanceOf(LogException.class)
                        .hasMessageContaining("another program holds it");
                sql.execute("ROLLBACK");
            }
            log.append(reject(3));
            assertThat(log.after(0, 10))
                    .extracting(waiting -> waiting.record().trigger().id())
                    .containsExactly(1L, 3L);
        }
    }

    @Test
    void aFileThatIsNoDatabaseIsNamed() throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, "this is a shopping list, and a long one, ".repeat(100));
        assertThatThrownBy(this::open)
                .isInstanceOf(LogException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("not a database: move it away");
        assertThat(Files.readString(file)).startsWith("this is a shopping list");
    }

    @Test
    void aDamagedFileIsNamed() throws IOException {
        try (var log = open()) {
            for (int trigger = 0; trigger < 200; trigger++) {
                log.append(reject(trigger));
            }
        }
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            for (int page = 4; page < channel.size() / 4096; page += 2) {
                channel.write(ByteBuffer.wrap(new byte[2000]), page * 4096L);
            }
        }
        assertThatThrownBy(this::open)
                .isInstanceOf(LogException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("damaged");
    }

    @Test
    void aHistoryOfANewerGoshawkIsLeftAlone() throws SQLException {
        open().close();
        try (var db = DriverManager.getConnection("jdbc:sqlite:" + file);
                var sql = db.createStatement()) {
            sql.execute("""
                INSERT INTO flyway_schema_history
                  (installed_rank, version, description, type, script, checksum, installed_by, execution_time, success)
                VALUES (99, '99', 'tomorrow', 'SQL', 'V99__tomorrow.sql', 1, 'x', 1, 1)
                """);
        }
        assertThatThrownBy(this::open)
                .isInstanceOf(LogException.class)
                .hasMessageMatching(".* was written by a newer Goshawk \\(schema 99, this one knows [0-9]+\\): .*");
    }

    @Test
    void aSchemaThatCannotBeMadeSaysWhatSqliteSays() throws SQLException, IOException {
        Files.createDirectories(file.getParent());
        try (var db = DriverManager.getConnection("jdbc:sqlite:" + file);
                var sql = db.createStatement()) {
            sql.execute("CREATE TABLE inspection (somebody_elses TEXT)");
        }
        assertThatThrownBy(this::open)
                .isInstanceOf(LogException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("cannot be brought to this program's schema");
        assertThat(number("SELECT count(*) FROM inspection")).isZero();
    }

    @Test
    void aSecondApplianceIsKeptOut() {
        try (var _ = open()) {
            assertThatThrownBy(this::open)
                    .isInstanceOf(LogException.class)
                    .hasMessageContaining("in use by another Goshawk");
        }
        open().close();
    }

    @Test
    void aDataFolderThatIsAFileIsNamed() throws IOException {
        Files.writeString(dir.resolve("var"), "");
        assertThatThrownBy(this::open)
                .isInstanceOf(LogException.class)
                .hasMessageContaining(dir.resolve("var").toString())
                .hasMessageContaining("make it writable, or choose another");
    }

    @Test
    void aDataFolderThatCannotBeWrittenIsNamed() throws IOException {
        Path folder = Files.createDirectories(file.getParent());
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("r-xr-xr-x"));
        assumeThat(Files.isWritable(folder)).as("root may write anywhere").isFalse();
        assertThatThrownBy(this::open)
                .isInstanceOf(LogException.class)
                .hasMessageContaining(folder.toString())
                .hasMessageContaining("permission denied");
    }

    @Test
    void whatWasAppendedIsThereAfterTheProcessDies() throws Exception {
        var child = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        AppendAndDie.class.getName(),
                        file.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(child.waitFor()).isEqualTo(137);
        assertThat(count("inspection")).isEqualTo(3);
        assertThat(count("outbox"))
                .as("every record is waiting to be published")
                .isEqualTo(3);
        try (var log = open()) {
            assertThat(log.after(0, 10))
                    .extracting(waiting -> waiting.record().outcome().disposition())
                    .as("nobody knows what the gate did with the last part")
                    .containsExactly(Disposition.RELEASED, Disposition.DIVERTED, Disposition.UNCONFIRMED);
        }
    }

    static final class AppendAndDie {
        public static void main(String[] args) {
            var log = SqliteInspectionLog.open(Path.of(args[0]), Clock.systemUTC());
            log.settle(log.append(pass(1)), RELEASED);
            log.append(reject(2));
            log.append(pass(3));
            Runtime.getRuntime().halt(137); // no close, no shutdown hook
        }
    }

    private SqliteInspectionLog open() {
        return SqliteInspectionLog.open(file, Clock.systemUTC());
    }

    private long count(String table) {
        try {
            return number("SELECT count(*) FROM " + table);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    private long pragma(String name) throws SQLException {
        return number("PRAGMA " + name);
    }

    private long number(String query) throws SQLException {
        try (var db = DriverManager.getConnection("jdbc:sqlite:" + file);
                var sql = db.createStatement();
                var row = sql.executeQuery(query)) {
            row.next();
            return row.getLong(1);
        }
    }
}
