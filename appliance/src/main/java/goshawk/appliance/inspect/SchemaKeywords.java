package goshawk.appliance.inspect;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.math.BigDecimal;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/** What stands in one JSON Schema object: the keywords that are known, their values checked. No state. */
final class SchemaKeywords {

    /** They tell a reader something and allow or forbid nothing. */
    static final Set<String> ANNOTATIONS = Set.of(
            "$schema",
            "$id",
            "$comment",
            "$defs",
            "definitions",
            "title",
            "description",
            "default",
            "examples",
            "example",
            "deprecated",
            "readOnly",
            "writeOnly");

    enum JsonType {
        NULL,
        BOOLEAN,
        INTEGER,
        NUMBER,
        STRING,
        ARRAY,
        OBJECT;

        /** Those that bear upon this type alone. */
        Set<String> keywords() {
            return switch (this) {
                case NULL, BOOLEAN -> Set.of();
                case INTEGER, NUMBER -> Set.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum");
                case STRING -> Set.of("minLength", "maxLength", "pattern");
                case ARRAY -> Set.of("items", "prefixItems", "minItems", "maxItems");
                case OBJECT -> Set.of("properties", "required", "additionalProperties");
            };
        }

        boolean isOf(JsonNode value) {
            return switch (this) {
                case NULL -> value.isNull();
                case BOOLEAN -> value.isBoolean();
                case INTEGER -> value.isNumber() && isWhole(value.decimalValue());
                case NUMBER -> value.isNumber();
                case STRING -> value.isTextual();
                case ARRAY -> value.isArray();
                case OBJECT -> value.isObject();
            };
        }

        private static boolean isWhole(BigDecimal number) {
            return number.stripTrailingZeros().scale() <= 0;
        }
    }

    private SchemaKeywords() {}

    /** The types that {@code type} names, all of them where it does not stand; without {@code nullable}. */
    static Set<JsonType> types(JsonNode schema, String place) {
        JsonNode named = schema.path("type");
        if (named.isMissingNode()) {
            return EnumSet.allOf(JsonType.class);
        }
        Set<JsonType> types = EnumSet.noneOf(JsonType.class);
        for (JsonNode one : named.isArray() ? named : List.of(named)) {
            types.add(type(one, place));
        }
        if (types.isEmpty()) {
            throw new SchemaException(place + ": 'type' names no type");
        }
        return types;
    }

    private static JsonType type(JsonNode name, String place) {
        for (JsonType type : JsonType.values()) {
            if (name.isTextual() && type.name().toLowerCase(Locale.ROOT).equals(name.asText())) {
                return type;
            }
        }
        throw new SchemaException(
                place + ": 'type' must be null, boolean, integer, number, string, array, object or a list of them, got "
                        + name);
    }

    /** @throws SchemaException when a keyword stands there that is neither in {@code allowed} nor an annotation */
    static void onlyAllowed(JsonNode schema, String place, Set<String> allowed, String beside) {
        var others = new TreeSet<String>();
        schema.fieldNames().forEachRemaining(others::add);
        others.removeAll(allowed);
        others.removeAll(ANNOTATIONS);
        if (!others.isEmpty()) {
            throw new SchemaException("%s: '%s' is not supported%s; supported are %s"
                    .formatted(place, others.first(), beside, String.join(", ", new TreeSet<>(allowed))));
        }
    }

    /** A count that must be whole and at least 0. */
    static int count(JsonNode schema, String place, String keyword, int otherwise) {
        JsonNode count = schema.path(keyword);
        if (count.isMissingNode()) {
            return otherwise;
        }
        if (!JsonType.INTEGER.isOf(count)
                || count.decimalValue().signum() < 0
                || count.decimalValue().compareTo(BigDecimal.valueOf(1_000_000)) > 0) {
            throw new SchemaException(
                    "%s: '%s' must be a whole number from 0 to 1000000, got %s".formatted(place, keyword, count));
        }
        return count.intValue();
    }

    static List<JsonNode> list(JsonNode schema, String place, String keyword) {
        JsonNode list = schema.path(keyword);
        if (!list.isArray() || (list.isEmpty() && !keyword.equals("required") && !keyword.equals("prefixItems"))) {
            throw new SchemaException(
                    "%s: '%s' must be a list that is not empty, got %s".formatted(place, keyword, list));
        }
        List<JsonNode> items = new ArrayList<>();
        list.forEach(items::add);
        return items;
    }

    /** Values of {@code enum} or {@code const}; empty where neither stands. */
    static List<JsonNode> constants(JsonNode schema, String place) {
        if (schema.has("const")) {
            return List.of(schema.path("const"));
        }
        return schema.has("enum") ? list(schema, place, "enum") : List.of();
    }

    /** What a {@code $ref} of {@code schema} leads to within {@code root}. */
    static JsonNode referred(JsonNode root, JsonNode schema, String place) {
        JsonNode target = at(root, schema.path("$ref").asText());
        if (target.isMissingNode()) {
            throw new SchemaException("%s: '$ref' %s leads nowhere; it must be like #/$defs/name in the same schema"
                    .formatted(place, schema.path("$ref")));
        }
        return target;
    }

    private static JsonNode at(JsonNode root, String reference) {
        if (!reference.startsWith("#")) {
            return MissingNode.getInstance();
        }
        try {
            String path = URLDecoder.decode(reference.substring(1).replace("+", "%2B"), StandardCharsets.UTF_8);
            return root.at(JsonPointer.compile(path));
        } catch (IllegalArgumentException e) {
            return MissingNode.getInstance(); // no pointer
        }
    }
}
