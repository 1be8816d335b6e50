package goshawk.appliance.engine;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A graph without the nodes of our own operators: what attention reads are outputs, what they compute are inputs. So a runtime that does
 * not know them computes all else.
 *
 * @param attention the nodes that were taken out, in their order
 * @param unpacked likewise, those that make a matrix of one in four bits
 */
record CutGraph(byte[] onnx, List<Node> attention, List<Node> unpacked) {

    /** A node that was taken out. */
    record Node(List<String> operands, String result) {}

    /** One field of a message, with its key. */
    private record Field(int number, ByteBuffer value, ByteBuffer whole) {

        String text() {
            return StandardCharsets.UTF_8.decode(value.duplicate()).toString();
        }
    }

    static CutGraph of(byte[] onnx) {
        var attention = new ArrayList<Node>();
        var unpacked = new ArrayList<Node>();
        var model = new ByteArrayOutputStream();
        for (Field field : fields(ByteBuffer.wrap(onnx))) {
            switch (field.number) {
                case 7 -> put(model, 7, cut(field.value, attention, unpacked));
                case 8 -> {
                    if (!texts(field.value, 1).contains("goshawk")) {
                        put(model, field);
                    }
                }
                default -> put(model, field);
            }
        }
        return new CutGraph(model.toByteArray(), attention, unpacked);
    }

    private static byte[] cut(ByteBuffer graph, List<Node> attention, List<Node> unpacked) {
        var cut = new ByteArrayOutputStream();
        var inputs = new ArrayList<Field>();
        for (Field field : fields(graph)) {
            String operator = field.number == 1 ? texts(field.value, 4).getFirst() : "";
            switch (operator) {
                case "CachedAttention" -> attention.add(node(field));
                case "Int4Matrix" -> unpacked.add(node(field));
                default -> {
                    if (field.number == 11) {
                        inputs.add(field);
                    } else {
                        put(cut, field);
                    }
                }
            }
        }
        var ours = new HashSet<>(Set.of("sees", "places")); // which nobody else reads
        unpacked.forEach(node -> ours.addAll(node.operands.subList(0, 2)));
        inputs.stream()
                .filter(input -> !ours.contains(texts(input.value, 1).getFirst()))
                .forEach(input -> put(cut, input));
        unpacked.forEach(node -> put(cut, 11, floats(node.result)));
        var told = new LinkedHashSet<String>();
        attention.forEach(node -> told.addAll(node.operands.subList(0, 5)));
        told.forEach(name -> put(cut, 12, floats(name)));
        attention.forEach(node -> put(cut, 11, floats(node.result)));
        return cut.toByteArray();
    }

    private static Node node(Field field) {
        return new Node(texts(field.value, 1), texts(field.value, 2).getFirst());
    }

    /** A value in FP32, of any shape. */
    private static byte[] floats(String name) {
        var value = new ByteArrayOutputStream();
        put(value, 1, name.getBytes(StandardCharsets.UTF_8));
        put(value, 2, new byte[] {1 << 3 | 2, 2, 1 << 3, 1});
        return value.toByteArray();
    }

    private static List<String> texts(ByteBuffer message, int number) {
        return fields(message).stream()
                .filter(field -> field.number == number)
                .map(Field::text)
                .toList();
    }

    private static List<Field> fields(ByteBuffer message) {
        ByteBuffer in = message.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        var fields = new ArrayList<Field>();
        while (in.hasRemaining()) {
            int from = in.position();
            int key = (int) varint(in);
            int begin = in.position();
            int length = switch (key & 7) {
                case 0 -> {
                    varint(in);
                    yield in.position() - begin;
                }
                case 1 -> Long.BYTES;
                case 2 -> {
                    int bytes = (int) varint(in);
                    begin = in.position();
                    yield bytes;
                }
                case 5 -> Integer.BYTES;
                default -> throw new IllegalStateException("wire type " + (key & 7));
            };
            in.position(begin + length);
            fields.add(new Field(key >> 3, in.slice(begin, length), in.slice(from, begin + length - from)));
        }
        return fields;
    }

    private static long varint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte next = in.get();
            value |= (long) (next & 0x7f) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }

    private static void put(ByteArrayOutputStream out, Field field) {
        byte[] bytes = new byte[field.whole.remaining()];
        field.whole.duplicate().get(bytes);
        out.writeBytes(bytes);
    }

    private static void put(ByteArrayOutputStream out, int number, byte[] message) {
        out.write(number << 3 | 2);
        int left = message.length;
        while (left > 0x7f) {
            out.write((left & 0x7f) | 0x80);
            left >>>= 7;
        }
        out.write(left);
        out.writeBytes(message);
    }
}
