package goshawk.appliance.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.appliance.domain.Disposition;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.InspectionRecord;
import goshawk.appliance.domain.LogException;
import goshawk.appliance.domain.Outbox.Waiting;
import goshawk.appliance.domain.PromptScore;
import goshawk.appliance.domain.Provenance;
import goshawk.appliance.domain.Records;
import goshawk.appliance.domain.Verification;
import goshawk.appliance.domain.Verification.Rate;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Clock;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteVerificationsTest {

    private static final Provenance RUNNING = Records.PROVENANCE;
    private static final String GOLDEN = "f".repeat(64);

    @TempDir
    Path dir;

    private Path file;

    @BeforeEach
    void nameTheFile() {
        file = dir.resolve("var/goshawk.db");
    }

    private static Verification of(Provenance by, boolean isWhole, String... shortfalls) {
        return of(by, GOLDEN, isWhole, shortfalls);
    }

    private static Verification of(Provenance by, String golden, boolean isWhole, String... shortfalls) {
        return new Verification(
                Records.AT,
                by,
                golden,
                isWhole,
                new Rate(1, 90, 0.001, 0.06),
                new Rate(0, 70, 0, 0.05),
                new Rate(2, 50, 0.005, 0.13),
                0.96,
                Double.NaN,
                List.of(shortfalls),
                "{\"demands\":[]}");
    }

    private static Provenance with(String recipeHash, String engineHash) {
        return new Provenance(
                RUNNING.recipe(),
                RUNNING.recipeVersion(),
                recipeHash,
                RUNNING.promptsHash(),
                RUNNING.engine(),
                engineHash,
                RUNNING.precision(),
                RUNNING.runtime());
    }

    @Test
    void whatIsReadIsWhatWasWritten() {
        Verification written = of(RUNNING, true, "escapes: 3 of 9");
        try (var store = SqliteVerifications.open(file)) {
            assertThat(store.newest(RUNNING, GOLDEN)).isEmpty();
            store.append(written);
            assertThat(store.newest(RUNNING, GOLDEN)).contains(written);
        }
        assertThat(SqliteVerifications.newestIn(file, RUNNING, GOLDEN))
                .as("from beside")
                .contains(written);
    }

    @Test
    void theNewestOfTheRunningRecipeAndEngineComesBeforeOthers() {
        try (var store = SqliteVerifications.open(file)) {
            store.append(of(RUNNING, true));
            store.append(of(RUNNING, true, "false calls: 9 of 70"));
            store.append(of(with("e".repeat(64), RUNNING.engineHash()), true));
            store.append(of(with(RUNNING.recipeHash(), "e".repeat(64)), true));
            assertThat(store.newest(RUNNING, GOLDEN).orElseThrow().shortfalls())
                    .as("a later failure takes back an earlier pass")
                    .containsExactly("false calls: 9 of 70");
            assertThat(store.newest(with("0".repeat(64), "0".repeat(64)), GOLDEN)
                            .orElseThrow()
                            .by()
                            .engineHash())
                    .as("else the newest of others, to say what has changed")
                    .isEqualTo("e".repeat(64));
        }
    }

    @Test
    void otherPicturesAreAnotherGoldenSet() {
        try (var store = SqliteVerifications.open(file)) {
            store.append(of(RUNNING, true));
            store.append(of(RUNNING, "0".repeat(64), true, "false calls: 9 of 70"));
            Verification own = store.newest(RUNNING, GOLDEN).orElseThrow();
            assertThat(own.isPassed()).as("of these pictures").isTrue();
            assertThat(own.isOf(RUNNING, GOLDEN)).isTrue();
            assertThat(own.isOf(RUNNING, "0".repeat(64))).isFalse();
        }
    }

    /** Until it is opened to write, it is as an older Goshawk left it: without the golden set's hash. */
    @Test
    void anOlderStoreIsReadAsOneWithoutPictures() throws SQLException {
        try (var store = SqliteVerifications.open(file)) {
            store.append(of(RUNNING, "", true));
        }
        try (var db = DriverManager.getConnection("jdbc:sqlite:" + file);
                var sql = db.createStatement()) {
            sql.execute("ALTER TABLE verification DROP COLUMN golden_hash");
        }
        assertThat(SqliteVerifications.newestIn(file, RUNNING, GOLDEN)).hasValueSatisfying(found -> {
            assertThat(found.isOf(RUNNING, "")).isTrue();
            assertThat(found.isOf(RUNNING, GOLDEN)).isFalse();
        });
    }

    @Test
    void aRehearsalIsKeptAndClearsNothing() {
        try (var store = SqliteVerifications.open(file)) {
            store.append(of(RUNNING, false));
            assertThat(store.newest(RUNNING, GOLDEN)).isEmpty();
        }
    }

    @Test
    void aStoreThatIsNotThereIsNotMade() {
        assertThat(SqliteVerifications.newestIn(file, RUNNING, GOLDEN)).isEmpty();
        assertThat(file).doesNotExist();
    }

    @Test
    void whileALineHasTheStoreItCanBeReadAndNotVerifiedInto() {
        try (var line = SqliteInspectionLog.open(file, Clock.systemUTC())) {
            assertThat(SqliteVerifications.newestIn(file, RUNNING, GOLDEN)).isEmpty();
            assertThatThrownBy(() -> SqliteVerifications.open(file))
                    .isInstanceOf(LogException.class)
                    .hasMessageContaining("in use by another Goshawk");
            assertThat(line.depth()).isZero();
        }
    }

    @Test
    void recordsKeepTheirConfidenceAndWhetherTheirRecipeWasVerified() {
        var score = new PromptScore(Records.BOLT, "plate", 0.9, 0.01, OptionalDouble.of(0.71));
        var seen = (Inspection.Completed) Records.reject(1).inspection();
        InspectionRecord plain = Records.record(
                1,
                "P1",
                new Inspection.Completed(List.of(score), seen.findings(), seen.timings()),
                Disposition.DIVERTED);
        var verified = new InspectionRecord(
                plain.trigger(),
                plain.isSimulated(),
                plain.order(),
                plain.shift(),
                plain.provenance().verified(true),
                plain.inspection(),
                plain.verdict(),
                plain.took(),
                plain.pictures(),
                plain.faults(),
                plain.outcome());
        try (var log = SqliteInspectionLog.open(file, Clock.systemUTC())) {
            log.append(verified);
            assertThat(log.after(0, 1))
                    .extracting(Waiting::record)
                    .usingRecursiveComparison()
                    .isEqualTo(List.of(verified));
        }
    }
}
