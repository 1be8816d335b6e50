package goshawk.trtbuild;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * An ONNX graph being written, node after node in the order of computation. Values are named by strings, as in ONNX
 * itself. Weights are not copied: they are external data that points into the safetensors files.
 */
final class Graph {

    /** The domain of ONNX Runtime's own operators. */
    static final String MICROSOFT = "com.microsoft";

    /** The domain of our own. */
    static final String GOSHAWK = "goshawk";

    private static final int EXTERNAL = 1;

    /** What ONNX calls four-bit integers; a safetensors file has no name for them. */
    private static final int INT4 = 22;

    private final String name;
    private final int opset;
    private final Function<Path, String> location;
    private final List<Protobuf> nodes = new ArrayList<>();
    private final List<Protobuf> initializers = new ArrayList<>();
    private final List<Protobuf> inputs = new ArrayList<>();
    private final List<Protobuf> outputs = new ArrayList<>();
    private final Map<List<Object>, String> constants = new HashMap<>();
    private final Set<String> aliased = new HashSet<>();
    private final Set<String> domains = new HashSet<>();
    private int count;

    /**
     * @param opset version of the standard operators
     * @param location how the graph names a weight file: relative, with {@code /}, inside the folder of the weights
     */
    Graph(String name, int opset, Function<Path, String> location) {
        this.name = name;
        this.opset = opset;
        this.location = location;
    }

    /** Declares an input; a dimension is a number or a name. */
    String input(String input, ElementType type, Object... shape) {
        inputs.add(valueInfo(input, type, shape));
        return input;
    }

    void output(String output, ElementType type, Object... shape) {
        outputs.add(valueInfo(output, type, shape));
    }

    /** Begins a node; it is written when its outputs are asked for. An empty input name leaves an optional input out. */
    Node op(String type, String... operands) {
        return new Node(type, List.of(operands));
    }

    /** A one-dimensional constant. */
    String longs(long... values) {
        ByteBuffer raw = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        Arrays.stream(values).forEach(raw::putLong);
        return constant(ElementType.I64.onnx(), List.of((long) values.length), raw.array());
    }

    /** The same in 32 bits. */
    String ints(int... values) {
        ByteBuffer raw = ByteBuffer.allocate(Integer.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
        Arrays.stream(values).forEach(raw::putInt);
        return constant(ElementType.I32.onnx(), List.of((long) values.length), raw.array());
    }

    /** One constant of the numbers of several vectors. */
    String joined(ElementType type, List<MemorySegment> vectors) {
        byte[] raw = together(vectors);
        return constant(type.onnx(), List.of((long) raw.length / type.bytes()), raw);
    }

    /** One constant of several vectors that are equally long, each of them a row. */
    String rows(ElementType type, List<MemorySegment> vectors) {
        byte[] raw = together(vectors);
        long rows = vectors.size();
        return constant(type.onnx(), List.of(rows, raw.length / type.bytes() / rows), raw);
    }

    private static byte[] together(List<MemorySegment> vectors) {
        var raw = new ByteArrayOutputStream();
        vectors.forEach(vector -> raw.writeBytes(vector.toArray(ValueLayout.JAVA_BYTE)));
        return raw.toByteArray();
    }

    /** A scalar constant. */
    String longScalar(long value) {
        ByteBuffer raw = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        return constant(ElementType.I64.onnx(), List.of(), raw.putLong(value).array());
    }

    /** A scalar constant, rounded to its type. */
    String real(ElementType type, float value) {
        return real(type, value, List.of());
    }

    /** The same in one dimension. */
    String reals(ElementType type, float value) {
        return real(type, value, List.of(1L));
    }

    private String real(ElementType type, float value, List<Long> shape) {
        byte[] raw = new byte[type.bytes()];
        Rounding.write(MemorySegment.ofArray(raw), type, 0, value);
        return constant(type.onnx(), shape, raw);
    }

    /** E4M3 zeros. */
    String e4m3Zeros(List<Long> shape) {
        return constant(ElementType.F8_E4M3.onnx(), shape, new byte[Math.toIntExact(count(shape))]);
    }

    /** Four-bit zeros, two in a byte. */
    String int4Zeros(List<Long> shape) {
        return constant(INT4, shape, new byte[Math.toIntExact(Math.ceilDiv(count(shape), 2))]);
    }

    private static long count(List<Long> shape) {
        return shape.stream().reduce(1L, Math::multiplyExact);
    }

    /**
     * The bytes of a tensor of the checkpoint, where they lie.
     *
     * @param shape any view of the same number of elements
     */
    String weight(Tensor tensor, List<Long> shape) {
        return external(tensor, tensor.type().onnx(), shape);
    }

    /**
     * Four-bit integers, two in each of the tensor's bytes.
     *
     * @param shape of the integers
     */
    String packedWeight(Tensor tensor, List<Long> shape) {
        return external(tensor, INT4, shape);
    }

    private String external(Tensor tensor, int type, List<Long> shape) {
        String alias = shape.equals(tensor.shape()) ? tensor.name() : tensor.name() + "@" + shape;
        if (aliased.add(alias)) {
            Protobuf external = tensorProto(alias, type, shape)
                    .message(13, entry("location", location.apply(tensor.file())))
                    .message(13, entry("offset", Long.toString(tensor.offset())))
                    .message(13, entry("length", Long.toString(tensor.bytes())))
                    .number(14, EXTERNAL);
            initializers.add(external);
        }
        return alias;
    }

    /** The whole model as an ONNX file's bytes. */
    byte[] toOnnx() {
        var graph = new Protobuf();
        nodes.forEach(node -> graph.message(1, node));
        graph.text(2, name);
        initializers.forEach(initializer -> graph.message(5, initializer));
        inputs.forEach(input -> graph.message(11, input));
        outputs.forEach(output -> graph.message(12, output));
        var model = new Protobuf()
                .number(1, irVersion())
                .text(2, "goshawk")
                .message(7, graph)
                .message(8, new Protobuf().text(1, "").number(2, opset));
        domains.forEach(
                domain -> model.message(8, new Protobuf().text(1, domain).number(2, 1)));
        return model.toBytes();
    }

    /** The ONNX format version that brought each operator set. */
    private int irVersion() {
        return switch (opset) {
            case 21, 22 -> 10;
            case 23 -> 11;
            case 24 -> 12;
            default -> throw new IllegalArgumentException("no format version known for opset " + opset);
        };
    }

    private String constant(int type, List<Long> shape, byte[] raw) {
        List<Object> key = List.of(type, shape, ByteBuffer.wrap(raw));
        return constants.computeIfAbsent(key, _ -> {
            String constant = "constant_" + constants.size();
            initializers.add(tensorProto(constant, type, shape).bytes(9, raw));
            return constant;
        });
    }

    private static Protobuf tensorProto(String name, int type, List<Long> shape) {
        var tensor = new Protobuf();
        shape.forEach(size -> tensor.number(1, size));
        return tensor.number(2, type).text(8, name);
    }

    private static Protobuf entry(String key, String value) {
        return new Protobuf().text(1, key).text(2, value);
    }

    private static Protobuf valueInfo(String name, ElementType type, Object... shape) {
        var dimensions = new Protobuf();
        for (Object size : shape) {
            dimensions.message(
                    1,
                    size instanceof Number number
                            ? new Protobuf().number(1, number.longValue())
                            : new Protobuf().text(2, size.toString()));
        }
        var tensor = new Protobuf().number(1, type.onnx()).message(2, dimensions);
        return new Protobuf().text(1, name).message(2, new Protobuf().message(1, tensor));
    }

    /** One node, not yet in the graph. */
    final class Node {

        private final String type;
        private final List<String> operands;
        private final Protobuf attributes = new Protobuf();
        private String domain = "";
        private String named = "";

        private Node(String type, List<String> operands) {
            this.type = type;
            this.operands = operands;
        }

        Node in(String operatorDomain) {
            domain = operatorDomain;
            return this;
        }

        /** Calls the node so, for whoever looks for it in a built engine; else it has a name of its type and place. */
        Node named(String nodeName) {
            named = nodeName;
            return this;
        }

        Node with(String attribute, long value) {
            attributes.message(
                    5, new Protobuf().text(1, attribute).number(3, value).number(20, 2));
            return this;
        }

        Node with(String attribute, float value) {
            attributes.message(
                    5, new Protobuf().text(1, attribute).real(2, value).number(20, 1));
            return this;
        }

        Node with(String attribute, String value) {
            attributes.message(
                    5, new Protobuf().text(1, attribute).text(4, value).number(20, 3));
            return this;
        }

        Node with(String attribute, List<Integer> values) {
            var list = new Protobuf().text(1, attribute);
            values.forEach(value -> list.number(8, value));
            attributes.message(5, list.number(20, 7));
            return this;
        }

        /** Writes the node with one output. */
        String out() {
            return outs(1).getFirst();
        }

        /** Writes the node with so many outputs. */
        List<String> outs(int outputs) {
            return as(IntStream.range(0, outputs).mapToObj(this::output).toList());
        }

        /** Writes the node with two of its outputs, by their places. */
        List<String> outs(int first, int second) {
            List<String> names = IntStream.rangeClosed(0, second)
                    .mapToObj(i -> i == first || i == second ? output(i) : "")
                    .toList();
            as(names);
            return List.of(names.get(first), names.get(second));
        }

        private String output(int i) {
            return "%s_%d_%d".formatted(type, count, i);
        }

        /** Writes the node with outputs of these names. */
        String as(String output) {
            return as(List.of(output)).getFirst();
        }

        List<String> as(List<String> names) {
            var node = new Protobuf();
            operands.forEach(operand -> node.text(1, operand));
            names.forEach(output -> node.text(2, output));
            String ordinary = type + "_" + count++;
            node.text(3, named.isEmpty() ? ordinary : named).text(4, type);
            if (!domain.isEmpty()) {
                node.text(7, domain);
                domains.add(domain);
            }
            nodes.add(node.append(attributes));
            return names;
        }
    }
}
