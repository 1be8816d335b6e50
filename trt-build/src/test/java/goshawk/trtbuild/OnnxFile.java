package goshawk.trtbuild;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads an ONNX file as far as tests look into it. Types are ONNX's numbers. */
record OnnxFile(
        int opset,
        List<Node> nodes,
        Map<String, Constant> constants,
        Map<String, Integer> inputs,
        Map<String, Integer> outputs) {

    /** @param numbers attributes that are whole numbers */
    record Node(
            String name,
            String op,
            String domain,
            List<String> operands,
            List<String> results,
            Map<String, Long> numbers) {}

    /** @param external where its bytes are: location, offset, length; empty where they are in the graph */
    record Constant(int type, List<Long> shape, byte[] raw, Map<String, String> external) {}

    private record Field(int number, long value, ByteBuffer bytes) {

        String text() {
            return StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
        }
    }

    static OnnxFile read(byte[] onnx) {
        var file = new OnnxFile(
                opset(onnx), new ArrayList<>(), new LinkedHashMap<>(), new LinkedHashMap<>(), new LinkedHashMap<>());
        for (Field model : fields(ByteBuffer.wrap(onnx))) {
            if (model.number() == 7) {
                fields(model.bytes()).forEach(file::add);
            }
        }
        return file;
    }

    private static int opset(byte[] onnx) {
        for (Field model : fields(ByteBuffer.wrap(onnx))) {
            if (model.number() == 8) {
                List<Field> id = fields(model.bytes());
                if (id.stream()
                        .noneMatch(field -> field.number() == 1 && !field.text().isEmpty())) {
                    return (int) id.stream()
                            .filter(field -> field.number() == 2)
                            .findFirst()
                            .orElseThrow()
                            .value();
                }
            }
        }
        throw new AssertionError("no opset");
    }

    private void add(Field field) {
        switch (field.number()) {
            case 1 -> nodes.add(node(fields(field.bytes())));
            case 5 -> constant(fields(field.bytes()));
            case 11 -> valueInfo(fields(field.bytes()), inputs);
            case 12 -> valueInfo(fields(field.bytes()), outputs);
            default -> {}
        }
    }

    private static Node node(List<Field> fields) {
        var numbers = new LinkedHashMap<String, Long>();
        for (Field field : fields) {
            if (field.number() == 5) {
                List<Field> attribute = fields(field.bytes());
                attribute.stream()
                        .filter(it -> it.number() == 3)
                        .forEach(it -> numbers.put(text(attribute, 1), it.value()));
            }
        }
        return new Node(text(fields, 3), text(fields, 4), text(fields, 7), texts(fields, 1), texts(fields, 2), numbers);
    }

    private void constant(List<Field> fields) {
        var external = new LinkedHashMap<String, String>();
        byte[] raw = new byte[0];
        List<Long> shape = new ArrayList<>();
        int type = 0;
        for (Field field : fields) {
            switch (field.number()) {
                case 1 -> shape.add(field.value());
                case 2 -> type = (int) field.value();
                case 9 -> {
                    raw = new byte[field.bytes().remaining()];
                    field.bytes().duplicate().get(raw);
                }
                case 13 -> external.put(text(fields(field.bytes()), 1), text(fields(field.bytes()), 2));
                default -> {}
            }
        }
        constants.put(text(fields, 8), new Constant(type, shape, raw, external));
    }

    private static void valueInfo(List<Field> fields, Map<String, Integer> into) {
        Field type = fields.stream().filter(it -> it.number() == 2).findFirst().orElseThrow();
        Field tensor = fields(type.bytes()).getFirst();
        into.put(text(fields, 1), (int) fields(tensor.bytes()).stream()
                .filter(it -> it.number() == 1)
                .findFirst()
                .orElseThrow()
                .value());
    }

    private static String text(List<Field> fields, int number) {
        List<String> found = texts(fields, number);
        return found.isEmpty() ? "" : found.getFirst();
    }

    private static List<String> texts(List<Field> fields, int number) {
        return fields.stream()
                .filter(it -> it.number() == number)
                .map(Field::text)
                .toList();
    }

    private static List<Field> fields(ByteBuffer message) {
        ByteBuffer in = message.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        var fields = new ArrayList<Field>();
        while (in.hasRemaining()) {
            long key = varint(in);
            int number = (int) (key >> 3);
            switch ((int) key & 7) {
                case 0 -> fields.add(new Field(number, varint(in), ByteBuffer.allocate(0)));
                case 1 -> fields.add(new Field(number, in.getLong(), ByteBuffer.allocate(0)));
                case 2 -> {
                    int length = (int) varint(in);
                    fields.add(new Field(number, 0, in.slice(in.position(), length)));
                    in.position(in.position() + length);
                }
                case 5 -> fields.add(new Field(number, in.getInt(), ByteBuffer.allocate(0)));
                default -> throw new AssertionError("wire type " + (key & 7));
            }
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
}
