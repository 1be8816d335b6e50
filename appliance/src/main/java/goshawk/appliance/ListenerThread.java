package goshawk.appliance;

import goshawk.appliance.domain.InspectionListener;
import goshawk.appliance.domain.InspectionRecord;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells listeners of each part on a thread of its own. The line only hands over: a listener that is slow misses the
 * oldest parts, one that throws is logged, and neither touches a part. What must not be missed is in the record.
 */
final class ListenerThread implements InspectionListener, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(ListenerThread.class);
    private static final int WAITING = 64;

    private final List<InspectionListener> listeners;
    private final BlockingQueue<Heard> queue = new ArrayBlockingQueue<>(WAITING);
    private final Thread thread;

    private record Heard(long id, InspectionRecord record) {}

    private ListenerThread(List<InspectionListener> listeners) {
        this.listeners = List.copyOf(listeners);
        this.thread = Thread.ofVirtual().name("listener").unstarted(this::tell);
    }

    static ListenerThread start(List<InspectionListener> listeners) {
        var started = new ListenerThread(listeners);
        started.thread.start();
        return started;
    }

    @Override
    public void recorded(long id, InspectionRecord record) {
        var heard = new Heard(id, record);
        while (!queue.offer(heard)) {
            queue.poll();
        }
    }

    private void tell() {
        try {
            while (true) {
                Heard heard = queue.take();
                for (InspectionListener listener : listeners) {
                    tell(listener, heard);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed
        }
    }

    private static void tell(InspectionListener listener, Heard heard) {
        try {
            listener.recorded(heard.id(), heard.record());
        } catch (RuntimeException e) {
            log.warn("a listener failed at inspection {}", heard.id(), e);
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
