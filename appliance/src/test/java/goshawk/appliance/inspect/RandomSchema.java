package goshawk.appliance.inspect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;

/** A schema by chance, of everything that is supported, and values that satisfy it by construction. */
final class RandomSchema {

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final String[] CHARACTERS = {
        "a", "Z", "7", " ", "\"", "\\", "/", "\n", "\t", "é", "螺", "栓", "ก", "ำ", "م", "🦅", "e\u0301", "\u007f", "{",
        ","
    };

    /** A pattern and how to write what it matches. */
    private record Sample(String pattern, Function<Random, String> text) {}

    private static final List<Sample> PATTERNS = List.of(
            new Sample("^[A-Z]{2,4}-\\d{3}$", random -> "QZX".substring(0, 2 + random.nextInt(2)) + "-047"),
            new Sample("^\\S+$", random -> "x螺" + random.nextInt(10)),
            new Sample("b|cd+$", random -> random.nextBoolean() ? "abc" : "xcddd"),
            new Sample("x.y", random -> "-x" + random.nextInt(10) + "y-"),
            new Sample("^[^a-c\"\\\\]{3}$", random -> "d螺" + random.nextInt(10)),
            new Sample("^(?:ab|c)*$", random -> "ab".repeat(random.nextInt(3)) + "c"),
            new Sample("[一-龥]{2}", random -> "螺栓" + random.nextInt(10)),
            new Sample("^\\w+@(\\w+\\.)+de$", random -> "a@b" + random.nextInt(10) + ".de"),
            new Sample("^\"?\\\\/[\\n\\t]$", random -> random.nextBoolean() ? "\"\\/\n" : "\\/\t"),
            new Sample("^[🦀-🦏]?$", random -> random.nextBoolean() ? "🦅" : ""));

    /** The one that is being built refers to these. */
    private final ObjectNode definitions = JSON.objectNode();

    private final Random random;
    private final ObjectNode schema;

    RandomSchema(Random random) {
        this.random = random;
        this.schema = schema(3);
        if (!definitions.isEmpty()) {
            schema.set("$defs", definitions);
        }
    }

    JsonNode schema() {
        return schema;
    }

    /** Another one each time. */
    JsonNode value() {
        return value(schema, 6);
    }

    private ObjectNode schema(int depth) {
        ObjectNode one = JSON.objectNode();
        if (random.nextInt(6) == 0) {
            one.put("description", "what it is");
        }
        switch (random.nextInt(depth == 0 ? 6 : 12)) {
            case 0 -> one.put("type", random.nextBoolean() ? "null" : "boolean");
            case 1 -> constants(one);
            case 2 -> integer(one);
            case 3 -> number(one);
            case 4, 5 -> string(one);
            case 6, 7, 8 -> object(one, depth);
            case 9 -> array(one, depth);
            case 10 -> alternatives(one, depth);
            default -> recursion(one, depth);
        }
        return one;
    }

    private void constants(ObjectNode one) {
        if (random.nextInt(3) == 0) {
            one.set("const", JSON.objectNode().put(text(3), 7).putNull("none"));
            return;
        }
        ArrayNode values = one.putArray("enum");
        values.add(text(6))
                .add(text(6))
                .add(random.nextInt(100))
                .add(new BigDecimal("-1.25"))
                .addNull()
                .add(true);
        values.addArray().add(text(2));
        if (random.nextBoolean()) {
            one.put("type", "string");
        }
    }

    private void integer(ObjectNode one) {
        one.put("type", "integer");
        long low = random.nextLong(-2_000, 2_000);
        if (random.nextBoolean()) {
            one.put(random.nextBoolean() ? "minimum" : "exclusiveMinimum", low);
        }
        if (random.nextBoolean()) {
            one.put(random.nextBoolean() ? "maximum" : "exclusiveMaximum", low + 2 + random.nextInt(3_000));
        }
    }

    private void number(ObjectNode one) {
        one.put("type", "number");
        BigDecimal low = BigDecimal.valueOf(random.nextInt(4_000) - 2_000, random.nextInt(5));
        if (random.nextBoolean()) {
            one.put(random.nextBoolean() ? "minimum" : "exclusiveMinimum", low);
        }
        if (random.nextBoolean()) {
            BigDecimal more = BigDecimal.valueOf(1 + random.nextInt(300), random.nextInt(4));
            one.put(random.nextBoolean() ? "maximum" : "exclusiveMaximum", low.add(more));
        }
    }

    private void string(ObjectNode one) {
        one.put("type", "string");
        if (random.nextInt(3) == 0) {
            one.put("pattern", PATTERNS.get(random.nextInt(PATTERNS.size())).pattern());
            if (random.nextBoolean()) {
                one.put("maxLength", 16);
            }
            return;
        }
        int least = random.nextInt(4);
        if (random.nextBoolean()) {
            one.put("minLength", least);
        }
        if (random.nextBoolean()) {
            one.put("maxLength", least + random.nextInt(5));
        }
    }

    private void object(ObjectNode one, int depth) {
        one.put("type", "object");
        ObjectNode properties = one.putObject("properties");
        ArrayNode required = one.putArray("required");
        int count = random.nextInt(4);
        for (int i = 0; i < count; i++) {
            String name = text(3) + i;
            properties.set(name, schema(depth - 1));
            if (random.nextBoolean()) {
                required.add(name);
            }
        }
        switch (random.nextInt(3)) {
            case 0 -> one.put("additionalProperties", false);
            case 1 -> one.set("additionalProperties", schema(depth - 1));
            default -> {}
        }
    }

    private void array(ObjectNode one, int depth) {
        one.put("type", "array");
        int least = random.nextInt(3);
        one.put("minItems", least);
        if (random.nextBoolean()) {
            one.put("maxItems", least + random.nextInt(3));
        }
        if (random.nextInt(3) == 0) {
            ArrayNode prefix = one.putArray("prefixItems");
            for (int i = 0; i < 2; i++) {
                prefix.add(schema(depth - 1));
            }
        }
        one.set("items", schema(depth - 1));
    }

    private void alternatives(ObjectNode one, int depth) {
        if (random.nextBoolean()) {
            one.putArray("anyOf").add(schema(depth - 1)).add(schema(depth - 1));
            return;
        }
        ArrayNode either = one.putArray("oneOf");
        for (String kind : List.of("bolt", "螺栓")) {
            ObjectNode branch = either.addObject();
            branch.put("type", "object");
            ObjectNode properties = branch.putObject("properties");
            properties.putObject("kind").put("const", kind);
            properties.set("value", schema(depth - 1));
            branch.putArray("required").add("kind");
        }
    }

    /** A list of itself: its end is an empty one. */
    private void recursion(ObjectNode one, int depth) {
        String name = "tree" + definitions.size();
        ObjectNode tree = definitions.putObject(name);
        tree.put("type", "object");
        ObjectNode properties = tree.putObject("properties");
        properties.set("leaf", schema(depth - 1));
        ObjectNode branches = properties.putObject("branches");
        branches.put("type", "array").put("maxItems", 2);
        branches.putObject("items").put("$ref", "#/$defs/" + name);
        tree.putArray("required").add("leaf");
        one.removeAll();
        one.put("$ref", "#/$defs/" + name);
    }

    private String text(int most) {
        var text = new StringBuilder();
        int length = random.nextInt(most + 1);
        for (int i = 0; i < length; i++) {
            text.append(CHARACTERS[random.nextInt(CHARACTERS.length)]);
        }
        return text.toString();
    }

    private JsonNode value(JsonNode of, int depth) {
        if (of.has("$ref")) {
            return value(definitions.path(of.path("$ref").asText().substring("#/$defs/".length())), depth);
        }
        if (of.has("const")) {
            return of.path("const");
        }
        if (of.has("enum")) {
            return one(
                    of.path("enum"),
                    of.path("type").asText().equals("string")
                            ? 2
                            : of.path("enum").size());
        }
        for (String several : List.of("anyOf", "oneOf")) {
            if (of.has(several)) {
                return value(one(of.path(several), 2), depth);
            }
        }
        return switch (of.path("type").asText()) {
            case "null" -> JSON.nullNode();
            case "boolean" -> JSON.booleanNode(random.nextBoolean());
            case "integer" -> JSON.numberNode(between(of, 0).toBigInteger());
            case "number" -> JSON.numberNode(between(of, 6));
            case "string" -> JSON.textNode(string(of));
            case "array" -> items(of, depth);
            default -> members(of, depth);
        };
    }

    private JsonNode one(JsonNode list, int count) {
        return list.path(random.nextInt(count));
    }

    private BigDecimal between(JsonNode of, int decimals) {
        BigDecimal step = BigDecimal.ONE.movePointLeft(decimals);
        BigDecimal low = of.has("minimum")
                ? of.path("minimum").decimalValue()
                : of.has("exclusiveMinimum")
                        ? of.path("exclusiveMinimum").decimalValue().add(step)
                        : null;
        BigDecimal high = of.has("maximum")
                ? of.path("maximum").decimalValue()
                : of.has("exclusiveMaximum")
                        ? of.path("exclusiveMaximum").decimalValue().subtract(step)
                        : null;
        if (low == null) {
            low = high == null ? BigDecimal.valueOf(-5_000_000) : high.subtract(BigDecimal.TEN);
        }
        if (high == null) {
            high = low.add(BigDecimal.TEN);
        }
        long steps = high.subtract(low).divideToIntegralValue(step).longValue();
        return low.add(step.multiply(BigDecimal.valueOf(random.nextLong(steps + 1))));
    }

    private String string(JsonNode of) {
        if (of.has("pattern")) {
            return PATTERNS.stream()
                    .filter(sample -> sample.pattern().equals(of.path("pattern").asText()))
                    .findFirst()
                    .orElseThrow()
                    .text()
                    .apply(random);
        }
        int least = of.path("minLength").asInt(0);
        int most = of.path("maxLength").asInt(least + 8);
        var text = new StringBuilder();
        int length = least + random.nextInt(most - least + 1);
        while (text.codePointCount(0, text.length()) < length) {
            text.appendCodePoint(CHARACTERS[random.nextInt(CHARACTERS.length)].codePointAt(0));
        }
        return text.toString();
    }

    private JsonNode items(JsonNode of, int depth) {
        ArrayNode items = JSON.arrayNode();
        int least = of.path("minItems").asInt(0);
        int most = depth <= 0 ? least : of.path("maxItems").asInt(least + 2);
        int count = least + random.nextInt(most - least + 1);
        for (int i = 0; i < count; i++) {
            JsonNode prefix = of.path("prefixItems").path(i);
            items.add(value(prefix.isMissingNode() ? of.path("items") : prefix, depth - 1));
        }
        return items;
    }

    private JsonNode members(JsonNode of, int depth) {
        ObjectNode members = JSON.objectNode();
        List<String> required = new ArrayList<>();
        of.path("required").forEach(name -> required.add(name.asText()));
        of.path("properties").properties().forEach(property -> {
            if (required.contains(property.getKey()) || (depth > 0 && random.nextBoolean())) {
                members.set(property.getKey(), value(property.getValue(), depth - 1));
            }
        });
        if (of.path("additionalProperties").isObject() && depth > 0) {
            for (int i = 0; i < random.nextInt(3); i++) {
                members.set("other" + text(2) + "/" + i, value(of.path("additionalProperties"), depth - 1));
            }
        }
        return members;
    }
}
