package goshawk.appliance.api;

import com.fasterxml.jackson.databind.JsonNode;
import goshawk.appliance.inspect.GenerationConfig;
import goshawk.appliance.inspect.Grammar;
import goshawk.appliance.inspect.JsonSchemaGrammar;
import goshawk.appliance.inspect.ModelInput;
import goshawk.appliance.inspect.Sampling;
import goshawk.appliance.inspect.SchemaException;
import goshawk.appliance.inspect.TokenMask;
import goshawk.appliance.inspect.TokenMasks;
import goshawk.trtbuild.CheckpointException;
import goshawk.trtbuild.Tokenizer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * What a checkpoint can say, how it says that it has ended, and the grammars that its answers were bound to of late. Safe
 * for any thread.
 */
final class Vocabulary {

    /** The newest schemas are kept compiled: who asks in one form asks again. */
    private static final int MOST_GRAMMARS = 16;

    private final Tokenizer tokenizer;
    private final int picture;
    private final TokenMask ends;
    private final TokenMask free;
    private final Sampling sampling;
    /** Guarded by this, as its masks are. */
    private final Map<JsonNode, Grammar> grammars = new LinkedHashMap<>(32, 0.75f, true);

    private final TokenMasks masks;

    private Vocabulary(ModelInput input, int[] ends, Sampling sampling) {
        this.tokenizer = input.tokenizer();
        this.picture = input.tokens().image();
        this.ends = TokenMask.of(ends);
        this.free = TokenMask.of(IntStream.range(0, tokenizer.size())
                .filter(token -> this.ends.has(token) || tokenizer.bytes(token).length > 0)
                .toArray());
        this.sampling = sampling;
        this.masks = new TokenMasks(tokenizer, ends);
    }

    /**
     * @param input stays the caller's
     * @throws CheckpointException when the checkpoint has no token that ends an answer
     */
    static Vocabulary of(Path checkpoint, ModelInput input) {
        GenerationConfig config = GenerationConfig.read(checkpoint);
        var ends = new TreeSet<>(config.endTokens());
        input.tokenizer().id("<|im_end|>").ifPresent(ends::add);
        if (ends.isEmpty()) {
            throw new CheckpointException(
                    "%s says no token that ends an answer; give it its generation_config.json".formatted(checkpoint));
        }
        return new Vocabulary(input, ends.stream().mapToInt(Integer::intValue).toArray(), config.sampling());
    }

    Tokenizer tokenizer() {
        return tokenizer;
    }

    /** How the checkpoint's makers want it to be sampled. */
    Sampling sampling() {
        return sampling;
    }

    /** The token that a picture's tokens are all written as. */
    int picture() {
        return picture;
    }

    boolean isEnd(int token) {
        return ends.has(token);
    }

    /** Text and ends; the tokens that structure a conversation are never said. */
    TokenMask free() {
        return free;
    }

    /** What {@code grammar} lets follow: an end too, where the text may end. */
    synchronized TokenMask allowed(Grammar grammar, long state) {
        return masks.of(grammar, state);
    }

    /** @throws SchemaException saying what of the schema is not supported */
    Grammar grammar(JsonNode schema) {
        return known(schema)
                .orElseGet(() -> kept(schema, JsonSchemaGrammar.compile(schema))); // others say on meanwhile
    }

    private synchronized Optional<Grammar> known(JsonNode schema) {
        return Optional.ofNullable(grammars.get(schema));
    }

    private synchronized Grammar kept(JsonNode schema, Grammar compiled) {
        Grammar other = grammars.putIfAbsent(schema, compiled);
        if (grammars.size() > MOST_GRAMMARS) {
            var oldest = grammars.entrySet().iterator();
            masks.forget(oldest.next().getValue());
            oldest.remove();
        }
        return other == null ? compiled : other;
    }
}
