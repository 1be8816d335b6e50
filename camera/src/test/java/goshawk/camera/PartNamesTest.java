package goshawk.camera;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PartNamesTest {

    @ParameterizedTest
    @CsvSource({
        "1,000001",
        "99,000099",
        "12345,012345",
        "999999,999999",
        "1000000,1000000",
        "9223372036854775807,9223372036854775807"
    })
    void numbersHaveSixDigitsOrAsManyAsTheyNeed(long number, String written) {
        assertThat(new PartNames("film").name(number)).isEqualTo("film-" + written);
    }

    @Test
    void aRunIsNamedByItsBeginning() {
        assertThat(PartNames.ofRun(Instant.parse("2026-11-27T02:42:51.999Z")).name(7))
                .isEqualTo("20261127T024251-000007");
    }
}
