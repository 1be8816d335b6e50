package goshawk.appliance.record;

import static org.assertj.core.api.Assertions.assertThat;

import goshawk.appliance.domain.Disposition;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.Outbox.Waiting;
import goshawk.appliance.domain.Records;
import java.nio.file.Path;
import java.time.Clock;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReadingsOnRecordTest {

    @TempDir
    Path dir;

    @ParameterizedTest
    @ValueSource(strings = {"GB45-031842N", "批号二〇二六", "رقم ١٢٣٤٥", "รุ่น ๑๒๓", "a\"b\\c", "𠀋"})
    void whatWasReadIsKeptWordForWord(String text) {
        Inspection.Completed seen = Records.read(text);
        try (var log = SqliteInspectionLog.open(dir.resolve("goshawk.db"), Clock.systemUTC());
                var history = SqliteInspectionHistory.open(dir.resolve("goshawk.db"))) {
            long id = log.append(Records.record(1, "P1", seen, Disposition.DIVERTED));
            assertThat(log.after(0, 1))
                    .extracting(Waiting::record)
                    .singleElement()
                    .satisfies(record -> assertThat(record.inspection()).isEqualTo(seen));
            assertThat(history.find(id).orElseThrow().record().inspection()).isEqualTo(seen);
        }
    }
}
