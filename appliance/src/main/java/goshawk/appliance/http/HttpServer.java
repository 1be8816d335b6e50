package goshawk.appliance.http;

import goshawk.appliance.http.AddressException.Problem;
import io.micronaut.context.ApplicationContext;
import io.micronaut.runtime.server.EmbeddedServer;
import java.net.BindException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.util.Map;

/**
 * One of the station's HTTP servers, with a Micronaut context of its own: prepare it, give it what its controllers ask for,
 * listen. Nothing is taken from the environment, from system properties or from files: a variable that happens to be called
 * {@code MICRONAUT_SERVER_HOST} must not open a station to the network.
 *
 * <p>Belongs to the thread that prepares it until it listens; {@link #close} is safe for any.
 */
public final class HttpServer implements AutoCloseable {

    private final ApplicationContext context;
    private final boolean isLoopback;

    private HttpServer(ApplicationContext context, boolean isLoopback) {
        this.context = context;
        this.isLoopback = isLoopback;
    }

    /**
     * Prepares a server that does not listen yet.
     *
     * @param host name or address to bind to; {@code 127.0.0.1} for this machine alone
     * @param port 0 for any free one
     * @param settings everything else that Micronaut is told; {@code goshawk.server} chooses the package that is served
     * @throws AddressException when nobody knows {@code host}
     */
    public static HttpServer prepare(String host, int port, Map<String, Object> settings) {
        boolean isLoopback = isLoopback(host);
        ApplicationContext context = ApplicationContext.builder()
                .banner(false)
                .deduceEnvironment(false)
                .deduceCloudEnvironment(false)
                .bootstrapEnvironment(false)
                .environmentPropertySource(false)
                .enableDefaultPropertySources(false)
                .properties(settings)
                .properties(Map.of(
                        "micronaut.server.host",
                        host,
                        "micronaut.server.port",
                        port == 0 ? -1 : port,
                        "micronaut.server.date-header",
                        true,
                        "micronaut.netty.event-loops.default.num-threads",
                        2))
                .build();
        return new HttpServer(context, isLoopback);
    }

    /** Gives the controllers something to ask for. It stays the caller's. */
    public <T> HttpServer with(Class<T> type, T bean) {
        context.registerSingleton(type, bean);
        return this;
    }

    /** True when only this machine can connect. */
    public boolean isLoopback() {
        return isLoopback;
    }

    /** What Micronaut makes, before anybody can connect; nothing can be given to the controllers any more. */
    public <T> T bean(Class<T> type) {
        if (!context.isRunning()) {
            context.start();
        }
        return context.getBean(type);
    }

    /**
     * Serves until {@link #close}.
     *
     * @throws AddressException when the address cannot be bound
     */
    public void listen() {
        try {
            bean(EmbeddedServer.class).start();
        } catch (RuntimeException e) {
            throw explained(e);
        }
    }

    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            throw new AddressException(Problem.UNKNOWN_HOST, host, e);
        }
    }

    private static RuntimeException explained(RuntimeException failure) {
        for (Throwable why = failure; why != null; why = why.getCause()) {
            if (why instanceof BindException || why instanceof UnresolvedAddressException) {
                String reason = String.valueOf(why.getMessage());
                return new AddressException(
                        reason.contains("in use") ? Problem.PORT_IN_USE : Problem.REFUSED, reason, failure);
            }
        }
        return failure;
    }

    /** The port that is listened on. */
    public int port() {
        return bean(EmbeddedServer.class).getPort();
    }

    /** Where it listens. */
    public URI address() {
        return bean(EmbeddedServer.class).getURI();
    }

    /** Stops listening. */
    @Override
    public void close() {
        context.close();
    }
}
