package goshawk.appliance.control;

import java.time.Duration;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A controller's heartbeat, which is any number that changes, and ours. For any thread. */
final class Heartbeats {

    /** A heartbeat that stands for as long is none. */
    static final Duration SILENT = Duration.ofSeconds(5);

    private static final Logger log = LoggerFactory.getLogger(Heartbeats.class);

    private int ours;
    private int theirs;
    private OptionalLong heardNanos = OptionalLong.empty();
    private boolean isAlive;

    synchronized int ours() {
        return ours;
    }

    synchronized int theirs() {
        return theirs;
    }

    synchronized boolean isAlive() {
        return isAlive;
    }

    synchronized void hear(int beat, long atNanos) {
        if (beat == theirs) {
            return;
        }
        theirs = beat;
        heardNanos = OptionalLong.of(atNanos);
        if (!isAlive) {
            isAlive = true;
            log.info("the controller's heartbeat is there");
        }
    }

    /** Once a beat. */
    synchronized void beat(long atNanos) {
        ours = (ours + 1) & 0xFFFF;
        if (isAlive && atNanos - heardNanos.orElseThrow() >= SILENT.toNanos()) {
            isAlive = false;
            log.warn("the controller's heartbeat stands still for {} s", SILENT.toSeconds());
        }
    }
}
