package goshawk.appliance.inspect;

import com.fasterxml.jackson.databind.JsonNode;
import goshawk.appliance.inspect.SchemaKeywords.JsonType;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Shows that no value satisfies two schemas at once, as {@code oneOf} demands: by their types, constants, bounds, lengths,
 * or by a member that must be there and cannot be both. What it does not see it does not claim. It goes by what JSON
 * Schema says, not by what a grammar writes: a member that is not mentioned may be there.
 */
final class SchemaDisjointness {

    /** Deeper, nothing is claimed; recursion ends here. */
    private static final int DEEPEST = 12;

    private final JsonNode root;

    SchemaDisjointness(JsonNode root) {
        this.root = root;
    }

    boolean areDisjoint(JsonNode a, JsonNode b) {
        return areDisjoint(a, b, 0);
    }

    private boolean areDisjoint(JsonNode a, JsonNode b, int depth) {
        if (depth > DEEPEST) {
            return false;
        }
        if (a.isBoolean() || b.isBoolean()) {
            return isNever(a) || isNever(b);
        }
        List<JsonNode> parts = alternatives(a);
        if (!parts.isEmpty()) {
            return parts.stream().allMatch(part -> areDisjoint(part, b, depth + 1));
        }
        if (!alternatives(b).isEmpty()) {
            return areDisjoint(b, a, depth + 1);
        }
        List<JsonNode> constants = SchemaKeywords.constants(a, "#");
        if (!constants.isEmpty()) {
            return constants.stream().allMatch(constant -> excludes(b, constant));
        }
        if (!SchemaKeywords.constants(b, "#").isEmpty()) {
            return areDisjoint(b, a, depth + 1);
        }
        Set<JsonType> common = types(a);
        common.retainAll(types(b));
        return common.stream().allMatch(type -> areDisjoint(type, a, b, depth));
    }

    private static boolean isNever(JsonNode schema) {
        return schema.isBoolean() && !schema.asBoolean();
    }

    private List<JsonNode> alternatives(JsonNode schema) {
        if (schema.has("$ref")) {
            return List.of(SchemaKeywords.referred(root, schema, "#"));
        }
        List<JsonNode> parts = new ArrayList<>();
        schema.path("anyOf").forEach(parts::add);
        schema.path("oneOf").forEach(parts::add);
        return parts;
    }

    /** Whole numbers are numbers as well. */
    private static Set<JsonType> types(JsonNode schema) {
        Set<JsonType> types = EnumSet.copyOf(SchemaKeywords.types(schema, "#"));
        if (types.contains(JsonType.NUMBER)) {
            types.add(JsonType.INTEGER);
        }
        if (schema.path("nullable").asBoolean()) {
            types.add(JsonType.NULL);
        }
        return types;
    }

    private boolean areDisjoint(JsonType type, JsonNode a, JsonNode b, int depth) {
        return switch (type) {
            case NULL, BOOLEAN -> false;
            case INTEGER, NUMBER -> isBelow(a, b) || isBelow(b, a);
            case STRING -> apart(a, b, "minLength", "maxLength");
            case ARRAY -> apart(a, b, "minItems", "maxItems");
            case OBJECT -> haveMemberApart(a, b, depth) || haveMemberApart(b, a, depth);
        };
    }

    private static boolean isBelow(JsonNode low, JsonNode high) {
        for (String most : List.of("maximum", "exclusiveMaximum")) {
            for (String least : List.of("minimum", "exclusiveMinimum")) {
                BigDecimal top = bound(low, most);
                BigDecimal bottom = bound(high, least);
                boolean mayTouch = most.equals("maximum") && least.equals("minimum");
                if (top != null && bottom != null && top.compareTo(bottom) < (mayTouch ? 0 : 1)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static @Nullable BigDecimal bound(JsonNode schema, String keyword) {
        return schema.path(keyword).isNumber() ? schema.path(keyword).decimalValue() : null;
    }

    private static boolean apart(JsonNode a, JsonNode b, String least, String most) {
        return a.path(least).asInt(0) > b.path(most).asInt(Integer.MAX_VALUE)
                || b.path(least).asInt(0) > a.path(most).asInt(Integer.MAX_VALUE);
    }

    /** Is there a member that {@code a} needs and that {@code b} has otherwise or not at all? */
    private boolean haveMemberApart(JsonNode a, JsonNode b, int depth) {
        for (JsonNode name : a.path("required")) {
            JsonNode inA = a.path("properties").path(name.asText());
            JsonNode inB = b.path("properties").path(name.asText());
            JsonNode other = inB.isMissingNode() ? b.path("additionalProperties") : inB;
            boolean isKnown = !inA.isMissingNode() && !other.isMissingNode();
            if (isNever(other) || (isKnown && areDisjoint(inA, other, depth + 1))) {
                return true;
            }
        }
        return false;
    }

    /** True when the value certainly does not satisfy the schema. */
    private static boolean excludes(JsonNode schema, JsonNode value) {
        if (types(schema).stream().noneMatch(type -> type.isOf(value))) {
            return true;
        }
        List<JsonNode> constants = SchemaKeywords.constants(schema, "#");
        if (!constants.isEmpty()) {
            return constants.stream().noneMatch(constant -> areEqual(constant, value));
        }
        if (value.isTextual()) {
            int length = value.asText().codePointCount(0, value.asText().length());
            return length < schema.path("minLength").asInt(0)
                    || length > schema.path("maxLength").asInt(Integer.MAX_VALUE);
        }
        if (value.isNumber()) {
            BigDecimal least = bound(schema, "minimum");
            BigDecimal most = bound(schema, "maximum");
            return (least != null && value.decimalValue().compareTo(least) < 0)
                    || (most != null && value.decimalValue().compareTo(most) > 0);
        }
        return false;
    }

    /** 1 and 1.0 are one number; of lists and objects only what is the same is known to differ or not. */
    private static boolean areEqual(JsonNode a, JsonNode b) {
        if (a.isNumber() && b.isNumber()) {
            return a.decimalValue().compareTo(b.decimalValue()) == 0;
        }
        boolean isSimple = a.isValueNode() && b.isValueNode();
        return isSimple ? a.equals(b) : a.getNodeType() == b.getNodeType();
    }
}
