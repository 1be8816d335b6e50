package goshawk.trtbuild;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The vision tower: patches in, one row a picture token out.
 *
 * <p>Inputs, for {@code N = frames · n} patches in merge order: {@code pixel_values [N, patch size]}, {@code
 * position_index [N, 4]} and {@code position_weight [N, 4, 1]} (four neighbours in the learned table), {@code cos} and
 * {@code sin [n, head size / 2]} of one frame; pixels are FP32, other numbers have the type of the activations; for TensorRT there is one frame. Output {@code vision_features [1 + taps, N / merge², out hidden]}: the
 * picture tokens, then what DeepStack adds after the first text layers.
 */
final class VisionGraph {

    private final ModelConfig.Vision config;
    private final Checkpoint checkpoint;
    private final Graph graph;
    private final Layers layers;
    private final ElementType activations;
    private final boolean isOneFrame;

    VisionGraph(Checkpoint checkpoint, TargetProfile profile, Graph graph) {
        this.config = checkpoint.config().vision();
        this.checkpoint = checkpoint;
        this.graph = graph;
        this.layers = new Layers(graph, checkpoint, profile, false);
        this.activations = profile.activations();
        this.isOneFrame = profile.isForDevice();
    }

    byte[] toOnnx() {
        int hidden = config.hidden();
        String pixels = layers.activation(
                graph.input("pixel_values", ElementType.F32, "N", config.patchSize()), ElementType.F32);
        String index = graph.input("position_index", ElementType.I64, "N", 4);
        String weight = graph.input("position_weight", activations, "N", 4, 1);
        String cos = graph.input("cos", activations, "n", config.headSize() / 2);
        String sin = graph.input("sin", activations, "n", config.headSize() / 2);

        String x = layers.linear(
                pixels, tensor("patch_embed.proj.weight"), bias("patch_embed.proj"), hidden, config.patchSize());
        var stream = new Stream(x, positions(index, weight));
        var features = new ArrayList<String>();
        for (int i = 0; i < config.depth(); i++) {
            Layers.Normed before = addNorm(stream, "blocks.%d.norm1".formatted(i));
            tap(i - 1, before.sum()).ifPresent(features::add);
            stream = block(before, "blocks.%d.".formatted(i), cos, sin);
        }
        Layers.Normed last = addNorm(stream, "merger.norm");
        tap(config.depth() - 1, last.sum()).ifPresent(features::add);
        features.addFirst(row(merger(together(last.normed()), "merger.")));
        graph.op("Concat", features.toArray(String[]::new)).with("axis", 0).as("vision_features");
        graph.output("vision_features", activations, features.size(), "M", config.outHidden());
        return graph.toOnnx();
    }

    /** Activations that are still to be added up: the next normalisation does it on its way. */
    private record Stream(String x, String more) {}

    /** What DeepStack takes behind a block, if it does there. */
    private Optional<String> tap(int block, String x) {
        int tap = config.taps().indexOf(block);
        if (tap < 0) {
            return Optional.empty();
        }
        String name = "deepstack_merger_list.%d.".formatted(tap);
        return Optional.of(row(merger(norm(together(x), name + "norm", wide()), name)));
    }

    private String positions(String index, String weight) {
        long entries = (long) config.positionSide() * config.positionSide();
        String table = layers.plain(tensor("pos_embed.weight"), entries, config.hidden());
        String four = graph.op("Gather", table, index).with("axis", 0).out();
        return graph.op("ReduceSum", graph.op("Mul", four, weight).out(), graph.longs(1))
                .with("keepdims", 0)
                .out();
    }

    private Stream block(Layers.Normed before, String name, String cos, String sin) {
        int hidden = config.hidden();
        String attended = layers.fused()
                ? attendFused(before.normed(), name + "attn.qkv", cos, sin)
                : attend(before.normed(), name + "attn.qkv", cos, sin);
        String projected =
                layers.linear(attended, tensor(name + "attn.proj.weight"), bias(name + "attn.proj"), hidden, hidden);
        Layers.Normed between = addNorm(new Stream(before.sum(), projected), name + "norm2");
        String up = layers.linear(
                between.normed(),
                tensor(name + "mlp.linear_fc1.weight"),
                bias(name + "mlp.linear_fc1"),
                config.mlp(),
                hidden);
        String active = graph.op("Gelu", up).with("approximate", "tanh").out();
        String down = layers.linear(
                active, tensor(name + "mlp.linear_fc2.weight"), bias(name + "mlp.linear_fc2"), hidden, config.mlp());
        return new Stream(between.sum(), down);
    }

    /** Full attention inside each frame: frames are the batch. */
    private String attendFused(String x, String qkv, String cos, String sin) {
        int hidden = config.hidden();
        int heads = config.heads();
        int size = config.headSize();
        String shape = shape(cos, hidden);
        List<String> parts =
                layers.linears(x, tensor(qkv + ".weight"), tensor(qkv + ".bias"), 3, hidden, hidden).stream()
                        .map(part -> graph.op("Reshape", part, shape).out())
                        .toList();
        String query = layers.rotateFused(parts.get(0), cos, sin, heads, size);
        String key = layers.rotateFused(parts.get(1), cos, sin, heads, size);
        String attended = graph.op("MultiHeadAttention", query, key, parts.get(2))
                .in(Graph.MICROSOFT)
                .with("num_heads", heads)
                .out();
        return graph.op("Reshape", attended, graph.longs(-1, hidden)).out();
    }

    private String attend(String x, String qkv, String cos, String sin) {
        int hidden = config.hidden();
        int heads = config.heads();
        int size = config.headSize();
        String all = layers.linear(x, tensor(qkv + ".weight"), bias(qkv), 3L * hidden, hidden);
        // TensorRT plans memory for the worst of all products of sizes that it does not know: one frame has one.
        String split = isOneFrame
                ? graph.op("Reshape", all, graph.longs(1, -1, 3, heads, size)).out()
                : graph.op("Reshape", all, shape(cos, 3, heads, size)).out();
        // [frames, n, 3, heads, size] → [3, frames, heads, n, size]
        String apart = graph.op("Transpose", split)
                .with("perm", List.of(2, 0, 3, 1, 4))
                .out();
        List<String> parts = graph.op("Split", apart, graph.longs(1, 1, 1)).with("axis", 0).outs(3).stream()
                .map(part -> graph.op("Squeeze", part, graph.longs(0)).out())
                .toList();
        String query = widened(layers.rotate(parts.get(0), cos, sin, size));
        String key = widened(layers.rotate(parts.get(1), cos, sin, size));
        String scaled = graph.op("Mul", query, layers.number((float) (1 / Math.sqrt(size))))
                .out();
        String turned =
                graph.op("Transpose", key).with("perm", List.of(0, 1, 3, 2)).out();
        String scores = graph.op("Softmax", graph.op("MatMul", scaled, turned).out())
                .with("axis", -1)
                .out();
        String attended = graph.op("MatMul", scores, widened(parts.get(2))).out();
        String together = graph.op("Transpose", narrowed(attended))
                .with("perm", List.of(0, 2, 1, 3))
                .out();
        return graph.op("Reshape", together, graph.longs(-1, hidden)).out();
    }

    /**
     * Heads with zeros behind them, up to a power of two: for other sizes TensorRT computes attention in several kernels
     * with all scores in memory, which takes longer than the zeros do.
     */
    private String widened(String heads) {
        long zeros = wideHead() - config.headSize();
        return zeros == 0
                ? heads
                : graph.op("Pad", heads, graph.longs(0, 0, 0, 0, 0, 0, 0, zeros), layers.number(0))
                        .out();
    }

    private String narrowed(String heads) {
        return wideHead() == config.headSize()
                ? heads
                : graph.op("Slice", heads, graph.longs(0), graph.longs(config.headSize()), graph.longs(3))
                        .out();
    }

    private long wideHead() {
        int size = config.headSize();
        return isOneFrame && Integer.bitCount(size) != 1 ? 2L * Integer.highestOneBit(size) : size;
    }

    /** The shape {@code [frames, n, rest…]}, with n taken from the tables of one frame. */
    private String shape(String cos, long... rest) {
        String patches = graph.op("Shape", cos).with("start", 0).with("end", 1).out();
        return graph.op("Concat", graph.longs(-1), patches, graph.longs(rest))
                .with("axis", 0)
                .out();
    }

    /** Makes one token of merge² patches, which are normalised and lie next to each other. */
    private String merger(String x, String name) {
        String h = layers.linear(x, tensor(name + "linear_fc1.weight"), bias(name + "linear_fc1"), wide(), wide());
        return layers.linear(
                graph.op("Gelu", h).out(),
                tensor(name + "linear_fc2.weight"),
                bias(name + "linear_fc2"),
                config.outHidden(),
                wide());
    }

    /** Numbers of merge² patches. */
    private long wide() {
        return (long) config.hidden() * config.merge() * config.merge();
    }

    private String together(String x) {
        return graph.op("Reshape", x, graph.longs(-1, wide())).out();
    }

    private String row(String x) {
        return graph.op("Unsqueeze", x, graph.longs(0)).out();
    }

    private String norm(String x, String name, long size) {
        return layers.layerNorm(x, tensor(name + ".weight"), tensor(name + ".bias"), size);
    }

    private Layers.Normed addNorm(Stream stream, String name) {
        return layers.addNorm(
                stream.x(), stream.more(), tensor(name + ".weight"), tensor(name + ".bias"), config.hidden());
    }

    private Tensor tensor(String name) {
        return checkpoint.vision(name);
    }

    private Optional<Tensor> bias(String name) {
        return Optional.of(tensor(name + ".bias"));
    }
}
