package goshawk.appliance.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import goshawk.appliance.engine.EngineIdentity;
import goshawk.appliance.engine.EngineShare;
import goshawk.appliance.inspect.Grammar;
import goshawk.appliance.inspect.ModelInput;
import goshawk.appliance.inspect.SchemaException;
import goshawk.trtbuild.ModelConfig;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;

/** The one model of this server: takes conversations in, as many at a time as its limits say. Safe for any thread. */
final class ChatModel {

    private final EngineShare share;
    private final EngineIdentity identity;
    private final ModelInput input;
    private final Vocabulary vocabulary;
    private final ApiLimits limits;
    private final Clock clock;
    private final Semaphore places;
    private final long openedAt;

    /** @param input of the checkpoint; stays the caller's */
    ChatModel(
            EngineShare share,
            EngineIdentity identity,
            Path checkpoint,
            ModelInput input,
            ApiLimits limits,
            Clock clock) {
        ModelConfig config = ModelConfig.read(checkpoint.resolve("config.json"));
        long factor = input.preprocessor().factor();
        this.share = share;
        this.identity = identity;
        this.input = input.withMaxPixels(limits.pictureTokens() * factor * factor);
        this.vocabulary = Vocabulary.of(checkpoint, input);
        this.limits = limits.withContext(
                Math.min(limits.contextTokens(), config.text().maxPositions()));
        this.clock = clock;
        this.places = new Semaphore(limits.conversations());
        this.openedAt = clock.instant().getEpochSecond();
    }

    String name() {
        return identity.name();
    }

    /**
     * A conversation that has a place: everything about the request is known to be right. Ends with {@link #close}, for
     * any thread.
     */
    final class Held implements AutoCloseable {

        private final ChatRequest request;
        private final Prompt prompt;
        private final Generation.Options options;
        private final long startedAt = System.nanoTime();
        private final AtomicBoolean isGone = new AtomicBoolean();
        private final AtomicBoolean isClosed = new AtomicBoolean();

        private Held(ChatRequest request) {
            this.request = request;
            this.prompt = Prompt.of(request, input, limits);
            int room = limits.contextTokens() - prompt.length();
            this.options = new Generation.Options(
                    Math.min(request.mostTokens().orElse(room), room),
                    request.stop(),
                    request.likeliest().orElse(-1),
                    request.schema().map(ChatModel.this::grammar));
        }

        ChatRequest request() {
            return request;
        }

        /** The wire form of this conversation's answer. */
        ReplyJson wire() {
            return new ReplyJson(
                    "chatcmpl-" + UUID.randomUUID(),
                    clock.instant().getEpochSecond(),
                    name(),
                    identity.hash().substring(0, Math.min(16, identity.hash().length())));
        }

        /** Writes the answer on the calling thread. */
        Reply write(Generation.Listener listener) {
            var choice = new TokenChoice(vocabulary, request.sampling());
            return new Generation(share.guest(), input.tokenizer(), choice, options, listener, this::goOn)
                    .write(prompt);
        }

        private void goOn() {
            if (isGone.get()) {
                throw ApiException.unavailable("whoever asked has gone");
            }
            if (Duration.ofNanos(System.nanoTime() - startedAt).compareTo(limits.patience()) > 0) {
                throw ApiException.unavailable(
                        "the answer took longer than %d s: the line comes first; ask again, or for less"
                                .formatted(limits.patience().toSeconds()));
            }
        }

        /** Nobody listens any more: the answer ends before its next step. */
        void leave() {
            isGone.set(true);
        }

        @Override
        public void close() {
            if (isClosed.compareAndSet(false, true)) {
                places.release();
            }
        }
    }

    /**
     * Takes in a conversation, if a place is free: only so many requests are read and decoded at a time.
     *
     * @param body of the request
     * @throws ApiException saying what is wrong with the request, or that no place is free
     */
    Held take(byte[] body) {
        if (!places.tryAcquire()) {
            throw ApiException.tooMany(limits.conversations());
        }
        try {
            ChatRequest request = ChatRequestReader.read(body, limits, vocabulary.sampling());
            if (!request.model().equals(name())) {
                throw ApiException.noSuchModel(request.model(), name());
            }
            return new Held(request);
        } catch (RuntimeException e) {
            places.release();
            throw e;
        }
    }

    private Grammar grammar(JsonNode schema) {
        try {
            return vocabulary.grammar(schema);
        } catch (SchemaException e) {
            throw ApiException.refused(
                    "response_format.json_schema.schema", "invalid_schema", String.valueOf(e.getMessage()));
        }
    }

    /** What {@code GET /v1/models} says of it: what it is, and what it may be asked. */
    JsonNode described() {
        ObjectNode model = new ObjectMapper()
                .createObjectNode()
                .put("id", name())
                .put("object", "model")
                .put("created", openedAt)
                .put("owned_by", "goshawk")
                .put("max_model_len", limits.contextTokens());
        ObjectNode about = model.putObject("goshawk")
                .put("engine_hash", identity.hash())
                .put("precision", identity.precision())
                .put("runtime", identity.runtime());
        ArrayNode questions = about.putArray("questions");
        input.knownPrompts().questions().forEach(questions::add);
        about.put(
                "note",
                questions.isEmpty()
                        ? "A general model: it takes any question."
                        : "A small model trained for these questions about parts, and for nothing else: what it answers to others means nothing.");
        return model;
    }

    Optional<JsonNode> described(String name) {
        return name.equals(name()) ? Optional.of(described()) : Optional.empty();
    }
}
