package goshawk.trtbuild;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.ref.Cleaner;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A checkpoint's {@code tokenizer.json}: text to tokens and back, and the bytes that each token stands for.
 *
 * <p>Hugging Face's own Rust library does the work, through the native half of DJL's binding. The Java half is left out
 * on purpose: it reports to its makers over the network when a tokenizer is opened, and an inspection station has no
 * network to wait for.
 *
 * <p>Safe for any thread. Owns native memory: whoever opens it closes it.
 */
public final class Tokenizer implements AutoCloseable {

    private static final Cleaner CLEANER = Cleaner.create();

    private final long handle;
    private final Cleaner.Cleanable release;
    private final Map<String, Integer> ids;
    private final byte[][] bytes;
    private boolean isClosed;

    private Tokenizer(long handle, Map<String, Integer> ids, byte[][] bytes) {
        this.handle = handle;
        this.release = CLEANER.register(this, () -> TokenizersLibrary.LIB.deleteTokenizer(handle));
        this.ids = ids;
        this.bytes = bytes;
    }

    /**
     * Reads {@code tokenizer.json} of a checkpoint.
     *
     * @throws CheckpointException when it is missing, damaged, or of a kind whose tokens have no bytes of their own
     */
    public static Tokenizer open(Path checkpoint) {
        Path file = checkpoint.resolve("tokenizer.json");
        if (!Files.exists(file)) {
            throw new CheckpointException(
                    "checkpoint " + checkpoint + " has no tokenizer.json; copy the checkpoint again, whole");
        }
        try {
            String json = Files.readString(file);
            JsonNode root = withoutMerges(json);
            Map<String, Integer> ids = new HashMap<>();
            byte[][] bytes = TokenBytes.of(root, ids);
            TokenizersLoader.ensureLoaded();
            long handle = TokenizersLibrary.LIB.createTokenizerFromString(json);
            TokenizersLibrary.LIB.disablePadding(handle);
            TokenizersLibrary.LIB.disableTruncation(handle);
            return new Tokenizer(handle, ids, bytes);
        } catch (IOException | RuntimeException e) {
            String why = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            throw new CheckpointException(
                    "%s cannot be used: %s; copy the checkpoint again, whole".formatted(file, why), e);
        }
    }

    /** A large vocabulary has as many merges as words; only the library needs them. */
    private static JsonNode withoutMerges(String json) throws IOException {
        try (JsonParser parser = new ObjectMapper().createParser(json)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new CheckpointException("it is no JSON object");
            }
            return object(parser);
        }
    }

    private static ObjectNode object(JsonParser parser) throws IOException {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            JsonToken value = parser.nextToken();
            if (name.equals("merges")) {
                parser.skipChildren();
            } else if (name.equals("model") && value == JsonToken.START_OBJECT) {
                object.set(name, object(parser));
            } else {
                object.set(name, parser.readValueAsTree());
            }
        }
        if (parser.currentToken() != JsonToken.END_OBJECT) {
            throw new CheckpointException("it ends early");
        }
        return object;
    }

    /**
     * Special tokens are recognised where they are written, as {@code <|im_start|>}; none is added.
     *
     * @return ids, each below {@link #size()}
     */
    public synchronized int[] encode(String text) {
        long encoding = TokenizersLibrary.LIB.encode(open(), text, false);
        try {
            return Arrays.stream(TokenizersLibrary.LIB.getTokenIds(encoding))
                    .mapToInt(Math::toIntExact)
                    .toArray();
        } finally {
            TokenizersLibrary.LIB.deleteEncoding(encoding);
        }
    }

    /** The text of {@code tokens}, special ones included; incomplete UTF-8 becomes U+FFFD. */
    public synchronized String decode(int... tokens) {
        return TokenizersLibrary.LIB.decode(
                open(), Arrays.stream(tokens).asLongStream().toArray(), false);
    }

    /** One more than the largest id. A model's logits may be longer: the rest means nothing. */
    public int size() {
        return bytes.length;
    }

    /**
     * What the token adds to a text, in bytes; parts of a character are possible. Empty for special tokens, which add no
     * text, and for ids without a token.
     *
     * @param token in [0, {@link #size()})
     * @return shared: not to be changed
     */
    public byte[] bytes(int token) {
        return bytes[token];
    }

    /** The id of a token by its exact name in the vocabulary, such as {@code <|im_end|>}. */
    public Optional<Integer> id(String token) {
        return Optional.ofNullable(ids.get(token));
    }

    /**
     * As {@link #id}, for a token that must be there.
     *
     * @throws CheckpointException when the vocabulary has no such token
     */
    public int requiredId(String token) {
        return id(token)
                .orElseThrow(() -> new CheckpointException("tokenizer.json has no token " + token
                        + ", which the checkpoint's conversation needs; copy the checkpoint again, whole"));
    }

    /** The bytes of {@code text} as the model's answer would have them. */
    public static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private long open() {
        if (isClosed) {
            throw new IllegalStateException("tokenizer used after close");
        }
        return handle;
    }

    @Override
    public synchronized void close() {
        isClosed = true;
        release.clean();
    }
}
