package goshawk.trtbuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ModelWorkTest {

    private static final ModelConfig EIGHT = ModelConfig.of(PublishedShape.B8.config());

    /** Numbers in the matrices of one of its layers, by hand: queries and output, keys and values, the MLP. */
    private static final double LAYER = 2 * 4096.0 * 4096 + 2 * 1024.0 * 4096 + 3 * 4096.0 * 12288;

    private static final double HEAD = 151_936.0 * 4096;
    private static final double FP8_RATE = 1.0e15;
    private static final double BF16_RATE = 0.6e15;

    private static ModelWork eight(WeightForm chosen) {
        return new ModelWork(EIGHT, ElementType.BF16, linear -> GpuProfile.ROOMY.form(linear, chosen));
    }

    @Test
    void aDecodedTokenReadsAllWeightsAndAllKeysAndValuesOnce() {
        ModelWork.Call decode = eight(WeightForm.FP8).read(1_200, 1);
        double keysAndValues = 2.0 * 36 * 8 * 128 * 2 * 1_201;
        assertThat((double) decode.bytes())
                .as("FP8 layers with BF16 scales and norms, a BF16 head")
                .isCloseTo(36 * LAYER + 2 * HEAD + keysAndValues, within(0.002 * 8.4e9));
        assertThat(1e3 * decode.floor(3.0e12, FP8_RATE, BF16_RATE))
                .as("what measuring began with: 8.4 GB at 3.0 TB/s")
                .isCloseTo(2.8, within(0.02));
        assertThat((double) eight(WeightForm.BF16).read(1_200, 1).bytes())
                .isCloseTo(2 * 36 * LAYER + 2 * HEAD + keysAndValues, within(0.002 * 15e9));
        long fewer = eight(WeightForm.INT4).read(1_200, 1).bytes();
        assertThat((double) fewer)
                .as("half a byte and a scale for 128 numbers")
                .isCloseTo(36 * LAYER * (0.5 + 2.0 / 128) + 2 * HEAD + keysAndValues, within(0.002 * 5e9));
    }

    @Test
    void aPrefillIsBoundByItsProducts() {
        ModelWork.Call prefill = eight(WeightForm.FP8).read(0, 1_024);
        // Of the last layer, all tokens need keys and values, one the rest.
        double rest = LAYER - 2 * 1024.0 * 4096;
        assertThat(prefill.fp8Operations()).isCloseTo(2 * 1_024 * (36 * LAYER - rest) + 2 * rest, within(1e6));
        double pairs = 35 * 1_024 * 1_025 / 2.0 + 1_024;
        assertThat(prefill.operations()).isCloseTo(2 * HEAD + 4 * 4096 * pairs, within(1e6));
        assertThat(prefill.floor(3.0e12, FP8_RATE, BF16_RATE))
                .isEqualTo(prefill.fp8Operations() / FP8_RATE + prefill.operations() / BF16_RATE);
        assertThat(eight(WeightForm.BF16).read(0, 1_024).fp8Operations()).isZero();
    }

    @Test
    void continuationsShareTheirPastButSeeNoOther() {
        ModelWork work = eight(WeightForm.FP8);
        assertThat(work.ask(1_064, 1, 40)).isEqualTo(work.read(1_064, 40));
        ModelWork.Call eight = work.ask(1_064, 8, 40);
        ModelWork.Call one = work.ask(1_064, 1, 40);
        assertThat(eight.operations())
                .as("attention and head, eight times")
                .isCloseTo(8 * one.operations(), within(1.0));
        assertThat(eight.bytes() - one.bytes())
                .as("only the new keys and values are more")
                .isEqualTo(2L * 36 * 8 * 128 * 2 * 7 * 40);
    }

    @Test
    void aPictureCostsItsPatchesAndTheSquareOfThem() {
        ModelWork.Call see = eight(WeightForm.FP8).see(64, 64);
        double block = 4 * 1152.0 * 1152 + 2 * 1152.0 * 4304;
        double merger = 4608.0 * 4608 + 4608.0 * 4096;
        double attention = 4.0 * 4096 * 4096 * 1152 * 27;
        assertThat(see.fp8Operations()).as("vision stays BF16").isZero();
        assertThat(see.operations())
                .isCloseTo(2 * 4096 * (27 * block + 1536 * 1152) + 2 * 1024 * 4 * merger + attention, within(1e6));
        assertThat((double) see.bytes())
                .isCloseTo(2 * (27 * block + 1536 * 1152 + 4 * merger + 2304 * 1152), within(2e6));
    }

    @Test
    void aCpuReadsFourBytesANumber() {
        var cpu = new ModelWork(EIGHT, ElementType.F32, _ -> WeightForm.BF16);
        assertThat(cpu.read(0, 1).bytes())
                .isEqualTo(2 * eight(WeightForm.BF16).read(0, 1).bytes());
    }
}
