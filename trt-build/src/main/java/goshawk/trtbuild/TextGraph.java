package goshawk.trtbuild;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The language model: tokens and what was read before in, logits of the tokens that follow out.
 *
 * <p>Inputs, for {@code S} new tokens after {@code P} earlier ones, {@code T = P + S}: {@code input_ids [S]}; {@code
 * vision_features [1 + taps, M, hidden]}, {@code vision_index [S]} (its row for each token, 0 for text) and {@code
 * vision_mask [S, 1]} (1 for picture tokens); {@code cos} and {@code sin [S, head size / 2]}; {@code past_key.L} and
 * {@code past_value.L [1, kv heads, P, head size]}; {@code attention_mask [1, 1, S, T]}, 0 where a token may look and −1e9
 * elsewhere: new tokens may belong to several continuations that do not see each other; {@code logits_index [R]}, the new
 * tokens that are asked what follows. The fused form also takes {@code last_index [1]} (T − 1) and {@code total []} (T), and
 * never lets a token look at later ones. A profile whose table is outside takes {@code words [S, hidden]}, rows of the
 * embedding table, in the place of {@code input_ids}. Numbers have the type of the activations, logits FP32. Outputs {@code logits [R, vocabulary]} and {@code present_key.L}, {@code
 * present_value.L [1, kv heads, T, head size]}.
 */
final class TextGraph {

    private final ModelConfig.Text config;
    private final Checkpoint checkpoint;
    private final Graph graph;
    private final Layers layers;
    private final TargetProfile profile;
    private final ElementType activations;
    private final int taps;

    TextGraph(Checkpoint checkpoint, TargetProfile profile, Graph graph) {
        this.config = checkpoint.config().text();
        this.checkpoint = checkpoint;
        this.graph = graph;
        this.layers = new Layers(graph, checkpoint, profile);
        this.profile = profile;
        this.activations = profile.activations();
        this.taps = checkpoint.config().vision().taps().size();
    }

    byte[] toOnnx() {
        int hidden = config.hidden();
        String said = profile.isTableOutside()
                ? graph.input("words", activations, "S", hidden)
                : graph.input("input_ids", ElementType.I64, "S");
        String features = graph.input("vision_features", activations, 1 + taps, "M", hidden);
        String index = graph.input("vision_index", ElementType.I64, "S");
        String mask = graph.input("vision_mask", activations, "S", 1);
        String cos = graph.input("cos", activations, "S", config.headSize() / 2);
        String sin = graph.input("sin", activations, "S", config.headSize() / 2);
        String allowed = graph.input("attention_mask", activations, 1, 1, "S", "T");
        String asked = graph.input("logits_index", ElementType.I64, "R");

        List<String> seen = IntStream.rangeClosed(0, taps)
                .mapToObj(level -> picture(features, level, index))
                .toList();
        String words = profile.isTableOutside()
                ? said
                : layers.rows(tensor("embed_tokens.weight"), said, config.vocabulary(), hidden);
        String isPicture =
                graph.op("Cast", mask).with("to", ElementType.BOOL.onnx()).out();
        String x = graph.op("Where", isPicture, seen.getFirst(), words).out();
        Attention attention = layers.fused() ? fused(cos, sin, allowed) : primitive(cos, sin, allowed);
        for (int i = 0; i < config.layers(); i++) {
            x = layer(x, i, attention);
            if (i < taps) {
                x = add(x, graph.op("Mul", seen.get(1 + i), mask).out());
            }
        }
        String last = graph.op("Gather", x, asked).with("axis", 0).out();
        String normed = layers.rmsNorm(last, tensor("norm.weight"), hidden, config.normEpsilon());
        layers.logits(normed, checkpoint.head(), config.vocabulary(), hidden, "logits");
        graph.output("logits", ElementType.F32, "R", config.vocabulary());
        return graph.toOnnx();
    }

    /** Attention of one layer over {@code [S, heads · size]} of queries, keys and values, the first two normalised. */
    private interface Attention {
        String attend(String query, String key, String value, String pastKey, String pastValue, int layer);
    }

    private String layer(String x, int i, Attention attention) {
        String name = "layers.%d.".formatted(i);
        int hidden = config.hidden();
        int size = config.headSize();
        long queries = (long) config.heads() * size;
        long keys = (long) config.kvHeads() * size;
        String normed = norm(x, name + "input_layernorm", hidden);
        String query = linear(normed, name + "self_attn.q_proj", queries, hidden);
        String key = linear(normed, name + "self_attn.k_proj", keys, hidden);
        String value = linear(normed, name + "self_attn.v_proj", keys, hidden);
        String pastKey = graph.input("past_key." + i, activations, 1, config.kvHeads(), "P", size);
        String pastValue = graph.input("past_value." + i, activations, 1, config.kvHeads(), "P", size);
        String attended = attention.attend(
                perHead(query, name + "self_attn.q_norm", config.heads()),
                perHead(key, name + "self_attn.k_norm", config.kvHeads()),
                reshape(value, 1, -1, config.kvHeads(), size),
                pastKey,
                pastValue,
                i);
        graph.output("present_key." + i, activations, 1, config.kvHeads(), "T", size);
        graph.output("present_value." + i, activations, 1, config.kvHeads(), "T", size);
        String y = add(x, linear(reshape(attended, -1, queries), name + "self_attn.o_proj", hidden, queries));

        String h = norm(y, name + "post_attention_layernorm", hidden);
        String gate = linear(h, name + "mlp.gate_proj", config.mlp(), hidden);
        String up = linear(h, name + "mlp.up_proj", config.mlp(), hidden);
        String active = graph.op("Mul", gate, graph.op("Sigmoid", gate).out()).out();
        String mixed = graph.op("Mul", active, up).out();
        return add(y, linear(mixed, name + "mlp.down_proj", hidden, config.mlp()));
    }

    /** Normalises each head by itself: {@code [1, S, heads, size]}. */
    private String perHead(String x, String name, int heads) {
        return norm(reshape(x, 1, -1, heads, config.headSize()), name, config.headSize());
    }

    private Attention fused(String cos, String sin, String allowed) {
        String lastIndex = graph.input("last_index", ElementType.I32, 1);
        String total = graph.input("total", ElementType.I32);
        int size = config.headSize();
        long queries = (long) config.heads() * size;
        long keys = (long) config.kvHeads() * size;
        return (query, key, value, pastKey, pastValue, i) -> {
            String q = layers.rotateFused(reshape(query, 1, -1, queries), cos, sin, config.heads(), size);
            String k = layers.rotateFused(reshape(key, 1, -1, keys), cos, sin, config.kvHeads(), size);
            String v = reshape(value, 1, -1, keys);
            // Left out: caches of cosines and sines, and positions. They are applied above.
            return graph.op("GroupQueryAttention", q, k, v, pastKey, pastValue, lastIndex, total, "", "", "", allowed)
                    .in(Graph.MICROSOFT)
                    .with("num_heads", config.heads())
                    .with("kv_num_heads", config.kvHeads())
                    .as(List.of("attended." + i, "present_key." + i, "present_value." + i))
                    .getFirst();
        };
    }

    private Attention primitive(String cos, String sin, String allowed) {
        String grouped = graph.op("Unsqueeze", allowed, graph.longs(1)).out();
        int size = config.headSize();
        long kvHeads = config.kvHeads();
        long group = config.heads() / kvHeads;
        return (query, key, value, pastKey, pastValue, i) -> {
            String q = layers.rotate(headsFirst(query), cos, sin, size);
            String k = layers.rotate(headsFirst(key), cos, sin, size);
            String allKeys = graph.op("Concat", pastKey, k).with("axis", 2).as("present_key." + i);
            String allValues = graph.op("Concat", pastValue, headsFirst(value))
                    .with("axis", 2)
                    .as("present_value." + i);
            // The queries are grouped by the key head they share, instead of repeating keys and values.
            String scaled = graph.op("Mul", q, layers.number((float) (1 / Math.sqrt(size))))
                    .out();
            String groups = reshape(scaled, 1, kvHeads, group, -1, size);
            String turned = graph.op(
                            "Transpose",
                            graph.op("Unsqueeze", allKeys, graph.longs(2)).out())
                    .with("perm", List.of(0, 1, 2, 4, 3))
                    .out();
            String scores = graph.op("Add", graph.op("MatMul", groups, turned).out(), grouped)
                    .out();
            String weights = graph.op("Softmax", scores).with("axis", -1).out();
            String mixed = graph.op(
                            "MatMul",
                            weights,
                            graph.op("Unsqueeze", allValues, graph.longs(2)).out())
                    .out();
            return headsFirst(reshape(mixed, 1, config.heads(), -1, size));
        };
    }

    /** Swaps tokens and heads of {@code [1, a, b, size]}. */
    private String headsFirst(String x) {
        return graph.op("Transpose", x).with("perm", List.of(0, 2, 1, 3)).out();
    }

    private String picture(String features, int level, String index) {
        String one =
                graph.op("Gather", features, graph.longs(level)).with("axis", 0).out();
        return graph.op("Gather", graph.op("Squeeze", one, graph.longs(0)).out(), index)
                .with("axis", 0)
                .out();
    }

    private String linear(String x, String name, long out, long in) {
        return layers.linear(x, tensor(name + ".weight"), Optional.empty(), out, in);
    }

    private String norm(String x, String name, long size) {
        return layers.rmsNorm(x, tensor(name + ".weight"), size, config.normEpsilon());
    }

    private String add(String x, String y) {
        return graph.op("Add", x, y).out();
    }

    private String reshape(String x, long... shape) {
        return graph.op("Reshape", x, graph.longs(shape)).out();
    }

    private Tensor tensor(String name) {
        return checkpoint.text(name);
    }
}
