package goshawk.appliance;

import goshawk.appliance.domain.Disposition;
import goshawk.appliance.domain.PartGate;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** A gate that exists only here. Remembers whom it released. Safe for any thread. */
final class SimulatedPartGate implements PartGate {

    private static final int REMEMBERED = 1_000;

    private final Deque<String> latest = new ArrayDeque<>();
    private long count;

    @Override
    public synchronized Disposition release(String part) {
        count++;
        latest.addLast(part);
        if (latest.size() > REMEMBERED) {
            latest.removeFirst();
        }
        return Disposition.RELEASED;
    }

    /** Parts released so far. */
    synchronized long released() {
        return count;
    }

    /** The parts released last, oldest first, at most 1,000. */
    synchronized List<String> latest() {
        return List.copyOf(latest);
    }
}
