package goshawk.trtbuild.tensorrt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.trtbuild.Checkpoint;
import goshawk.trtbuild.CheckpointException;
import goshawk.trtbuild.ElementType;
import goshawk.trtbuild.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextTensorsTest {

    private static final String TEXT = "model.language_model.";
    private static final int HIDDEN = 128;
    private static final int MLP = 256;
    private static final int KEYS = 128;
    private static final int VOCABULARY = 50;

    private final List<Tensor> tensors = new ArrayList<>();

    private void add(String name, ElementType type, long... shape) {
        List<Long> sizes = Arrays.stream(shape).boxed().toList();
        long bytes = sizes.stream().reduce((long) type.bytes(), Math::multiplyExact);
        tensors.add(new Tensor(name, type, sizes, Path.of("quantised.safetensors"), 0, bytes));
    }

    private void linear(String name, ElementType type, long out, long in) {
        add(name + ".weight", type, out, type == ElementType.U8 ? in / 2 : in);
        if (type == ElementType.F8_E4M3) {
            add(name + ".weight_scale", ElementType.BF16, out);
            add(name + ".input_scale", ElementType.BF16);
        } else if (type == ElementType.U8) {
            add(name + ".weight_scale", ElementType.BF16, out, 1); // one block
        }
    }

    private TextTensorsTest model(ElementType head) {
        return model(ElementType.F8_E4M3, head);
    }

    private TextTensorsTest model(ElementType layers, ElementType head) {
        for (int i = 0; i < 2; i++) {
            String layer = TEXT + "layers." + i + ".";
            linear(layer + "self_attn.q_proj", layers, HIDDEN, HIDDEN);
            linear(layer + "self_attn.k_proj", layers, KEYS, HIDDEN);
            linear(layer + "self_attn.v_proj", layers, KEYS, HIDDEN);
            linear(layer + "self_attn.o_proj", layers, HIDDEN, HIDDEN);
            linear(layer + "mlp.gate_proj", layers, MLP, HIDDEN);
            linear(layer + "mlp.up_proj", layers, MLP, HIDDEN);
            linear(layer + "mlp.down_proj", layers, HIDDEN, MLP);
            add(layer + "input_layernorm.weight", ElementType.BF16, HIDDEN);
            add(layer + "post_attention_layernorm.weight", ElementType.BF16, HIDDEN);
            add(layer + "self_attn.q_norm.weight", ElementType.BF16, 16);
            add(layer + "self_attn.k_norm.weight", ElementType.BF16, 16);
        }
        add(TEXT + "norm.weight", ElementType.BF16, HIDDEN);
        linear("quantised.lm_head", head, VOCABULARY, HIDDEN);
        linear("model.visual.blocks.0.mlp.linear_fc1", ElementType.F8_E4M3, HIDDEN, HIDDEN);
        Collections.shuffle(tensors, new Random(7));
        return this;
    }

    private static Map<String, Long> byName(TextTensors laid) {
        return laid.offsets().entrySet().stream()
                .collect(Collectors.toMap(entry -> entry.getKey().name(), Map.Entry::getValue));
    }

    @Test
    void whatIsReadAsOneMatrixLiesOneBehindTheOther() {
        TextTensors laid = TextTensors.of(model(ElementType.F8_E4M3).tensors, true);
        Map<String, Long> at = byName(laid);
        String layer = laid.layer(1);
        Function<String, Long> place = name -> Objects.requireNonNull(at.get(layer + name), name);
        assertThat(place.apply("self_attn.k_proj.weight"))
                .isEqualTo(place.apply("self_attn.q_proj.weight") + HIDDEN * HIDDEN);
        assertThat(place.apply("self_attn.v_proj.weight"))
                .isEqualTo(place.apply("self_attn.k_proj.weight") + KEYS * HIDDEN);
        assertThat(place.apply("mlp.up_proj.weight")).isEqualTo(place.apply("mlp.gate_proj.weight") + MLP * HIDDEN);
        assertThat(place.apply("self_attn.v_proj.weight_scale"))
                .isEqualTo(place.apply("self_attn.q_proj.weight_scale") + 2 * (HIDDEN + KEYS));
        assertThat(place.apply("mlp.up_proj.weight_scale"))
                .isEqualTo(place.apply("mlp.gate_proj.weight_scale") + 2 * MLP);
        assertThat(at).containsKeys(laid.head(), Checkpoint.channelScale(laid.head()), laid.norm());
        assertThat(at.keySet()).noneMatch(name -> name.contains("visual") || name.endsWith("input_scale"));
    }

    @Test
    void nothingOverlapsAndMatricesBeginWhereTensorRtWantsThem() {
        TextTensors laid = TextTensors.of(model(ElementType.F8_E4M3).tensors, true);
        long end = 0;
        for (Map.Entry<Tensor, Long> entry : laid.offsets().entrySet()) {
            assertThat(entry.getValue()).as(entry.getKey().name()).isGreaterThanOrEqualTo(end);
            end = entry.getValue() + entry.getKey().bytes();
        }
        assertThat(laid.bytes()).isEqualTo(end);
        assertThat(laid.offsets()).hasSize(2 * (7 + 7 + 4) + 3);
        laid.offsets().forEach((tensor, offset) -> {
            if (tensor.type() == ElementType.F8_E4M3) {
                assertThat(offset % 256).as(tensor.name()).isZero();
            }
        });
    }

    @Test
    void ofAnEngineWhosePlanDecodesMatricesAloneAreThere() {
        TextTensors laid = TextTensors.of(model(ElementType.BF16).tensors, false);
        assertThat(laid.offsets().keySet())
                .hasSize(2 * 7 + 1)
                .allMatch(tensor ->
                        tensor.type() == (tensor.name().equals(laid.head()) ? ElementType.BF16 : ElementType.F8_E4M3));
    }

    @Test
    void matricesInBf16LieAsThoseInE4m3Do() {
        TextTensors laid = TextTensors.of(model(ElementType.BF16, ElementType.BF16).tensors, false);
        Map<String, Long> at = byName(laid);
        assertThat(at)
                .hasSize(2 * 7 + 1)
                .allSatisfy((_, offset) -> assertThat(offset % 256).isZero());
        String mlp = laid.layer(0) + "mlp.";
        assertThat(at.get(mlp + "up_proj.weight"))
                .isEqualTo(Objects.requireNonNull(at.get(mlp + "gate_proj.weight")) + 2 * MLP * HIDDEN);
    }

    /** A plan is given them, too. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void scalesOfFourBitsLieOneBehindTheOther(boolean isWhole) {
        TextTensors laid = TextTensors.of(model(ElementType.U8, ElementType.BF16).tensors, isWhole);
        Map<String, Long> at = byName(laid);
        assertThat(at).hasSize(2 * (7 + 7) + 1 + (isWhole ? 2 * 4 + 1 : 0));
        Function<String, Long> place = name -> Objects.requireNonNull(at.get(laid.layer(1) + name), name);
        assertThat(place.apply("mlp.up_proj.weight")).isEqualTo(place.apply("mlp.gate_proj.weight") + MLP * HIDDEN / 2);
        assertThat(place.apply("mlp.up_proj.weight_scale"))
                .isEqualTo(place.apply("mlp.gate_proj.weight_scale") + 2 * MLP);
        assertThat(place.apply("self_attn.q_proj.weight_scale") % 256).isZero();
    }

    @Test
    void aHeadInBf16HasNoScales() {
        TextTensors laid = TextTensors.of(model(ElementType.BF16).tensors, true);
        assertThat(byName(laid))
                .containsKeys(laid.head(), laid.norm())
                .doesNotContainKey(Checkpoint.channelScale(laid.head()));
    }

    @Test
    void anE4m3MatrixWithoutScalesIsRefused() {
        model(ElementType.F8_E4M3).tensors.removeIf(tensor -> tensor.name().equals("quantised.lm_head.weight_scale"));
        assertThatThrownBy(() -> TextTensors.of(tensors, true))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("quantised.lm_head.weight_scale");
    }

    @Test
    void whatIsMissingIsNamed() {
        model(ElementType.F8_E4M3).tensors.removeIf(tensor -> tensor.name().endsWith("1.self_attn.q_norm.weight"));
        assertThatThrownBy(() -> TextTensors.of(tensors, true))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("layers.1.self_attn.q_norm.weight")
                .hasMessageContaining("build it again");
    }
}
