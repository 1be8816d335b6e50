package goshawk.trtbuild.jinja;

import java.util.List;
import java.util.Optional;

/** What makes output or changes a name. */
sealed interface Statement {

    record Text(String text) implements Statement {}

    record Output(Expression value) implements Statement {}

    /** The first branch whose condition holds; {@code otherwise} may be empty. */
    record If(List<Branch> branches, List<Statement> otherwise) implements Statement {}

    record Branch(Expression condition, List<Statement> body) {}

    record For(
            List<String> names,
            Expression over,
            Optional<Expression> filter,
            List<Statement> body,
            List<Statement> otherwise,
            int line)
            implements Statement {}

    record Set(List<String> names, Expression value, int line) implements Statement {}

    /** {@code set namespace.attribute = value}. */
    record SetAttribute(String namespace, String attribute, Expression value, int line) implements Statement {}

    record SetBlock(String name, List<Statement> body) implements Statement {}

    /** @param defaults one for each of the last parameters */
    record Macro(String name, List<String> parameters, List<Expression> defaults, List<Statement> body, int line)
            implements Statement {}

    record Break() implements Statement {}

    record Continue() implements Statement {}
}
