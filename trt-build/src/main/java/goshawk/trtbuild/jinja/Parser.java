package goshawk.trtbuild.jinja;

import goshawk.trtbuild.jinja.Expression.Arguments;
import goshawk.trtbuild.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Tokens to statements, by recursive descent in the order of Jinja's precedences. */
final class Parser {

    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
    private static final Set<String> PRODUCTS = Set.of("*", "/", "//", "%");
    private static final Set<String> WORDS =
            Set.of("and", "or", "not", "in", "is", "if", "else", "elif", "for", "recursive");

    private final String name;
    private final List<Token> tokens;
    private int at;
    private int depth;

    private Parser(String name, List<Token> tokens) {
        this.name = name;
        this.tokens = tokens;
    }

    static List<Statement> parse(String name, String source) {
        var parser = new Parser(name, Lexer.tokens(name, source));
        List<Statement> body = parser.body();
        if (parser.peek().kind() != Kind.END) {
            throw parser.fault("'" + parser.tokens.get(parser.at + 1).text() + "' has no beginning");
        }
        return body;
    }

    /** Statements up to the end or a block that the caller knows ({@code else}, {@code endif} …). */
    private List<Statement> body() {
        if (++depth > 100) {
            throw fault("blocks are nested more than 100 deep");
        }
        var statements = new ArrayList<Statement>();
        while (true) {
            Token token = peek();
            switch (token.kind()) {
                case TEXT -> {
                    at++;
                    statements.add(new Statement.Text(token.text()));
                }
                case OUTPUT_BEGIN -> {
                    at++;
                    statements.add(new Statement.Output(expression()));
                    expect(Kind.OUTPUT_END, "}}");
                }
                case BLOCK_BEGIN -> {
                    String keyword = tokens.get(at + 1).text();
                    if (keyword.startsWith("end") || keyword.equals("else") || keyword.equals("elif")) {
                        depth--;
                        return statements;
                    }
                    at += 2;
                    statements.addAll(block(keyword, token.line()));
                }
                default -> {
                    depth--;
                    return statements;
                }
            }
        }
    }

    private List<Statement> block(String keyword, int line) {
        return switch (keyword) {
            case "if" -> List.of(conditional());
            case "for" -> List.of(loop(line));
            case "set" -> List.of(set(line));
            case "macro" -> List.of(macro(line));
            case "generation" -> { // marks the assistant's words for training; prints them
                endBlock();
                List<Statement> body = body();
                end("endgeneration");
                yield body;
            }
            case "break" -> {
                endBlock();
                yield List.of(new Statement.Break());
            }
            case "continue" -> {
                endBlock();
                yield List.of(new Statement.Continue());
            }
            default -> throw fault("statement '" + keyword + "' is not among those that are taken");
        };
    }

    private Statement conditional() {
        var branches = new ArrayList<Statement.Branch>();
        List<Statement> otherwise = List.of();
        Expression condition = expression();
        endBlock();
        branches.add(new Statement.Branch(condition, body()));
        while (true) {
            String keyword = blockKeyword();
            if (keyword.equals("elif")) {
                Expression next = expression();
                endBlock();
                branches.add(new Statement.Branch(next, body()));
            } else if (keyword.equals("else")) {
                endBlock();
                otherwise = body();
            } else if (keyword.equals("endif")) {
                endBlock();
                return new Statement.If(branches, otherwise);
            } else {
                throw fault("'if' is not closed, found '" + keyword + "'");
            }
        }
    }

    private Statement loop(int line) {
        List<String> names = names();
        expectWord("in");
        Expression over = or();
        Optional<Expression> filter = takeWord("if") ? Optional.of(or()) : Optional.empty();
        if (takeWord("recursive")) {
            throw fault("recursive loops are not taken");
        }
        endBlock();
        List<Statement> body = body();
        List<Statement> otherwise = List.of();
        if (peek().kind() == Kind.BLOCK_BEGIN && tokens.get(at + 1).text().equals("else")) {
            blockKeyword();
            endBlock();
            otherwise = body();
        }
        end("endfor");
        return new Statement.For(names, over, filter, body, otherwise, line);
    }

    private List<String> names() {
        var names = new ArrayList<String>();
        do {
            names.add(identifier());
        } while (takeOperator(","));
        return names;
    }

    private Statement set(int line) {
        String first = identifier();
        if (takeOperator(".")) {
            String attribute = identifier();
            expectOperator("=");
            Expression value = tuple();
            endBlock();
            return new Statement.SetAttribute(first, attribute, value, line);
        }
        var names = new ArrayList<>(List.of(first));
        while (takeOperator(",")) {
            names.add(identifier());
        }
        if (takeOperator("=")) {
            Expression value = tuple();
            endBlock();
            return new Statement.Set(names, value, line);
        }
        endBlock();
        List<Statement> body = body();
        end("endset");
        return new Statement.SetBlock(first, body);
    }

    private Statement macro(int line) {
        String macro = identifier();
        var parameters = new ArrayList<String>();
        var defaults = new ArrayList<Expression>();
        expectOperator("(");
        while (!takeOperator(")")) {
            parameters.add(identifier());
            if (takeOperator("=")) {
                defaults.add(expression());
            } else if (!defaults.isEmpty()) {
                throw fault("parameter without default after one with a default");
            }
            if (!peek().is(Kind.OPERATOR, ")")) {
                expectOperator(",");
            }
        }
        endBlock();
        List<Statement> body = body();
        end("endmacro");
        return new Statement.Macro(macro, parameters, defaults, body, line);
    }

    // Expressions, weakest binding first.

    /** An expression, or several with commas between them: a tuple. */
    private Expression tuple() {
        Expression first = expression();
        if (!peek().is(Kind.OPERATOR, ",")) {
            return first;
        }
        var items = new ArrayList<>(List.of(first));
        while (takeOperator(",")) {
            items.add(expression());
        }
        return new Expression.ListOf(items);
    }

    private Expression expression() {
        if (++depth > 100) {
            throw fault("expressions are nested more than 100 deep");
        }
        Expression value = or();
        while (takeWord("if")) {
            Expression condition = or();
            Optional<Expression> otherwise = takeWord("else") ? Optional.of(expression()) : Optional.empty();
            value = new Expression.Conditional(value, condition, otherwise);
        }
        depth--;
        return value;
    }

    private Expression or() {
        Expression left = and();
        while (takeWord("or")) {
            left = new Expression.Or(left, and());
        }
        return left;
    }

    private Expression and() {
        Expression left = not();
        while (takeWord("and")) {
            left = new Expression.And(left, not());
        }
        return left;
    }

    private Expression not() {
        return takeWord("not") ? new Expression.Not(not()) : comparison();
    }

    private Expression comparison() {
        int line = peek().line();
        var operands = new ArrayList<>(List.of(sum()));
        var operators = new ArrayList<String>();
        while (true) {
            Token token = peek();
            if (token.kind() == Kind.OPERATOR && COMPARISONS.contains(token.text())) {
                at++;
                operators.add(token.text());
            } else if (takeWord("in")) {
                operators.add("in");
            } else if (token.is(Kind.NAME, "not") && tokens.get(at + 1).is(Kind.NAME, "in")) {
                at += 2;
                operators.add("not in");
            } else {
                return operators.isEmpty() ? operands.getFirst() : new Expression.Compare(operands, operators, line);
            }
            operands.add(sum());
        }
    }

    private Expression sum() {
        Expression left = concatenation();
        while (peek().is(Kind.OPERATOR, "+") || peek().is(Kind.OPERATOR, "-")) {
            Token operator = tokens.get(at++);
            left = new Expression.Binary(operator.text(), left, concatenation(), operator.line());
        }
        return left;
    }

    private Expression concatenation() {
        Expression left = product();
        while (peek().is(Kind.OPERATOR, "~")) {
            int line = tokens.get(at++).line();
            left = new Expression.Binary("~", left, product(), line);
        }
        return left;
    }

    private Expression product() {
        Expression left = filtered(signed());
        while (peek().kind() == Kind.OPERATOR && PRODUCTS.contains(peek().text())) {
            Token operator = tokens.get(at++);
            left = new Expression.Binary(operator.text(), left, filtered(signed()), operator.line());
        }
        return left;
    }

    private Expression signed() {
        int line = peek().line();
        if (takeOperator("-")) {
            return new Expression.Negative(signed(), line);
        }
        return takeOperator("+") ? signed() : postfix(primary());
    }

    private Expression primary() {
        Token token = tokens.get(at++);
        return switch (token.kind()) {
            case STRING -> {
                var text = new StringBuilder(token.text());
                while (peek().kind() == Kind.STRING) { // strings side by side are one
                    text.append(tokens.get(at++).text());
                }
                yield new Expression.Literal(new Value.Str(text.toString()));
            }
            case INTEGER -> new Expression.Literal(new Value.Int(Long.parseLong(token.text())));
            case FLOAT -> new Expression.Literal(new Value.Real(Double.parseDouble(token.text())));
            case NAME ->
                switch (token.text()) {
                    case "true", "True" -> new Expression.Literal(Value.of(true));
                    case "false", "False" -> new Expression.Literal(Value.of(false));
                    case "none", "None" -> new Expression.Literal(new Value.None());
                    default -> {
                        if (WORDS.contains(token.text())) {
                            throw fault("'" + token.text() + "' where a value should be");
                        }
                        yield new Expression.Name(token.text());
                    }
                };
            case OPERATOR ->
                switch (token.text()) {
                    case "(" -> {
                        if (takeOperator(")")) {
                            yield new Expression.ListOf(List.of());
                        }
                        Expression inner = tuple();
                        expectOperator(")");
                        yield inner;
                    }
                    case "[" -> new Expression.ListOf(items("]"));
                    case "{" -> dict();
                    default -> throw fault("'" + token.text() + "' where a value should be");
                };
            default -> throw fault("a value is missing");
        };
    }

    private List<Expression> items(String close) {
        var items = new ArrayList<Expression>();
        while (!takeOperator(close)) {
            items.add(expression());
            if (!peek().is(Kind.OPERATOR, close)) {
                expectOperator(",");
            }
        }
        return items;
    }

    private Expression dict() {
        var keys = new ArrayList<Expression>();
        var values = new ArrayList<Expression>();
        while (!takeOperator("}")) {
            keys.add(expression());
            expectOperator(":");
            values.add(expression());
            if (!peek().is(Kind.OPERATOR, "}")) {
                expectOperator(",");
            }
        }
        return new Expression.DictOf(keys, values);
    }

    private Expression postfix(Expression start) {
        Expression value = start;
        while (true) {
            int line = peek().line();
            if (takeOperator(".")) {
                value = new Expression.Attribute(value, identifier(), line);
            } else if (takeOperator("[")) {
                value = subscript(value, line);
            } else if (takeOperator("(")) {
                value = new Expression.Call(value, arguments(), line);
            } else {
                return value;
            }
        }
    }

    private Expression subscript(Expression of, int line) {
        Optional<Expression> first = peek().is(Kind.OPERATOR, ":") ? Optional.empty() : Optional.of(expression());
        if (takeOperator("]")) {
            return new Expression.Subscript(of, first.orElseThrow(), line);
        }
        expectOperator(":");
        Optional<Expression> to = bound();
        Optional<Expression> step = takeOperator(":") ? bound() : Optional.empty();
        expectOperator("]");
        return new Expression.Slice(of, first, to, step, line);
    }

    private Optional<Expression> bound() {
        return peek().is(Kind.OPERATOR, ":") || peek().is(Kind.OPERATOR, "]")
                ? Optional.empty()
                : Optional.of(expression());
    }

    private Arguments arguments() {
        var positional = new ArrayList<Expression>();
        Map<String, Expression> named = new LinkedHashMap<>();
        while (!takeOperator(")")) {
            if (peek().kind() == Kind.NAME && tokens.get(at + 1).is(Kind.OPERATOR, "=")) {
                String argument = identifier();
                at++;
                named.put(argument, expression());
            } else {
                positional.add(expression());
            }
            if (!peek().is(Kind.OPERATOR, ")")) {
                expectOperator(",");
            }
        }
        return new Arguments(positional, named);
    }

    /** Filters and tests bind alike, in the order in which they are written. */
    private Expression filtered(Expression start) {
        Expression value = start;
        while (true) {
            int line = peek().line();
            if (takeOperator("|")) {
                String filter = identifier();
                if (!Builtins.FILTERS.contains(filter)) {
                    throw fault("filter '" + filter + "' is not among " + Builtins.FILTERS);
                }
                Arguments arguments = takeOperator("(") ? arguments() : Arguments.NONE;
                value = new Expression.Filter(value, filter, arguments, line);
            } else if (takeWord("is")) {
                boolean negated = takeWord("not");
                String test = identifier();
                if (!Builtins.TESTS.contains(test)) {
                    throw fault("test '" + test + "' is not among " + Builtins.TESTS);
                }
                value = new Expression.Test(value, test, negated);
            } else {
                return value;
            }
        }
    }

    // Tokens.

    private Token peek() {
        return tokens.get(at);
    }

    private String identifier() {
        Token token = tokens.get(at++);
        if (token.kind() != Kind.NAME) {
            throw fault("'" + token.text() + "' where a name should be");
        }
        return token.text();
    }

    private boolean takeWord(String word) {
        return take(Kind.NAME, word);
    }

    private boolean takeOperator(String operator) {
        return take(Kind.OPERATOR, operator);
    }

    private boolean take(Kind kind, String text) {
        boolean matches = peek().is(kind, text);
        at += matches ? 1 : 0;
        return matches;
    }

    private void expectWord(String word) {
        if (!takeWord(word)) {
            throw fault("'" + peek().text() + "' where '" + word + "' should be");
        }
    }

    private void expectOperator(String operator) {
        if (!takeOperator(operator)) {
            throw fault("'" + peek().text() + "' where '" + operator + "' should be");
        }
    }

    private void expect(Kind kind, String shown) {
        if (peek().kind() != kind) {
            throw fault("%s where '%s' should be"
                    .formatted(peek().kind() == Kind.END ? "the end" : "'" + peek().text() + "'", shown));
        }
        at++;
    }

    private void endBlock() {
        expect(Kind.BLOCK_END, "%}");
    }

    /** Enters a block and gives its first word. */
    private String blockKeyword() {
        expect(Kind.BLOCK_BEGIN, "{%");
        return identifier();
    }

    private void end(String keyword) {
        expect(Kind.BLOCK_BEGIN, "{% " + keyword + " %}");
        expectWord(keyword);
        endBlock();
    }

    private JinjaException fault(String what) {
        int reached = Math.min(at, tokens.size() - 1);
        boolean isEnd = tokens.get(reached).kind() == Kind.END;
        int line = tokens.get(isEnd ? reached : Math.max(0, at - 1)).line();
        return new JinjaException("%s, line %d: %s".formatted(name, line, what));
    }
}
