package goshawk.trtbuild;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.Optional;

/**
 * The sizes in which the dense Qwen3-VL is published. 2B and 8B as in pytorch/torchtitan,
 * {@code torchtitan/experiments/qwen3_vl/__init__.py}; 4B and 32B as in copies of their config.json in public
 * repositories; 262,144 positions and the token ids from the same copies.
 */
public enum PublishedShape {
    B2("2B", 2048, 6144, 28, 16, true, Tower.SMALL),
    B4("4B", 2560, 9728, 36, 32, true, Tower.SMALL),
    B8("8B", 4096, 12288, 36, 32, false, Tower.LARGE),
    B32("32B", 5120, 25600, 64, 64, false, Tower.LARGE);

    private static final int VOCABULARY = 151_936;
    private static final int KV_HEADS = 8;
    private static final int HEAD_SIZE = 128;
    private static final int TAPS = 3;

    private enum Tower {
        SMALL(1024, 4096, 24, 5, 6),
        LARGE(1152, 4304, 27, 8, 8);

        private final int hidden;
        private final int mlp;
        private final int depth;
        private final int firstTap;
        private final int tapEvery;

        Tower(int hidden, int mlp, int depth, int firstTap, int tapEvery) {
            this.hidden = hidden;
            this.mlp = mlp;
            this.depth = depth;
            this.firstTap = firstTap;
            this.tapEvery = tapEvery;
        }
    }

    private final String words;
    private final int hidden;
    private final int mlp;
    private final int layers;
    private final int heads;
    private final boolean isTied;
    private final Tower tower;

    PublishedShape(String words, int hidden, int mlp, int layers, int heads, boolean isTied, Tower tower) {
        this.words = words;
        this.hidden = hidden;
        this.mlp = mlp;
        this.layers = layers;
        this.heads = heads;
        this.isTied = isTied;
        this.tower = tower;
    }

    /** @param words for example {@code 8B} */
    public static Optional<PublishedShape> named(String words) {
        return Arrays.stream(values())
                .filter(shape -> shape.words.equalsIgnoreCase(words))
                .findFirst();
    }

    /** {@code config.json}, as it is published. */
    public ObjectNode config() {
        ObjectNode config = new ObjectMapper().createObjectNode();
        config.putArray("architectures").add("Qwen3VLForConditionalGeneration");
        config.put("model_type", ModelConfig.ARCHITECTURE);
        config.put("image_token_id", 151_655).put("video_token_id", 151_656);
        config.put("vision_start_token_id", 151_652).put("vision_end_token_id", 151_653);
        config.put("tie_word_embeddings", isTied).put("dtype", "bfloat16");
        text(config.putObject("text_config"));
        vision(config.putObject("vision_config"));
        return config;
    }

    private void text(ObjectNode text) {
        text.put("model_type", "qwen3_vl_text").put("vocab_size", VOCABULARY);
        text.put("hidden_size", hidden).put("intermediate_size", mlp).put("num_hidden_layers", layers);
        text.put("num_attention_heads", heads)
                .put("num_key_value_heads", KV_HEADS)
                .put("head_dim", HEAD_SIZE);
        text.put("hidden_act", "silu").put("rms_norm_eps", 1e-6).put("attention_bias", false);
        text.put("max_position_embeddings", 262_144).put("rope_theta", 5_000_000);
        text.put("tie_word_embeddings", isTied);
        ObjectNode rope = text.putObject("rope_scaling");
        rope.put("rope_type", "default").put("mrope_interleaved", true);
        rope.putArray("mrope_section").add(24).add(20).add(20);
    }

    private void vision(ObjectNode vision) {
        vision.put("model_type", ModelConfig.ARCHITECTURE).put("depth", tower.depth);
        vision.put("hidden_size", tower.hidden)
                .put("intermediate_size", tower.mlp)
                .put("num_heads", 16);
        vision.put("in_channels", 3)
                .put("patch_size", 16)
                .put("temporal_patch_size", 2)
                .put("spatial_merge_size", 2);
        vision.put("out_hidden_size", hidden).put("num_position_embeddings", 2304);
        vision.put("hidden_act", "gelu_pytorch_tanh");
        ArrayNode taps = vision.putArray("deepstack_visual_indexes");
        for (int tap = 0; tap < TAPS; tap++) {
            taps.add(tower.firstTap + tap * tower.tapEvery);
        }
    }
}
