package goshawk.appliance.publish;

import goshawk.appliance.domain.LogException;
import goshawk.appliance.domain.Outbox;
import goshawk.appliance.domain.Outbox.Waiting;
import goshawk.appliance.domain.Provenance;
import goshawk.camera.Backoff;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries the outbox to the broker, each record at least once, in the order of their ids. A record leaves the outbox
 * only when the broker has acknowledged it, so a broker that is away, or dies in the middle, costs nothing but repeats;
 * the receiver drops those by the inspection's id.
 *
 * <p>One virtual thread does everything: connects, with a jittered back-off and for ever, the first time too; sends no
 * more at once than the broker takes; removes what was acknowledged. The line never waits for it.
 */
public final class OutboxPublisher implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(OutboxPublisher.class);
    private static final Duration FIRST_WAIT = Duration.ofMillis(500);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);
    private static final Duration LOOK_ANYWAY = Duration.ofSeconds(1);
    private static final Duration NO_ANSWER = Duration.ofSeconds(30);
    private static final Duration STOPPING = Duration.ofSeconds(10);

    /** Messages on their way at once, where the broker would take more: enough to hide the round trip. */
    private static final int WINDOW = 64;

    private final BrokerAddress broker;
    private final Topics topics;
    private final Outbox outbox;
    private final Provenance provenance;
    private final boolean isSimulated;
    private final Supplier<List<String>> alarms;
    private final Clock clock;
    private final Semaphore bell = new Semaphore(0);
    private final CountDownLatch closing = new CountDownLatch(1);
    private final AtomicLong published = new AtomicLong();
    private final Thread thread;
    private volatile boolean connected;
    private List<String> told = List.of(); // of the alarms; the publisher's thread's

    private OutboxPublisher(
            BrokerAddress broker,
            Topics topics,
            Outbox outbox,
            Provenance provenance,
            boolean isSimulated,
            Supplier<List<String>> alarms,
            Clock clock) {
        this.broker = broker;
        this.topics = topics;
        this.outbox = outbox;
        this.provenance = provenance;
        this.isSimulated = isSimulated;
        this.alarms = alarms;
        this.clock = clock;
        this.thread = Thread.ofVirtual().name("publisher").unstarted(this::run);
    }

    /**
     * Starts publishing; returns at once, whether the broker is there or not.
     *
     * @param provenance what the station works with, for its state message
     * @param isSimulated what the station's state message says
     * @param alarms what is wrong with the pictures and will cost parts, in words; asked every now and then on the
     *     publisher's thread, and told with the station's state
     */
    public static OutboxPublisher start(
            BrokerAddress broker,
            Topics topics,
            Outbox outbox,
            Provenance provenance,
            boolean isSimulated,
            Supplier<List<String>> alarms,
            Clock clock) {
        var publisher = new OutboxPublisher(broker, topics, outbox, provenance, isSimulated, alarms, clock);
        outbox.whenFilled(publisher.bell::release);
        publisher.thread.start();
        return publisher;
    }

    /** True while a broker listens. */
    public boolean isConnected() {
        return connected;
    }

    /** Records that the broker has acknowledged since the start, each counted once. */
    public long published() {
        return published.get();
    }

    /**
     * Waits until the outbox is empty.
     *
     * @return false when it was not within {@code limit}
     */
    public boolean awaitEmpty(Duration limit) throws InterruptedException {
        long start = System.nanoTime();
        while (outbox.depth() > 0) {
            if (System.nanoTime() - start > limit.toNanos()) {
                return false;
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
        return true;
    }

    private void run() {
        var backoff = new Backoff(FIRST_WAIT, LONGEST_WAIT, ThreadLocalRandom.current());
        String said = "";
        while (!closing()) {
            try (var session = connect()) {
                log.info("publishing to {} under {}", broker, topics.prefix());
                connected = true;
                backoff.reset();
                said = "";
                drain(session);
                log.info("the connection to {} ended: {}", broker, closing() ? "closed" : session.lost());
            } catch (MqttException | LogException e) {
                String why = e.getCause() == null
                        ? String.valueOf(e.getMessage())
                        : e.getMessage() + ", " + e.getCause().getMessage();
                if (!why.equals(said)) { // once, not at every try
                    log.warn("cannot publish to {}: {}; records wait, and it is tried again", broker, why);
                    said = why;
                }
            } catch (InterruptedException e) {
                return; // closed, and out of patience
            } catch (RuntimeException e) {
                log.error("a bug in publishing; it goes on with a new connection", e);
            } finally {
                connected = false;
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

    private boolean closing() {
        return closing.getCount() == 0;
    }

    private BrokerSession connect() throws MqttException {
        String clientId = topics.prefix().replace('/', '-');
        BrokerSession session =
                BrokerSession.open(broker, clientId, topics.state(), Messages.offline(isSimulated), bell::release);
        try {
            tellState(session, alarms.get());
            return session;
        } catch (MqttException | RuntimeException e) {
            session.close();
            throw e;
        }
    }

    private void tellState(BrokerSession session, List<String> now) throws MqttException {
        session.retain(topics.state(), Messages.online(clock.instant(), provenance, isSimulated, now));
        told = now;
    }

    private void drain(BrokerSession session) throws MqttException, InterruptedException {
        int window = Math.min(WINDOW, session.receiveMaximum());
        long sent = 0;
        int underWay = 0;
        long heardAt = System.nanoTime();
        while (session.lost().isEmpty() && !closing()) {
            List<Long> acknowledged = session.takeAcknowledged();
            if (!acknowledged.isEmpty()) {
                published.addAndGet(outbox.acknowledged(acknowledged));
                underWay -= acknowledged.size();
                heardAt = System.nanoTime();
            }
            List<String> now = alarms.get();
            if (!now.equals(told)) {
                tellState(session, now);
            }
            int before = underWay;
            if (underWay < window) {
                for (Waiting waiting : outbox.after(sent, window - underWay)) {
                    byte[] message = Messages.verdict(topics.prefix(), waiting);
                    if (!session.send(topics.verdict(), message, waiting.id())) {
                        break;
                    }
                    sent = waiting.id();
                    heardAt = underWay == 0 ? System.nanoTime() : heardAt;
                    underWay++;
                }
            }
            if (underWay > 0 && System.nanoTime() - heardAt > NO_ANSWER.toNanos()) {
                throw new LogException("%d messages were not acknowledged within %s".formatted(underWay, NO_ANSWER));
            }
            if (acknowledged.isEmpty() && underWay == before) {
                bell.tryAcquire(LOOK_ANYWAY.toMillis(), TimeUnit.MILLISECONDS);
                bell.drainPermits();
            }
        }
        if (closing() && session.lost().isEmpty()) {
            published.addAndGet(outbox.acknowledged(session.takeAcknowledged()));
            session.retain(topics.state(), Messages.offline(isSimulated));
        }
    }

    /** Says goodbye and ends, within limits. What is still in the outbox is published after the next start. */
    @Override
    public void close() {
        closing.countDown();
        bell.release();
        boolean interrupted = Thread.interrupted();
        try {
            if (!thread.join(STOPPING)) {
                log.warn("publishing did not end within {}", STOPPING);
                thread.interrupt();
            }
        } catch (InterruptedException e) {
            interrupted = true;
            thread.interrupt();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
