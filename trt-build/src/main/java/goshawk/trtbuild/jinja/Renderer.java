package goshawk.trtbuild.jinja;

import goshawk.trtbuild.jinja.Expression.Arguments;
import goshawk.trtbuild.jinja.Value.Bool;
import goshawk.trtbuild.jinja.Value.Dict;
import goshawk.trtbuild.jinja.Value.Int;
import goshawk.trtbuild.jinja.Value.Items;
import goshawk.trtbuild.jinja.Value.Real;
import goshawk.trtbuild.jinja.Value.Str;
import goshawk.trtbuild.jinja.Value.Undefined;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** Walks a template once. Every failure becomes a {@link JinjaException} with the line. */
final class Renderer {

    private static final Set<String> FUNCTIONS = Set.of("namespace", "range", "raise_exception", "dict");
    private static final int LONGEST_RANGE = 100_000;

    private enum Flow {
        ON,
        BREAK,
        CONTINUE
    }

    private final String name;

    Renderer(String name) {
        this.name = name;
    }

    String render(List<Statement> body, Scope scope) {
        var out = new StringBuilder();
        run(body, scope, out);
        return out.toString();
    }

    private Flow run(List<Statement> body, Scope scope, StringBuilder out) {
        for (Statement statement : body) {
            Flow flow = run(statement, scope, out);
            if (flow != Flow.ON) {
                return flow;
            }
        }
        return Flow.ON;
    }

    private Flow run(Statement statement, Scope scope, StringBuilder out) {
        switch (statement) {
            case Statement.Text(var text) -> out.append(text);
            case Statement.Output(var value) -> out.append(value(value, scope).print());
            case Statement.If(var branches, var otherwise) -> {
                for (var branch : branches) {
                    if (value(branch.condition(), scope).isTrue()) {
                        return run(branch.body(), scope, out);
                    }
                }
                return run(otherwise, scope, out);
            }
            case Statement.For loop -> loop(loop, scope, out);
            case Statement.Set(var names, var expression, var line) ->
                assign(names, value(expression, scope), scope, line);
            case Statement.SetAttribute(var namespace, var attribute, var expression, var line) -> {
                if (!(scope.get(namespace) instanceof Value.Namespace target)) {
                    throw fault(line, "'" + namespace + "' is no namespace, so it cannot be changed");
                }
                target.attributes.put(attribute, value(expression, scope));
            }
            case Statement.SetBlock(var target, var body) -> scope.set(target, new Str(render(body, scope.inner())));
            case Statement.Macro macro -> scope.set(macro.name(), new Value.Macro(macro, scope));
            case Statement.Break() -> {
                return Flow.BREAK;
            }
            case Statement.Continue() -> {
                return Flow.CONTINUE;
            }
        }
        return Flow.ON;
    }

    private void loop(Statement.For loop, Scope outer, StringBuilder out) {
        List<Value> items = at(loop.line(), () -> Builtins.items(value(loop.over(), outer)));
        if (loop.filter().isPresent()) {
            items = items.stream()
                    .filter(item -> {
                        Scope scope = outer.inner();
                        assign(loop.names(), item, scope, loop.line());
                        return value(loop.filter().get(), scope).isTrue();
                    })
                    .toList();
        }
        for (int i = 0; i < items.size(); i++) {
            Scope scope = outer.inner();
            assign(loop.names(), items.get(i), scope, loop.line());
            scope.set("loop", position(items, i));
            if (run(loop.body(), scope, out) == Flow.BREAK) {
                break;
            }
        }
        if (items.isEmpty()) {
            run(loop.otherwise(), outer.inner(), out);
        }
    }

    private static Value position(List<Value> items, int i) {
        var loop = new LinkedHashMap<String, Value>();
        loop.put("index", new Int(i + 1));
        loop.put("index0", new Int(i));
        loop.put("revindex", new Int(items.size() - i));
        loop.put("revindex0", new Int(items.size() - i - 1));
        loop.put("first", Value.of(i == 0));
        loop.put("last", Value.of(i == items.size() - 1));
        loop.put("length", new Int(items.size()));
        loop.put("previtem", i > 0 ? items.get(i - 1) : new Undefined("loop.previtem"));
        loop.put("nextitem", i + 1 < items.size() ? items.get(i + 1) : new Undefined("loop.nextitem"));
        return new Dict(loop);
    }

    private void assign(List<String> names, Value value, Scope scope, int line) {
        if (names.size() == 1) {
            scope.set(names.getFirst(), value);
            return;
        }
        List<Value> parts = at(line, () -> Builtins.items(value));
        if (parts.size() != names.size()) {
            throw fault(line, "%d names for %d values".formatted(names.size(), parts.size()));
        }
        for (int i = 0; i < parts.size(); i++) {
            scope.set(names.get(i), parts.get(i));
        }
    }

    private Value value(Expression expression, Scope scope) {
        return switch (expression) {
            case Expression.Literal(var value) -> value;
            case Expression.Name(var id) -> {
                Value value = scope.get(id);
                yield value instanceof Undefined && FUNCTIONS.contains(id) ? new Value.Function(id) : value;
            }
            case Expression.ListOf(var items) ->
                new Items(items.stream().map(it -> value(it, scope)).toList());
            case Expression.DictOf(var keys, var values) -> {
                var entries = new LinkedHashMap<String, Value>();
                for (int i = 0; i < keys.size(); i++) {
                    entries.put(value(keys.get(i), scope).print(), value(values.get(i), scope));
                }
                yield new Dict(entries);
            }
            case Expression.Attribute(var of, var key, var line) -> attribute(value(of, scope), key, line);
            case Expression.Subscript(var of, var key, var line) ->
                subscript(value(of, scope), value(key, scope), line);
            case Expression.Slice slice -> slice(slice, scope);
            case Expression.Call(var callee, var arguments, var line) ->
                call(value(callee, scope), arguments, scope, line);
            case Expression.Filter(var of, var filter, var arguments, var line) ->
                at(
                        line,
                        () -> Builtins.filter(
                                filter, value(of, scope), positional(arguments, scope), named(arguments, scope)));
            case Expression.Test(var of, var test, var negated) ->
                Value.of(Builtins.test(test, value(of, scope)) != negated);
            case Expression.Not(var of) -> Value.of(!value(of, scope).isTrue());
            case Expression.Negative(var of, var line) ->
                switch (value(of, scope)) {
                    case Int(var number) -> new Int(-number);
                    case Real(var number) -> new Real(-number);
                    case Value other -> throw fault(line, "-" + other.repr() + " is nothing");
                };
            case Expression.And(var left, var right) -> {
                Value first = value(left, scope);
                yield first.isTrue() ? value(right, scope) : first;
            }
            case Expression.Or(var left, var right) -> {
                Value first = value(left, scope);
                yield first.isTrue() ? first : value(right, scope);
            }
            case Expression.Compare(var operands, var operators, var line) -> {
                for (int i = 0; i < operators.size(); i++) {
                    Value left = value(operands.get(i), scope);
                    if (!holds(operators.get(i), left, value(operands.get(i + 1), scope), line)) {
                        yield Value.of(false);
                    }
                }
                yield Value.of(true);
            }
            case Expression.Binary(var operator, var left, var right, var line) ->
                binary(operator, value(left, scope), value(right, scope), line);
            case Expression.Conditional(var then, var condition, var otherwise) ->
                value(condition, scope).isTrue()
                        ? value(then, scope)
                        : otherwise.map(it -> value(it, scope)).orElseGet(() -> new Undefined("the other case"));
        };
    }

    private Value attribute(Value of, String key, int line) {
        Optional<Value> found = switch (of) {
            case Dict(var entries) -> Optional.ofNullable(entries.get(key));
            case Value.Namespace namespace -> Optional.ofNullable(namespace.attributes.get(key));
            case Undefined(var what) -> throw fault(line, "'" + what + "' is undefined, so it has no '" + key + "'");
            default -> Optional.empty();
        };
        return found.orElseGet(() -> Builtins.hasMethod(of, key) ? new Value.Method(of, key) : new Undefined(key));
    }

    private Value subscript(Value of, Value key, int line) {
        if (of instanceof Dict || of instanceof Value.Namespace || of instanceof Undefined) {
            return attribute(of, key.print(), line);
        }
        if (!(key instanceof Int(var index))) {
            return attribute(of, key.print(), line);
        }
        List<Value> items = at(line, () -> Builtins.items(of));
        long at = index < 0 ? index + items.size() : index;
        return at >= 0 && at < items.size() ? items.get((int) at) : new Undefined("item " + index);
    }

    /** Python's slice: bounds beyond the ends are cut, negative ones count from the end. */
    private Value slice(Expression.Slice slice, Scope scope) {
        Value of = value(slice.of(), scope);
        List<Value> items = at(slice.line(), () -> Builtins.items(of));
        int size = items.size();
        long step = bound(slice.step(), scope, slice.line()).orElse(1L);
        if (step == 0) {
            throw fault(slice.line(), "a slice cannot step by 0");
        }
        long lowest = step > 0 ? 0 : -1;
        long highest = step > 0 ? size : size - 1L;
        long from = bound(slice.from(), scope, slice.line())
                .map(it -> Math.clamp(it < 0 ? it + size : it, lowest, highest))
                .orElse(step > 0 ? 0 : size - 1L);
        long to = bound(slice.to(), scope, slice.line())
                .map(it -> Math.clamp(it < 0 ? it + size : it, lowest, highest))
                .orElse(step > 0 ? (long) size : -1L);
        var picked = new ArrayList<Value>();
        for (long i = from; step > 0 ? i < to : i > to; i += step) {
            picked.add(items.get((int) i));
        }
        if (of instanceof Str) {
            return new Str(String.join("", picked.stream().map(Value::print).toList()));
        }
        return new Items(picked);
    }

    private Optional<Long> bound(Optional<Expression> expression, Scope scope, int line) {
        return expression.flatMap(it -> switch (value(it, scope)) {
            case Int(var number) -> Optional.of(number);
            case Value.None() -> Optional.empty();
            case Value other -> throw fault(line, other.repr() + " is no bound of a slice");
        });
    }

    private Value call(Value callee, Arguments arguments, Scope scope, int line) {
        return switch (callee) {
            case Value.Macro(var macro, var home) -> call(macro, home, arguments, scope, line);
            case Value.Method(var of, var method) ->
                at(line, () -> Builtins.method(of, method, positional(arguments, scope)));
            case Value.Function(var function) -> function(function, arguments, scope, line);
            case Undefined(var what) -> throw fault(line, "'" + what + "' is undefined, so it cannot be called");
            default -> throw fault(line, callee.repr() + " cannot be called");
        };
    }

    private Value call(Statement.Macro macro, Scope home, Arguments arguments, Scope scope, int line) {
        List<Value> given = positional(arguments, scope);
        Map<String, Value> named = named(arguments, scope);
        if (given.size() > macro.parameters().size() || !macro.parameters().containsAll(named.keySet())) {
            throw fault(line, "macro %s takes %s".formatted(macro.name(), macro.parameters()));
        }
        Scope inner = home.inner();
        int required = macro.parameters().size() - macro.defaults().size();
        for (int i = 0; i < macro.parameters().size(); i++) {
            String parameter = macro.parameters().get(i);
            if (i < given.size()) {
                inner.set(parameter, given.get(i));
            } else if (named.containsKey(parameter)) {
                inner.set(parameter, named.getOrDefault(parameter, new Value.None()));
            } else {
                inner.set(
                        parameter,
                        i >= required ? value(macro.defaults().get(i - required), inner) : new Undefined(parameter));
            }
        }
        return new Str(render(macro.body(), inner));
    }

    private Value function(String function, Arguments arguments, Scope scope, int line) {
        List<Value> given = positional(arguments, scope);
        return switch (function) {
            case "namespace" -> {
                var namespace = new Value.Namespace();
                namespace.attributes.putAll(named(arguments, scope));
                yield namespace;
            }
            case "dict" -> new Dict(named(arguments, scope));
            case "range" -> range(given, line);
            case "raise_exception" ->
                throw fault(
                        line,
                        given.isEmpty()
                                ? "the template refuses"
                                : given.getFirst().print());
            default -> throw fault(line, "no function " + function);
        };
    }

    private Value range(List<Value> given, int line) {
        long[] bounds = given.stream()
                .mapToLong(it -> {
                    if (it instanceof Int(var number)) {
                        return number;
                    }
                    throw fault(line, "range takes whole numbers, got " + it.repr());
                })
                .toArray();
        if (bounds.length < 1 || bounds.length > 3 || (bounds.length == 3 && bounds[2] == 0)) {
            throw fault(line, "range takes one to three numbers, the step not 0");
        }
        long from = bounds.length > 1 ? bounds[0] : 0;
        long to = bounds.length > 1 ? bounds[1] : bounds[0];
        long step = bounds.length > 2 ? bounds[2] : 1;
        var numbers = new ArrayList<Value>();
        for (long i = from; step > 0 ? i < to : i > to; i += step) {
            if (numbers.size() == LONGEST_RANGE) {
                throw fault(line, "range is longer than " + LONGEST_RANGE);
            }
            numbers.add(new Int(i));
        }
        return new Items(numbers);
    }

    private List<Value> positional(Arguments arguments, Scope scope) {
        return arguments.positional().stream().map(it -> value(it, scope)).toList();
    }

    private Map<String, Value> named(Arguments arguments, Scope scope) {
        var values = new LinkedHashMap<String, Value>();
        arguments.named().forEach((key, it) -> values.put(key, value(it, scope)));
        return values;
    }

    private boolean holds(String operator, Value left, Value right, int line) {
        return switch (operator) {
            case "==" -> Builtins.same(left, right);
            case "!=" -> !Builtins.same(left, right);
            case "in" -> contains(right, left, line);
            case "not in" -> !contains(right, left, line);
            default -> ordered(operator, left, right, line);
        };
    }

    private boolean ordered(String operator, Value left, Value right, int line) {
        int order;
        if (left instanceof Str(var a) && right instanceof Str(var b)) {
            order = a.compareTo(b);
        } else {
            Optional<Double> a = Builtins.number(left);
            Optional<Double> b = Builtins.number(right);
            if (a.isEmpty() || b.isEmpty()) {
                throw fault(line, "%s %s %s cannot be compared".formatted(left.repr(), operator, right.repr()));
            }
            order = Double.compare(a.get(), b.get());
        }
        return switch (operator) {
            case "<" -> order < 0;
            case "<=" -> order <= 0;
            case ">" -> order > 0;
            default -> order >= 0;
        };
    }

    private boolean contains(Value container, Value item, int line) {
        return switch (container) {
            case Str(var text) -> {
                if (item instanceof Str(var part)) {
                    yield text.contains(part);
                }
                throw fault(line, item.repr() + " is no string, so it cannot be in one");
            }
            case Dict(var entries) -> item instanceof Str(var key) && entries.containsKey(key);
            case Items(var items) -> items.stream().anyMatch(it -> Builtins.same(it, item));
            case Undefined(var _) -> false;
            default -> throw fault(line, "nothing is in " + container.repr());
        };
    }

    private Value binary(String operator, Value left, Value right, int line) {
        if (operator.equals("~")) {
            return new Str(left.print() + right.print());
        }
        if (operator.equals("+") && left instanceof Str(var a) && right instanceof Str(var b)) {
            return new Str(a + b);
        }
        if (operator.equals("+") && left instanceof Items(var a) && right instanceof Items(var b)) {
            var both = new ArrayList<>(a);
            both.addAll(b);
            return new Items(both);
        }
        if (operator.equals("*") && left instanceof Str(var text) && right instanceof Int(var times)) {
            return new Str(text.repeat(Math.clamp(times, 0, LONGEST_RANGE)));
        }
        boolean whole = !(left instanceof Real) && !(right instanceof Real);
        Optional<Double> a = Builtins.number(left);
        Optional<Double> b = Builtins.number(right);
        if (a.isEmpty() || b.isEmpty()) {
            throw fault(line, "%s %s %s is nothing".formatted(left.repr(), operator, right.repr()));
        }
        return whole && !operator.equals("/")
                ? new Int(integers(operator, whole(left), whole(right), line))
                : new Real(reals(operator, a.get(), b.get()));
    }

    private static long whole(Value value) {
        return switch (value) {
            case Int(var number) -> number;
            case Bool(var is) -> is ? 1 : 0;
            default -> throw new IllegalStateException("no whole number: " + value.repr());
        };
    }

    private long integers(String operator, long a, long b, int line) {
        if (b == 0 && (operator.equals("//") || operator.equals("%"))) {
            throw fault(line, "division by 0");
        }
        return switch (operator) {
            case "+" -> a + b;
            case "-" -> a - b;
            case "*" -> a * b;
            case "//" -> Math.floorDiv(a, b);
            default -> Math.floorMod(a, b);
        };
    }

    private static double reals(String operator, double a, double b) {
        return switch (operator) {
            case "+" -> a + b;
            case "-" -> a - b;
            case "*" -> a * b;
            case "/" -> a / b;
            case "//" -> Math.floor(a / b);
            default -> a - b * Math.floor(a / b);
        };
    }

    private <T> T at(int line, Supplier<T> step) {
        try {
            return step.get();
        } catch (IllegalArgumentException e) {
            throw fault(line, String.valueOf(e.getMessage()));
        }
    }

    private JinjaException fault(int line, String what) {
        return new JinjaException("%s, line %d: %s".formatted(name, line, what));
    }
}
