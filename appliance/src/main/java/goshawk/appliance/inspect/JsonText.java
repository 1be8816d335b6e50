package goshawk.appliance.inspect;

import com.fasterxml.jackson.databind.JsonNode;
import goshawk.appliance.inspect.CodePoints.Range;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** JSON's strings and constants as expressions over bytes. Belongs to one thread. */
final class JsonText {

    private static final String SHORT_ESCAPES = "\"\\/bfnrt";
    private static final String ESCAPED = "\"\\/\b\f\n\r\t";
    private static final CodePoints NEVER_PLAIN = CodePoints.of("\"\\").or(CodePoints.of(0, 0x1f));

    private final Expressions expressions;
    private final String separator;
    private final Map<CodePoints, Expression> characters = new HashMap<>();
    private final Expression quote;
    private final Expression any;

    /** @param space what follows a comma or a colon: nothing, or one space */
    JsonText(Expressions expressions, String space) {
        this.expressions = expressions;
        this.separator = space;
        this.quote = expressions.text("\"");
        this.any = character(CodePoints.ALL);
    }

    Expression quote() {
        return quote;
    }

    /** Any character, in any of its forms. */
    Expression anyCharacter() {
        return any;
    }

    Expression comma() {
        return expressions.text("," + separator);
    }

    Expression colon() {
        return expressions.text(":" + separator);
    }

    /** A string of characters that {@code content} has. */
    Expression string(Expression content) {
        return expressions.then(quote, content, quote);
    }

    /** Any string of so many characters. */
    Expression string(int least, int most) {
        return string(expressions.repeat(any, least, most));
    }

    /** Any string but these. */
    Expression stringBut(Set<String> excluded) {
        return string(but(excluded.stream()
                .map(text -> text.codePoints().boxed().toList())
                .collect(Collectors.toSet())));
    }

    /** Character by character: one that no excluded text has here, and then anything; or one that some have. */
    private Expression but(Set<List<Integer>> excluded) {
        Map<Integer, Set<List<Integer>>> byFirst = new TreeMap<>();
        for (List<Integer> text : excluded) {
            if (!text.isEmpty()) {
                byFirst.computeIfAbsent(text.getFirst(), _ -> new HashSet<>()).add(text.subList(1, text.size()));
            }
        }
        CodePoints others = CodePoints.ALL;
        List<Expression> ways = new ArrayList<>();
        for (var entry : byFirst.entrySet()) {
            CodePoints first = CodePoints.of(entry.getKey(), entry.getKey());
            others = others.minus(first);
            ways.add(expressions.then(character(first), but(entry.getValue())));
        }
        ways.add(expressions.then(character(others), expressions.repeat(any, 0, Expression.UNBOUNDED)));
        if (!excluded.contains(List.<Integer>of())) {
            ways.add(expressions.empty());
        }
        return expressions.either(ways);
    }

    /** One of these characters, in each form that a JSON string may have it in. */
    Expression character(CodePoints set) {
        Expression known = characters.get(set);
        if (known == null) {
            known = expressions.either(plain(set.minus(NEVER_PLAIN)), shortEscape(set), longEscape(set));
            characters.put(set, known);
        }
        return known;
    }

    private Expression shortEscape(CodePoints set) {
        var letters = new StringBuilder();
        for (int i = 0; i < ESCAPED.length(); i++) {
            if (set.has(ESCAPED.charAt(i))) {
                letters.append(SHORT_ESCAPES.charAt(i));
            }
        }
        return expressions.then(expressions.text("\\"), expressions.oneOf(letters.toString()));
    }

    private static final int[] UTF8_LENGTHS = {0x7f, 0x7ff, 0xffff, CodePoints.LAST};
    private static final int[] UTF8_LEADS = {0, 0xc0, 0xe0, 0xf0};

    private Expression plain(CodePoints set) {
        List<Expression> ways = new ArrayList<>();
        int from = 0;
        for (int more = 0; more < UTF8_LENGTHS.length; more++) {
            int lead = UTF8_LEADS[more];
            int[] radices = new int[more + 1];
            Arrays.fill(radices, 64);
            radices[0] = 256;
            for (Range range : set.and(CodePoints.of(from, UTF8_LENGTHS[more])).ranges()) {
                ways.add(digits(radices, range.from(), range.to(), (place, low, high) -> {
                    int first = place == 0 ? lead : 0x80;
                    return expressions.bytes(first + low, first + high);
                }));
            }
            from = UTF8_LENGTHS[more] + 1;
        }
        return expressions.either(ways);
    }

    /** {@code \}{@code uXXXX}, beyond U+FFFF as two surrogates. */
    private Expression longEscape(CodePoints set) {
        Expression start = expressions.text("\\u");
        Expression d = expressions.oneOf("dD");
        List<Expression> ways = new ArrayList<>();
        for (Range range : set.and(CodePoints.of(0, 0xffff)).ranges()) {
            ways.add(expressions.then(
                    start,
                    digits(
                            new int[] {16, 16, 16, 16},
                            range.from(),
                            range.to(),
                            (_, low, high) -> hexadecimal(low, high))));
        }
        for (Range range : set.and(CodePoints.of(0x10000, CodePoints.LAST)).ranges()) {
            ways.add(digits(
                    new int[] {4, 16, 16, 4, 16, 16},
                    range.from() - 0x10000,
                    range.to() - 0x10000,
                    (place, low, high) -> switch (place) {
                        case 0 -> expressions.then(start, d, hexadecimal(low + 8, high + 8));
                        case 3 -> expressions.then(start, d, hexadecimal(low + 12, high + 12));
                        default -> hexadecimal(low, high);
                    }));
        }
        return expressions.either(ways);
    }

    private Expression hexadecimal(int low, int high) {
        return expressions.oneOf(
                "0123456789abcdef".substring(low, high + 1) + "0123456789ABCDEF".substring(low, high + 1));
    }

    /** How one place is written when its digit is in [low, high]. */
    interface Place {
        Expression of(int place, int low, int high);
    }

    /** The numbers from {@code from} to {@code to}, written with these radices, the first place first. */
    Expression digits(int[] radices, long from, long to, Place place) {
        return digits(places(radices, from), places(radices, to), radices, 0, place);
    }

    private static int[] places(int[] radices, long number) {
        int[] places = new int[radices.length];
        long left = number;
        for (int i = radices.length - 1; i >= 0; i--) {
            places[i] = (int) (left % radices[i]);
            left /= radices[i];
        }
        return places;
    }

    /** From place {@code at} on. Below the first digits there is no lowest, above the last ones no highest to mind. */
    private Expression digits(int[] from, int[] to, int[] radices, int at, Place place) {
        if (at == radices.length) {
            return expressions.empty();
        }
        int[] lowest = new int[radices.length];
        int[] highest = Arrays.stream(radices).map(radix -> radix - 1).toArray();
        if (from[at] == to[at]) {
            return expressions.then(place.of(at, from[at], to[at]), digits(from, to, radices, at + 1, place));
        }
        int low = from[at] + (isSame(from, lowest, at + 1) ? 0 : 1);
        int high = to[at] - (isSame(to, highest, at + 1) ? 0 : 1);
        List<Expression> ways = new ArrayList<>();
        if (low > from[at]) {
            ways.add(expressions.then(place.of(at, from[at], from[at]), digits(from, highest, radices, at + 1, place)));
        }
        if (low <= high) {
            ways.add(expressions.then(place.of(at, low, high), digits(lowest, highest, radices, at + 1, place)));
        }
        if (high < to[at]) {
            ways.add(expressions.then(place.of(at, to[at], to[at]), digits(lowest, to, radices, at + 1, place)));
        }
        return expressions.either(ways);
    }

    private static boolean isSame(int[] a, int[] b, int from) {
        return Arrays.equals(a, from, a.length, b, from, b.length);
    }

    /** This value, written in one way: members in its order, of each character the shortest form. */
    String constant(JsonNode value) {
        if (value.isObject()) {
            return value.properties().stream()
                    .map(member -> quoted(member.getKey()) + ":" + separator + constant(member.getValue()))
                    .collect(Collectors.joining("," + separator, "{", "}"));
        }
        if (value.isArray()) {
            List<String> items = new ArrayList<>();
            value.forEach(item -> items.add(constant(item)));
            return items.stream().collect(Collectors.joining("," + separator, "[", "]"));
        }
        return value.isTextual() ? quoted(value.asText()) : value.asText();
    }

    static String quoted(String text) {
        var quoted = new StringBuilder("\"");
        text.codePoints().forEach(one -> {
            int escape = one == '/' ? -1 : ESCAPED.indexOf(one);
            if (escape >= 0) {
                quoted.append('\\').append(SHORT_ESCAPES.charAt(escape));
            } else if (one < ' ') {
                quoted.append("\\u%04x".formatted(one));
            } else if (Character.isBmpCodePoint(one) && Character.isSurrogate((char) one)) {
                throw new SchemaException(
                        "half a character (a lone surrogate) stands in a constant or a name; write it whole");
            } else {
                quoted.appendCodePoint(one);
            }
        });
        return quoted.append('"').toString();
    }
}
