package goshawk.trtbuild.jinja;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What has a value. */
sealed interface Expression {

    record Literal(Value value) implements Expression {}

    record Name(String name) implements Expression {}

    record ListOf(List<Expression> items) implements Expression {}

    record DictOf(List<Expression> keys, List<Expression> values) implements Expression {}

    record Attribute(Expression of, String name, int line) implements Expression {}

    record Subscript(Expression of, Expression key, int line) implements Expression {}

    record Slice(Expression of, Optional<Expression> from, Optional<Expression> to, Optional<Expression> step, int line)
            implements Expression {}

    record Call(Expression callee, Arguments arguments, int line) implements Expression {}

    record Filter(Expression of, String name, Arguments arguments, int line) implements Expression {}

    record Test(Expression of, String name, boolean negated) implements Expression {}

    record Not(Expression of) implements Expression {}

    record Negative(Expression of, int line) implements Expression {}

    record And(Expression left, Expression right) implements Expression {}

    record Or(Expression left, Expression right) implements Expression {}

    /** Comparisons chain: {@code operators.get(i)} stands between {@code operands.get(i)} and the next. */
    record Compare(List<Expression> operands, List<String> operators, int line) implements Expression {}

    record Binary(String operator, Expression left, Expression right, int line) implements Expression {}

    record Conditional(Expression then, Expression condition, Optional<Expression> otherwise) implements Expression {}

    record Arguments(List<Expression> positional, Map<String, Expression> named) {
        static final Arguments NONE = new Arguments(List.of(), Map.of());
    }
}
