package goshawk.trtbuild;

import java.util.ArrayList;
import java.util.List;

/** Names and shapes of all weights of a model, as Hugging Face's checkpoints have them. */
final class ModelTensors {

    static final String TEXT = "model.language_model.";
    static final String VISION = "model.visual.";

    /** What a tensor does; random weights differ by it. */
    enum Role {
        /** The embedding table. */
        TABLE,
        /** A matrix that reads the residual stream. */
        READER,
        /** A matrix that is added to the residual stream. */
        WRITER,
        /** A matrix whose result stands in the place of an embedding. */
        PICTURE,
        /** The output layer. */
        HEAD,
        GAIN,
        BIAS
    }

    /**
     * @param isQuantised in block-FP8 checkpoints
     */
    record Planned(String name, Role role, boolean isQuantised, List<Long> shape) {}

    private final List<Planned> planned = new ArrayList<>();

    private ModelTensors() {}

    static List<Planned> of(ModelConfig config) {
        var tensors = new ModelTensors();
        tensors.text(config.text());
        tensors.vision(config.vision());
        if (!config.tiedHead()) {
            tensors.add(
                    "lm_head.weight",
                    Role.HEAD,
                    config.text().vocabulary(),
                    config.text().hidden());
        }
        return List.copyOf(tensors.planned);
    }

    private void text(ModelConfig.Text text) {
        int hidden = text.hidden();
        int queries = text.heads() * text.headSize();
        int keys = text.kvHeads() * text.headSize();
        add(TEXT + "embed_tokens.weight", Role.TABLE, text.vocabulary(), hidden);
        for (int i = 0; i < text.layers(); i++) {
            String layer = TEXT + "layers.%d.".formatted(i);
            add(layer + "input_layernorm.weight", Role.GAIN, hidden);
            quantised(layer + "self_attn.q_proj.weight", Role.READER, queries, hidden);
            quantised(layer + "self_attn.k_proj.weight", Role.READER, keys, hidden);
            quantised(layer + "self_attn.v_proj.weight", Role.READER, keys, hidden);
            quantised(layer + "self_attn.o_proj.weight", Role.WRITER, hidden, queries);
            add(layer + "self_attn.q_norm.weight", Role.GAIN, text.headSize());
            add(layer + "self_attn.k_norm.weight", Role.GAIN, text.headSize());
            add(layer + "post_attention_layernorm.weight", Role.GAIN, hidden);
            quantised(layer + "mlp.gate_proj.weight", Role.READER, text.mlp(), hidden);
            quantised(layer + "mlp.up_proj.weight", Role.READER, text.mlp(), hidden);
            quantised(layer + "mlp.down_proj.weight", Role.WRITER, hidden, text.mlp());
        }
        add(TEXT + "norm.weight", Role.GAIN, hidden);
    }

    private void vision(ModelConfig.Vision vision) {
        int hidden = vision.hidden();
        String patches = VISION + "patch_embed.proj";
        add(
                patches + ".weight",
                Role.READER,
                hidden,
                vision.channels(),
                vision.temporalPatch(),
                vision.patch(),
                vision.patch());
        add(patches + ".bias", Role.BIAS, hidden);
        add(VISION + "pos_embed.weight", Role.BIAS, (long) vision.positionSide() * vision.positionSide(), hidden);
        for (int i = 0; i < vision.depth(); i++) {
            String block = VISION + "blocks.%d.".formatted(i);
            norm(block + "norm1", hidden);
            linear(block + "attn.qkv", Role.READER, 3 * hidden, hidden);
            linear(block + "attn.proj", Role.WRITER, hidden, hidden);
            norm(block + "norm2", hidden);
            linear(block + "mlp.linear_fc1", Role.READER, vision.mlp(), hidden);
            linear(block + "mlp.linear_fc2", Role.WRITER, hidden, vision.mlp());
        }
        merger(VISION + "merger.", vision, hidden);
        for (int tap = 0; tap < vision.taps().size(); tap++) {
            merger(VISION + "deepstack_merger_list.%d.".formatted(tap), vision, wide(vision));
        }
    }

    private void merger(String name, ModelConfig.Vision vision, int normed) {
        norm(name + "norm", normed);
        linear(name + "linear_fc1", Role.READER, wide(vision), wide(vision));
        linear(name + "linear_fc2", Role.PICTURE, vision.outHidden(), wide(vision));
    }

    private static int wide(ModelConfig.Vision vision) {
        return vision.hidden() * vision.merge() * vision.merge();
    }

    private void norm(String name, int size) {
        add(name + ".weight", Role.GAIN, size);
        add(name + ".bias", Role.BIAS, size);
    }

    private void linear(String name, Role role, int out, int in) {
        add(name + ".weight", role, out, in);
        add(name + ".bias", Role.BIAS, out);
    }

    private void quantised(String name, Role role, long out, long in) {
        planned.add(new Planned(name, role, true, List.of(out, in)));
    }

    private void add(String name, Role role, long... shape) {
        List<Long> sizes = new ArrayList<>();
        for (long size : shape) {
            sizes.add(size);
        }
        planned.add(new Planned(name, role, false, List.copyOf(sizes)));
    }
}
