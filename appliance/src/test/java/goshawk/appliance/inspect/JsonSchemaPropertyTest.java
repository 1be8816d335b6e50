package goshawk.appliance.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import goshawk.trtbuild.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random schemas, judged by a validator that is not ours. A few seconds each; {@code -Dgoshawk.fuzz.seconds=600} takes as
 * long as it is told, from another seed each time.
 */
class JsonSchemaPropertyTest {

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(JsonGenerator.Feature.WRITE_BIGDECIMAL_AS_PLAIN)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private static final int LONG_SECONDS = Integer.getInteger("goshawk.fuzz.seconds", 0);

    /** The long run says what it did. */
    private static void say(String what) {
        if (LONG_SECONDS > 0) {
            System.out.println(what);
        }
    }

    /** Runs {@code round} with one seed after another, for some seconds, at least ten times. */
    private static int rounds(LongConsumer round) {
        long end = System.nanoTime() + (LONG_SECONDS > 0 ? LONG_SECONDS : 4) * 1_000_000_000L;
        long seed = LONG_SECONDS > 0 ? System.currentTimeMillis() * 1_000 : 20261125;
        int rounds = 0;
        while (rounds < 10 || System.nanoTime() < end) {
            long own = seed + rounds++;
            try {
                round.accept(own);
            } catch (RuntimeException | StackOverflowError e) {
                throw new AssertionError("seed " + own, e);
            }
        }
        say("%d rounds".formatted(rounds));
        return rounds;
    }

    @ParameterizedTest
    @ValueSource(strings = {"thinking", "byte-fallback"})
    void whatTokensWriteSatisfiesTheSchema(String checkpoint) {
        try (var tokenizer = Tokenizer.open(TestInput.goldens(checkpoint))) {
            var masks = new TokenMasks(tokenizer, tokenizer.size());
            int[] counts = new int[2];
            rounds(seed -> {
                var random = new Random(seed);
                JsonNode schema = new RandomSchema(random).schema();
                var grammar = JsonSchemaGrammar.compile(schema, spacing(random));
                JsonSchema validator = validator(schema);
                for (int walk = 0; walk < 10; walk++) {
                    byte[] text = walked(grammar, masks, tokenizer, random);
                    counts[text.length == 0 ? 1 : 0]++;
                    if (text.length > 0) {
                        assertSatisfies(text, validator, "seed %d, %s".formatted(seed, schema));
                    }
                }
            });
            say("%s: %d texts, %d walks without an end".formatted(checkpoint, counts[0], counts[1]));
            assertThat(counts[1]).as("walks that do not end").isLessThan(counts[0] / 5);
        }
    }

    private static JsonSchemaGrammar.Spacing spacing(Random random) {
        return random.nextInt(4) == 0 ? JsonSchemaGrammar.Spacing.ONE_SPACE : JsonSchemaGrammar.Spacing.NONE;
    }

    /** A text by chance; none when it does not come to an end. Towards the end, what closes is preferred. */
    private static byte[] walked(Grammar grammar, TokenMasks masks, Tokenizer tokenizer, Random random) {
        var text = new ByteArrayOutputStream();
        long state = grammar.start();
        int[] closing = IntStream.range(0, tokenizer.size())
                .filter(id -> {
                    String token = new String(tokenizer.bytes(id), StandardCharsets.ISO_8859_1);
                    return token.equals("\"") || token.equals("}") || token.equals("]");
                })
                .toArray();
        for (int step = 0; step < 1_500; step++) {
            if (grammar.isEnd(state)) {
                return text.toByteArray();
            }
            TokenMask mask = masks.of(grammar, state);
            assertThat(mask.count()).as("after %s", text).isPositive();
            int[] ids = step > 25 && random.nextBoolean()
                    ? IntStream.of(closing).filter(mask::has).toArray()
                    : mask.ids();
            int token = ids.length == 0 ? mask.ids()[random.nextInt(mask.count())] : ids[random.nextInt(ids.length)];
            if (token == tokenizer.size()) {
                assertThat(grammar.mayEnd(state)).isTrue();
                return text.toByteArray();
            }
            text.writeBytes(tokenizer.bytes(token));
            state = grammar.next(state, tokenizer.bytes(token));
        }
        return new byte[0];
    }

    @Test
    void whatSatisfiesTheSchemaIsInTheGrammar() {
        int[] count = new int[1];
        rounds(seed -> {
            var random = new RandomSchema(new Random(seed));
            var grammar = JsonSchemaGrammar.compile(random.schema());
            JsonSchema validator = validator(random.schema());
            for (int i = 0; i < 20; i++) {
                byte[] text = written(random.value());
                String as =
                        "seed %d, %s: %s".formatted(seed, random.schema(), new String(text, StandardCharsets.UTF_8));
                assertSatisfies(text, validator, as);
                assertThat(accepts(grammar, text)).as(as).isTrue();
                count[0]++;
            }
        });
        say("%d values".formatted(count[0]));
    }

    /** Values that were damaged: refused, or right after all. Never anything else. */
    @Test
    void damagedTextsAreRefusedOrSatisfyTheSchema() {
        int[] counts = new int[2];
        rounds(seed -> {
            var random = new Random(seed);
            var schema = new RandomSchema(random);
            var grammar = JsonSchemaGrammar.compile(schema.schema());
            JsonSchema validator = validator(schema.schema());
            for (int i = 0; i < 100; i++) {
                byte[] text = damaged(written(schema.value()), random);
                boolean accepted = accepts(grammar, text);
                counts[accepted ? 0 : 1]++;
                if (accepted) {
                    assertSatisfies(text, validator, "seed %d, %s".formatted(seed, schema.schema()));
                }
            }
        });
        say("%d damaged texts accepted, %d refused".formatted(counts[0], counts[1]));
        assertThat(counts[0]).as("some damage is none").isPositive();
    }

    private static byte[] damaged(byte[] text, Random random) {
        byte[] damaged = text.clone();
        int at = random.nextInt(damaged.length);
        switch (random.nextInt(5)) {
            case 0 -> damaged[at] = (byte) random.nextInt(256);
            case 1 -> damaged[at] ^= (byte) (1 << random.nextInt(8));
            case 2 -> damaged[at] = damaged[random.nextInt(damaged.length)];
            case 3 -> damaged = Arrays.copyOf(damaged, at);
            default -> {
                byte[] longer = Arrays.copyOf(damaged, damaged.length + 1);
                System.arraycopy(damaged, at, longer, at + 1, damaged.length - at);
                damaged = longer;
            }
        }
        return damaged;
    }

    /** Schemas that were damaged: refused in words, or compiled. */
    @Test
    void damagedSchemasAreRefusedInWords() {
        int[] counts = new int[2];
        rounds(seed -> {
            var random = new Random(seed);
            byte[] schema = written(new RandomSchema(random).schema());
            for (int i = 0; i < 20; i++) {
                JsonNode damaged;
                try {
                    damaged = MAPPER.readTree(damaged(schema, random));
                } catch (IOException e) {
                    continue;
                }
                try {
                    JsonSchemaGrammar.compile(damaged);
                    counts[0]++;
                } catch (SchemaException e) {
                    assertThat(e.getMessage()).isNotBlank();
                    counts[1]++;
                }
            }
        });
        say("%d damaged schemas compiled, %d refused".formatted(counts[0], counts[1]));
        assertThat(counts[1]).isPositive();
    }

    private static boolean accepts(Grammar grammar, byte[] text) {
        long state = grammar.next(grammar.start(), text);
        return state != Grammar.REFUSED && grammar.mayEnd(state);
    }

    private static JsonSchema validator(JsonNode schema) {
        return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(schema);
    }

    private static byte[] written(JsonNode value) {
        try {
            return MAPPER.writeValueAsString(value)
                    .getBytes(StandardCharsets.UTF_8); // bytes of its own escape too much
        } catch (JsonProcessingException e) {
            throw new AssertionError(value.toString(), e);
        }
    }

    private static void assertSatisfies(byte[] text, JsonSchema validator, String as) {
        try {
            String characters = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(text))
                    .toString();
            JsonNode value = MAPPER.readTree(characters);
            assertThat(validator.validate(value)).as("%s: %s", as, characters).isEmpty();
            assertThat(hasLoneSurrogate(value)).as("%s: %s", as, characters).isFalse();
        } catch (CharacterCodingException e) {
            throw new AssertionError(as + ": no UTF-8", e);
        } catch (JsonProcessingException e) {
            throw new AssertionError(as + ": " + new String(text, StandardCharsets.UTF_8), e);
        }
    }

    private static boolean hasLoneSurrogate(JsonNode value) {
        boolean here = value.isTextual() && value.asText().codePoints().anyMatch(one -> one >= 0xd800 && one <= 0xdfff);
        boolean inside = value.properties().stream()
                .anyMatch(member -> hasLoneSurrogate(JsonNodeFactory.instance.textNode(member.getKey())));
        for (JsonNode part : value) {
            inside |= hasLoneSurrogate(part);
        }
        return here || inside;
    }
}
