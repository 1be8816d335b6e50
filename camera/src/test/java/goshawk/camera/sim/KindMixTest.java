package goshawk.camera.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class KindMixTest {

    @Test
    void everyBlockHasExactlyTheCountsAskedFor() {
        var mix = KindMix.parse("good=30,missing_bolt=12,dent=1");
        for (int block = 0; block < 3; block++) {
            assertThat(counts(mix, 4, block * 43L, 43))
                    .isEqualTo(Map.of(PartKind.GOOD, 30L, PartKind.MISSING_BOLT, 12L, PartKind.DENT, 1L));
        }
    }

    @Test
    void theUsualMixIsHalfGoodAndEvenlyBad() {
        Map<PartKind, Long> counts = counts(KindMix.USUAL, 1, 0, KindMix.USUAL.block() * 10);
        assertThat(counts.get(PartKind.GOOD)).isEqualTo(80);
        assertThat(counts.entrySet())
                .filteredOn(entry -> entry.getKey() != PartKind.GOOD)
                .hasSize(8)
                .allMatch(entry -> entry.getValue() == 10);
    }

    @Test
    void theOrderDependsOnTheSeed() {
        assertThat(order(1)).isEqualTo(order(1)).isNotEqualTo(order(2));
    }

    private static List<PartKind> order(long seed) {
        return LongStream.range(0, 32)
                .mapToObj(index -> KindMix.USUAL.kindOf(seed, index))
                .toList();
    }

    private static Map<PartKind, Long> counts(KindMix mix, long seed, long from, int count) {
        return LongStream.range(from, from + count)
                .mapToObj(index -> mix.kindOf(seed, index))
                .collect(Collectors.groupingBy(kind -> kind, Collectors.counting()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "bent=3|no such kind of part: bent",
                "good|want KIND=COUNT, got 'good'",
                "good=-1|want a count of good, got '-1'",
                "good=1,good=2|good is named twice",
                "good=0|counts must be 0 or more and not all 0"
            })
    void aMixThatMakesNoSenseIsRefusedByName(String text, String message) {
        assertThatThrownBy(() -> KindMix.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }
}
