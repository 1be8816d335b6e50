package goshawk.appliance.inspect;

import com.fasterxml.jackson.databind.JsonNode;
import goshawk.appliance.inspect.Expression.Kind;

/**
 * The JSON texts of a JSON Schema, in one form: every text of the grammar satisfies the schema, and every value that does
 * has a text in it, but for what is said here to be narrower.
 *
 * <p>Supported are, with the meaning of JSON Schema 2020-12:
 *
 * <ul>
 *   <li>{@code type}, one or several, {@code nullable}; {@code enum} and {@code const}, also beside {@code type};
 *   <li>{@code properties}, {@code required}, {@code additionalProperties}; members stand in the order of the schema, others
 *       behind them. Where {@code additionalProperties} is absent beside {@code properties}, there are no others. Others
 *       differ from those of the schema, not from each other;
 *   <li>{@code items}, {@code prefixItems}, {@code minItems}, {@code maxItems}. Where {@code items} is absent beside {@code
 *       prefixItems}, there are no further items;
 *   <li>{@code minLength}, {@code maxLength} in characters (code points), {@code pattern} as {@link PatternReader} takes it,
 *       also together;
 *   <li>{@code minimum}, {@code maximum}, {@code exclusiveMinimum}, {@code exclusiveMaximum}, exact, also for a reader who
 *       takes numbers for doubles. Whole numbers have up to 18 digits and no fraction; others up to 17 digits behind the
 *       point, and an exponent of up to two digits where there are no bounds;
 *   <li>{@code anyOf}; {@code oneOf} where it can be shown that no value satisfies two of them;
 *   <li>{@code $ref} within the schema, recursion included; {@code true} and {@code false} as schemas;
 *   <li>annotations ({@code title}, {@code description}, {@code default} …), which say nothing about values.
 * </ul>
 *
 * Any other keyword is refused by name, {@code allOf}, {@code not}, {@code multipleOf}, {@code format}, {@code uniqueItems}
 * among them; so is one that does not bear upon the type beside it. A schema without {@code type} but with keywords of one
 * type means that type.
 *
 * <p>There is no white space, or one space behind each comma and colon. Strings hold all of Unicode as UTF-8 or in any of
 * JSON's escapes, never half a character; names and constants are written in the shortest way.
 *
 * <p>Compiled once; its states come into being where they are walked, and are kept: a quarter of a million at most. Safe for
 * any thread.
 */
public final class JsonSchemaGrammar implements Grammar {

    /** What stands behind commas and colons. */
    public enum Spacing {
        NONE(""),
        /** As Python writes JSON. */
        ONE_SPACE(" ");

        private final String text;

        Spacing(String text) {
            this.text = text;
        }
    }

    private final Expressions expressions;
    private final Expression start;
    private final Expression anyCharacter;
    private final Expression quote;

    private JsonSchemaGrammar(Expressions expressions, Expression start, JsonText text) {
        this.expressions = expressions;
        this.start = start;
        this.anyCharacter = text.anyCharacter();
        this.quote = text.quote();
    }

    /**
     * Without white space.
     *
     * @throws SchemaException when the schema has what is not supported, or no value satisfies it
     */
    public static JsonSchemaGrammar compile(JsonNode schema) {
        return compile(schema, Spacing.NONE);
    }

    /** @throws SchemaException when the schema has what is not supported, or no value satisfies it */
    public static JsonSchemaGrammar compile(JsonNode schema, Spacing spacing) {
        var expressions = new Expressions();
        var text = new JsonText(expressions, spacing.text);
        Expression start = new SchemaCompiler(schema, expressions, text).compile();
        return new JsonSchemaGrammar(expressions, start, text);
    }

    @Override
    public long start() {
        return start.id;
    }

    @Override
    public long next(long state, int value) {
        Expression after = expressions.after(expressions.get((int) state), value);
        return after == expressions.nothing() ? REFUSED : after.id;
    }

    @Override
    public boolean isEnd(long state) {
        return expressions.get((int) state) == expressions.empty();
    }

    @Override
    public boolean mayEnd(long state) {
        return expressions.get((int) state).isNullable;
    }

    @Override
    public int freeCharacters(long state) {
        Expression at = expressions.get((int) state);
        if (at.kind != Kind.THEN || !(at.second() == quote || beginsWithQuote(at.second()))) {
            return 0;
        }
        Expression content = at.first();
        if (content == anyCharacter) {
            return 1;
        }
        return content.kind == Kind.REPEAT && content.first() == anyCharacter ? content.most : 0;
    }

    private boolean beginsWithQuote(Expression rest) {
        return rest.kind == Kind.THEN && rest.first() == quote;
    }
}
