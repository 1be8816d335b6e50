package goshawk.appliance.engine;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A graph without the nodes of our own operator: what they read are outputs, what they compute are inputs. So a runtime that does
 * not know it computes all else.
 *
 * @param attention the nodes that were taken out, in their order
 */
record CutGraph(byte[] onnx, List<Attention> attention) {

    private static final String OURS = "CachedAttention";

    /** That nobody else reads. */
    private static final Set<String> ITS_OWN = Set.of("sees", "places");

    record Attention(List<String> operands, String result) {}

    /** One field of a message, with its key. */
    private record Field(int number, ByteBuffer value, ByteBuffer whole) {

        String text() {
            return StandardCharsets.UTF_8.decode(value.duplicate()).toString();
        }
    }

    static CutGraph of(byte[] onnx) {
        var attention = new ArrayList<Attention>();
        var model = new ByteArrayOutputStream();
        for (Field field : fields(ByteBuffer.wrap(onnx))) {
            switch (field.number) {
                case 7 -> put(model, 7, cut(field.value, attention));
                case 8 -> {
                    if (!texts(field.value, 1).contains("goshawk")) {
                        put(model, field);
                    }
                }
                default -> put(model, field);
            }
        }
        return new CutGraph(model.toByteArray(), attention);
    }

    private static byte[] cut(ByteBuffer graph, List<Attention> attention) {
        var cut = new ByteArrayOutputStream();
        for (Field field : fields(graph)) {
            if (field.number == 1 && texts(field.value, 4).contains(OURS)) {
                attention.add(new Attention(
                        texts(field.value, 1), texts(field.value, 2).getFirst()));
            } else if (field.number != 11
                    || !ITS_OWN.contains(texts(field.value, 1).getFirst())) {
                put(cut, field);
            }
        }
        var told = new LinkedHashSet<String>();
        attention.forEach(node -> told.addAll(node.operands.subList(0, 5)));
        told.forEach(name -> put(cut, 12, floats(name)));
        attention.forEach(node -> put(cut, 11, floats(node.result)));
        return cut.toByteArray();
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
