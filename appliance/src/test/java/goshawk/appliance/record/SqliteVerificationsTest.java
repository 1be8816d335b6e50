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
import java.time.Clock;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteVerificationsTest {

    private static final Provenance RUNNING = Records.PROVENANCE;

    @TempDir
    Path dir;

    private Path file;

    @BeforeEach
    void nameTheFile() {
        file = dir.resolve("var/goshawk.db");
    }

    private static Verification of(Provenance by, boolean isWhole, String... shortfalls) {
        return new Verification(
                Records.AT,
                by,
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
            assertThat(store.newest(RUNNING)).isEmpty();
            store.append(written);
            assertThat(store.newest(RUNNING)).contains(written);
        }
        assertThat(SqliteVerifications.newestIn(file, RUNNING))
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
            assertThat(store.newest(RUNNING).orElseThrow().shortfalls())
                    .as("a later failure takes back an earlier pass")
                    .containsExactly("false calls: 9 of 70");
            assertThat(store.newest(with("0".repeat(64), "0".repeat(64)))
                            .orElseThrow()
                            .by()
                            .engineHash())
                    .as("else the newest of others, to say what has changed")
                    .isEqualTo("e".repeat(64));
        }
    }

    @Test
    void aRehearsalIsKeptAndClearsNothing() {
        try (var store = SqliteVerifications.open(file)) {
            store.append(of(RUNNING, false));
            assertThat(store.newest(RUNNING)).isEmpty();
        }
    }

    @Test
    void aStoreThatIsNotThereIsNotMade() {
        assertThat(SqliteVerifications.newestIn(file, RUNNING)).isEmpty();
        assertThat(file).doesNotExist();
    }

    @Test
    void whileALineHasTheStoreItCanBeReadAndNotVerifiedInto() {
        try (var line = SqliteInspectionLog.open(file, Clock.systemUTC())) {
            assertThat(SqliteVerifications.newestIn(file, RUNNING)).isEmpty();
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
                plain.picture(),
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
