package goshawk.trtbuild.jinja;

import goshawk.trtbuild.jinja.Value.Bool;
import goshawk.trtbuild.jinja.Value.Dict;
import goshawk.trtbuild.jinja.Value.Int;
import goshawk.trtbuild.jinja.Value.Items;
import goshawk.trtbuild.jinja.Value.None;
import goshawk.trtbuild.jinja.Value.Real;
import goshawk.trtbuild.jinja.Value.Str;
import goshawk.trtbuild.jinja.Value.Undefined;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Tests, filters and Python's methods, by name. They fail with {@link IllegalArgumentException}; the caller adds the line. */
final class Builtins {

    static final Set<String> TESTS = sorted(
            "string",
            "mapping",
            "iterable",
            "sequence",
            "number",
            "integer",
            "float",
            "boolean",
            "none",
            "defined",
            "undefined",
            "true",
            "false");

    static final Set<String> FILTERS = sorted(
            "length", "count", "trim", "upper", "lower", "string", "int", "list", "first", "last", "join", "default",
            "d", "tojson", "items", "replace", "reverse", "safe");

    private static final String WHITE = " \t\n\r\f\u000b";

    private Builtins() {}

    private static Set<String> sorted(String... names) {
        return new TreeSet<>(List.of(names));
    }

    static boolean test(String test, Value value) {
        return switch (test) {
            case "string" -> value instanceof Str;
            case "mapping" -> value instanceof Dict;
            case "iterable", "sequence" ->
                value instanceof Str
                        || value instanceof Items
                        || value instanceof Dict
                        || (value instanceof Undefined && test.equals("iterable"));
            case "number" -> value instanceof Int || value instanceof Real || value instanceof Bool;
            case "integer" -> value instanceof Int;
            case "float" -> value instanceof Real;
            case "boolean" -> value instanceof Bool;
            case "none" -> value instanceof None;
            case "defined" -> !(value instanceof Undefined);
            case "undefined" -> value instanceof Undefined;
            case "true" -> value.equals(Value.of(true));
            case "false" -> value.equals(Value.of(false));
            default -> throw new IllegalArgumentException("no test " + test);
        };
    }

    static Value filter(String filter, Value value, List<Value> arguments, Map<String, Value> named) {
        return switch (filter) {
            case "length", "count" -> new Int(length(value));
            case "trim" -> new Str(strip(value.print(), arguments, true, true));
            case "upper" -> new Str(value.print().toUpperCase(Locale.ROOT));
            case "lower" -> new Str(value.print().toLowerCase(Locale.ROOT));
            case "string", "safe" -> new Str(value.print());
            case "int" -> integer(value);
            case "list" -> new Items(items(value));
            case "first" ->
                items(value).isEmpty() ? new Undefined("first") : items(value).getFirst();
            case "last" ->
                items(value).isEmpty() ? new Undefined("last") : items(value).getLast();
            case "reverse" ->
                value instanceof Str(var text)
                        ? new Str(new StringBuilder(text).reverse().toString())
                        : new Items(items(value).reversed());
            case "join" ->
                new Str(String.join(
                        arguments.isEmpty() ? "" : arguments.getFirst().print(),
                        items(value).stream().map(Value::print).toList()));
            case "default", "d" -> orDefault(value, arguments, named);
            case "tojson" -> new Str(Json.write(value, Optional.ofNullable(named.get("indent"))));
            case "items" -> value instanceof Undefined ? new Items(List.of()) : method(value, "items", arguments);
            case "replace" -> method(new Str(value.print()), "replace", arguments);
            default -> throw new IllegalArgumentException("no filter " + filter);
        };
    }

    private static Value orDefault(Value value, List<Value> arguments, Map<String, Value> named) {
        boolean falseToo = arguments.size() > 1
                ? arguments.get(1).isTrue()
                : named.getOrDefault("boolean", Value.of(false)).isTrue();
        boolean absent = value instanceof Undefined || (falseToo && !value.isTrue());
        return absent ? (arguments.isEmpty() ? new Str("") : arguments.getFirst()) : value;
    }

    private static Value integer(Value value) {
        return switch (value) {
            case Int it -> it;
            case Real(var number) -> new Int((long) number);
            case Bool(var is) -> new Int(is ? 1 : 0);
            case Str(var text) -> {
                try {
                    yield new Int(Long.parseLong(text.strip()));
                } catch (NumberFormatException e) {
                    yield new Int(0); // as Jinja's int filter
                }
            }
            default -> new Int(0);
        };
    }

    /** What iterating over the value gives; characters of a string, keys of a dict. */
    static List<Value> items(Value value) {
        return switch (value) {
            case Items(var items) -> items;
            case Dict(var entries) ->
                entries.keySet().stream().map(it -> (Value) new Str(it)).toList();
            case Str(var text) ->
                text.codePoints()
                        .mapToObj(it -> (Value) new Str(Character.toString(it)))
                        .toList();
            case Undefined(var _) -> List.of();
            default -> throw new IllegalArgumentException(value.repr() + " cannot be iterated over");
        };
    }

    static long length(Value value) {
        return switch (value) {
            case Str(var text) -> text.codePointCount(0, text.length());
            case Items(var items) -> items.size();
            case Dict(var entries) -> entries.size();
            case Undefined(var _) -> 0;
            default -> throw new IllegalArgumentException(value.repr() + " has no length");
        };
    }

    static boolean hasMethod(Value value, String name) {
        return switch (value) {
            case Str _ ->
                Set.of("strip", "lstrip", "rstrip", "split", "startswith", "endswith", "replace", "upper", "lower")
                        .contains(name);
            case Dict _ -> Set.of("get", "items", "keys", "values").contains(name);
            default -> false;
        };
    }

    static Value method(Value value, String name, List<Value> arguments) {
        return switch (value) {
            case Str(var text) -> ofString(text, name, arguments);
            case Dict(var entries) -> ofDict(entries, name, arguments);
            default -> throw new IllegalArgumentException(value.repr() + " has no method " + name);
        };
    }

    private static Value ofString(String text, String name, List<Value> arguments) {
        return switch (name) {
            case "strip" -> new Str(strip(text, arguments, true, true));
            case "lstrip" -> new Str(strip(text, arguments, true, false));
            case "rstrip" -> new Str(strip(text, arguments, false, true));
            case "split" -> split(text, arguments);
            case "startswith" -> Value.of(anyOf(arguments).stream().anyMatch(text::startsWith));
            case "endswith" -> Value.of(anyOf(arguments).stream().anyMatch(text::endsWith));
            case "replace" -> new Str(text.replace(string(arguments, 0), string(arguments, 1)));
            case "upper" -> new Str(text.toUpperCase(Locale.ROOT));
            case "lower" -> new Str(text.toLowerCase(Locale.ROOT));
            default -> throw new IllegalArgumentException("strings have no method " + name + " here");
        };
    }

    private static Value ofDict(Map<String, Value> entries, String name, List<Value> arguments) {
        return switch (name) {
            case "get" -> {
                Value found = entries.get(string(arguments, 0));
                yield found != null ? found : arguments.size() > 1 ? arguments.get(1) : new Value.None();
            }
            case "keys" -> new Items(items(new Dict(entries)));
            case "values" -> new Items(List.copyOf(entries.values()));
            case "items" ->
                new Items(entries.entrySet().stream()
                        .map(it -> (Value) new Items(List.of(new Str(it.getKey()), it.getValue())))
                        .toList());
            default -> throw new IllegalArgumentException("dicts have no method " + name + " here");
        };
    }

    private static List<String> anyOf(List<Value> arguments) {
        return !arguments.isEmpty() && arguments.getFirst() instanceof Items(var several)
                ? several.stream().map(Value::print).toList()
                : List.of(string(arguments, 0));
    }

    private static String string(List<Value> arguments, int index) {
        if (index < arguments.size() && arguments.get(index) instanceof Str(var text)) {
            return text;
        }
        throw new IllegalArgumentException("argument %d must be a string".formatted(index + 1));
    }

    private static String strip(String text, List<Value> arguments, boolean left, boolean right) {
        String drop = arguments.isEmpty() || arguments.getFirst() instanceof None ? WHITE : string(arguments, 0);
        int from = 0;
        int to = text.length();
        while (left && from < to && drop.indexOf(text.charAt(from)) >= 0) {
            from++;
        }
        while (right && to > from && drop.indexOf(text.charAt(to - 1)) >= 0) {
            to--;
        }
        return text.substring(from, to);
    }

    private static Value split(String text, List<Value> arguments) {
        var parts = new ArrayList<Value>();
        if (arguments.isEmpty()) { // at runs of white space
            for (String part : text.strip().split("\\s+", -1)) {
                if (!part.isEmpty()) {
                    parts.add(new Str(part));
                }
            }
            return new Items(parts);
        }
        String separator = string(arguments, 0);
        if (separator.isEmpty()) {
            throw new IllegalArgumentException("cannot split at nothing");
        }
        long limit =
                arguments.size() > 1 && arguments.get(1) instanceof Int(var most) && most >= 0 ? most : Long.MAX_VALUE;
        int from = 0;
        for (int at = text.indexOf(separator); at >= 0 && parts.size() < limit; at = text.indexOf(separator, from)) {
            parts.add(new Str(text.substring(from, at)));
            from = at + separator.length();
        }
        parts.add(new Str(text.substring(from)));
        return new Items(parts);
    }

    /** Equality as Python has it for these values. */
    static boolean same(Value left, Value right) {
        Optional<Double> a = number(left);
        Optional<Double> b = number(right);
        if (a.isPresent() && b.isPresent()) {
            return a.get().doubleValue() == b.get().doubleValue();
        }
        if (left instanceof Undefined && right instanceof Undefined) {
            return true;
        }
        return left.equals(right);
    }

    static Optional<Double> number(Value value) {
        return switch (value) {
            case Int(var number) -> Optional.of((double) number);
            case Real(var number) -> Optional.of(number);
            case Bool(var is) -> Optional.of(is ? 1.0 : 0.0);
            default -> Optional.empty();
        };
    }
}
