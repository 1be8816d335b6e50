package goshawk.appliance.web;

import goshawk.appliance.domain.Confirmations;
import goshawk.appliance.domain.InspectionHistory;
import goshawk.appliance.domain.Station;
import goshawk.appliance.http.AddressException;
import goshawk.appliance.http.HttpServer;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.URI;
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

    private static final Map<String, Object> SETTINGS = Map.ofEntries(
            Map.entry("goshawk.server", "dashboard"),
            Map.entry("micronaut.application.name", "goshawk"),
            Map.entry("micronaut.server.max-request-size", "64KB"),
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

    private final HttpServer http;
    private final LiveFeed feed;

    private DashboardServer(HttpServer http, LiveFeed feed) {
        this.http = http;
        this.feed = feed;
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
        try {
            return start(HttpServer.prepare(host, port, SETTINGS), history, station, pictures, confirmations);
        } catch (AddressException e) {
            throw new WebException(refusal(host, port, e), e);
        }
    }

    private static DashboardServer start(
            HttpServer http, InspectionHistory history, Station station, Path pictures, Confirmations confirmations) {
        var folder = new PictureFolder(pictures);
        var feed = new LiveFeed(history, station, folder, System::nanoTime);
        try {
            http.with(InspectionHistory.class, history)
                    .with(Station.class, station)
                    .with(Confirmations.class, confirmations)
                    .with(PictureFolder.class, folder)
                    .with(LiveFeed.class, feed)
                    .with(Clock.class, Clock.systemUTC())
                    .with(Guard.Binding.class, new Guard.Binding(http.isLoopback()));
            feed.add(new StationMeters(http.bean(MeterRegistry.class), station, feed));
            http.listen();
            feed.start();
        } catch (RuntimeException e) {
            http.close();
            throw e;
        }
        if (!http.isLoopback()) {
            log.warn("the dashboard is open to the network at {}: it has no login", http.address());
        }
        return new DashboardServer(http, feed);
    }

    private static String refusal(String host, int port, AddressException why) {
        return switch (why.problem()) {
            case UNKNOWN_HOST -> "the dashboard's host %s is unknown: give an address of this machine".formatted(host);
            case PORT_IN_USE ->
                "port %d of %s is in use: stop what listens there, or give the dashboard another port"
                        .formatted(port, host);
            case REFUSED ->
                "the dashboard cannot listen on %s:%d (%s): give an address of this machine and a port that you may use"
                        .formatted(host, port, why.getMessage());
        };
    }

    /** The port that is listened on. */
    public int port() {
        return http.port();
    }

    /** Where the page is. */
    public URI address() {
        return http.address();
    }

    /** Stops listening. Open pages notice and say so. */
    @Override
    public void close() {
        feed.close();
        http.close();
    }
}
