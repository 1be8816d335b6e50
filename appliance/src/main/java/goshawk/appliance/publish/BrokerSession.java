package goshawk.appliance.publish;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttActionListener;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttClientException;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to the broker, from CONNACK to its end; a new connection is a new session. Paho's own reconnecting and
 * buffering stay off: the outbox remembers what was not acknowledged, and Paho's memory would forget it.
 *
 * <p>Used by the publisher's thread. Paho calls back on its own threads; those calls only enqueue and ring, because a
 * blocking call in a callback deadlocks the client.
 */
final class BrokerSession implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(BrokerSession.class);
    private static final Duration ANSWER = Duration.ofSeconds(5);
    private static final int KEEP_ALIVE_SECONDS = 10;

    /** What MQTT 5 says when the broker does not. */
    private static final int RECEIVE_MAXIMUM = 65_535;

    /** Reason codes from here on say no. */
    private static final int FIRST_REFUSAL = 0x80;

    private final MqttAsyncClient client;
    private final Runnable ring;
    private final Queue<Long> acknowledged = new ConcurrentLinkedQueue<>(); // never more than the window
    private volatile String lost = "";
    private int receiveMaximum = RECEIVE_MAXIMUM;

    private BrokerSession(MqttAsyncClient client, Runnable ring) {
        this.client = client;
        this.ring = ring;
    }

    /**
     * Connects, and waits for the broker's answer within limits.
     *
     * @param will retained under {@code stateTopic} by the broker when this session dies
     * @param ring called from Paho's threads when there is something to look at
     */
    static BrokerSession open(BrokerAddress broker, String clientId, String stateTopic, byte[] will, Runnable ring)
            throws MqttException {
        // Without an executor Paho starts its three threads itself; its default is a pool of ten.
        var client = new MqttAsyncClient(broker.uri(), clientId, new MemoryPersistence(), null, null);
        var session = new BrokerSession(client, ring);
        client.setCallback(session.new Callback());
        try {
            IMqttToken answer = client.connect(withWill(options(broker), stateTopic, will));
            answer.waitForCompletion(ANSWER.toMillis());
            Integer stated = answer.getResponseProperties().getReceiveMaximum();
            session.receiveMaximum = stated == null ? RECEIVE_MAXIMUM : stated;
            return session;
        } catch (MqttException e) {
            session.close();
            throw e;
        }
    }

    private static MqttConnectionOptions withWill(MqttConnectionOptions options, String stateTopic, byte[] will) {
        options.setWill(stateTopic, retained(will));
        return options;
    }

    /** Of a session that begins anew and remembers nothing. */
    static MqttConnectionOptions options(BrokerAddress broker) {
        var options = new MqttConnectionOptions();
        options.setAutomaticReconnect(false);
        options.setCleanStart(true);
        options.setSessionExpiryInterval(0L);
        options.setConnectionTimeout((int) ANSWER.toSeconds());
        options.setKeepAliveInterval(KEEP_ALIVE_SECONDS);
        if (!broker.user().isEmpty()) {
            options.setUserName(broker.user());
            options.setPassword(broker.password().getBytes(StandardCharsets.UTF_8));
        }
        return options;
    }

    private static MqttMessage retained(byte[] payload) {
        return new MqttMessage(payload, 1, true, null);
    }

    /** How many messages the broker takes before it wants to have acknowledged one. */
    int receiveMaximum() {
        return receiveMaximum;
    }

    /** Why the connection ended; empty while it stands. */
    String lost() {
        return lost;
    }

    /** Publishes and retains a message, and waits for the broker's answer within limits. */
    void retain(String topic, byte[] payload) throws MqttException {
        client.publish(topic, retained(payload)).waitForCompletion(ANSWER.toMillis());
    }

    /**
     * Sends a message with QoS 1; {@link #takeAcknowledged()} tells when the broker has it.
     *
     * @return false when Paho's window is full for the moment: it counts a message as on its way for a little longer than
     *     the broker's answer takes
     */
    boolean send(String topic, byte[] payload, long id) throws MqttException {
        try {
            client.publish(topic, new MqttMessage(payload, 1, false, null), null, new Answer(id));
            return true;
        } catch (MqttException e) {
            if (e.getReasonCode() == MqttClientException.REASON_CODE_MAX_INFLIGHT) {
                return false;
            }
            throw e;
        }
    }

    /** What the broker has acknowledged since the last call. */
    List<Long> takeAcknowledged() {
        List<Long> ids = new ArrayList<>();
        for (Long id = acknowledged.poll(); id != null; id = acknowledged.poll()) {
            ids.add(id);
        }
        return ids;
    }

    /** Ends the connection, politely if the broker still listens, and in any case soon. */
    @Override
    public void close() {
        try {
            if (client.isConnected()) {
                client.disconnect(0).waitForCompletion(ANSWER.toMillis());
            }
        } catch (MqttException e) {
            log.debug("no clean end of the session", e);
        }
        end(client);
    }

    /** Whatever the client is doing, and soon. */
    static void end(MqttAsyncClient client) {
        try {
            client.disconnectForcibly(0, 100, false);
        } catch (MqttException e) {
            log.debug("nothing left to end", e);
        }
        try {
            client.close(true);
        } catch (MqttException e) {
            log.debug("the client would not close", e);
        }
    }

    private void lose(String why) {
        if (lost.isEmpty()) {
            lost = why;
        }
        ring.run();
    }

    /** The broker's answer to one message. */
    private final class Answer implements MqttActionListener {

        private final long id;

        Answer(long id) {
            this.id = id;
        }

        @Override
        public void onSuccess(IMqttToken token) {
            int[] reasons = token.getReasonCodes();
            if (reasons != null && reasons.length > 0 && reasons[0] >= FIRST_REFUSAL) {
                lose("the broker refused inspection %d, reason 0x%02X".formatted(id, reasons[0]));
                return;
            }
            acknowledged.add(id);
            ring.run();
        }

        @Override
        public void onFailure(IMqttToken token, Throwable why) {
            lose("inspection %d was not acknowledged: %s".formatted(id, why));
        }
    }

    private final class Callback implements MqttCallback {

        @Override
        public void disconnected(MqttDisconnectResponse response) {
            String reason = response.getReasonString();
            lose(reason == null || reason.isEmpty() ? String.valueOf(response.getException()) : reason);
        }

        @Override
        public void mqttErrorOccurred(MqttException error) {
            lose(String.valueOf(error));
        }

        @Override
        public void messageArrived(String topic, MqttMessage message) {
            // We subscribe to nothing.
        }

        @Override
        public void deliveryComplete(IMqttToken token) {
            // Answer hears of it.
        }

        @Override
        public void connectComplete(boolean reconnect, String uri) {
            // open() waits for it.
        }

        @Override
        public void authPacketArrived(int reason, MqttProperties properties) {
            // No enhanced authentication.
        }
    }
}
