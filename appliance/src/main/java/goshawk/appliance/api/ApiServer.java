package goshawk.appliance.api;

import goshawk.appliance.engine.EngineIdentity;
import goshawk.appliance.engine.EngineShare;
import goshawk.appliance.inspect.ModelInput;
import io.micronaut.context.ApplicationContext;
import io.micronaut.runtime.server.EmbeddedServer;
import java.net.BindException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
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

    /** All of the server's settings; as the dashboard's, nothing is taken from the environment. */
    private static final Map<String, Object> SETTINGS = Map.of(
            "goshawk.server",
            "api",
            "micronaut.application.name",
            "goshawk-api",
            "micronaut.server.date-header",
            true,
            "micronaut.netty.event-loops.default.num-threads",
            2,
            "endpoints.all.enabled",
            false);

    private final ApplicationContext context;
    private final EmbeddedServer server;

    private ApiServer(ApplicationContext context, EmbeddedServer server) {
        this.context = context;
        this.server = server;
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
        boolean isLoopback = isLoopback(door.host());
        var model = new ChatModel(share, identity, checkpoint, input, limits, Clock.systemUTC());
        ApplicationContext context = ApplicationContext.builder()
                .banner(false)
                .deduceEnvironment(false)
                .deduceCloudEnvironment(false)
                .bootstrapEnvironment(false)
                .environmentPropertySource(false)
                .enableDefaultPropertySources(false)
                .properties(SETTINGS)
                .properties(Map.of(
                        "micronaut.server.host",
                        door.host(),
                        "micronaut.server.port",
                        door.port() == 0 ? -1 : door.port(),
                        "micronaut.server.max-request-size",
                        limits.requestBytes(),
                        "micronaut.server.max-request-buffer-size",
                        limits.requestBytes()))
                .build();
        try {
            context.registerSingleton(ChatModel.class, model);
            context.registerSingleton(BearerToken.class, door.token());
            context.start();
            EmbeddedServer server = context.getBean(EmbeddedServer.class);
            server.start();
            if (!isLoopback) {
                log.warn(
                        "the API is open to the network at {}, without encryption: put a proxy with TLS before it",
                        server.getURI());
            }
            return new ApiServer(context, server);
        } catch (RuntimeException e) {
            context.close();
            throw explained(door, e);
        }
    }

    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            throw new ApiStartException(
                    "the API's host %s is unknown: give an address of this machine".formatted(host), e);
        }
    }

    private static RuntimeException explained(Door door, RuntimeException failure) {
        for (Throwable why = failure; why != null; why = why.getCause()) {
            if (why instanceof BindException || why instanceof UnresolvedAddressException) {
                return new ApiStartException(
                        "the API cannot listen on %s:%d (%s): give it an address of this machine and a free port"
                                .formatted(door.host(), door.port(), why.getMessage()),
                        failure);
            }
        }
        return failure;
    }

    /** What clients call their base URL. */
    public URI address() {
        return server.getURI().resolve("/v1");
    }

    /** Stops listening; answers that are being written end. */
    @Override
    public void close() {
        context.close();
    }
}
