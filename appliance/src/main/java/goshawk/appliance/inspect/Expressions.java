package goshawk.appliance.inspect;

import goshawk.appliance.inspect.Expression.Kind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes expressions, each once, and says what is left of one after a byte: its derivative, after Brzozowski. Walking a
 * text is to take derivatives; the expressions on the way are the states of an automaton that grows where it is walked.
 * Recursion needs no stack of its own: what is still to come stands in the expression.
 *
 * <p>No expression but {@link #nothing} is without a string: dead ends are dropped where they arise.
 *
 * <p>Made by one thread; then {@link #get} and {@link #after} are safe for any: what is known is read without a lock. No
 * derivative tells bytes apart that no expression before told apart.
 */
final class Expressions {

    /** More of them are not held: they take some 150 MiB. */
    private static final int MOST = 1 << 18;

    /** So many are looked at to find out whether two expressions have a string in common. */
    private static final int MOST_SEARCHED = 50_000;

    private final Map<Shape, Expression> made = new HashMap<>();
    private volatile Expression[] all = new Expression[1024];
    private int count;
    private final List<@Nullable Expression> definitions = new ArrayList<>();
    /** BOTH expressions that are known to have a string, or to have none. */
    private final Map<Expression, Boolean> inhabited = new HashMap<>();
    /** By byte: its class. Bytes of a class are alike to every expression. */
    private final int[] classOf = new int[256];

    private final Set<List<Long>> sets = new HashSet<>();
    /** By class: one of its bytes. */
    private int[] byteOf = {0};

    private final Expression nothing = make(Kind.NOTHING, List.of());
    private final Expression empty = make(Kind.EMPTY, List.of());

    record Shape(Kind kind, List<Expression> parts, List<Long> bytes, int least, int most) {}

    Expression nothing() {
        return nothing;
    }

    Expression empty() {
        return empty;
    }

    /** One byte, from {@code from} to {@code to}, both included. */
    Expression bytes(int from, int to) {
        boolean[] set = new boolean[256];
        Arrays.fill(set, from, to + 1, true);
        return bytes(set);
    }

    /** One of these, ASCII. */
    Expression oneOf(String letters) {
        boolean[] set = new boolean[256];
        letters.chars().forEach(letter -> set[letter] = true);
        return bytes(set);
    }

    private Expression bytes(boolean[] set) {
        Long[] words = {0L, 0L, 0L, 0L};
        for (int value = 0; value < 256; value++) {
            words[value / 64] |= set[value] ? 1L << (value % 64) : 0;
        }
        return bytes(List.of(words));
    }

    private Expression bytes(List<Long> set) {
        if (set.stream().allMatch(word -> word == 0)) {
            return nothing;
        }
        if (sets.add(set)) {
            refine(set);
        }
        return make(new Shape(Kind.BYTES, List.of(), set, 0, 0));
    }

    /** Splits every class of which this set has some bytes and others not. What was worked out for classes is forgotten. */
    private void refine(List<Long> set) {
        Map<Integer, Integer> renamed = new HashMap<>();
        int[] split = new int[256];
        List<Integer> firstBytes = new ArrayList<>();
        for (int value = 0; value < 256; value++) {
            boolean has = (set.get(value / 64) >>> (value % 64) & 1) != 0;
            int key = classOf[value] * 2 + (has ? 1 : 0);
            if (!renamed.containsKey(key)) {
                renamed.put(key, renamed.size());
                firstBytes.add(value);
            }
            split[value] = renamed.getOrDefault(key, 0);
        }
        if (renamed.size() > byteOf.length) {
            System.arraycopy(split, 0, classOf, 0, 256);
            byteOf = firstBytes.stream().mapToInt(Integer::intValue).toArray();
            for (int i = 0; i < count; i++) {
                all[i].next = null;
            }
        }
    }

    /** Exactly this text, as UTF-8. */
    Expression text(String text) {
        Expression rest = empty;
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (int i = bytes.length - 1; i >= 0; i--) {
            rest = then(bytes(bytes[i] & 0xff, bytes[i] & 0xff), rest);
        }
        return rest;
    }

    /** One after the other. */
    Expression then(Expression... parts) {
        Expression rest = parts[parts.length - 1];
        for (int i = parts.length - 2; i >= 0; i--) {
            rest = then(parts[i], rest);
        }
        return rest;
    }

    private Expression then(Expression head, Expression tail) {
        if (head == nothing || tail == nothing) {
            return nothing;
        }
        List<Expression> heads = new ArrayList<>();
        Expression last = head;
        while (last.kind == Kind.THEN) {
            heads.add(last.first());
            last = last.second();
        }
        heads.add(last);
        Expression rest = tail;
        for (Expression one : heads.reversed()) {
            rest = one == empty ? rest : rest == empty ? one : make(Kind.THEN, List.of(one, rest));
        }
        return rest;
    }

    Expression either(Expression... parts) {
        return either(List.of(parts));
    }

    Expression either(List<Expression> parts) {
        Set<Expression> distinct = new HashSet<>();
        long[] bytes = new long[4];
        var left = new ArrayDeque<>(parts);
        while (!left.isEmpty()) {
            Expression part = left.pop();
            switch (part.kind) {
                case NOTHING -> {}
                case EITHER -> part.parts.forEach(left::push);
                case BYTES -> {
                    for (int i = 0; i < 4; i++) {
                        bytes[i] |= part.bytes.get(i);
                    }
                }
                default -> distinct.add(part);
            }
        }
        Expression anyByte = bytes(List.of(bytes[0], bytes[1], bytes[2], bytes[3]));
        if (anyByte != nothing) {
            distinct.add(anyByte);
        }
        if (distinct.size() < 2) {
            return distinct.isEmpty() ? nothing : distinct.iterator().next();
        }
        return make(
                Kind.EITHER,
                distinct.stream()
                        .sorted(Comparator.comparingInt(part -> part.id))
                        .toList());
    }

    /** @param most {@link Expression#UNBOUNDED} for any number */
    Expression repeat(Expression part, int least, int most) {
        if (most < least) {
            return nothing;
        }
        if (most == 0 || part == empty) {
            return empty;
        }
        if (part == nothing) {
            return least == 0 ? empty : nothing;
        }
        int needed = part.isNullable ? 0 : least;
        return needed == 1 && most == 1 ? part : make(new Shape(Kind.REPEAT, List.of(part), List.of(), needed, most));
    }

    /**
     * What is in both of two expressions without names.
     *
     * @throws SchemaException when it would take too long to find out whether there is such a string
     */
    Expression both(Expression a, Expression b) {
        Expression common = rawBoth(a, b);
        return common.kind != Kind.BOTH || isInhabited(common) ? common : nothing;
    }

    private Expression rawBoth(Expression a, Expression b) {
        if (a == b) {
            return a;
        }
        if (a == nothing || b == nothing) {
            return nothing;
        }
        return make(Kind.BOTH, a.id < b.id ? List.of(a, b) : List.of(b, a));
    }

    /** Looks for a string, from one pair of derivatives to the next. */
    private boolean isInhabited(Expression start) {
        Boolean known = inhabited.get(start);
        if (known != null) {
            return known;
        }
        Map<Expression, Expression> cameFrom = new HashMap<>();
        cameFrom.put(start, start);
        var left = new ArrayDeque<Expression>(List.of(start));
        while (!left.isEmpty()) {
            Expression pair = left.pop();
            if (pair.isNullable || pair.kind != Kind.BOTH || inhabited.getOrDefault(pair, false)) {
                for (Expression at = pair; at != start; at = cameFrom.getOrDefault(at, start)) {
                    inhabited.put(at, true);
                }
                inhabited.put(start, true);
                return true;
            }
            for (int i = 0; i < byteOf.length; i++) {
                Expression next = rawBoth(derivative(pair.first(), byteOf[i]), derivative(pair.second(), byteOf[i]));
                if (next != nothing && inhabited.getOrDefault(next, true) && cameFrom.putIfAbsent(next, pair) == null) {
                    left.push(next);
                }
            }
            if (cameFrom.size() > MOST_SEARCHED) {
                throw new SchemaException(
                        "a pattern together with a length is too large to be checked; write the length into the pattern");
            }
        }
        cameFrom.keySet().forEach(pair -> inhabited.put(pair, false));
        return false;
    }

    /** A name for what is defined later. */
    Expression name() {
        definitions.add(null);
        return make(new Shape(Kind.NAME, List.of(), List.of(), definitions.size() - 1, 0));
    }

    void define(Expression name, Expression meaning) {
        definitions.set(name.least, meaning);
    }

    private Expression meaning(Expression name) {
        Expression meaning = definitions.get(name.least);
        if (meaning == null) {
            throw new IllegalStateException("a name is used before it is defined");
        }
        return meaning;
    }

    /** True when the name stands for some string of an end: not so when it always needs itself. */
    boolean isFinite(Expression name) {
        boolean[] finite = new boolean[count];
        boolean changed = true;
        while (changed) {
            changed = false;
            for (int i = 0; i < finite.length; i++) {
                if (!finite[i] && hasFinite(all[i], finite)) {
                    finite[i] = true;
                    changed = true;
                }
            }
        }
        return finite[name.id];
    }

    private boolean hasFinite(Expression one, boolean[] finite) {
        return switch (one.kind) {
            case NOTHING -> false;
            case EMPTY, BYTES, BOTH -> true;
            case THEN -> finite[one.first().id] && finite[one.second().id];
            case EITHER -> one.parts.stream().anyMatch(part -> finite[part.id]);
            case REPEAT -> one.least == 0 || finite[one.first().id];
            case NAME -> finite[meaning(one).id];
        };
    }

    private Expression make(Kind kind, List<Expression> parts) {
        return make(new Shape(kind, parts, List.of(), 0, 0));
    }

    private Expression make(Shape shape) {
        Expression known = made.get(shape);
        if (known != null) {
            return known;
        }
        if (count == MOST) {
            throw new SchemaException("the schema has more than %d states; make it smaller".formatted(MOST));
        }
        if (count == all.length) {
            all = Arrays.copyOf(all, count * 2);
        }
        var one = new Expression(count, shape);
        all[count++] = one;
        made.put(shape, one);
        return one;
    }

    /** @param id of an expression that was handed out */
    Expression get(int id) {
        Expression[] now = all;
        Expression one = id < now.length ? now[id] : null;
        return one != null ? one : locked(id);
    }

    private synchronized Expression locked(int id) {
        return all[id];
    }

    /** What may follow {@code value} in {@code one}; {@link #nothing} when it may not stand there. */
    Expression after(Expression one, int value) {
        @Nullable Expression @Nullable [] next = one.next;
        Expression known = next == null ? null : next[classOf[value]];
        return known != null ? known : workedOut(one, value);
    }

    private synchronized Expression workedOut(Expression one, int value) {
        return derivative(one, value);
    }

    private Expression derivative(Expression one, int value) {
        @Nullable Expression[] next = one.next;
        if (next == null) {
            next = new @Nullable Expression[byteOf.length];
            one.next = next;
        }
        Expression known = next[classOf[value]];
        if (known == null) {
            known = derived(one, value);
            next[classOf[value]] = known;
        }
        return known;
    }

    private Expression derived(Expression one, int value) {
        return switch (one.kind) {
            case NOTHING, EMPTY -> nothing;
            case BYTES -> one.has(value) ? empty : nothing;
            case THEN -> {
                Expression longer = then(derivative(one.first(), value), one.second());
                yield one.first().isNullable ? either(longer, derivative(one.second(), value)) : longer;
            }
            case EITHER ->
                either(one.parts.stream().map(part -> derivative(part, value)).toList());
            case REPEAT -> {
                int most = one.most == Expression.UNBOUNDED ? one.most : one.most - 1;
                Expression rest = repeat(one.first(), Math.max(0, one.least - 1), most);
                yield then(derivative(one.first(), value), rest);
            }
            case BOTH -> both(derivative(one.first(), value), derivative(one.second(), value));
            case NAME -> derivative(meaning(one), value);
        };
    }
}
