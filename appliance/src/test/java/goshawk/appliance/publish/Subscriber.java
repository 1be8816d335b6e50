package goshawk.appliance.publish;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;

/** Somebody else at the broker, with a client of their own. */
final class Subscriber implements AutoCloseable, MqttCallback {

    /** A message as it came. */
    record Heard(String topic, String text, boolean retained, int qos) {

        JsonNode json() {
            try {
                return new ObjectMapper().readTree(text);
            } catch (IOException e) {
                throw new AssertionError(text, e);
            }
        }
    }

    private final List<Heard> heard = new CopyOnWriteArrayList<>();
    private final List<int[]> unacknowledged = new CopyOnWriteArrayList<>();
    private final MqttAsyncClient client;
    private volatile boolean acknowledges;

    private Subscriber(MqttAsyncClient client, boolean acknowledges) {
        this.client = client;
        this.acknowledges = acknowledges;
    }

    static Subscriber to(String topic, int port) throws MqttException {
        return open(topic, port, true, 65_535);
    }

    /** One that takes {@code window} messages and then nothing more until {@link #goOn()}. */
    static Subscriber slow(String topic, int port, int window) throws MqttException {
        return open(topic, port, false, window);
    }

    private static Subscriber open(String topic, int port, boolean acknowledges, int window) throws MqttException {
        var client = new MqttAsyncClient("tcp://127.0.0.1:" + port, "", new MemoryPersistence(), null, null);
        var subscriber = new Subscriber(client, acknowledges);
        client.setManualAcks(true);
        client.setCallback(subscriber);
        var options = new MqttConnectionOptions();
        options.setReceiveMaximum(window);
        client.connect(options).waitForCompletion(10_000);
        client.subscribe(topic, 1).waitForCompletion(10_000);
        return subscriber;
    }

    List<Heard> heard() {
        return heard;
    }

    List<Long> ids() {
        return heard.stream().map(message -> message.json().path("id").asLong()).toList();
    }

    void goOn() throws MqttException {
        acknowledges = true;
        for (int[] message : unacknowledged) {
            client.messageArrivedComplete(message[0], message[1]);
        }
    }

    @Override
    public void messageArrived(String topic, MqttMessage message) throws MqttException {
        heard.add(new Heard(topic, message.toString(), message.isRetained(), message.getQos()));
        if (acknowledges) {
            client.messageArrivedComplete(message.getId(), message.getQos());
        } else {
            unacknowledged.add(new int[] {message.getId(), message.getQos()});
        }
    }

    @Override
    public void disconnected(MqttDisconnectResponse response) {}

    @Override
    public void mqttErrorOccurred(MqttException error) {}

    @Override
    public void deliveryComplete(IMqttToken token) {}

    @Override
    public void connectComplete(boolean reconnect, String uri) {}

    @Override
    public void authPacketArrived(int reason, MqttProperties properties) {}

    @Override
    public void close() throws MqttException {
        client.disconnectForcibly(0, 1_000, true);
        client.close(true);
    }
}
