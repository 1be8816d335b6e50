package goshawk.trtbuild;

import goshawk.trtbuild.tensorrt.AttentionSizes;
import java.util.ArrayList;
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
 * tokens that are asked what follows. A profile whose table is outside takes {@code words [S, hidden]} in the place of {@code
 * input_ids}: rows of the embedding table and, for picture tokens, of what was seen; what DeepStack adds is {@code deep_features
 * [taps, S, hidden]} then, 0 for text, and nothing needs to be looked up. Numbers have the type of the activations, logits FP32. Outputs {@code logits [R, vocabulary]} and {@code present_key.L}, {@code
 * present_value.L [1, kv heads, T, head size]}.
 *
 * <p>{@link TargetProfile.Operators#CACHED} has keys and values in no input and no output: {@code CachedAttention} reads and writes
 * them where they lie. In the place of mask and past are {@code sees [S, ceil(S / 32)]}, INT32: bit {@code j % 32} of word {@code
 * j / 32} of row {@code i} says that new token {@code i} looks at new token {@code j}; all look at all earlier ones; and {@code
 * places [20]}, INT32: ten numbers of 64 bits that say where keys and values are, how many tokens are earlier and how many are
 * new. Rows behind these are nobody's. {@code cos} and {@code sin} are FP32. No size depends on the past, and no address is
 * known to the graph.
 *
 * <p>A profile that gives matrices has an input for each, by its tensor's name: in E4M3 or BF16 {@code [out, in]}, in four bits {@code [out, in / 8]} in INT32 with
 * one for its scales, {@code [out, in / 128]}. Of gate and up, and of what makes keys and values, there is one for both, of twice as many rows and by the first
 * one's name, if the second can begin right behind it.
 *
 * <p>Of the last layer, the other tokens need keys and values alone: all else is computed for those that are asked.
 */
final class TextGraph {

    private final ModelConfig.Text config;
    private final Checkpoint checkpoint;
    private final Graph graph;
    private final Layers layers;
    private final TargetProfile profile;
    private final ElementType activations;
    private final int taps;

    /**
     * What attention must know of the tokens that look.
     *
     * @param seen which others: what is added to scores, or a bit for each new one
     * @param places where keys and values lie, if it is told
     */
    private record Looking(String cos, String sin, String seen, String places) {}

    TextGraph(Checkpoint checkpoint, TargetProfile profile, Graph graph) {
        this.config = checkpoint.config().text();
        this.checkpoint = checkpoint;
        this.graph = graph;
        this.layers = new Layers(graph, checkpoint, profile, profile.isGivenMatrices());
        this.profile = profile;
        this.activations = profile.activations();
        this.taps = checkpoint.config().vision().taps().size();
        if (isCached()) {
            AttentionSizes.of(config); // or there are no kernels for it
        }
    }

    byte[] toOnnx() {
        int hidden = config.hidden();
        Words words = profile.isForDevice() ? placed() : lookedUp();
        Looking all = looking();
        String asked = graph.input("logits_index", ElementType.I64, "asked");
        String choice = profile.isForDevice() ? ones(asked, count(all.cos)) : asked;

        String x = words.x;
        for (int i = 0; i < config.layers(); i++) {
            Optional<String> only = i == config.layers() - 1 ? Optional.of(choice) : Optional.empty();
            x = layer(x, i, only, all);
            if (i < taps) {
                x = add(x, rows(words.deep.get(i), only));
            }
        }
        String normed = layers.rmsNorm(x, tensor("norm.weight"), hidden, config.normEpsilon());
        layers.logits(normed, checkpoint.head(), config.vocabulary(), hidden, "logits");
        graph.output("logits", ElementType.F32, "asked", config.vocabulary());
        return graph.toOnnx();
    }

    private Looking looking() {
        int half = config.headSize() / 2;
        ElementType angles = isCached() ? ElementType.F32 : activations;
        String cos = graph.input("cos", angles, "S", half);
        String sin = graph.input("sin", angles, "S", half);
        return isCached()
                ? new Looking(
                        cos,
                        sin,
                        graph.input("sees", ElementType.I32, "S", "W"),
                        graph.input("places", ElementType.I32, AttentionSizes.PLACES))
                : new Looking(cos, sin, graph.input("attention_mask", activations, 1, 1, "S", "T"), "");
    }

    /**
     * What the first layer reads.
     *
     * @param x {@code [S, hidden]}
     * @param deep likewise, what is added behind each of the first layers: 0 for text
     */
    private record Words(String x, List<String> deep) {}

    private Words placed() {
        int hidden = config.hidden();
        String words = graph.input("words", activations, "S", hidden);
        if (taps == 0) {
            return new Words(words, List.of());
        }
        String deep = graph.input("deep_features", activations, taps, "S", hidden);
        return new Words(
                words,
                IntStream.range(0, taps).mapToObj(level -> level(deep, level)).toList());
    }

    private Words lookedUp() {
        int hidden = config.hidden();
        String ids = graph.input("input_ids", ElementType.I64, "S");
        String features = graph.input("vision_features", activations, 1 + taps, "M", hidden);
        String index = graph.input("vision_index", ElementType.I64, "S");
        String mask = graph.input("vision_mask", activations, "S", 1);
        List<String> seen = IntStream.rangeClosed(0, taps)
                .mapToObj(level -> graph.op("Gather", level(features, level), index)
                        .with("axis", 0)
                        .out())
                .toList();
        String rows = layers.rows(tensor("embed_tokens.weight"), ids, config.vocabulary(), hidden);
        String isPicture =
                graph.op("Cast", mask).with("to", ElementType.BOOL.onnx()).out();
        return new Words(
                graph.op("Where", isPicture, seen.getFirst(), rows).out(),
                seen.stream().skip(1).map(it -> graph.op("Mul", it, mask).out()).toList());
    }

    /** One of the first dimension. */
    private String level(String features, int level) {
        String one =
                graph.op("Gather", features, graph.longs(level)).with("axis", 0).out();
        return graph.op("Squeeze", one, graph.longs(0)).out();
    }

    /** @param only the tokens that the result is about; all if there are none */
    private String layer(String x, int i, Optional<String> only, Looking all) {
        String name = "layers.%d.".formatted(i);
        int hidden = config.hidden();
        int size = config.headSize();
        long queries = (long) config.heads() * size;
        long keys = (long) config.kvHeads() * size;
        String normed = norm(x, name + "input_layernorm", hidden);
        // On a device all tokens look, and those that are asked go on: choosing rows is a product there.
        Optional<String> early = profile.isForDevice() ? Optional.empty() : only;
        Optional<String> late = profile.isForDevice() ? only : Optional.empty();
        String query = linear(rows(normed, early), name + "self_attn.q_proj", queries, hidden);
        Tensor key = tensor(name + "self_attn.k_proj.weight");
        Tensor value = tensor(name + "self_attn.v_proj.weight");
        String attended;
        if (isCached()) {
            attended = cached(query, layers.joined(normed, key, value, keys, hidden), all, i, late.isEmpty());
        } else {
            List<String> both = layers.pair(normed, key, value, keys, hidden);
            var heads = new Heads(
                    perHead(query, name + "self_attn.q_norm", config.heads()),
                    perHead(both.getFirst(), name + "self_attn.k_norm", config.kvHeads()),
                    reshape(both.getLast(), 1, -1, config.kvHeads(), size));
            attended = writtenOut(heads, all, early, i);
        }
        String y = add(rows(x, only), linear(rows(attended, late), name + "self_attn.o_proj", hidden, queries));

        String h = norm(y, name + "post_attention_layernorm", hidden);
        String mixed = layers.gated(
                h,
                tensor(name + "mlp.gate_proj.weight"),
                tensor(name + "mlp.up_proj.weight"),
                tensor(name + "mlp.down_proj.weight"),
                config.mlp(),
                hidden);
        return add(y, linear(mixed, name + "mlp.down_proj", hidden, config.mlp()));
    }

    /** Normalises each head by itself: {@code [1, S, heads, size]}. */
    private String perHead(String x, String name, int heads) {
        return norm(reshape(x, 1, -1, heads, config.headSize()), name, config.headSize());
    }

    /**
     * What one layer's attention is about: queries and keys normalised, of all but the last layer as many of one as of the
     * other.
     *
     * @param query {@code [1, tokens, heads, size]}
     * @param key {@code [1, S, kv heads, size]}
     * @param value likewise
     */
    private record Heads(String query, String key, String value) {}

    /** Earlier tokens' keys and values. */
    private record Past(String keys, String values) {}

    private Past past(int layer) {
        int size = config.headSize();
        return new Past(
                graph.input("past_key." + layer, activations, 1, config.kvHeads(), "P", size),
                graph.input("past_value." + layer, activations, 1, config.kvHeads(), "P", size));
    }

    /** Declares all keys and values as outputs. */
    private void present(int layer) {
        int size = config.headSize();
        graph.output("present_key." + layer, activations, 1, config.kvHeads(), "T", size);
        graph.output("present_value." + layer, activations, 1, config.kvHeads(), "T", size);
    }

    private boolean isCached() {
        return profile.operators() == TargetProfile.Operators.CACHED;
    }

    /**
     * Attention of one operator, which also normalises and rotates heads, and appends keys and values to those of earlier
     * tokens.
     *
     * @param query {@code [S, heads · size]}, as the result
     * @param keysAndValues {@code [S, 2 · kv heads · size]}, a token's keys and its values behind them
     * @param goesOn whether all rows go to the output's matrix: the operator then makes of them what that takes
     */
    private String cached(String query, String keysAndValues, Looking all, int layer, boolean goesOn) {
        String name = "layers.%d.self_attn.".formatted(layer);
        int size = config.headSize();
        var operands = new ArrayList<>(List.of(
                query,
                keysAndValues,
                layers.plain(tensor(name + "q_norm.weight"), size),
                layers.plain(tensor(name + "k_norm.weight"), size),
                all.cos,
                all.sin,
                all.seen,
                all.places,
                graph.ints(layer)));
        Optional<Float> scale = goesOn ? layers.givenInputScale(tensor(name + "o_proj.weight")) : Optional.empty();
        scale.ifPresent(it -> operands.add(graph.reals(activations, it)));
        String attended = graph.op("CachedAttention", operands.toArray(String[]::new))
                .in(Graph.GOSHAWK)
                .out();
        return scale.map(it -> layers.exact(attended, it)).orElse(attended);
    }

    /** @param only those that look; all if there are none */
    private String writtenOut(Heads heads, Looking all, Optional<String> only, int layer) {
        var looking = new Looking(rows(all.cos, only), rows(all.sin, only), gathered(all.seen, only, 2), "");
        String attended = layers.fused() ? fused(heads, looking, all, layer) : primitive(heads, looking, all, layer);
        return reshape(attended, -1, (long) config.heads() * config.headSize());
    }

    private String fused(Heads heads, Looking looking, Looking all, int layer) {
        int size = config.headSize();
        long queries = (long) config.heads() * size;
        long keys = (long) config.kvHeads() * size;
        String q = layers.rotateFused(
                reshape(heads.query, 1, -1, queries), looking.cos, looking.sin, config.heads(), size);
        String k = layers.rotateFused(reshape(heads.key, 1, -1, keys), all.cos, all.sin, config.kvHeads(), size);
        String v = reshape(heads.value, 1, -1, keys);
        Past past = past(layer);
        present(layer);
        return graph.op("Attention", q, k, v, looking.seen, past.keys, past.values)
                .with("q_num_heads", config.heads())
                .with("kv_num_heads", config.kvHeads())
                .as(List.of("attended." + layer, "present_key." + layer, "present_value." + layer))
                .getFirst();
    }

    private String primitive(Heads heads, Looking looking, Looking all, int layer) {
        int size = config.headSize();
        long kvHeads = config.kvHeads();
        long group = config.heads() / kvHeads;
        String q = layers.rotate(headsFirst(heads.query), looking.cos, looking.sin, size);
        String k = layers.rotate(headsFirst(heads.key), all.cos, all.sin, size);
        Past past = past(layer);
        present(layer);
        String keys = graph.op("Concat", past.keys, k).with("axis", 2).as("present_key." + layer);
        String values = graph.op("Concat", past.values, headsFirst(heads.value))
                .with("axis", 2)
                .as("present_value." + layer);
        // The queries are grouped by the key head they share, instead of repeating keys and values.
        String scaled =
                graph.op("Mul", q, layers.number((float) (1 / Math.sqrt(size)))).out();
        String groups = reshape(scaled, 1, kvHeads, group, -1, size);
        String turned = graph.op("Transpose", unsqueezed(keys, 2))
                .with("perm", List.of(0, 1, 2, 4, 3))
                .out();
        String scores = add(graph.op("MatMul", groups, turned).out(), unsqueezed(looking.seen, 1));
        String weights = graph.op("Softmax", scores).with("axis", -1).out();
        String mixed = graph.op("MatMul", weights, unsqueezed(values, 2)).out();
        return headsFirst(reshape(mixed, 1, config.heads(), -1, size));
    }

    /** How many rows {@code x} has. */
    private String count(String x) {
        return graph.op("Shape", x).with("start", 0).with("end", 1).out();
    }

    private String unsqueezed(String x, int axis) {
        return graph.op("Unsqueeze", x, graph.longs(axis)).out();
    }

    /**
     * Those rows of {@code x} alone.
     *
     * @param only their places; on a device {@link #ones}
     */
    private String rows(String x, Optional<String> only) {
        return profile.isForDevice()
                ? only.map(ones -> graph.op("MatMul", ones, x).out()).orElse(x)
                : gathered(x, only, 0);
    }

    /**
     * A matrix whose product with rows is those in some places, to the bit. TensorRT 10.6 gathers on one of a GPU's
     * multiprocessors, which takes a hundred times as long.
     *
     * @param rows how many there are to choose from
     * @return {@code [places, rows]}
     */
    private String ones(String places, String rows) {
        String all = graph.op(
                        "Range",
                        graph.longScalar(0),
                        graph.op("Squeeze", rows, graph.longs(0)).out(),
                        graph.longScalar(1))
                .out();
        String isPlace = graph.op("Equal", unsqueezed(places, 1), all).out();
        return graph.op("Cast", isPlace).with("to", activations.onnx()).out();
    }

    private String gathered(String x, Optional<String> only, int axis) {
        return only.map(index -> graph.op("Gather", x, index).with("axis", axis).out())
                .orElse(x);
    }

    /** Swaps tokens and heads of {@code [1, a, b, size]}. */
    private String headsFirst(String x) {
        return graph.op("Transpose", x).with("perm", List.of(0, 2, 1, 3)).out();
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
