package goshawk.appliance.publish;

import com.hivemq.embedded.EmbeddedHiveMQ;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A broker in this process, for stations that have no other: HiveMQ CE, MQTT 3 and 5, this machine's own address only.
 *
 * <p>It keeps everything in memory, which also spares the process RocksDB: what it has acknowledged and not yet delivered is lost with the process. Whoever
 * must miss nothing reads the record, or runs a broker with persistence ({@code deploy/mosquitto.conf}).
 */
public final class EmbeddedBroker implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(EmbeddedBroker.class);
    private static final int STARTING_SECONDS = 60;
    private static final int STOPPING_SECONDS = 15;

    private static final String CONFIGURATION = """
        <?xml version="1.0" encoding="UTF-8"?>
        <hivemq>
          <listeners>
            <tcp-listener>
              <port>PORT</port>
              <bind-address>127.0.0.1</bind-address>
            </tcp-listener>
          </listeners>
          <persistence>
            <mode>in-memory</mode>
          </persistence>
          <mqtt>
            <queued-messages>
              <max-queue-size>10000</max-queue-size>
            </queued-messages>
          </mqtt>
          <anonymous-usage-statistics>
            <enabled>false</enabled>
          </anonymous-usage-statistics>
        </hivemq>
        """;

    private final EmbeddedHiveMQ hivemq;
    private final int port;

    private EmbeddedBroker(EmbeddedHiveMQ hivemq, int port) {
        this.hivemq = hivemq;
        this.port = port;
    }

    /**
     * Starts it and returns when it listens.
     *
     * @param folder for its configuration; made when it is not there
     * @throws PublishException when the port is taken or the folder cannot be written
     */
    public static EmbeddedBroker start(int port, Path folder) {
        refuseTakenPort(port);
        Path configuration = folder.resolve("conf");
        Path data = folder.resolve("data");
        Path extensions = folder.resolve("extensions");
        try {
            Files.createDirectories(configuration);
            Files.createDirectories(data);
            Files.createDirectories(extensions);
            Files.writeString(
                    configuration.resolve("config.xml"), CONFIGURATION.replace("PORT", Integer.toString(port)));
        } catch (IOException e) {
            throw new PublishException(
                    "the broker's folder %s cannot be written (%s): make it writable, or choose another data folder"
                            .formatted(folder, e instanceof AccessDeniedException ? "permission denied" : e),
                    e);
        }
        EmbeddedHiveMQ hivemq = EmbeddedHiveMQ.builder()
                .withConfigurationFolder(configuration)
                .withDataFolder(data)
                .withExtensionsFolder(extensions)
                .withoutLoggingBootstrap()
                .build();
        var broker = new EmbeddedBroker(hivemq, port);
        try {
            hivemq.start().get(STARTING_SECONDS, TimeUnit.SECONDS);
            return broker;
        } catch (ExecutionException | TimeoutException e) {
            broker.close();
            throw new PublishException("the embedded broker did not start on port %d: %s".formatted(port, e), e);
        } catch (InterruptedException e) {
            broker.close();
            Thread.currentThread().interrupt();
            throw new PublishException("the embedded broker was not awaited", e);
        }
    }

    /** HiveMQ only logs a listener that cannot bind; a station without its broker must not look well. */
    private static void refuseTakenPort(int port) {
        try (var probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        } catch (IOException | IllegalArgumentException e) {
            throw new PublishException(
                    "port %d of 127.0.0.1 is in use: stop what listens there, or choose another broker port"
                            .formatted(port),
                    e);
        }
    }

    public int port() {
        return port;
    }

    @Override
    public void close() {
        boolean interrupted = Thread.interrupted();
        try {
            hivemq.stop().get(STOPPING_SECONDS, TimeUnit.SECONDS);
            hivemq.close(); // stopping alone leaves a thread behind that keeps the process alive
        } catch (ExecutionException | TimeoutException e) {
            log.warn("the embedded broker on port {} did not stop", port, e);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
