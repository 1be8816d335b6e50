package goshawk.camera;

import goshawk.camera.CameraState.Condition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a camera connected. Each connection is opened, read and closed by a thread of its own, because a stalled camera
 * can hold a native call for longer than any time-out says. A watchdog that never calls native code measures how long no
 * picture came, gives up what is silent for too long, and connects anew on a fresh thread, waiting longer from try to try.
 *
 * <p>A reader that was given up is interrupted, which ends FFmpeg's calls within a tenth of a second. One that hangs all
 * the same is left to end when it can; when {@value #MOST_HANGING} hang, no other is started, so that a camera that hangs
 * for months does not eat the process.
 */
final class CameraLink implements AutoCloseable {

    /** Given-up readers whose native calls may hang at the same time. */
    static final int MOST_HANGING = 4;

    private static final Logger log = LoggerFactory.getLogger(CameraLink.class);
    private static final Duration LOOK = Duration.ofMillis(100);
    private static final Duration STOPPING = Duration.ofSeconds(5);

    private final String name;
    private final PictureStream.Opener camera;
    private final Patience patience;
    private final Listener listener;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Object connection = new Object(); // no native call is made under it: the watchdog takes it
    private final Thread watchdog =
            Thread.ofPlatform().name("camera watchdog").daemon().unstarted(this::run);
    private final List<Reader> given = new ArrayList<>(); // up; used by the watchdog alone
    private final AtomicLong pictures = new AtomicLong();
    private final AtomicLong connections = new AtomicLong();
    private final AtomicLong stalls = new AtomicLong();
    private final AtomicLong losses = new AtomicLong();
    private volatile Optional<Reader> reading = Optional.empty(); // the newest
    private volatile int hanging;
    private volatile Condition condition = Condition.CONNECTING;
    private volatile String fault = "";

    /** Who takes the pictures. */
    interface Listener {

        /** A new connection: what was known of the camera's clock and counter does not hold for it. */
        void connected();

        /**
         * A picture is there. Called on a reader's thread, never by two at once.
         *
         * @param stream to copy from, before this returns
         * @param arrivedNanos {@link System#nanoTime()}
         */
        void picture(PictureStream stream, long arrivedNanos);
    }

    /** @param name for messages, without a password */
    CameraLink(String name, PictureStream.Opener camera, Patience patience, Listener listener) {
        this.name = name;
        this.camera = camera;
        this.patience = patience;
        this.listener = listener;
    }

    /** Starts to connect and returns at once. */
    void start() {
        watchdog.start();
    }

    CameraState state() {
        return new CameraState(
                condition, fault(), pictures.get(), connections.get(), stalls.get(), losses.get(), hanging);
    }

    /** Why there are no pictures; empty while there are, or may be soon. Of a camera that does not answer it is known before its stall is. */
    String fault() {
        String known = fault;
        Optional<Reader> now = reading;
        return known.isEmpty() && now.isPresent() ? now.get().trouble() : known;
    }

    private void run() {
        var backoff = new Backoff(patience.firstRetry(), patience.lastRetry(), ThreadLocalRandom.current());
        try {
            while (!isClosing(Duration.ZERO)) {
                if (countHanging() >= MOST_HANGING) {
                    turn(
                            Condition.HANGING,
                            "%s: %d native calls hang, so it is not tried again; disconnect it, or restart the station"
                                    .formatted(name, hanging));
                    isClosing(LOOK);
                    continue;
                }
                var reader = new Reader();
                reading = Optional.of(reader);
                reader.thread.start();
                watch(reader);
                if (reader.isConnected) {
                    backoff.reset();
                }
                isClosing(backoff.next());
            }
        } catch (InterruptedException e) {
            // closed
        }
        waitForHanging();
        condition = Condition.CLOSED;
    }

    /** Returns when the reader has ended or was given up. */
    private void watch(Reader reader) throws InterruptedException {
        try {
            while (!reader.ended.await(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
                countHanging();
                Duration silent = Duration.ofNanos(System.nanoTime() - reader.heardNanos);
                Optional<Duration> limit = limit(reader.isConnected);
                if (limit.isPresent() && silent.compareTo(limit.get()) >= 0) {
                    stalls.incrementAndGet();
                    synchronized (connection) {
                        reader.giveUp();
                        String trouble = reader.trouble();
                        turn(
                                Condition.STALLED,
                                trouble.isEmpty()
                                        ? "%s gave no picture for %d ms"
                                                .formatted(name, limit.get().toMillis())
                                        : trouble);
                    }
                    return;
                }
            }
            losses.incrementAndGet();
            turn(Condition.LOST, reader.why);
        } finally {
            given.add(reader); // one that has ended is forgotten with the next count
        }
    }

    /** How long no picture may come; empty where any time is well. */
    private Optional<Duration> limit(boolean isConnected) {
        return switch (patience.silence()) {
            case Silence.Stall(var opening, var stalled) -> Optional.of(isConnected ? stalled : opening);
            case Silence.Waiting() -> Optional.empty();
        };
    }

    private void turn(Condition now, String why) {
        if (!why.equals(fault)) {
            log.warn("{}{}", why, now == Condition.HANGING ? "" : "; trying again");
        }
        fault = why;
        condition = now;
    }

    private int countHanging() {
        given.removeIf(Reader::isOver);
        hanging = given.size();
        return hanging;
    }

    private boolean isClosing(Duration within) throws InterruptedException {
        return closing.await(within.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void waitForHanging() {
        given.forEach(Reader::giveUp);
        long until = System.nanoTime() + STOPPING.toNanos();
        for (Reader reader : given) {
            try {
                if (!reader.ended.await(until - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                    log.warn("{} hangs in a native call and was left", name);
                }
            } catch (InterruptedException e) {
                return; // out of patience
            }
        }
        countHanging();
    }

    private synchronized void deliver(Reader reader, PictureStream stream, long arrivedNanos) {
        synchronized (connection) { // a picture that comes too late does not make up for a stall
            if (reader.isGivenUp) {
                return;
            }
            fault = "";
            condition = Condition.CONNECTED;
        }
        pictures.incrementAndGet();
        reader.heardNanos = arrivedNanos;
        if (!reader.isConnected) {
            reader.isConnected = true;
            listener.connected();
            if (connections.getAndIncrement() > 0) {
                log.info("{} is back", name);
            }
        }
        listener.picture(stream, arrivedNanos);
    }

    /** Ends the readers within limits; a native call that hangs longer is left to die with the process. */
    @Override
    public void close() {
        closing.countDown();
        watchdog.interrupt();
        try {
            if (!watchdog.join(STOPPING.multipliedBy(2))) {
                log.warn("the watchdog of {} did not end", name);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** One connection on its own thread, from being opened to being closed. */
    private final class Reader {

        private final Thread thread =
                Thread.ofPlatform().name("camera reader").daemon().unstarted(this::read);
        private final CountDownLatch ended = new CountDownLatch(1);
        private volatile long heardNanos = System.nanoTime();
        private volatile boolean isConnected;
        private volatile boolean isGivenUp;
        private volatile String why = "";
        private volatile Optional<PictureStream> stream = Optional.empty();

        private void read() {
            try (PictureStream pictures = camera.open()) {
                stream = Optional.of(pictures);
                while (!isGivenUp && pictures.advance()) {
                    deliver(this, pictures, System.nanoTime());
                }
                why = name + " ended its stream";
            } catch (CameraException e) {
                why = String.valueOf(e.getMessage());
            } catch (RuntimeException | Error e) {
                log.error("a bug in reading {}; it goes on with a new connection", name, e);
                why = "%s cannot be read: %s".formatted(name, e);
            } finally {
                ended.countDown();
            }
        }

        String trouble() {
            Optional<PictureStream> open = stream;
            return open.isPresent() ? open.get().trouble() : "";
        }

        void giveUp() {
            isGivenUp = true;
            thread.interrupt();
        }

        boolean isOver() {
            return ended.getCount() == 0;
        }
    }
}
