package goshawk.appliance.inspect;

import com.fasterxml.jackson.databind.JsonNode;
import goshawk.appliance.inspect.SchemaKeywords.JsonType;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Makes the expression of a JSON Schema; {@link JsonSchemaGrammar} says which keywords there are. Belongs to one thread.
 */
final class SchemaCompiler {

    private static final int DEEPEST = 200;

    private final JsonNode root;
    private final Expressions expressions;
    private final JsonText text;
    private final JsonNumbers numbers;
    private final SchemaDisjointness disjointness;
    /** By what a {@code $ref} leads to: its name, and once it is made, its meaning. */
    private final Map<String, Expression> names = new HashMap<>();

    private final Map<String, Expression> meanings = new HashMap<>();
    private @Nullable Expression anyValue;

    SchemaCompiler(JsonNode root, Expressions expressions, JsonText text) {
        this.root = root;
        this.expressions = expressions;
        this.text = text;
        this.numbers = new JsonNumbers(expressions, text);
        this.disjointness = new SchemaDisjointness(root);
    }

    Expression compile() {
        Expression whole = value(root, new Place("#", Set.of("#"), 0));
        for (var name : names.entrySet()) {
            if (!expressions.isFinite(name.getValue())) {
                throw new SchemaException(
                        name.getKey() + ": every value of it holds another one, without end; let it be absent or null");
            }
        }
        if (whole == expressions.nothing()) {
            throw new SchemaException("#: no value satisfies the schema");
        }
        return whole;
    }

    /**
     * Where in the schema.
     *
     * @param open references that have led here without an array or object around: to come by one again is to go round
     *     for ever
     */
    private record Place(String path, Set<String> open, int depth) {

        /** Within the same value. */
        Place at(String step) {
            return new Place(path + "/" + step, open, deeper());
        }

        /** Within an array or object. */
        Place inside(String step) {
            return new Place(path + "/" + step, Set.of(), deeper());
        }

        Place through(String reference) {
            Set<String> more = new HashSet<>(open);
            more.add(reference);
            return new Place(path, more, deeper());
        }

        private int deeper() {
            if (depth == DEEPEST) {
                throw new SchemaException("%s: nested more than %d deep".formatted(path, DEEPEST));
            }
            return depth + 1;
        }

        SchemaException refusal(String why) {
            return new SchemaException(path + ": " + why);
        }
    }

    private Expression value(JsonNode schema, Place place) {
        if (schema.isBoolean()) {
            return schema.asBoolean() ? anyValue() : expressions.nothing();
        }
        if (!schema.isObject()) {
            throw place.refusal("a schema is an object or true or false, got " + schema.getNodeType());
        }
        if (schema.has("$ref")) {
            SchemaKeywords.onlyAllowed(schema, place.path(), Set.of("$ref"), " beside '$ref'");
            return reference(schema, place);
        }
        Expression bare = bare(schema, place);
        return schema.path("nullable").asBoolean() ? expressions.either(bare, expressions.text("null")) : bare;
    }

    private Expression bare(JsonNode schema, Place place) {
        for (String keyword : List.of("anyOf", "oneOf")) {
            if (schema.has(keyword)) {
                SchemaKeywords.onlyAllowed(
                        schema, place.path(), Set.of(keyword, "nullable"), " beside '" + keyword + "'");
                return alternatives(schema, keyword, place);
            }
        }
        if (schema.has("const") || schema.has("enum")) {
            String keyword = schema.has("const") ? "const" : "enum";
            SchemaKeywords.onlyAllowed(
                    schema, place.path(), Set.of(keyword, "type", "nullable"), " beside '" + keyword + "'");
            return constants(schema, place);
        }
        Set<JsonType> types = types(schema, place);
        Set<String> allowed = new HashSet<>(Set.of("type", "nullable"));
        types.forEach(type -> allowed.addAll(type.keywords()));
        SchemaKeywords.onlyAllowed(schema, place.path(), allowed, " for type " + names(types));
        return expressions.either(
                types.stream().map(type -> ofType(type, schema, place)).toList());
    }

    private static String names(Set<JsonType> types) {
        return String.join(
                " or ",
                types.stream().map(type -> type.name().toLowerCase(Locale.ROOT)).toList());
    }

    /** Where no type stands, the keywords may tell. */
    private static Set<JsonType> types(JsonNode schema, Place place) {
        Set<JsonType> types = SchemaKeywords.types(schema, place.path());
        if (schema.has("type")) {
            return types;
        }
        Set<JsonType> told = EnumSet.noneOf(JsonType.class);
        for (JsonType type : types) {
            if (type != JsonType.INTEGER && type.keywords().stream().anyMatch(schema::has)) {
                told.add(type);
            }
        }
        if (told.size() > 1) {
            throw place.refusal("has keywords for " + names(told) + "; add 'type'");
        }
        return told.isEmpty() ? types : told;
    }

    private Expression ofType(JsonType type, JsonNode schema, Place place) {
        return switch (type) {
            case NULL -> expressions.text("null");
            case BOOLEAN -> expressions.either(expressions.text("true"), expressions.text("false"));
            case INTEGER -> integer(schema, place);
            case NUMBER -> number(schema, place);
            case STRING -> string(schema, place);
            case ARRAY -> array(schema, place);
            case OBJECT -> object(schema, place);
        };
    }

    private Expression reference(JsonNode schema, Place place) {
        JsonNode target = SchemaKeywords.referred(root, schema, place.path());
        String reference = schema.path("$ref").asText();
        if (place.open().contains(reference)) {
            throw place.refusal("'$ref' " + reference + " leads back to itself");
        }
        Expression meaning = meanings.get(reference);
        if (meaning != null) {
            return meaning;
        }
        Expression known = names.get(reference);
        if (known != null) {
            return known;
        }
        Expression name = expressions.name();
        names.put(reference, name);
        Expression made = value(target, new Place(reference, place.open(), place.depth()).through(reference));
        expressions.define(name, made);
        meanings.put(reference, made);
        return made;
    }

    private Expression alternatives(JsonNode schema, String keyword, Place place) {
        List<JsonNode> parts = SchemaKeywords.list(schema, place.path(), keyword);
        List<Expression> ways = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            ways.add(value(parts.get(i), place.at(keyword + "/" + i)));
            for (int other = 0; keyword.equals("oneOf") && other < i; other++) {
                if (!disjointness.areDisjoint(parts.get(other), parts.get(i))) {
                    throw place.refusal(
                            "'oneOf': a value may satisfy both number %d and number %d, as far as can be seen; "
                                            .formatted(other, i)
                                    + "use anyOf, or give them a required member with different constants");
                }
            }
        }
        return expressions.either(ways);
    }

    private Expression constants(JsonNode schema, Place place) {
        Set<JsonType> types = SchemaKeywords.types(schema, place.path());
        List<Expression> ways = SchemaKeywords.constants(schema, place.path()).stream()
                .filter(value -> types.stream().anyMatch(type -> type.isOf(value)))
                .map(value -> expressions.text(text.constant(value)))
                .toList();
        if (ways.isEmpty()) {
            throw place.refusal("no value of 'enum' or 'const' is of the type");
        }
        return expressions.either(ways);
    }

    private Expression integer(JsonNode schema, Place place) {
        BigDecimal least = bound(schema, place, "minimum")
                .orElse(JsonNumbers.LARGEST.negate())
                .setScale(0, RoundingMode.CEILING);
        BigDecimal most =
                bound(schema, place, "maximum").orElse(JsonNumbers.LARGEST).setScale(0, RoundingMode.FLOOR);
        Optional<BigDecimal> above = bound(schema, place, "exclusiveMinimum");
        Optional<BigDecimal> below = bound(schema, place, "exclusiveMaximum");
        if (above.isPresent()) {
            least = least.max(above.get().setScale(0, RoundingMode.FLOOR).add(BigDecimal.ONE));
        }
        if (below.isPresent()) {
            most = most.min(below.get().setScale(0, RoundingMode.CEILING).subtract(BigDecimal.ONE));
        }
        return found(numbers.integer(least, most), place);
    }

    private Expression number(JsonNode schema, Place place) {
        if (JsonType.NUMBER.keywords().stream().noneMatch(schema::has)) {
            return numbers.number();
        }
        BigDecimal least = bound(schema, place, "minimum").orElse(JsonNumbers.LARGEST.negate());
        BigDecimal most = bound(schema, place, "maximum").orElse(JsonNumbers.LARGEST);
        Optional<BigDecimal> above = bound(schema, place, "exclusiveMinimum");
        Optional<BigDecimal> below = bound(schema, place, "exclusiveMaximum");
        if (above.isPresent()) {
            least = least.max(beyond(above.get()));
        }
        if (below.isPresent()) {
            most = most.min(beyond(below.get().negate()).negate());
        }
        return found(numbers.number(least, most), place);
    }

    /** The least that is larger than {@code bound} also for a reader who makes a double of it. */
    private static BigDecimal beyond(BigDecimal bound) {
        return new BigDecimal(Math.nextUp(bound.doubleValue())).setScale(JsonNumbers.FRACTION, RoundingMode.CEILING);
    }

    private Expression found(Expression expression, Place place) {
        if (expression == expressions.nothing()) {
            throw place.refusal("no number lies within the bounds");
        }
        return expression;
    }

    private static Optional<BigDecimal> bound(JsonNode schema, Place place, String keyword) {
        JsonNode bound = schema.path(keyword);
        if (bound.isMissingNode()) {
            return Optional.empty();
        }
        boolean fits = bound.isNumber()
                && bound.decimalValue().abs().compareTo(JsonNumbers.LARGEST) <= 0
                && bound.decimalValue().stripTrailingZeros().scale() <= JsonNumbers.FRACTION;
        if (!fits) {
            throw place.refusal("'%s' must be a number of at most %d digits before and %d behind the point, got %s"
                    .formatted(keyword, JsonNumbers.WHOLE, JsonNumbers.FRACTION, bound));
        }
        return Optional.of(bound.decimalValue());
    }

    private Expression string(JsonNode schema, Place place) {
        int least = SchemaKeywords.count(schema, place.path(), "minLength", 0);
        int most = SchemaKeywords.count(schema, place.path(), "maxLength", Expression.UNBOUNDED);
        Expression characters = expressions.repeat(text.anyCharacter(), least, most);
        if (characters == expressions.nothing()) {
            throw place.refusal("'maxLength' is less than 'minLength'");
        }
        if (!schema.has("pattern")) {
            return text.string(characters);
        }
        Expression found =
                PatternReader.read(expressions, text, schema.path("pattern").asText());
        boolean hasLength = schema.has("minLength") || schema.has("maxLength");
        Expression both = hasLength ? expressions.both(found, characters) : found;
        if (both == expressions.nothing()) {
            throw place.refusal("no string has this pattern and this length");
        }
        return text.string(both);
    }

    private Expression array(JsonNode schema, Place place) {
        if (schema.path("items").isArray()) {
            throw place.refusal("'items' must be one schema; write 'prefixItems' for a list of them");
        }
        List<JsonNode> prefix =
                schema.has("prefixItems") ? SchemaKeywords.list(schema, place.path(), "prefixItems") : List.of();
        int least = SchemaKeywords.count(schema, place.path(), "minItems", 0);
        int most = SchemaKeywords.count(schema, place.path(), "maxItems", Expression.UNBOUNDED);
        Expression further = schema.has("items")
                ? value(schema.path("items"), place.inside("items"))
                : prefix.isEmpty() ? anyValue() : expressions.nothing();
        int known = prefix.size();
        int moreMost = most == Expression.UNBOUNDED ? most : Math.max(0, most - known);
        Expression rest = known == 0
                ? expressions.empty()
                : expressions.repeat(expressions.then(text.comma(), further), Math.max(0, least - known), moreMost);
        for (int i = Math.min(known, most) - 1; i >= 0; i--) {
            Expression item = value(prefix.get(i), place.inside("prefixItems/" + i));
            Expression from = expressions.then(i == 0 ? expressions.empty() : text.comma(), item, rest);
            // Beyond 'maxItems' nothing follows; before 'minItems' the list may not end.
            rest = i >= least ? expressions.either(expressions.empty(), from) : from;
        }
        Expression items = known == 0 ? items(further, least, most) : rest;
        if (items == expressions.nothing() || most < least) {
            throw place.refusal("no list has so many items");
        }
        return expressions.then(expressions.text("["), items, expressions.text("]"));
    }

    private Expression items(Expression item, int least, int most) {
        if (most == 0) {
            return expressions.empty();
        }
        int moreMost = most == Expression.UNBOUNDED ? most : most - 1;
        Expression some = expressions.then(
                item, expressions.repeat(expressions.then(text.comma(), item), Math.max(0, least - 1), moreMost));
        return least == 0 ? expressions.either(expressions.empty(), some) : some;
    }

    private Expression object(JsonNode schema, Place place) {
        JsonNode properties = schema.path("properties");
        if (!properties.isObject() && !properties.isMissingNode()) {
            throw place.refusal("'properties' must be an object");
        }
        Set<String> required = required(schema, place, properties);
        JsonNode additional = schema.path("additionalProperties");
        boolean isClosed = additional.isMissingNode() ? schema.has("properties") : isFalse(additional);
        Set<String> mentioned = new LinkedHashSet<>();
        properties.fieldNames().forEachRemaining(mentioned::add);
        Expression others = isClosed
                ? expressions.nothing()
                : expressions.then(
                        text.stringBut(mentioned),
                        text.colon(),
                        additional.isMissingNode()
                                ? anyValue()
                                : value(additional, place.inside("additionalProperties")));
        // From the last member to the first: what may follow when none stands before, and when some do.
        Expression atFirst = items(others, 0, Expression.UNBOUNDED);
        Expression later = expressions.repeat(expressions.then(text.comma(), others), 0, Expression.UNBOUNDED);
        for (String name : List.copyOf(mentioned).reversed()) {
            Expression member = expressions.then(
                    expressions.text(JsonText.quoted(name)),
                    text.colon(),
                    value(properties.path(name), place.inside("properties/" + name)));
            Expression with = expressions.then(member, later);
            Expression withComma = expressions.then(text.comma(), with);
            atFirst = required.contains(name) ? with : expressions.either(with, atFirst);
            later = required.contains(name) ? withComma : expressions.either(withComma, later);
        }
        if (atFirst == expressions.nothing()) {
            throw place.refusal("a required member can have no value");
        }
        return expressions.then(expressions.text("{"), atFirst, expressions.text("}"));
    }

    private static boolean isFalse(JsonNode schema) {
        return schema.isBoolean() && !schema.asBoolean();
    }

    private static Set<String> required(JsonNode schema, Place place, JsonNode properties) {
        Set<String> required = new TreeSet<>(Comparator.naturalOrder());
        if (schema.has("required")) {
            SchemaKeywords.list(schema, place.path(), "required").forEach(name -> required.add(name.asText()));
        }
        for (String name : required) {
            if (!properties.has(name)) {
                throw place.refusal(
                        "'required' names '%s', which is not among 'properties'; add it there".formatted(name));
            }
        }
        return required;
    }

    /** Whatever JSON can say. */
    private Expression anyValue() {
        Expression known = anyValue;
        if (known != null) {
            return known;
        }
        Expression name = expressions.name();
        anyValue = name;
        Expression string = text.string(0, Expression.UNBOUNDED);
        Expression member = expressions.then(string, text.colon(), name);
        Expression value = expressions.either(
                expressions.text("null"),
                expressions.text("true"),
                expressions.text("false"),
                numbers.number(),
                string,
                expressions.then(expressions.text("["), items(name, 0, Expression.UNBOUNDED), expressions.text("]")),
                expressions.then(expressions.text("{"), items(member, 0, Expression.UNBOUNDED), expressions.text("}")));
        expressions.define(name, value);
        return name;
    }
}
