package goshawk.trtbuild;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The sizes of one Qwen3-VL model, all of them from its {@code config.json}.
 *
 * @param tiedHead whether the output layer is the embedding table
 * @param dtype the type that the checkpoint was saved in, as written; for the manifest
 * @param fp8Block rows and columns that share a scale, where the checkpoint has block-FP8 weights
 */
public record ModelConfig(
        Text text, Vision vision, Tokens tokens, boolean tiedHead, String dtype, Optional<Block> fp8Block) {

    /** The value of {@code model_type} that this product knows. */
    public static final String ARCHITECTURE = "qwen3_vl";

    /**
     * The language model.
     *
     * @param heads query heads
     * @param kvHeads key and value heads; divides {@code heads}
     * @param headSize even
     * @param ropeSections frequencies that belong to time, height and width; their sum is half of {@code headSize}
     * @param maxPositions positions that the model knows, stretched ones included
     */
    public record Text(
            int vocabulary,
            int hidden,
            int mlp,
            int layers,
            int heads,
            int kvHeads,
            int headSize,
            float normEpsilon,
            double ropeTheta,
            List<Integer> ropeSections,
            int maxPositions,
            RopeScaling ropeScaling) {

        public Text {
            ropeSections = List.copyOf(ropeSections);
            require(
                    heads % kvHeads == 0,
                    "num_attention_heads %d is no multiple of num_key_value_heads %d".formatted(heads, kvHeads));
            require(headSize % 2 == 0, "head_dim %d is odd".formatted(headSize));
            int sum = ropeSections.stream().mapToInt(Integer::intValue).sum();
            require(
                    ropeSections.size() == 3 && sum == headSize / 2,
                    "mrope_section %s does not fill head_dim %d / 2".formatted(ropeSections, headSize));
        }
    }

    /**
     * The vision tower.
     *
     * @param merge patches along each side that become one token
     * @param positionSide rows and columns of the learned position table
     * @param outHidden the language model's hidden size
     * @param taps blocks after which DeepStack takes features, ascending
     */
    public record Vision(
            int depth,
            int hidden,
            int heads,
            int mlp,
            int channels,
            int patch,
            int temporalPatch,
            int merge,
            int positionSide,
            int outHidden,
            List<Integer> taps) {

        public Vision {
            taps = List.copyOf(taps);
            require(
                    hidden % heads == 0,
                    "vision hidden_size %d is no multiple of num_heads %d".formatted(hidden, heads));
            require(hidden / heads % 4 == 0, "vision head size %d is no multiple of 4".formatted(hidden / heads));
            for (int tap : taps) {
                require(
                        tap >= 0 && tap < depth,
                        "deepstack_visual_indexes has %d, the depth is %d".formatted(tap, depth));
            }
        }

        public int headSize() {
            return hidden / heads;
        }

        /** Numbers in one patch. */
        public int patchSize() {
            return channels * temporalPatch * patch * patch;
        }
    }

    /** Ids of the tokens that stand for pictures. */
    public record Tokens(int image, int video, int visionStart, int visionEnd) {

        /** Whether a token takes the place of something seen. */
        public boolean isPicture(int token) {
            return token == image || token == video;
        }
    }

    /** The part of a weight matrix that shares one scale. */
    public record Block(int rows, int columns) {}

    /**
     * Reads {@code config.json}.
     *
     * @throws CheckpointException if it is missing, broken, of another architecture or contradicts itself
     */
    public static ModelConfig read(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new CheckpointException("%s is missing; is %s a Hugging Face checkpoint folder?"
                    .formatted(file, file.toAbsolutePath().getParent()));
        }
        JsonNode root;
        try {
            root = new ObjectMapper().readTree(file.toFile());
        } catch (IOException e) {
            throw new CheckpointException("%s cannot be read as JSON; download it again".formatted(file), e);
        }
        try {
            return parse(root);
        } catch (IllegalArgumentException e) {
            throw new CheckpointException(
                    "%s: %s; use an unmodified Qwen3-VL checkpoint".formatted(file, e.getMessage()), e);
        }
    }

    /**
     * Takes a {@code config.json} that was read.
     *
     * @throws CheckpointException as {@link #read}
     */
    static ModelConfig of(JsonNode root) {
        try {
            return parse(root);
        } catch (IllegalArgumentException e) {
            throw new CheckpointException("config.json: %s".formatted(e.getMessage()), e);
        }
    }

    private static ModelConfig parse(JsonNode root) {
        String type = root.path("model_type").asText("none");
        require(
                type.equals(ARCHITECTURE),
                "model_type is '%s'%s, this product runs '%s'"
                        .formatted(type, type.endsWith("_moe") ? " (a mixture of experts)" : "", ARCHITECTURE));
        JsonNode text = object(root, "text_config");
        JsonNode vision = object(root, "vision_config");
        return new ModelConfig(
                text(text),
                vision(vision),
                new Tokens(
                        integer(root, "image_token_id"),
                        integer(root, "video_token_id"),
                        integer(root, "vision_start_token_id"),
                        integer(root, "vision_end_token_id")),
                root.path("tie_word_embeddings")
                        .asBoolean(text.path("tie_word_embeddings").asBoolean(false)),
                firstText(root, text, "dtype", "torch_dtype"),
                block(root.path("quantization_config")));
    }

    private static Text text(JsonNode text) {
        require(text.path("hidden_act").asText("silu").equals("silu"), "hidden_act of the text is not silu");
        require(!text.path("attention_bias").asBoolean(false), "attention_bias is true");
        JsonNode rope =
                text.path("rope_parameters").isObject() ? text.path("rope_parameters") : text.path("rope_scaling");
        int maxPositions = text.path("max_position_embeddings").asInt(Integer.MAX_VALUE);
        require(rope.path("mrope_interleaved").asBoolean(true), "mrope_interleaved is false");
        JsonNode theta = rope.has("rope_theta") ? rope.path("rope_theta") : text.path("rope_theta");
        require(theta.isNumber(), "rope_theta is missing");
        int heads = integer(text, "num_attention_heads");
        int hidden = integer(text, "hidden_size");
        return new Text(
                integer(text, "vocab_size"),
                hidden,
                integer(text, "intermediate_size"),
                integer(text, "num_hidden_layers"),
                heads,
                text.path("num_key_value_heads").asInt(heads),
                text.path("head_dim").asInt(hidden / heads),
                (float) text.path("rms_norm_eps").asDouble(1e-6),
                theta.asDouble(),
                integers(rope, "mrope_section"),
                maxPositions,
                RopeScaling.of(rope, maxPositions));
    }

    private static Vision vision(JsonNode vision) {
        String activation = vision.path("hidden_act").asText("gelu_pytorch_tanh");
        require(activation.equals("gelu_pytorch_tanh"), "hidden_act of the vision tower is '%s'".formatted(activation));
        int positions = integer(vision, "num_position_embeddings");
        int side = Math.toIntExact(Math.round(Math.sqrt(positions)));
        require(side * side == positions, "num_position_embeddings %d is no square".formatted(positions));
        return new Vision(
                integer(vision, "depth"),
                integer(vision, "hidden_size"),
                integer(vision, "num_heads"),
                integer(vision, "intermediate_size"),
                vision.path("in_channels").asInt(3),
                integer(vision, "patch_size"),
                integer(vision, "temporal_patch_size"),
                integer(vision, "spatial_merge_size"),
                side,
                integer(vision, "out_hidden_size"),
                integers(vision, "deepstack_visual_indexes"));
    }

    private static Optional<Block> block(JsonNode quantization) {
        if (!quantization.isObject()) {
            return Optional.empty();
        }
        String method = quantization.path("quant_method").asText("none");
        require(
                method.equals("fp8"),
                "quant_method is '%s', this product reads 'fp8' and unquantised weights".formatted(method));
        List<Integer> size = integers(quantization, "weight_block_size");
        require(size.size() == 2 && size.get(0) > 0 && size.get(1) > 0, "weight_block_size is %s".formatted(size));
        return Optional.of(new Block(size.get(0), size.get(1)));
    }

    private static JsonNode object(JsonNode parent, String key) {
        JsonNode node = parent.path(key);
        require(node.isObject(), "%s is missing".formatted(key));
        return node;
    }

    /** A size or an id: present and not negative. */
    private static int integer(JsonNode parent, String key) {
        JsonNode node = parent.path(key);
        require(node.canConvertToInt() && node.asInt() >= 0, "%s is missing or no whole number".formatted(key));
        return node.asInt();
    }

    private static List<Integer> integers(JsonNode parent, String key) {
        JsonNode node = parent.path(key);
        require(node.isArray(), "%s is missing".formatted(key));
        var values = new ArrayList<Integer>();
        node.forEach(value -> values.add(value.asInt(-1)));
        return values;
    }

    private static String firstText(JsonNode root, JsonNode text, String... keys) {
        for (JsonNode node : List.of(root, text)) {
            for (String key : keys) {
                if (node.path(key).isTextual()) {
                    return node.path(key).asText();
                }
            }
        }
        return "unknown";
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }
}
