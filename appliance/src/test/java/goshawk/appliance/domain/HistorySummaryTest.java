package goshawk.appliance.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.appliance.domain.HistorySummary.Counts;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HistorySummaryTest {

    @Test
    void aPercentileIsAnAnswerThatHappened() {
        HistorySummary hundred =
                of(IntStream.rangeClosed(1, 100).map(i -> 101 - i).toArray());
        assertThat(hundred.percentile(0.50)).hasValue(Duration.ofMillis(50));
        assertThat(hundred.percentile(0.99)).hasValue(Duration.ofMillis(99));
        assertThat(hundred.percentile(1)).hasValue(Duration.ofMillis(100));
    }

    @Test
    void ofOneAnswerEveryPercentileIsThatOne() {
        assertThat(of(7).percentile(0.01)).hasValue(Duration.ofMillis(7));
        assertThat(of(7).percentile(0.99)).hasValue(Duration.ofMillis(7));
    }

    @Test
    void aShareOutsideItsRangeIsRefused() {
        for (double share : new double[] {0, -1, 1.01, Double.NaN}) {
            assertThatThrownBy(() -> of(1).percentile(share)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void partsThatWereNotInspectedLowerTheYield() {
        assertThat(new Counts(3, 0, 0, 1).passShare()).hasValue(0.75);
    }

    private static HistorySummary of(int... milliseconds) {
        return new HistorySummary(
                Instant.EPOCH,
                new Counts(0, 0, 0, 0),
                List.of(),
                List.of(),
                IntStream.of(milliseconds).mapToObj(Duration::ofMillis).toList(),
                List.of());
    }
}
