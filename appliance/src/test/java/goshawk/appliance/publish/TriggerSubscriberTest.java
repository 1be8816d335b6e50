package goshawk.appliance.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import goshawk.camera.Capture;
import goshawk.camera.FramePool;
import goshawk.camera.LiveFrameSource;
import goshawk.camera.LiveFrameSource.Limits;
import goshawk.camera.Matching;
import goshawk.camera.Signals;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TriggerSubscriberTest {

    private static final Topics TOPICS = new Topics("goshawk/plant1/area1/line1/triggered");

    @TempDir
    Path dir;

    /**
     * A controller's messages become triggers of a camera, here one that nobody answers for; rubbish and retained messages do
     * not; and a broker that comes back is listened to again.
     */
    @Test
    void aControllersMessagesAreTriggers() throws Exception {
        int port = freePort();
        var signals = new Signals(Duration.ZERO);
        var limits = new Limits(Duration.ZERO, Duration.ofMillis(50), Duration.ofMillis(50), Duration.ofMillis(100));
        try (var pool = new FramePool(1, 12);
                var camera = LiveFrameSource.rtsp(
                        "rtsp://127.0.0.1:" + freePort() + "/",
                        Optional.empty(),
                        pool,
                        limits,
                        signals,
                        new Matching.FirstAfter(Duration.ofMillis(50)));
                var subscriber = TriggerSubscriber.start(BrokerAddress.local(port), TOPICS, signals)) {
            try (var _ = EmbeddedBroker.start(port, dir.resolve("first"))) {
                await().atMost(Duration.ofSeconds(60)).until(subscriber::isConnected);
                send(port, "{\"number\": 41, \"part\": \"SN-41\"}", false);
                send(port, "{\"number\": 41, \"part\": \"SN-41\"}", false);
                send(port, "rubbish", false);
                send(port, "{\"number\": 42, \"part\": \"OLD\"}", true);
                send(port, "{\"number\": 43, \"part\": \"SN-43\"}", false);
                assertThat(part(camera)).isEqualTo("SN-41");
                assertThat(((Capture.Missed) camera.next().orElseThrow()).detail())
                        .as("the retained one is no trigger, and its number is missed")
                        .isEqualTo("trigger number 42 did not reach the station");
                assertThat(part(camera)).isEqualTo("SN-43");
                assertThat(signals.counts()).isEqualTo(new Signals.Counts(2, 0, 1, 1, 0));
                assertThat(subscriber.refused()).isEqualTo(2);
            }
            await().atMost(Duration.ofSeconds(60)).until(() -> !subscriber.isConnected());
            try (var _ = EmbeddedBroker.start(port, dir.resolve("second"))) {
                await().atMost(Duration.ofSeconds(60)).until(subscriber::isConnected);
                send(port, "{\"part\": \"later\"}", false);
                assertThat(part(camera)).isEqualTo("later");
            }
        }
    }

    private static String part(LiveFrameSource camera) throws InterruptedException {
        return camera.next().orElseThrow().trigger().part();
    }

    private static void send(int port, String message, boolean retained) throws MqttException {
        var client = new MqttAsyncClient("tcp://127.0.0.1:" + port, "", new MemoryPersistence(), null, null);
        client.connect().waitForCompletion(10_000);
        client.publish(TOPICS.trigger(), message.getBytes(StandardCharsets.UTF_8), 1, retained)
                .waitForCompletion(10_000);
        client.disconnect().waitForCompletion(10_000);
        client.close();
    }

    @Test
    void aTriggerSaysItsNumberAndItsPartOrNeither() {
        assertThat(read("{\"number\": 12, \"part\": \"SN 7/a\"}"))
                .isEqualTo(new Signals.Signal(OptionalLong.of(12), Optional.of("SN 7/a"), 5));
        assertThat(read("{}")).isEqualTo(new Signals.Signal(OptionalLong.empty(), Optional.empty(), 5));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            ``                            | want an object
            []                            | want an object
            {"number": 1.5}               | 'number' must be a whole number
            {"number": -1}                | 'number' must be in
            {"number": 9007199254740993}  | 'number' must be in
            {"number": 1e3}               | 'number' must be a whole number
            {"number": 99999999999999999999999} | it is no JSON as it should be
            {"part": 7}                   | 'part' must be a text
            {"part": ""}                  | 'part' must be 1 to 64
            {"part": "../etc"}            | 'part' must be 1 to 64
            {"part": "a\\u0000b"}         | 'part' must be 1 to 64
            {"part": "a", "part": "b"}    | it is no JSON as it should be
            {"part": {"a": 1}}            | 'part' must be a text
            {"station": "other"}          | unknown field
            {"part": "a"} {}              | want one object and no more
            {"part": "a"                  | it is no JSON as it should be
            """)
    void whatIsNoTriggerIsRefused(String message, String rule) {
        assertThatThrownBy(() -> read(message))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(rule);
    }

    /** Whatever comes: a signal, or a refusal. */
    @Test
    void noMessageThrowsAnythingElse() {
        byte[] good = "{\"number\": 12, \"part\": \"SN-12\"}".getBytes(StandardCharsets.UTF_8);
        for (long seed = 0; seed < 20_000; seed++) {
            var random = new Random(seed);
            byte[] message = good.clone();
            for (int i = random.nextInt(4); i >= 0; i--) {
                message[random.nextInt(message.length)] = (byte) random.nextInt(256);
            }
            try {
                TriggerMessage.read(message, 0);
            } catch (IllegalArgumentException e) {
                assertThat(e).as("seed %d", seed).hasMessageNotContaining("Exception");
            }
        }
        assertThatThrownBy(() -> TriggerMessage.read(new byte[TriggerMessage.MOST_BYTES + 1], 0))
                .hasMessage("1025 bytes are more than 1024");
    }

    private static Signals.Signal read(String message) {
        return TriggerMessage.read(message.getBytes(StandardCharsets.UTF_8), 5);
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
