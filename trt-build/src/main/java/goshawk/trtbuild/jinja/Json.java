package goshawk.trtbuild.jinja;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code tojson} as Hugging Face's environment has it: {@code json.dumps(…, ensure_ascii=False)}, nothing escaped for HTML. */
final class Json {

    private final StringBuilder out = new StringBuilder();
    private final int indent;

    private Json(int indent) {
        this.indent = indent;
    }

    static String write(Value value, Optional<Value> indent) {
        int columns = indent.isPresent() && indent.get() instanceof Value.Int(var number) ? (int) number : -1;
        var json = new Json(columns);
        json.value(value, 0);
        return json.out.toString();
    }

    private void value(Value value, int depth) {
        switch (value) {
            case Value.Str(var text) -> string(text);
            case Value.Int(var number) -> out.append(number);
            case Value.Real(var number) -> out.append(number);
            case Value.Bool(var is) -> out.append(is);
            case Value.None() -> out.append("null");
            case Value.Items(var items) -> items(items, depth);
            case Value.Dict(var entries) -> entries(entries, depth);
            default -> throw new IllegalArgumentException(value.repr() + " is no JSON");
        }
    }

    private void items(List<Value> items, int depth) {
        out.append('[');
        for (int i = 0; i < items.size(); i++) {
            separate(i, depth + 1);
            value(items.get(i), depth + 1);
        }
        close(items.isEmpty(), depth);
        out.append(']');
    }

    private void entries(Map<String, Value> entries, int depth) {
        out.append('{');
        int i = 0;
        for (var entry : entries.entrySet()) {
            separate(i++, depth + 1);
            string(entry.getKey());
            out.append(": ");
            value(entry.getValue(), depth + 1);
        }
        close(entries.isEmpty(), depth);
        out.append('}');
    }

    private void separate(int index, int depth) {
        if (indent >= 0) {
            out.append(index > 0 ? ",\n" : "\n").repeat(' ', indent * depth);
        } else if (index > 0) {
            out.append(", ");
        }
    }

    private void close(boolean empty, int depth) {
        if (indent >= 0 && !empty) {
            out.append('\n').repeat(' ', indent * depth);
        }
    }

    private void string(String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                default -> {
                    if (c < 0x20) {
                        out.append("\\u%04x".formatted((int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
