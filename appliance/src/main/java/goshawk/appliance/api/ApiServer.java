package goshawk.appliance.api;

import goshawk.appliance.engine.EngineIdentity;
import goshawk.appliance.engine.EngineShare;
import goshawk.appliance.http.AddressException;
import goshawk.appliance.http.HttpServer;
import goshawk.appliance.inspect.ModelInput;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The model over HTTP, for OpenAI's clients: {@code /v1/chat/completions} and {@code /v1/models}. Not there unless
 * somebody asks for it, and nobody is answered without the bearer token.
 */
public final class ApiServer implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(ApiServer.class);

    private final HttpServer http;

    private ApiServer(HttpServer http) {
        this.http = http;
    }

    /**
     * Where it listens, and to whom.
     *
     * @param host {@code 127.0.0.1} for this machine alone
     * @param port 0 for any free one
     */
    public record Door(String host, int port, BearerToken token) {}

    /**
     * Serves until {@link #close}.
     *
     * @param share open until after this is closed
     * @param checkpoint folder of the checkpoint, or of an engine built from it
     * @param input of the checkpoint; stays the caller's, who closes it after this
     * @throws ApiStartException when the address cannot be bound
     */
    public static ApiServer start(
            Door door, EngineShare share, EngineIdentity identity, Path checkpoint, ModelInput input) {
        return start(door, ApiLimits.USUAL, share, identity, checkpoint, input);
    }

    static ApiServer start(
            Door door,
            ApiLimits limits,
            EngineShare share,
            EngineIdentity identity,
            Path checkpoint,
            ModelInput input) {
        var model = new ChatModel(share, identity, checkpoint, input, limits, Clock.systemUTC());
        try {
            HttpServer http = HttpServer.prepare(door.host(), door.port(), settings(limits));
            try {
                http.with(ChatModel.class, model).with(BearerToken.class, door.token());
                http.listen();
            } catch (RuntimeException e) {
                http.close();
                throw e;
            }
            if (!http.isLoopback()) {
                log.warn(
                        "the API is open to the network at {}, without encryption: put a proxy with TLS before it",
                        http.address());
            }
            return new ApiServer(http);
        } catch (AddressException e) {
            throw new ApiStartException(refusal(door, e), e);
        }
    }

    private static Map<String, Object> settings(ApiLimits limits) {
        return Map.of(
                "goshawk.server",
                "api",
                "micronaut.application.name",
                "goshawk-api",
                "micronaut.server.max-request-size",
                limits.requestBytes(),
                "micronaut.server.max-request-buffer-size",
                limits.requestBytes(),
                "endpoints.all.enabled",
                false);
    }

    private static String refusal(Door door, AddressException why) {
        return switch (why.problem()) {
            case UNKNOWN_HOST -> "the API's host %s is unknown: give an address of this machine".formatted(door.host());
            case PORT_IN_USE, REFUSED ->
                "the API cannot listen on %s:%d (%s): give it an address of this machine and a free port"
                        .formatted(door.host(), door.port(), why.getMessage());
        };
    }

    /** What clients call their base URL. */
    public URI address() {
        return http.address().resolve("/v1");
    }

    /** Stops listening; answers that are being written end. */
    @Override
    public void close() {
        http.close();
    }
}
