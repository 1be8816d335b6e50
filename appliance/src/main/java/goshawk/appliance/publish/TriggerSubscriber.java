package goshawk.appliance.publish;

import goshawk.camera.Backoff;
import goshawk.camera.Signals;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.MqttSubscription;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Triggers that a controller sends through the broker, on {@link Topics#trigger()}. Connects, and for ever, on a virtual thread
 * of its own; Paho's threads only hand a message's signal on, which waits for nothing. A new connection is a new session: a
 * trigger that was sent meanwhile is about a part that has gone, and its number tells that it was missed.
 */
public final class TriggerSubscriber implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(TriggerSubscriber.class);
    private static final Duration FIRST_WAIT = Duration.ofMillis(500);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);
    private static final Duration ANSWER = Duration.ofSeconds(5);
    private static final Duration STOPPING = Duration.ofSeconds(15);
    private static final int KEEP_ALIVE_SECONDS = 5;

    private final BrokerAddress broker;
    private final Topics topics;
    private final Signals signals;
    private final AtomicLong refused = new AtomicLong();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;
    private volatile boolean connected;

    private TriggerSubscriber(BrokerAddress broker, Topics topics, Signals signals) {
        this.broker = broker;
        this.topics = topics;
        this.signals = signals;
        this.thread = Thread.ofVirtual().name("triggers").unstarted(this::run);
    }

    /** Starts to listen; returns at once, whether the broker is there or not. */
    public static TriggerSubscriber start(BrokerAddress broker, Topics topics, Signals signals) {
        var subscriber = new TriggerSubscriber(broker, topics, signals);
        subscriber.thread.start();
        return subscriber;
    }

    /** True while triggers can come. */
    public boolean isConnected() {
        return connected;
    }

    /** Messages that were no triggers. */
    public long refused() {
        return refused.get();
    }

    private void run() {
        var backoff = new Backoff(FIRST_WAIT, LONGEST_WAIT, ThreadLocalRandom.current());
        String said = "";
        while (closing.getCount() > 0) {
            String why;
            try {
                why = listen(backoff);
            } catch (MqttException e) {
                why = e.getCause() == null ? String.valueOf(e.getMessage()) : e.getMessage() + ", " + e.getCause();
            } catch (InterruptedException e) {
                return; // closed
            }
            if (!why.equals(said) && closing.getCount() > 0) {
                log.warn("no triggers from {}: {}; it is tried again", broker, why);
                said = why;
            }
            try {
                if (closing.await(backoff.next().toMillis(), TimeUnit.MILLISECONDS)) {
                    return;
                }
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /** Returns when the connection has ended, with why. */
    private String listen(Backoff backoff) throws MqttException, InterruptedException {
        // A name of its own for each session: the publisher's would end the publisher's.
        String name = topics.prefix().replace('/', '-') + "-triggers";
        var client = new MqttAsyncClient(broker.uri(), name, new MemoryPersistence(), null, null);
        var ended = new Semaphore(0);
        var callback = new Callback(ended);
        client.setCallback(callback);
        try {
            client.connect(options()).waitForCompletion(ANSWER.toMillis());
            client.subscribe(subscription()).waitForCompletion(ANSWER.toMillis());
            log.info("triggers are taken from {}, topic {}", broker, topics.trigger());
            connected = true;
            backoff.reset();
            ended.acquire();
            return callback.why;
        } finally {
            connected = false;
            BrokerSession.end(client);
        }
    }

    private MqttConnectionOptions options() {
        MqttConnectionOptions options = BrokerSession.options(broker);
        options.setKeepAliveInterval(KEEP_ALIVE_SECONDS);
        return options;
    }

    /** Without what the broker has kept; of a message that it is to keep, the broker says so. */
    private MqttSubscription subscription() {
        var subscription = new MqttSubscription(topics.trigger(), 1);
        subscription.setRetainHandling(2);
        subscription.setRetainAsPublished(true);
        return subscription;
    }

    private void hear(MqttMessage message) {
        long atNanos = System.nanoTime();
        if (message.isRetained()) {
            refuse("it is retained, so nobody knows how old it is");
            return;
        }
        try {
            Signals.Signal signal = TriggerMessage.read(message.getPayload(), atNanos);
            Signals.Reception reception = signals.signal(signal);
            if (reception != Signals.Reception.ACCEPTED) {
                log.debug("trigger {} is {}", signal, reception);
            }
        } catch (IllegalArgumentException e) {
            refuse(String.valueOf(e.getMessage()));
        }
    }

    /** The first is told, and each tenfold number: whoever sends rubbish is not to fill the disk with it. */
    private void refuse(String why) {
        long count = refused.incrementAndGet();
        if (Long.toString(count).matches("10*")) {
            log.warn("a message on {} is no trigger: {} ({} so far)", topics.trigger(), why, count);
        }
    }

    /** Ends the connection, within limits. */
    @Override
    public void close() {
        closing.countDown();
        thread.interrupt();
        try {
            if (!thread.join(STOPPING)) {
                log.warn("listening for triggers did not end within {}", STOPPING);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private final class Callback implements MqttCallback {

        private final Semaphore ended;
        private volatile String why = "";

        Callback(Semaphore ended) {
            this.ended = ended;
        }

        @Override
        public void disconnected(MqttDisconnectResponse response) {
            String reason = response.getReasonString();
            why = reason == null || reason.isEmpty() ? String.valueOf(response.getException()) : reason;
            ended.release();
        }

        @Override
        public void mqttErrorOccurred(MqttException error) {
            why = String.valueOf(error);
            ended.release();
        }

        @Override
        public void messageArrived(String topic, MqttMessage message) {
            hear(message);
        }

        @Override
        public void deliveryComplete(IMqttToken token) {}

        @Override
        public void connectComplete(boolean reconnect, String serverURI) {}

        @Override
        public void authPacketArrived(int reasonCode, MqttProperties properties) {}
    }
}
