package goshawk.trtbuild.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A value as Python would have it. */
sealed interface Value {

    record Str(String text) implements Value {}

    record Int(long number) implements Value {}

    record Real(double number) implements Value {}

    record Bool(boolean value) implements Value {}

    record None() implements Value {}

    /** What a name without a value has: false, prints nothing, and may not be asked for anything. */
    record Undefined(String name) implements Value {}

    record Items(List<Value> items) implements Value {}

    record Dict(Map<String, Value> entries) implements Value {}

    /** The one value that a template may change; compared by identity. */
    final class Namespace implements Value {
        final Map<String, Value> attributes = new LinkedHashMap<>();
    }

    /** @param scope where it was defined: what its body sees besides its parameters */
    record Macro(Statement.Macro macro, Scope scope) implements Value {}

    /** A function of the environment, by name. */
    record Function(String name) implements Value {}

    /** A method taken from a value and not yet called. */
    record Method(Value of, String name) implements Value {}

    static Value of(boolean value) {
        return new Bool(value);
    }

    /** From Java's: null, strings, numbers, booleans, lists and maps with string keys. */
    static Value of(@Nullable Object object) {
        return switch (object) {
            case null -> new None();
            case String text -> new Str(text);
            case Boolean value -> of(value.booleanValue());
            case Double number -> new Real(number);
            case Float number -> new Real(number);
            case Number number -> new Int(number.longValue());
            case List<?> items -> {
                var values = new ArrayList<Value>();
                items.forEach(item -> values.add(of(item)));
                yield new Items(values);
            }
            case Map<?, ?> entries -> {
                var values = new LinkedHashMap<String, Value>();
                entries.forEach((key, value) -> values.put(String.valueOf(key), of(value)));
                yield new Dict(values);
            }
            default -> throw new IllegalArgumentException("a template takes no " + object.getClass());
        };
    }

    /** Python's truth. */
    default boolean isTrue() {
        return switch (this) {
            case Str(var text) -> !text.isEmpty();
            case Int(var number) -> number != 0;
            case Real(var number) -> number != 0;
            case Bool(var value) -> value;
            case None(), Undefined(var _) -> false;
            case Items(var items) -> !items.isEmpty();
            case Dict(var entries) -> !entries.isEmpty();
            case Namespace _, Macro _, Function _, Method _ -> true;
        };
    }

    /** Python's {@code str()}. */
    default String print() {
        return switch (this) {
            case Str(var text) -> text;
            case Undefined(var _) -> "";
            default -> repr();
        };
    }

    /** Python's {@code repr()}, for the values that templates print. */
    default String repr() {
        return switch (this) {
            case Str(var text) -> {
                char quote = text.contains("'") && !text.contains("\"") ? '"' : '\'';
                String escaped = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t");
                yield quote + (quote == '\'' ? escaped.replace("'", "\\'") : escaped) + quote;
            }
            case Int(var number) -> Long.toString(number);
            case Real(var number) -> Double.toString(number);
            case Bool(var value) -> value ? "True" : "False";
            case None() -> "None";
            case Undefined(var _) -> "Undefined";
            case Items(var items) ->
                "[" + String.join(", ", items.stream().map(Value::repr).toList()) + "]";
            case Dict(var entries) ->
                "{"
                        + String.join(
                                ", ",
                                entries.entrySet().stream()
                                        .map(it -> new Str(it.getKey()).repr() + ": "
                                                + it.getValue().repr())
                                        .toList())
                        + "}";
            case Namespace it -> "<Namespace " + new Dict(it.attributes).repr() + ">";
            case Macro(var macro, var _) -> "<Macro '" + macro.name() + "'>";
            case Function(var name) -> "<function " + name + ">";
            case Method(var _, var name) -> "<method " + name + ">";
        };
    }
}
