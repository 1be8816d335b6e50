package goshawk.trtbuild;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The vision tower: patches in, one row a picture token out.
 *
 * <p>Inputs, for {@code N = frames · n} patches in merge order: {@code pixel_values [N, patch size]}, {@code
 * position_index [N, 4]} and {@code position_weight [N, 4, 1]} (four neighbours in the learned table), {@code cos} and
 * {@code sin [n, head size / 2]} of one frame; numbers have the type of the activations. Output {@code vision_features [1 + taps, N / merge², out hidden]}: the
 * picture tokens, then what DeepStack adds after the first text layers.
 */
final class VisionGraph {

    private final ModelConfig.Vision config;
    private final Checkpoint checkpoint;
    private final Graph graph;
    private final Layers layers;
    private final ElementType activations;

    VisionGraph(Checkpoint checkpoint, TargetProfile profile, Graph graph) {
        this.config = checkpoint.config().vision();
        this.checkpoint = checkpoint;
        this.graph = graph;
        this.layers = new Layers(graph, checkpoint, profile);
        this.activations = profile.activations();
    }

    byte[] toOnnx() {
        int hidden = config.hidden();
        String pixels = graph.input("pixel_values", activations, "N", config.patchSize());
        String index = graph.input("position_index", ElementType.I64, "N", 4);
        String weight = graph.input("position_weight", activations, "N", 4, 1);
        String cos = graph.input("cos", activations, "n", config.headSize() / 2);
        String sin = graph.input("sin", activations, "n", config.headSize() / 2);

        String x = layers.linear(
                pixels, tensor("patch_embed.proj.weight"), bias("patch_embed.proj"), hidden, config.patchSize());
        x = add(x, positions(index, weight));
        var features = new ArrayList<String>();
        for (int i = 0; i < config.depth(); i++) {
            x = block(x, "blocks.%d.".formatted(i), cos, sin);
            int tap = config.taps().indexOf(i);
            if (tap >= 0) {
                features.add(row(merger(x, "deepstack_merger_list.%d.".formatted(tap), Norm.AFTER_SHUFFLE)));
            }
        }
        features.addFirst(row(merger(x, "merger.", Norm.BEFORE_SHUFFLE)));
        graph.op("Concat", features.toArray(String[]::new)).with("axis", 0).as("vision_features");
        graph.output("vision_features", activations, features.size(), "M", config.outHidden());
        return graph.toOnnx();
    }

    private String positions(String index, String weight) {
        long entries = (long) config.positionSide() * config.positionSide();
        String table = layers.plain(tensor("pos_embed.weight"), entries, config.hidden());
        String four = graph.op("Gather", table, index).with("axis", 0).out();
        return graph.op("ReduceSum", graph.op("Mul", four, weight).out(), graph.longs(1))
                .with("keepdims", 0)
                .out();
    }

    private String block(String x, String name, String cos, String sin) {
        int hidden = config.hidden();
        String normed = norm(x, name + "norm1", hidden);
        String qkv =
                layers.linear(normed, tensor(name + "attn.qkv.weight"), bias(name + "attn.qkv"), 3L * hidden, hidden);
        String attended = layers.fused() ? attendFused(qkv, cos, sin) : attend(qkv, cos, sin);
        String y = add(
                x,
                layers.linear(attended, tensor(name + "attn.proj.weight"), bias(name + "attn.proj"), hidden, hidden));
        String up = layers.linear(
                norm(y, name + "norm2", hidden),
                tensor(name + "mlp.linear_fc1.weight"),
                bias(name + "mlp.linear_fc1"),
                config.mlp(),
                hidden);
        String active = graph.op("Gelu", up).with("approximate", "tanh").out();
        return add(
                y,
                layers.linear(
                        active,
                        tensor(name + "mlp.linear_fc2.weight"),
                        bias(name + "mlp.linear_fc2"),
                        hidden,
                        config.mlp()));
    }

    /** Full attention inside each frame: frames are the batch. */
    private String attendFused(String qkv, String cos, String sin) {
        int hidden = config.hidden();
        int heads = config.heads();
        int size = config.headSize();
        String frames = graph.op("Reshape", qkv, shape(cos, 3L * hidden)).out();
        List<String> parts = graph.op("Split", frames, graph.longs(2L * hidden, hidden))
                .with("axis", -1)
                .outs(2);
        String rotated = layers.rotateFused(parts.get(0), cos, sin, 2L * heads, size);
        List<String> queryKey = graph.op("Split", rotated, graph.longs(hidden, hidden))
                .with("axis", -1)
                .outs(2);
        String attended = graph.op("MultiHeadAttention", queryKey.get(0), queryKey.get(1), parts.get(1))
                .in(Graph.MICROSOFT)
                .with("num_heads", heads)
                .out();
        return graph.op("Reshape", attended, graph.longs(-1, hidden)).out();
    }

    private String attend(String qkv, String cos, String sin) {
        int heads = config.heads();
        int size = config.headSize();
        String split = graph.op("Reshape", qkv, shape(cos, 3, heads, size)).out();
        // [frames, n, 3, heads, size] → [3, frames, heads, n, size]
        String apart = graph.op("Transpose", split)
                .with("perm", List.of(2, 0, 3, 1, 4))
                .out();
        List<String> parts = graph.op("Split", apart, graph.longs(1, 1, 1)).with("axis", 0).outs(3).stream()
                .map(part -> graph.op("Squeeze", part, graph.longs(0)).out())
                .toList();
        String query = layers.rotate(parts.get(0), cos, sin, size);
        String key = layers.rotate(parts.get(1), cos, sin, size);
        String scaled = graph.op("Mul", query, layers.number((float) (1 / Math.sqrt(size))))
                .out();
        String turned =
                graph.op("Transpose", key).with("perm", List.of(0, 1, 3, 2)).out();
        String scores = graph.op("Softmax", graph.op("MatMul", scaled, turned).out())
                .with("axis", -1)
                .out();
        String attended = graph.op("MatMul", scores, parts.get(2)).out();
        String together = graph.op("Transpose", attended)
                .with("perm", List.of(0, 2, 1, 3))
                .out();
        return graph.op("Reshape", together, graph.longs(-1, config.hidden())).out();
    }

    /** The shape {@code [frames, n, rest…]}, with n taken from the tables of one frame. */
    private String shape(String cos, long... rest) {
        String patches = graph.op("Shape", cos).with("start", 0).with("end", 1).out();
        return graph.op("Concat", graph.longs(-1), patches, graph.longs(rest))
                .with("axis", 0)
                .out();
    }

    private enum Norm {
        BEFORE_SHUFFLE,
        AFTER_SHUFFLE
    }

    /** Makes one token of merge² patches, which lie next to each other. */
    private String merger(String x, String name, Norm order) {
        long hidden = config.hidden();
        long wide = hidden * config.merge() * config.merge();
        String shuffled = switch (order) {
            case BEFORE_SHUFFLE -> together(norm(x, name + "norm", hidden), wide);
            case AFTER_SHUFFLE -> norm(together(x, wide), name + "norm", wide);
        };
        String h = layers.linear(shuffled, tensor(name + "linear_fc1.weight"), bias(name + "linear_fc1"), wide, wide);
        return layers.linear(
                graph.op("Gelu", h).out(),
                tensor(name + "linear_fc2.weight"),
                bias(name + "linear_fc2"),
                config.outHidden(),
                wide);
    }

    private String together(String x, long wide) {
        return graph.op("Reshape", x, graph.longs(-1, wide)).out();
    }

    private String row(String x) {
        return graph.op("Unsqueeze", x, graph.longs(0)).out();
    }

    private String norm(String x, String name, long size) {
        return layers.layerNorm(x, tensor(name + ".weight"), tensor(name + ".bias"), size);
    }

    private String add(String x, String y) {
        return graph.op("Add", x, y).out();
    }

    private Tensor tensor(String name) {
        return checkpoint.vision(name);
    }

    private Optional<Tensor> bias(String name) {
        return Optional.of(tensor(name + ".bias"));
    }
}
