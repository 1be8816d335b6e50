package goshawk.appliance.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import goshawk.appliance.inspect.Grammar;
import goshawk.appliance.inspect.ModelInput;
import goshawk.appliance.inspect.TokenTree;
import goshawk.trtbuild.CheckpointException;
import goshawk.trtbuild.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** What a checkpoint can say, and how it says that it has ended. Immutable; safe for any thread. */
final class Vocabulary {

    private final Tokenizer tokenizer;
    private final TokenTree tree;
    private final int picture;
    private final Set<Integer> ends;
    private final int[] free;

    private Vocabulary(ModelInput input, Set<Integer> ends) {
        this.tokenizer = input.tokenizer();
        this.tree = new TokenTree(tokenizer);
        this.picture = input.tokens().image();
        this.ends = Set.copyOf(ends);
        this.free = IntStream.range(0, tokenizer.size())
                .filter(token -> ends.contains(token) || tokenizer.bytes(token).length > 0)
                .toArray();
    }

    /**
     * @param input stays the caller's
     * @throws CheckpointException when the checkpoint has no token that ends an answer
     */
    static Vocabulary of(Path checkpoint, ModelInput input) {
        Set<Integer> ends = new TreeSet<>();
        input.tokenizer().id("<|im_end|>").ifPresent(ends::add);
        Path file = checkpoint.resolve("generation_config.json");
        if (Files.exists(file)) {
            try {
                JsonNode written = new ObjectMapper().readTree(file.toFile()).path("eos_token_id");
                if (written.isIntegralNumber()) {
                    ends.add(written.asInt());
                }
                written.forEach(end -> ends.add(end.asInt()));
            } catch (IOException e) {
                throw new CheckpointException(file + " cannot be read as JSON; copy the checkpoint again, whole", e);
            }
        }
        if (ends.isEmpty()) {
            throw new CheckpointException(
                    "%s says no token that ends an answer; give it its generation_config.json".formatted(checkpoint));
        }
        return new Vocabulary(input, ends);
    }

    Tokenizer tokenizer() {
        return tokenizer;
    }

    /** The token that a picture's tokens are all written as. */
    int picture() {
        return picture;
    }

    boolean isEnd(int token) {
        return ends.contains(token);
    }

    /** Text and ends; the tokens that structure a conversation are never said. */
    int[] free() {
        return free;
    }

    /** What {@code grammar} lets follow. */
    int[] allowed(Grammar grammar, long state) {
        return tree.allowed(grammar, state);
    }
}
