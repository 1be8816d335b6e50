package goshawk.trtbuild;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Against the definition: no representable number is nearer, and of two that are as near it is the even one. */
class RoundingTest {

    @ParameterizedTest
    @EnumSource(names = {"BF16", "F8_E4M3", "F16"})
    void theNearestIsStored(ElementType type) {
        float[] all = representable(type);
        var random = new Random(5);
        for (int i = 0; i < 200_000; i++) {
            float low = all[random.nextInt(all.length - 1)];
            float next = all[Arrays.binarySearch(all, low) + 1];
            double middle = ((double) low + next) / 2;
            assertThat(Rounding.rounded(type, low)).isEqualTo(low);
            assertThat(Rounding.rounded(type, Math.nextUp((float) middle)))
                    .as("above %s", middle)
                    .isEqualTo(next);
            assertThat(Rounding.rounded(type, Math.nextDown((float) middle)))
                    .as("below %s", middle)
                    .isEqualTo(low);
            float tie = Rounding.rounded(type, (float) middle);
            assertThat(bits(type, tie) & 1)
                    .as("%s between %s and %s", middle, low, next)
                    .isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(names = "F8_E4M3")
    void whatIsTooLargeForE4m3BecomesItsLargest(ElementType type) {
        assertThat(Rounding.rounded(type, 1e9f)).isEqualTo(448);
        assertThat(Rounding.rounded(type, -465)).isEqualTo(-448);
    }

    /** All finite positive numbers of a type, ascending. */
    private static float[] representable(ElementType type) {
        int count = type == ElementType.F8_E4M3 ? 0x7f : type == ElementType.BF16 ? 0x7f80 : 0x7c00;
        float[] all = new float[count];
        for (int bits = 0; bits < count; bits++) {
            MemorySegment bytes = MemorySegment.ofArray(new byte[] {(byte) bits, (byte) (bits >> 8)});
            all[bits] = Rounding.read(bytes, type, 0);
        }
        return all;
    }

    private static int bits(ElementType type, float value) {
        byte[] bytes = new byte[4];
        Rounding.write(MemorySegment.ofArray(bytes), type, 0, value);
        return bytes[0];
    }
}
