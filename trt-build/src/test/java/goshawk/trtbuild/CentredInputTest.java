package goshawk.trtbuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against the definition, computed in FP64. */
class CentredInputTest {

    @Test
    void itIsPossibleBehindALayerNormAlone() {
        assertThat(List.of(
                        "model.visual.blocks.3.attn.qkv",
                        "model.visual.blocks.11.mlp.linear_fc1",
                        "model.visual.merger.linear_fc1",
                        "model.visual.deepstack_merger_list.0.linear_fc1"))
                .allMatch(CentredInput::isPossible);
        assertThat(List.of(
                        "model.visual.blocks.3.attn.proj",
                        "model.visual.blocks.3.mlp.linear_fc2",
                        "model.visual.merger.linear_fc2",
                        "model.language_model.layers.0.mlp.up_proj",
                        "lm_head"))
                .noneMatch(CentredInput::isPossible);
    }

    @ParameterizedTest
    @CsvSource({"tiny-f32, F32", "tiny-f32, BF16", "tiny-bf16, BF16", "tiny-fp8, F32", "tiny-fp8-ragged, BF16"})
    void whatIsTakenFromTheNormIsWhatTheLayerAdds(String name, ElementType type) {
        Random random = new Random(11);
        List<String> centred = new ArrayList<>();
        try (Checkpoint checkpoint = Checkpoint.open(Goldens.folder(name))) {
            for (Map.Entry<String, Tensor> linear : checkpoint.linears().entrySet()) {
                if (!CentredInput.isPossible(linear.getKey())) {
                    continue;
                }
                centred.add(linear.getKey());
                Tensor weight = linear.getValue();
                int in = Math.toIntExact(weight.shape().getLast());
                List<Float> mean =
                        random.ints(in, -9, 10).mapToObj(it -> it / 4f).toList();
                check(
                        checkpoint,
                        weight,
                        mean,
                        CentredInput.of(checkpoint, linear.getKey(), weight, mean, type),
                        type == ElementType.F32 ? 1e-6 : 0.004);
            }
        }
        assertThat(centred).contains("model.visual.merger.linear_fc1").hasSizeGreaterThan(4);
    }

    /** @param step between two numbers of the type, as a part of either */
    private static void check(
            Checkpoint checkpoint, Tensor weight, List<Float> mean, CentredInput centred, double step) {
        float[] normBias = WeightRows.numbers(checkpoint, centred.norm());
        float[] bias = WeightRows.numbers(checkpoint, centred.bias());
        int size = normBias.length;
        for (int i = 0; i < size; i++) {
            double sum = 0;
            for (int x = i; x < mean.size(); x += size) {
                sum += mean.get(x);
            }
            double wanted = normBias[i] - sum * size / mean.size();
            assertThat((double) centred.lowered()[i]).isCloseTo(wanted, within(step * Math.abs(wanted) + 1e-6));
        }
        float[] row = new float[mean.size()];
        for (int y = 0; y < bias.length; y++) {
            WeightRows.of(checkpoint, weight).read(y, row);
            double wanted = bias[y];
            for (int x = 0; x < row.length; x++) {
                wanted += (double) row[x] * (normBias[x % size] - centred.lowered()[x % size]);
            }
            assertThat((double) centred.raised()[y]).isCloseTo(wanted, within(1e-5));
        }
    }

    @Test
    void aMeanOfAnotherSizeIsRefused() {
        String linear = "model.visual.blocks.0.attn.qkv";
        try (Checkpoint checkpoint = Checkpoint.open(Goldens.folder("tiny-bf16"))) {
            Tensor weight = checkpoint.vision("blocks.0.attn.qkv.weight");
            assertThatThrownBy(() -> CentredInput.of(checkpoint, linear, weight, List.of(1f, 2f, 3f), ElementType.BF16))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("a mean of 3 numbers for " + linear)
                    .hasMessageContaining("./goshawk engine calibrate");
        }
    }
}
