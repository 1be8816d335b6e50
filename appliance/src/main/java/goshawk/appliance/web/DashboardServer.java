package goshawk.appliance.web;

import goshawk.appliance.domain.Confirmations;
import goshawk.appliance.domain.InspectionHistory;
import goshawk.appliance.domain.Station;
import io.micrometer.core.instrument.MeterRegistry;
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
 * The HTTP server of the station: the operator's page at {@code /}, what it reads under {@code /api}, and {@code /health}
 * and {@code /prometheus} for monitoring. Everything may be read; all that can be written is what an operator says about a
 * part, and that from this machine alone.
 *
 * <p>There is no login yet: whoever reaches the address sees the station. It is 127.0.0.1 unless somebody says otherwise.
 */
public final class DashboardServer implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(DashboardServer.class);

    /**
     * All of the server's settings. Nothing is taken from the environment, from system properties or from files: a
     * variable that happens to be called {@code MICRONAUT_SERVER_HOST} must not open a station to the network.
     */
    private static final Map<String, Object> SETTINGS = Map.ofEntries(
            Map.entry("goshawk.server", "dashboard"),
            Map.entry("micronaut.application.name", "goshawk"),
            Map.entry("micronaut.server.date-header", true),
            Map.entry("micronaut.server.max-request-size", "64KB"),
            Map.entry("micronaut.netty.event-loops.default.num-threads", 2),
            Map.entry("micronaut.router.static-resources.page.paths", "classpath:goshawk/web"),
            Map.entry("micronaut.router.static-resources.page.mapping", "/**"),
            Map.entry("micronaut.serde.serialization.inclusion", "ALWAYS"),
            Map.entry("micronaut.metrics.export.prometheus.enabled", true),
            Map.entry("micronaut.metrics.export.prometheus.descriptions", true),
            Map.entry("micronaut.metrics.binders.web.enabled", false),
            Map.entry("micronaut.metrics.binders.executor.enabled", false),
            Map.entry("endpoints.all.enabled", false),
            Map.entry("endpoints.health.enabled", true),
            Map.entry("endpoints.health.sensitive", false),
            Map.entry("endpoints.health.details-visible", "ANONYMOUS"),
            Map.entry("endpoints.health.service-ready-indicator-enabled", false),
            Map.entry("endpoints.health.discovery-client.enabled", false),
            Map.entry("endpoints.prometheus.enabled", true),
            Map.entry("endpoints.prometheus.sensitive", false));

    private final ApplicationContext context;
    private final LiveFeed feed;
    private final EmbeddedServer server;

    private DashboardServer(ApplicationContext context, LiveFeed feed, EmbeddedServer server) {
        this.context = context;
        this.feed = feed;
        this.server = server;
    }

    /**
     * Serves until {@link #close}. Start it before the line: it counts the records of this run from what is in the history
     * at this moment.
     *
     * @param host name or address to bind to; {@code 127.0.0.1} for this machine alone
     * @param port 0 for any free one
     * @param history stays the caller's, who closes it after this
     * @param pictures the archive's folder, which the records' picture paths lie below
     * @param confirmations stays the caller's, as the history does
     * @throws WebException when the address cannot be bound
     */
    public static DashboardServer start(
            String host,
            int port,
            InspectionHistory history,
            Station station,
            Path pictures,
            Confirmations confirmations) {
        boolean isLoopback = isLoopback(host);
        var folder = new PictureFolder(pictures);
        var feed = new LiveFeed(history, station, folder, System::nanoTime);
        ApplicationContext context = ApplicationContext.builder()
                .banner(false)
                .deduceEnvironment(false)
                .deduceCloudEnvironment(false)
                .bootstrapEnvironment(false)
                .environmentPropertySource(false)
                .enableDefaultPropertySources(false)
                .properties(SETTINGS)
                .properties(Map.of("micronaut.server.host", host, "micronaut.server.port", port == 0 ? -1 : port))
                .build();
        try {
            context.registerSingleton(InspectionHistory.class, history);
            context.registerSingleton(Station.class, station);
            context.registerSingleton(Confirmations.class, confirmations);
            context.registerSingleton(PictureFolder.class, folder);
            context.registerSingleton(LiveFeed.class, feed);
            context.registerSingleton(Clock.class, Clock.systemUTC());
            context.registerSingleton(Guard.Binding.class, new Guard.Binding(isLoopback));
            context.start();
            feed.add(new StationMeters(context.getBean(MeterRegistry.class), station, feed));
            EmbeddedServer server = context.getBean(EmbeddedServer.class);
            server.start();
            feed.start();
            if (!isLoopback) {
                log.warn("the dashboard is open to the network at {}: it has no login", server.getURI());
            }
            return new DashboardServer(context, feed, server);
        } catch (RuntimeException e) {
            context.close();
            throw explained(host, port, e);
        }
    }

    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            throw new WebException(
                    "the dashboard's host %s is unknown: give an address of this machine".formatted(host), e);
        }
    }

    private static RuntimeException explained(String host, int port, RuntimeException failure) {
        for (Throwable why = failure; why != null; why = why.getCause()) {
            if (why instanceof BindException || why instanceof UnresolvedAddressException) {
                String reason = String.valueOf(why.getMessage());
                return new WebException(
                        reason.contains("in use")
                                ? "port %d of %s is in use: stop what listens there, or give the dashboard another port"
                                        .formatted(port, host)
                                : "the dashboard cannot listen on %s:%d (%s): give an address of this machine and a port that you may use"
                                        .formatted(host, port, reason),
                        failure);
            }
        }
        return failure;
    }

    /** The port that is listened on. */
    public int port() {
        return server.getPort();
    }

    /** Where the page is. */
    public URI address() {
        return server.getURI();
    }

    /** Stops listening. Open pages notice and say so. */
    @Override
    public void close() {
        feed.close();
        context.close();
    }
}
