package goshawk.trtbuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against the definition, computed one number after the other in FP64. */
class RequantiserTest {

    @TempDir
    Path dir;

    /** What was stored, and what the form's definition says. */
    private record Written(WeightError error, byte[] weights, MemorySegment scales) {

        float e4m3(long index) {
            return Rounding.read(MemorySegment.ofArray(weights), ElementType.F8_E4M3, index);
        }

        int int4(int index) {
            int nibble = weights[index / 2] >> (index % 2 * 4) & 15;
            return nibble > 7 ? nibble - 16 : nibble;
        }
    }

    private static Written store(Checkpoint checkpoint, Tensor weight, WeightForm form, ElementType scaleType)
            throws IOException {
        var bytes = new ByteArrayOutputStream();
        Requantiser.Stored stored =
                new Requantiser(form, scaleType).store(checkpoint, weight, band -> bytes.writeBytes(copy(band)));
        return new Written(stored.error(), bytes.toByteArray(), MemorySegment.ofArray(stored.scales()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny-f32", "tiny-bf16", "tiny-fp8", "tiny-fp8-ragged"})
    void everyNumberIsTheNearestThatItsChannelsScaleKnows(String name) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(Goldens.folder(name))) {
            for (Tensor weight : checkpoint.linears().values()) {
                double[][] exact = exact(checkpoint, weight);
                Written written = store(checkpoint, weight, WeightForm.FP8, ElementType.F32);
                double squares = 0;
                double differences = 0;
                double worst = 0;
                for (int row = 0; row < exact.length; row++) {
                    float scale = Rounding.read(written.scales(), ElementType.F32, row);
                    assertThat(scale).isCloseTo((float) (largest(exact[row]) / 448), within(scale * 1e-6f));
                    double square = 0;
                    double difference = 0;
                    for (int x = 0; x < exact[row].length; x++) {
                        double stored = written.e4m3((long) row * exact[row].length + x) * (double) scale;
                        double off = Math.abs(stored - exact[row][x]);
                        double nearest = nearestE4m3(exact[row][x] / scale) * scale;
                        assertThat(off)
                                .as("%s [%d, %d]", weight.name(), row, x)
                                .isLessThanOrEqualTo(
                                        Math.abs(nearest - exact[row][x]) + 1e-6 * Math.abs(exact[row][x]));
                        square += exact[row][x] * exact[row][x];
                        difference += off * off;
                    }
                    squares += square;
                    differences += difference;
                    worst = Math.max(worst, Math.sqrt(difference / square));
                }
                assertThat(written.error().relative()).isCloseTo(Math.sqrt(differences / squares), within(1e-6));
                assertThat(written.error().worstChannel()).isCloseTo(worst, within(1e-6));
                assertThat(worst).as("three bits of mantissa").isBetween(0.005, 0.04);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "BF16"})
    void fourBitsAreTheNearestWholeNumbersOfABlock(ElementType scaleType) throws IOException {
        Random random = new Random(3);
        float[] numbers = new float[5 * 256];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) random.nextGaussian() * (i < 256 ? 1 : 100);
        }
        try (Checkpoint checkpoint = withWeight(5, 256, numbers)) {
            Written written = store(checkpoint, weight(checkpoint), WeightForm.INT4, scaleType);
            assertThat(written.weights()).hasSize(5 * 256 / 2);
            double squares = 0;
            double differences = 0;
            for (int i = 0; i < numbers.length; i++) {
                float scale = Rounding.read(written.scales(), scaleType, i / 128);
                double share = numbers[i] / (double) scale;
                assertThat(written.int4(i)).isBetween(-7, 7);
                assertThat(Math.abs(written.int4(i) - share))
                        .as("number %d, %s of its scale", i, share)
                        .isLessThanOrEqualTo(0.5 + 7 * 0x1p-8);
                squares += numbers[i] * (double) numbers[i];
                differences += Math.pow(numbers[i] - written.int4(i) * (double) scale, 2);
            }
            assertThat(written.error().relative()).isCloseTo(Math.sqrt(differences / squares), within(1e-6));
            assertThat(written.error().relative()).isBetween(0.08, 0.14);
        }
    }

    @Test
    void aScaleIsRoundedBeforeAnythingIsDividedByIt() throws IOException {
        float[] numbers = new float[256];
        Arrays.fill(numbers, 1.7f);
        try (Checkpoint checkpoint = withWeight(1, 256, numbers)) {
            Written written = store(checkpoint, weight(checkpoint), WeightForm.FP8, ElementType.BF16);
            float scale = Rounding.read(written.scales(), ElementType.BF16, 0);
            assertThat(scale).isEqualTo(Rounding.rounded(ElementType.BF16, 1.7f / 448));
            assertThat(written.e4m3(0)).isEqualTo((float) nearestE4m3(1.7f / scale));
        }
    }

    @Test
    void aChannelOfZerosHasAScaleAboveZero() throws IOException {
        try (Checkpoint checkpoint = withWeight(2, 128, new float[256])) {
            for (WeightForm form : new WeightForm[] {WeightForm.FP8, WeightForm.INT4}) {
                Written written = store(checkpoint, weight(checkpoint), form, ElementType.BF16);
                assertThat(Rounding.read(written.scales(), ElementType.BF16, 1)).isEqualTo(1);
                assertThat(written.weights()).containsOnly(0);
                assertThat(written.error()).isEqualTo(WeightError.NONE);
            }
        }
    }

    /** Its largest number takes the scale from the others: the whole looks well, the channel does not. */
    @Test
    void aChannelThatAnOutlierSpoilsIsNamed() throws IOException {
        float[] numbers = new float[4 * 128];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = i / 128 == 2 ? 1e-3f * (1 + i % 7) : 100;
        }
        numbers[2 * 128 + 5] = 1e-3f * 60;
        try (Checkpoint checkpoint = withWeight(4, 128, numbers)) {
            WeightError spoilt = store(checkpoint, weight(checkpoint), WeightForm.INT4, ElementType.F32)
                    .error();
            assertThat(spoilt.channel()).isEqualTo(2);
            assertThat(spoilt.worstChannel()).isGreaterThan(0.25);
            assertThat(spoilt.relative()).isLessThan(0.001);
        }
    }

    /** 6 million numbers are two bands; each row must be where it belongs. */
    @Test
    void bandsFollowOneAnother() throws IOException {
        int out = 3000;
        int in = 2000;
        float[] numbers = new float[out * in];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = 1 + i / in; // every row is one number
        }
        try (Checkpoint checkpoint = withWeight(out, in, numbers)) {
            Written written = store(checkpoint, weight(checkpoint), WeightForm.FP8, ElementType.F32);
            for (int row = 0; row < out; row += 37) {
                float scale = Rounding.read(written.scales(), ElementType.F32, row);
                assertThat(written.e4m3((long) row * in + row % in) * scale)
                        .isCloseTo(1 + row, within(row * 1e-6f + 1e-6f));
            }
            assertThat(written.error().relative()).isLessThan(1e-6);
        }
    }

    @Test
    void aNumberThatIsNoneIsRefusedByItsTensor() throws IOException {
        float[] numbers = new float[256];
        numbers[200] = Float.NaN;
        try (Checkpoint checkpoint = withWeight(2, 128, numbers)) {
            assertThatThrownBy(() -> store(checkpoint, weight(checkpoint), WeightForm.FP8, ElementType.F32))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("lm_head.weight holds a number that is not finite");
        }
    }

    static byte[] copy(ByteBuffer band) {
        byte[] copy = new byte[band.remaining()];
        band.get(copy);
        return copy;
    }

    private static Tensor weight(Checkpoint checkpoint) {
        return checkpoint.head();
    }

    /** A golden whose head has other numbers. */
    private Checkpoint withWeight(int out, int in, float[] numbers) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(numbers);
        String header = "{\"lm_head.weight\":{\"dtype\":\"F32\",\"shape\":[%d,%d],\"data_offsets\":[0,%d]}}"
                .formatted(out, in, bytes.capacity());
        Path file = SafetensorsFile.write(Files.createTempFile(dir, "head", ".safetensors"), header, bytes.array());
        return Checkpoint.open(Goldens.folder("tiny-f32")).with(Safetensors.open(file));
    }

    private static double[][] exact(Checkpoint checkpoint, Tensor weight) {
        int out = Math.toIntExact(weight.shape().get(0));
        int in = Math.toIntExact(weight.shape().get(1));
        double[][] exact = new double[out][in];
        for (int row = 0; row < out; row++) {
            for (int x = 0; x < in; x++) {
                double stored = Rounding.read(checkpoint.bytes(weight), weight.type(), (long) row * in + x);
                int r = row;
                int c = x;
                exact[row][x] = stored
                        * checkpoint
                                .scaleOf(weight)
                                .map(scale -> (double) Rounding.read(
                                        checkpoint.bytes(scale),
                                        scale.type(),
                                        (long) (r / 128) * Math.ceilDiv(in, 128) + c / 128))
                                .orElse(1.0);
            }
        }
        return exact;
    }

    private static double largest(double[] numbers) {
        return Arrays.stream(numbers).map(Math::abs).max().orElseThrow();
    }

    private static double nearestE4m3(double wanted) {
        double best = 0;
        for (int bits = 0; bits < 256; bits++) {
            double number = Rounding.read(MemorySegment.ofArray(new byte[] {(byte) bits}), ElementType.F8_E4M3, 0);
            if (Math.abs(number - wanted) < Math.abs(best - wanted)) {
                best = number;
            }
        }
        return best;
    }
}
