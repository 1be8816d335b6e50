package goshawk.appliance.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.camera.Backoff;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TopicsTest {

    @Test
    void aStationHasItsTopicsBelowItsPrefix() {
        var topics = new Topics("goshawk/plant1/area1/line1/station1");
        assertThat(topics.verdict()).isEqualTo("goshawk/plant1/area1/line1/station1/verdict");
        assertThat(topics.state()).isEqualTo("goshawk/plant1/area1/line1/station1/state");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/a", "a/", "a//b", "a/b c", "a/+/b", "a/#", "$SYS/a", "a/b\t", "a/b\0"})
    void aLevelThatMqttOrPeopleWouldStumbleOverIsRefused(String prefix) {
        assertThatThrownBy(() -> new Topics(prefix))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("topic prefix '" + prefix + "'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "localhost", "http://a:1883", "tcp://a", "tcp://:1883", "tcp://a:99999", "tcp://a b:1"})
    void aBrokerThatIsNoAddressIsRefused(String uri) {
        assertThatThrownBy(() -> new BrokerAddress(uri, "", ""))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("broker '" + uri + "' is no address: write tcp://host:port");
    }

    @Test
    void aPasswordIsNotWrittenToLogs() {
        assertThat(new BrokerAddress("tcp://a:1883", "me", "secret").toString()).doesNotContain("secret");
    }

    @Test
    void aPortThatIsTakenIsNamed(@TempDir Path dir) throws IOException {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> EmbeddedBroker.start(taken.getLocalPort(), dir))
                    .isInstanceOf(PublishException.class)
                    .hasMessage("port %d of 127.0.0.1 is in use: stop what listens there, or choose another broker port"
                            .formatted(taken.getLocalPort()));
        }
    }

    @Test
    void aBrokerFolderThatIsAFileIsNamed(@TempDir Path dir) throws IOException {
        Path file = Files.writeString(dir.resolve("broker"), "");
        assertThatThrownBy(() -> EmbeddedBroker.start(freePort(), file))
                .isInstanceOf(PublishException.class)
                .hasMessageContaining(file.toString());
    }

    @Test
    void tryingAgainWaitsLongerEachTimeAndNeverInStep() {
        var backoff = new Backoff(Duration.ofMillis(500), Duration.ofSeconds(30), new Random(1));
        Duration step = Duration.ofMillis(500);
        for (int i = 0; i < 20; i++) {
            assertThat(backoff.next()).isBetween(step.dividedBy(2), step);
            step = step.multipliedBy(2).compareTo(Duration.ofSeconds(30)) > 0
                    ? Duration.ofSeconds(30)
                    : step.multipliedBy(2);
        }
        backoff.reset();
        assertThat(backoff.next()).isLessThanOrEqualTo(Duration.ofMillis(500));
        assertThat(new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(1), new Random(1)).next())
                .isNotEqualTo(new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(1), new Random(2)).next());
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
