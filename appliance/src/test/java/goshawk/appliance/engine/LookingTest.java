package goshawk.appliance.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class LookingTest {

    private static int[] bits(Looking looking, int rows) {
        int[] bits = new int[(int) Looking.bytes(rows) / Integer.BYTES];
        Arrays.fill(bits, -1); // what is there from before does not count
        MemorySegment sees = MemorySegment.ofArray(bits);
        looking.write(sees, rows);
        return sees.toArray(ValueLayout.JAVA_INT);
    }

    @Test
    void eachTokenSeesAllBeforeItAndItself() {
        assertThat(bits(Looking.atAll(3), 5)).containsExactly(0b1, 0b11, 0b111, 0, 0);
        assertThat(bits(Looking.atAll(1), 1)).containsExactly(1);
    }

    @Test
    void aContinuationSeesItsOwnWayBack() {
        var tree = ContinuationTree.of(List.of(new int[] {5, 6}, new int[] {5, 7, 8}, new int[] {9}));
        assertThat(bits(Looking.in(tree), 6)).containsExactly(0b1, 0b11, 0b101, 0b1101, 0b10000, 0);
    }

    @Test
    void aRowHasAsManyWordsAsBitsAreNeeded() {
        int[] bits = bits(Looking.atAll(40), 64);
        assertThat(bits).hasSize(128);
        assertThat(bits[2 * 31]).isEqualTo(-1);
        assertThat(bits[2 * 31 + 1]).isZero();
        assertThat(bits[2 * 32]).isEqualTo(-1);
        assertThat(bits[2 * 32 + 1]).isEqualTo(1);
        assertThat(bits[2 * 39 + 1]).isEqualTo(0xff);
        assertThat(bits[2 * 40]).isZero();
        assertThat(Looking.bytes(33)).isEqualTo(33 * 2 * 4);
    }
}
