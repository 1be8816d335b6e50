package goshawk.trtbuild;

import goshawk.trtbuild.tensorrt.DeviceMemory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The pieces that both towers are made of, in the operators of a profile. Activations are {@code [tokens, size]}. */
final class Layers {

    /** Of all normalisations of the vision tower; no configuration names it. */
    private static final float NORM_EPSILON = 1e-6f;

    private final Graph graph;
    private final Checkpoint checkpoint;
    private final TargetProfile profile;
    private final boolean isGivenMatrices;
    private final Map<List<Object>, String> rounded = new HashMap<>();

    /** @param isGivenMatrices whether quantised matrices and those in BF16 are inputs of the graph, by their names, and no constants of it, but for small ones in four bits */
    Layers(Graph graph, Checkpoint checkpoint, TargetProfile profile, boolean isGivenMatrices) {
        this.graph = graph;
        this.checkpoint = checkpoint;
        this.profile = profile;
        this.isGivenMatrices = isGivenMatrices;
    }

    boolean fused() {
        return profile.operators() == TargetProfile.Operators.FUSED;
    }

    /**
     * A weight that is not quantised, in the type of the activations.
     *
     * @param shape what the configuration says; the file may hold another view of as many numbers only where {@code
     *     tensor} is the patch convolution
     */
    String plain(Tensor tensor, long... shape) {
        requirePlain(tensor, shape);
        return activation(graph.weight(tensor, boxed(shape)), tensor.type());
    }

    /** Rows of a table that is not quantised. They are cast, not the table: a vocabulary is too large to be there twice. */
    String rows(Tensor table, String indices, long... shape) {
        requirePlain(table, shape);
        String rows = graph.op("Gather", graph.weight(table, boxed(shape)), indices)
                .with("axis", 0)
                .out();
        return activation(rows, table.type());
    }

    /**
     * {@code x · weightᵀ + bias}.
     *
     * @param out rows of the weight
     * @param in columns of the weight
     */
    String linear(String x, Tensor weight, Optional<Tensor> bias, long out, long in) {
        observe(x, weight);
        Optional<Tensor> scale = checkpoint.channelScaleOf(weight);
        if (scale.isPresent()) {
            String product = quantised(x, weight, scale.get(), out, in).out();
            return bias.isPresent()
                    ? graph.op("Add", product, plain(bias.get(), out)).out()
                    : product;
        }
        String matrix = matrix(weight, out, in);
        Graph.Node gemm =
                bias.isPresent() ? graph.op("Gemm", x, matrix, plain(bias.get(), out)) : graph.op("Gemm", x, matrix);
        return gemm.with("transB", 1).out();
    }

    /**
     * As {@link #linear}, for {@code parts} matrices of {@code out} rows that lie one below the other in {@code weight}.
     * Apart where ONNX Runtime computes, because cutting one product's result up would copy it there.
     */
    List<String> linears(String x, Tensor weight, Tensor bias, int parts, long out, long in) {
        boolean isPlain = weight.type().isPlainFloat()
                && checkpoint.channelScaleOf(weight).isEmpty();
        if (!isPlain || profile.isObserved()) {
            String all = linear(x, weight, Optional.of(bias), parts * out, in);
            long[] sizes = new long[parts];
            Arrays.fill(sizes, out);
            return graph.op("Split", all, graph.longs(sizes)).with("axis", -1).outs(parts);
        }
        requirePlain(weight, parts * out, in);
        requirePlain(bias, parts * out);
        return IntStream.range(0, parts)
                .mapToObj(part ->
                        linear(x, weight.rows(part * out, out), Optional.of(bias.rows(part * out, out)), out, in))
                .toList();
    }

    /**
     * As {@link #linear} without bias, for two matrices of {@code out} rows each that read the same. Where both are inputs of the graph
     * they are one product: the first one's input is given both, one behind the other.
     */
    List<String> pair(String x, Tensor first, Tensor second, long out, long in) {
        return areGivenTogether(first, second)
                ? graph.op("Split", together(x, first, second, out, in), graph.longs(out, out))
                        .with("axis", -1)
                        .outs(2)
                : List.of(linear(x, first, Optional.empty(), out, in), linear(x, second, Optional.empty(), out, in));
    }

    /** The same as one, {@code [tokens, 2 · out]}: what the second matrix makes behind what the first one makes. */
    String joined(String x, Tensor first, Tensor second, long out, long in) {
        return areGivenTogether(first, second)
                ? together(x, first, second, out, in)
                : graph.op(
                                "Concat",
                                linear(x, first, Optional.empty(), out, in),
                                linear(x, second, Optional.empty(), out, in))
                        .with("axis", -1)
                        .out();
    }

    /**
     * {@code silu(x · gateᵀ) · (x · upᵀ)}, the first half of an MLP. Where the profile has an operator for it, and all is in E4M3, of one such; it then
     * makes of it what {@code down} takes.
     *
     * @param out rows of gate, and of up
     */
    String gated(String x, Tensor gate, Tensor up, Tensor down, long out, long in) {
        Optional<Float> scale = givenInputScale(down);
        if (profile.hasGatedMlp()
                && scale.isPresent()
                && gate.type() == ElementType.F8_E4M3
                && areGivenTogether(gate, up)) {
            requireShape(gate, out, in);
            requireShape(up, out, in);
            float own = inputScale(gate);
            String mixed = graph.op(
                            "GatedMlp",
                            inE4m3(x, own),
                            given(gate, 2 * out, in),
                            activation(graph.rows(scaleType(gate), scalesOf(gate, up)), scaleType(gate)),
                            graph.reals(profile.activations(), own),
                            graph.reals(profile.activations(), scale.get()))
                    .in(Graph.GOSHAWK)
                    .named(linearName(gate) + PlanInspection.AND + linearName(up))
                    .out();
            return exact(mixed, scale.get());
        }
        List<String> pair = pair(x, gate, up, out, in);
        String active = graph.op(
                        "Mul",
                        pair.getFirst(),
                        graph.op("Sigmoid", pair.getFirst()).out())
                .out();
        return graph.op("Mul", active, pair.getLast()).out();
    }

    private String together(String x, Tensor first, Tensor second, long out, long in) {
        requireShape(first, shapeInFile(first, out, in));
        requireShape(second, shapeInFile(second, out, in));
        Graph.Node product = switch (first.type()) {
            case F8_E4M3 ->
                fp8Product(throughE4m3(x, first), given(first, 2 * out, in), scales(first, second), 2 * out);
            case U8 -> gemm(x, int4Matrix(x, first, 2 * out, in));
            default -> gemm(x, activation(given(first, 2 * out, in), first.type()));
        };
        return product.named(linearName(first) + PlanInspection.AND + linearName(second))
                .out();
    }

    /** An input of the graph for a matrix, and for those of its shape that lie behind it. */
    private String given(Tensor weight, long rows, long in) {
        return graph.input(weight.name(), weight.type(), rows, in);
    }

    private Graph.Node gemm(String x, String matrix) {
        return graph.op("Gemm", x, matrix).with("transB", 1);
    }

    /** Made when its product with {@code x} is due. */
    private String int4Matrix(String x, Tensor weight, long rows, long in) {
        String packed = graph.input(weight.name(), WeightForm.INT4_WORD, rows, in / WeightForm.INT4_TOGETHER);
        Tensor scale = checkpoint.channelScaleOf(weight).orElseThrow();
        String scales = graph.input(scale.name(), scale.type(), rows, in / WeightForm.INT4_BLOCK);
        return graph.op("Int4Matrix", packed, scales, x).in(Graph.GOSHAWK).out();
    }

    /** Shape of a matrix in its file. */
    private static long[] shapeInFile(Tensor weight, long out, long in) {
        return new long[] {out, weight.type() == ElementType.U8 ? in / 2 : in};
    }

    /** Whether they are, in one type and without a gap, and their inputs are rounded alike or not at all. */
    private boolean areGivenTogether(Tensor first, Tensor second) {
        return isGiven(first)
                && isGiven(second)
                && first.type() == second.type()
                && DeviceMemory.endsAligned(first.bytes())
                && givenInputScale(first).equals(givenInputScale(second));
    }

    /** Whether a matrix is an input of the graph: in E4M3 with a scale for each row, in four bits if its scales can be one too, or in BF16. */
    private boolean isGiven(Tensor weight) {
        return isGivenMatrices
                && switch (weight.type()) {
                    case F8_E4M3 -> checkpoint.channelScaleOf(weight).isPresent();
                    case U8 ->
                        checkpoint
                                .channelScaleOf(weight)
                                .filter(scale -> DeviceMemory.endsAligned(scale.bytes()))
                                .isPresent();
                    case BF16 -> checkpoint.scaleOf(weight).isEmpty();
                    default -> false;
                };
    }

    /** Of the rows of two matrices, one behind the other. */
    private String scales(Tensor first, Tensor second) {
        ElementType type = scaleType(first);
        return activation(graph.joined(type, scalesOf(first, second)), type);
    }

    private ElementType scaleType(Tensor weight) {
        return checkpoint.channelScaleOf(weight).orElseThrow().type();
    }

    private List<MemorySegment> scalesOf(Tensor... weights) {
        return Stream.of(weights)
                .map(it -> checkpoint.bytes(checkpoint.channelScaleOf(it).orElseThrow()))
                .toList();
    }

    /**
     * As {@link #linear} without bias and in FP32, for a matrix that may be larger than a runtime makes a constant of. Its
     * rows are then several matrices.
     *
     * @param result name of the output
     */
    void logits(String x, Tensor weight, long out, long in, String result) {
        if (profile.activations() != ElementType.F32) {
            graph.op("Cast", linear(x, weight, Optional.empty(), out, in))
                    .with("to", ElementType.F32.onnx())
                    .as(result);
            return;
        }
        observe(x, weight);
        Optional<Tensor> scale = checkpoint.channelScaleOf(weight);
        if (scale.isPresent()) {
            quantised(x, weight, scale.get(), out, in).as(result);
            return;
        }
        long rows = Math.max(
                1, profile.mostConstantBytes() / (in * profile.activations().bytes()));
        if (out <= rows || !weight.type().isPlainFloat() || weight.type() == profile.activations()) {
            graph.op("Gemm", x, matrix(weight, out, in)).with("transB", 1).as(result);
            return;
        }
        requirePlain(weight, out, in);
        var parts = new ArrayList<String>();
        for (long first = 0; first < out; first += rows) {
            long count = Math.min(rows, out - first);
            parts.add(linear(x, weight.rows(first, count), Optional.empty(), count, in));
        }
        graph.op("Concat", parts.toArray(String[]::new)).with("axis", -1).as(result);
    }

    private void observe(String x, Tensor weight) {
        if (!profile.isObserved()) {
            return;
        }
        checkpoint.linear(weight).ifPresent(name -> {
            String output = TargetProfile.OBSERVED + name;
            graph.op("ReduceMax", graph.op("Abs", x).out(), graph.longs(-1))
                    .with("keepdims", 0)
                    .as(output);
            graph.output(output, profile.activations(), "rows of " + name);
            if (CentredInput.isPossible(name)) {
                String mean = TargetProfile.MEAN + name;
                graph.op("ReduceMean", x, graph.longs(0)).with("keepdims", 0).as(mean);
                graph.output(mean, profile.activations(), "columns of " + name);
            }
        });
    }

    /**
     * The product with a matrix in FP8 or INT4, as TensorRT recognises it: both sides dequantised, and the matrix turned. In
     * FP8 the input is quantised too; TensorRT multiplies E4M3 then, and what stands here is only what that means. A given matrix in INT4 it
     * would not take: an operator of ours makes one in BF16 of it.
     */
    private Graph.Node quantised(String x, Tensor weight, Tensor scale, long out, long in) {
        requireShape(weight, shapeInFile(weight, out, in));
        if (weight.type() == ElementType.U8 && isGiven(weight)) {
            return gemm(x, int4Matrix(x, weight, out, in)).named(linearName(weight));
        }
        boolean isFp8 = weight.type() == ElementType.F8_E4M3;
        WeightForm form = isFp8 ? WeightForm.FP8 : WeightForm.INT4;
        List<Long> scales = form.scales(out, in);
        String factors = activation(graph.weight(scale, scales), scale.type());
        Graph.Node product;
        if (isFp8) {
            String matrix = isGiven(weight) ? given(weight, out, in) : graph.weight(weight, weight.shape());
            product = fp8Product(throughE4m3(x, weight), matrix, factors, out);
        } else {
            String matrix = graph.op(
                            "DequantizeLinear",
                            graph.packedWeight(weight, List.of(out, in)),
                            factors,
                            graph.int4Zeros(scales))
                    .with("axis", 1)
                    .with("block_size", WeightForm.INT4_BLOCK)
                    .out();
            product = graph.op("MatMul", x, turned(matrix));
        }
        return product.named(linearName(weight));
    }

    /** @param factors a scale for each of {@code out} rows of the matrix */
    private Graph.Node fp8Product(String x, String matrix, String factors, long out) {
        String exact = graph.op("DequantizeLinear", matrix, factors, graph.e4m3Zeros(List.of(out)))
                .with("axis", 0)
                .out();
        return graph.op("MatMul", x, turned(exact));
    }

    private String turned(String matrix) {
        return graph.op("Transpose", matrix).with("perm", List.of(1, 0)).out();
    }

    private String linearName(Tensor weight) {
        return checkpoint.linear(weight).orElse(weight.name());
    }

    /** Rounds to E4M3 and back. Layers that read the same input with the same scale share it. */
    private String throughE4m3(String x, Tensor weight) {
        float scale = inputScale(weight);
        return rounded.computeIfAbsent(List.of(x, scale), _ -> {
            return graph.op("DequantizeLinear", inE4m3(x, scale), number(scale), graph.e4m3Zeros(List.of()))
                    .out();
        });
    }

    /** Divided by a scale. */
    private String inE4m3(String x, float scale) {
        return graph.op("QuantizeLinear", x, number(scale), graph.e4m3Zeros(List.of()))
                .out();
    }

    /** What the input of such a matrix is divided by, where whoever makes it can give it in E4M3. */
    Optional<Float> givenInputScale(Tensor weight) {
        return isGivenMatrices && weight.type() == ElementType.F8_E4M3
                ? checkpoint.inputScaleOf(weight).map(_ -> inputScale(weight))
                : Optional.empty();
    }

    /** What is stored in E4M3 already; a layer whose input has this scale takes it as it is. */
    String exact(String stored, float scale) {
        String exact = graph.op("DequantizeLinear", stored, number(scale), graph.e4m3Zeros(List.of()))
                .out();
        rounded.put(List.of(exact, scale), exact);
        return exact;
    }

    private float inputScale(Tensor weight) {
        Tensor scale = checkpoint
                .inputScaleOf(weight)
                .orElseThrow(() -> new IllegalStateException(weight.name() + " is FP8 and its input has no scale"));
        return Rounding.read(checkpoint.bytes(scale), scale.type(), 0);
    }

    /** A scalar of the activations' type. */
    String number(float value) {
        return graph.real(profile.activations(), value);
    }

    /** A weight matrix in the type of the activations, whether it is quantised or not, and given or not. */
    String matrix(Tensor weight, long out, long in) {
        if (isGiven(weight)) {
            requireShape(weight, out, in);
            return activation(given(weight, out, in), weight.type());
        }
        Optional<Tensor> scale = checkpoint.scaleOf(weight);
        if (scale.isPresent()) {
            return dequantised(weight, scale.get(), out, in);
        }
        if (weight.type() == ElementType.F8_E4M3) {
            throw new CheckpointException("%s: tensor %s is F8_E4M3 without %s_scale_inv; download it again"
                    .formatted(weight.file(), weight.name(), weight.name()));
        }
        return plain(weight, out, in);
    }

    String layerNorm(String x, Tensor weight, Tensor bias, long size) {
        return graph.op("LayerNormalization", x, plain(weight, size), plain(bias, size))
                .with("axis", -1)
                .with("epsilon", NORM_EPSILON)
                .out();
    }

    /** A sum, and the same normalised. */
    record Normed(String sum, String normed) {}

    /**
     * {@code x + more}, and that normalised. Fused because ONNX Runtime's LayerNormalization takes four times as long as
     * the same in SkipLayerNormalization.
     */
    Normed addNorm(String x, String more, Tensor weight, Tensor bias, long size) {
        if (!fused()) {
            String sum = graph.op("Add", x, more).out();
            return new Normed(sum, layerNorm(sum, weight, bias, size));
        }
        List<String> outputs = graph.op("SkipLayerNormalization", x, more, plain(weight, size), plain(bias, size))
                .in(Graph.MICROSOFT)
                .with("epsilon", NORM_EPSILON)
                .outs(0, 3);
        return new Normed(outputs.get(1), outputs.get(0));
    }

    /** Root-mean-square normalisation over the last dimension. */
    String rmsNorm(String x, Tensor weight, long size, float epsilon) {
        String gain = plain(weight, size);
        if (fused()) {
            return graph.op("RMSNormalization", x, gain)
                    .with("axis", -1)
                    .with("epsilon", epsilon)
                    .out();
        }
        // Squares of BF16 lose too much: the norm is FP32 whatever is around it.
        String exact = cast(x, profile.activations(), ElementType.F32);
        String square = graph.op("Mul", exact, exact).out();
        String mean = graph.op("ReduceMean", square, graph.longs(-1))
                .with("keepdims", 1)
                .out();
        String root = graph.op(
                        "Sqrt",
                        graph.op("Add", mean, graph.real(ElementType.F32, epsilon))
                                .out())
                .out();
        String normed = graph.op("Div", exact, root).out();
        return graph.op("Mul", cast(normed, ElementType.F32, profile.activations()), gain)
                .out();
    }

    /**
     * Rotates halves of each head.
     *
     * @param x {@code [batch, heads, tokens, size]}
     * @param cos {@code [tokens, size / 2]}
     */
    String rotate(String x, String cos, String sin, long size) {
        List<String> halves = graph.op("Split", x, graph.longs(size / 2, size / 2))
                .with("axis", -1)
                .outs(2);
        String a = halves.get(0);
        String b = halves.get(1);
        String left = graph.op("Sub", product(a, cos), product(b, sin)).out();
        String right = graph.op("Add", product(b, cos), product(a, sin)).out();
        return graph.op("Concat", left, right).with("axis", -1).out();
    }

    /**
     * Rotates halves of each head, fused.
     *
     * @param x {@code [batch, tokens, heads · size]}
     * @param cos {@code [tokens, size / 2]}
     */
    String rotateFused(String x, String cos, String sin, long heads, long size) {
        return graph.op("RotaryEmbedding", x, graph.longs(0), cos, sin)
                .in(Graph.MICROSOFT)
                .with("num_heads", heads)
                .with("rotary_embedding_dim", size)
                .out();
    }

    private String product(String x, String y) {
        return graph.op("Mul", x, y).out();
    }

    /**
     * FP8 times its scale per block. Nothing is copied: where the sizes are whole blocks, the weight is declared as the
     * four-dimensional view {@code [out / rows, rows, in / columns, columns]} of its bytes and the scale broadcasts;
     * elsewhere the scale is repeated to the size of the weight inside the graph. A runtime folds either into a
     * constant.
     */
    private String dequantised(Tensor weight, Tensor scale, long out, long in) {
        requireShape(weight, out, in);
        if (weight.type() != ElementType.F8_E4M3) {
            throw new CheckpointException(
                    "%s: tensor %s is %s but has a weight_scale_inv, want F8_E4M3; export it again"
                            .formatted(weight.file(), weight.name(), weight.type()));
        }
        ModelConfig.Block block = checkpoint
                .config()
                .fp8Block()
                .orElseThrow(() -> new CheckpointException(
                        "%s has %s but config.json no quantization_config; add the one it was exported with"
                                .formatted(checkpoint.folder(), scale.name())));
        long rows = block.rows();
        long columns = block.columns();
        long down = Math.ceilDiv(out, rows);
        long across = Math.ceilDiv(in, columns);
        requireShape(scale, down, across);
        if (!scale.type().isPlainFloat()) {
            throw new CheckpointException("%s: tensor %s is %s, want F32 or BF16; export it again"
                    .formatted(scale.file(), scale.name(), scale.type()));
        }
        String factors = activation(graph.weight(scale, List.of(down, 1L, across, 1L)), scale.type());
        if (out % rows == 0 && in % columns == 0) {
            String blocks = unscaled(graph.weight(weight, List.of(down, rows, across, columns)));
            return graph.op("Reshape", product(blocks, factors), graph.longs(out, in))
                    .out();
        }
        String repeated = graph.op("Expand", factors, graph.longs(down, rows, across, columns))
                .out();
        String padded = graph.op("Reshape", repeated, graph.longs(down * rows, across * columns))
                .out();
        String fitted = graph.op("Slice", padded, graph.longs(0, 0), graph.longs(out, in), graph.longs(0, 1))
                .out();
        return product(unscaled(graph.weight(weight, weight.shape())), fitted);
    }

    private String unscaled(String fp8) {
        return graph.op("DequantizeLinear", fp8, number(1)).out();
    }

    /** In the type of the activations. */
    String activation(String value, ElementType type) {
        return cast(value, type, profile.activations());
    }

    private String cast(String value, ElementType from, ElementType to) {
        return from == to
                ? value
                : graph.op("Cast", value).with("to", to.onnx()).out();
    }

    private static void requirePlain(Tensor tensor, long... shape) {
        requireShape(tensor, shape);
        if (!tensor.type().isPlainFloat()) {
            throw new CheckpointException("%s: tensor %s is %s, want F32, BF16 or F16; export it again"
                    .formatted(tensor.file(), tensor.name(), tensor.type()));
        }
    }

    private static void requireShape(Tensor tensor, long... shape) {
        long elements = Arrays.stream(shape).reduce(1, Math::multiplyExact);
        boolean convolution = tensor.shape().size() == 5 && tensor.elements() == elements;
        if (!tensor.shape().equals(boxed(shape)) && !convolution) {
            throw new CheckpointException("%s: tensor %s has shape %s, config.json wants %s; download both again"
                    .formatted(tensor.file(), tensor.name(), tensor.shape(), Arrays.toString(shape)));
        }
    }

    private static List<Long> boxed(long... shape) {
        return Arrays.stream(shape).boxed().toList();
    }
}
