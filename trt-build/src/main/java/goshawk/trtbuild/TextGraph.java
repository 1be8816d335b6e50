package goshawk.trtbuild;

import java.util.Arrays;
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
 * <p>{@link TargetProfile.Operators#TWO_WAYS} has attention twice. The first {@code D} of the new tokens are decoded, each by
 * itself: {@code decode_mask [1, PD, 1, D, BLOCK]}, {@code decode_key.L} and {@code decode_value.L [1, kv heads, PD, BLOCK, head
 * size]}, {@code PD} blocks of {@link PlanLimits#BLOCK} earlier tokens; what is earlier and the token itself are computed apart, so
 * that nothing is copied. The other {@code S − D} are read: {@code read_mask [1, 1, S, PR + S]}, whose first {@code D} rows are not
 * looked at, {@code read_key.L} and {@code read_value.L [1, kv heads, PR, head size]}; keys are put together first, and queries that
 * share a key head are folded into rows, which TensorRT can compute in one kernel. Of the two ways, one has no tokens and no past.
 * Outputs {@code new_key.L} and {@code new_value.L [1, kv heads, S, head size]} take the place of {@code present_key.L} and {@code
 * present_value.L}.
 *
 * <p>Of the last layer, the other tokens need keys and values alone: all else is computed for those that are asked.
 */
final class TextGraph {

    private static final int BLOCK = PlanLimits.BLOCK;

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
     * @param allowed to all; to those that are read if there are two ways, folded as their queries are
     * @param decode what is allowed to those that are decoded, if there are two ways
     */
    private record Looking(String cos, String sin, String allowed, String decode) {}

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
        Words words = profile.isTableOutside() ? placed() : lookedUp();
        String cos = graph.input("cos", activations, "S", config.headSize() / 2);
        String sin = graph.input("sin", activations, "S", config.headSize() / 2);
        String allowed = isTwoWays()
                ? graph.input("read_mask", activations, 1, 1, "S", "TR")
                : graph.input("attention_mask", activations, 1, 1, "S", "T");
        String decode = isTwoWays() ? graph.input("decode_mask", activations, 1, "PD", 1, "D", BLOCK) : "";
        String asked = graph.input("logits_index", ElementType.I64, "asked");
        String choice = isTwoWays() ? ones(asked, count(cos, 0)) : asked;

        String x = words.x;
        var all = new Looking(cos, sin, isTwoWays() ? foldedMask(allowed, decode) : allowed, decode);
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
        // Which way a token goes is told by its place: with two ways all tokens look, and those that are asked go on.
        Optional<String> early = isTwoWays() ? Optional.empty() : only;
        String query = linear(rows(normed, early), name + "self_attn.q_proj", queries, hidden);
        String key = linear(normed, name + "self_attn.k_proj", keys, hidden);
        String value = linear(normed, name + "self_attn.v_proj", keys, hidden);
        var looking =
                new Looking(rows(all.cos, early), rows(all.sin, early), gathered(all.allowed, early, 2), all.decode);
        var heads = new Heads(
                perHead(query, name + "self_attn.q_norm", config.heads()),
                perHead(key, name + "self_attn.k_norm", config.kvHeads()),
                reshape(value, 1, -1, config.kvHeads(), size));
        String attended = switch (profile.operators()) {
            case FUSED -> fused(heads, looking, all, i);
            case PRIMITIVE -> primitive(heads, looking, all, i);
            case TWO_WAYS -> rows(reshape(twoWays(heads, all, i), -1, queries), only);
        };
        String y =
                add(rows(x, only), linear(reshape(attended, -1, queries), name + "self_attn.o_proj", hidden, queries));

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

    private Past past(String kind, int layer, String tokens) {
        int size = config.headSize();
        return new Past(
                graph.input("%s_key.%d".formatted(kind, layer), activations, 1, config.kvHeads(), tokens, size),
                graph.input("%s_value.%d".formatted(kind, layer), activations, 1, config.kvHeads(), tokens, size));
    }

    /** Declares keys and values as outputs: all of them, or the new tokens' alone. */
    private void told(String kind, int layer, String tokens) {
        int size = config.headSize();
        graph.output("%s_key.%d".formatted(kind, layer), activations, 1, config.kvHeads(), tokens, size);
        graph.output("%s_value.%d".formatted(kind, layer), activations, 1, config.kvHeads(), tokens, size);
    }

    private boolean isTwoWays() {
        return profile.operators() == TargetProfile.Operators.TWO_WAYS;
    }

    private String fused(Heads heads, Looking looking, Looking all, int layer) {
        int size = config.headSize();
        long queries = (long) config.heads() * size;
        long keys = (long) config.kvHeads() * size;
        String q = layers.rotateFused(
                reshape(heads.query, 1, -1, queries), looking.cos, looking.sin, config.heads(), size);
        String k = layers.rotateFused(reshape(heads.key, 1, -1, keys), all.cos, all.sin, config.kvHeads(), size);
        String v = reshape(heads.value, 1, -1, keys);
        Past past = past("past", layer, "P");
        told("present", layer, "T");
        return graph.op("Attention", q, k, v, looking.allowed, past.keys, past.values)
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
        Past past = past("past", layer, "P");
        told("present", layer, "T");
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
        String scores = add(graph.op("MatMul", groups, turned).out(), unsqueezed(looking.allowed, 1));
        String weights = graph.op("Softmax", scores).with("axis", -1).out();
        String mixed = graph.op("MatMul", weights, unsqueezed(values, 2)).out();
        return headsFirst(reshape(mixed, 1, config.heads(), -1, size));
    }

    /** Those that are decoded come first. */
    private String twoWays(Heads heads, Looking all, int layer) {
        int size = config.headSize();
        String q = layers.rotate(headsFirst(heads.query), all.cos, all.sin, size);
        String scaled =
                graph.op("Mul", q, layers.number((float) (1 / Math.sqrt(size)))).out();
        told("new", layer, "S");
        var now = new Past(
                named(layers.rotate(headsFirst(heads.key), all.cos, all.sin, size), "new_key." + layer),
                named(headsFirst(heads.value), "new_value." + layer));
        String decoded = decodedOf(all.decode);
        String first = slice(scaled, graph.longs(0), decoded, 2);
        String others = slice(scaled, decoded, graph.longs(Long.MAX_VALUE), 2);
        String apart = apart(first, blocks(layer), now, all.decode);
        String together = together(others, past("read", layer, "PR"), now, all.allowed);
        return headsFirst(graph.op("Concat", apart, together).with("axis", 2).out());
    }

    /** How many tokens are decoded. */
    private String decodedOf(String decode) {
        return count(decode, 3);
    }

    /** Earlier tokens' keys and values for those that are decoded, {@code [kv heads, PD, BLOCK, size]}. */
    private Past blocks(int layer) {
        return new Past(blocks("decode_key." + layer), blocks("decode_value." + layer));
    }

    private String blocks(String name) {
        int size = config.headSize();
        String all = graph.input(name, activations, 1, config.kvHeads(), "PD", BLOCK, size);
        return graph.op("Squeeze", all, graph.longs(0)).out();
    }

    /**
     * Attention of tokens of which each sees all earlier ones that are allowed, and itself. Earlier ones come in blocks of a
     * fixed size, each a product of its own: there are many at once, nothing is copied, and sizes are ones that
     * products are fast for. Scores are sums written out: for a product TensorRT 10.6 turns the keys of all layers first, and
     * keeps them. Softmax is written out, in FP32, because it goes over all blocks and the token itself.
     *
     * @param queries {@code [1, heads, D, size]}, as the result
     * @param past {@code [kv heads, PD, BLOCK, size]}
     * @param allowed {@code [1, PD, 1, D, BLOCK]}
     */
    private String apart(String queries, Past past, Past now, String allowed) {
        int kvHeads = config.kvHeads();
        String size = graph.longs(config.headSize());
        String tokens = decodedOf(allowed);
        String blocks = count(past.keys, 1);
        String rows = graph.op("Mul", tokens, graph.longs(group())).out();
        String asking = exact(shaped(queries, graph.longs(kvHeads, 1), rows, graph.longs(1), size));
        String products =
                graph.op("Mul", exact(unsqueezed(past.keys, 2)), asking).out();
        String each = shaped(
                graph.op("ReduceSum", products, graph.longs(4))
                        .with("keepdims", 0)
                        .out(),
                graph.longs(kvHeads),
                blocks,
                graph.longs(group()),
                tokens,
                graph.longs(BLOCK));
        String scores = add(each, exact(allowed));
        String own = sum(
                graph.op("Mul", exact(perGroup(queries, group(), tokens)), exact(ownOf(now.keys, tokens)))
                        .out(),
                4);
        String most = graph.op("ReduceMax", scores, graph.longs(1, 4)).out();
        String largest = graph.op("Max", most, own).out();
        String shares = share(scores, largest);
        String ownShare = share(own, largest);
        String all = add(sum(shares, 1, 4), ownShare);
        String weights = shaped(rounded(shares), graph.longs(kvHeads), blocks, rows, graph.longs(BLOCK));
        String mixed = sum(exact(graph.op("MatMul", weights, past.values).out()), 1);
        String ownMixed =
                graph.op("Mul", ownShare, exact(ownOf(now.values, tokens))).out();
        String attended = add(shaped(mixed, graph.longs(kvHeads, 1, group()), tokens, size), ownMixed);
        String normal = rounded(graph.op("Div", attended, all).out());
        return shaped(normal, graph.longs(1, config.heads()), tokens, size);
    }

    /** Swaps the last two of four dimensions. */
    private String turned(String x) {
        return graph.op("Transpose", x).with("perm", List.of(0, 1, 3, 2)).out();
    }

    private String share(String score, String largest) {
        return graph.op("Exp", graph.op("Sub", score, largest).out()).out();
    }

    private String sum(String x, long... axes) {
        return graph.op("ReduceSum", x, graph.longs(axes)).out();
    }

    /** Of {@code [1, kv heads, S, size]} what belongs to those that are decoded, {@code [kv heads, 1, 1, D, size]}. */
    private String ownOf(String x, String tokens) {
        return perGroup(slice(x, graph.longs(0), tokens, 2), 1, tokens);
    }

    /** {@code [kv heads, 1, heads, D, size]}. */
    private String perGroup(String x, int heads, String tokens) {
        return shaped(x, graph.longs(config.kvHeads(), 1, heads), tokens, graph.longs(config.headSize()));
    }

    /** In FP32. */
    private String exact(String x) {
        return cast(x, ElementType.F32);
    }

    private String rounded(String x) {
        return cast(x, activations);
    }

    private String cast(String x, ElementType type) {
        return activations == ElementType.F32
                ? x
                : graph.op("Cast", x).with("to", type.onnx()).out();
    }

    /**
     * Attention to earlier and new tokens put together: the form that TensorRT has one kernel for. Heads that share a key head
     * are folded into its rows, one head's tokens behind the other's. There may be no tokens, so that all sizes are told.
     *
     * @param queries {@code [1, heads, tokens, size]}, as the result
     * @param allowed of {@link #foldedMask}
     */
    private String together(String queries, Past past, Past now, String allowed) {
        String keys = graph.op("Concat", past.keys, now.keys).with("axis", 2).out();
        String values =
                graph.op("Concat", past.values, now.values).with("axis", 2).out();
        String tokens = count(queries, 2);
        String rows = graph.op("Mul", tokens, graph.longs(group())).out();
        String folded = shaped(queries, graph.longs(1, config.kvHeads()), rows, graph.longs(config.headSize()));
        String scores = graph.op("MatMul", folded, turned(keys)).out();
        String weights =
                graph.op("Softmax", add(scores, allowed)).with("axis", -1).out();
        String mixed = graph.op("MatMul", weights, values).out();
        return shaped(mixed, graph.longs(1, config.heads()), tokens, graph.longs(config.headSize()));
    }

    /** Of {@code allowed} the rows of those that are read, once for each head that shares a key head. */
    private String foldedMask(String allowed, String decode) {
        String read = slice(allowed, decodedOf(decode), graph.longs(Long.MAX_VALUE), 2);
        String[] copies = new String[group()];
        Arrays.fill(copies, read);
        return graph.op("Concat", copies).with("axis", 2).out();
    }

    /** Heads that share a key head. */
    private int group() {
        return config.heads() / config.kvHeads();
    }

    /** To the shape that is put together of {@code sizes}, of which some may be 0. */
    private String shaped(String x, String... sizes) {
        return graph.op("Reshape", x, concat(sizes)).with("allowzero", 1).out();
    }

    private String concat(String... sizes) {
        return graph.op("Concat", sizes).with("axis", 0).out();
    }

    /** How long {@code x} is in one dimension. */
    private String count(String x, int axis) {
        return graph.op("Shape", x).with("start", axis).with("end", axis + 1).out();
    }

    private String slice(String x, String from, String to, int axis) {
        return graph.op("Slice", x, from, to, graph.longs(axis)).out();
    }

    private String named(String x, String name) {
        return graph.op("Identity", x).as(name);
    }

    private String unsqueezed(String x, int axis) {
        return graph.op("Unsqueeze", x, graph.longs(axis)).out();
    }

    /**
     * Those rows of {@code x} alone.
     *
     * @param only their places; with two ways {@link #ones}
     */
    private String rows(String x, Optional<String> only) {
        return isTwoWays() ? only.map(ones -> graph.op("MatMul", ones, x).out()).orElse(x) : gathered(x, only, 0);
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
