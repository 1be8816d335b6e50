package goshawk.appliance.web;

import goshawk.appliance.domain.InspectionHistory;
import goshawk.appliance.domain.InspectionHistory.Backlog;
import goshawk.appliance.domain.LineState;
import goshawk.appliance.domain.LogException;
import goshawk.appliance.domain.RecordedInspection;
import goshawk.appliance.domain.Station;
import goshawk.appliance.domain.StationState;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the history and tells whoever listens: each new record, and every two seconds how the station is.
 *
 * <p>Asks the store five times a second instead of listening to the line: what the page shows is what is durable, and
 * nothing that a browser does can reach the line's thread. Asking costs one look at the end of a B-tree.
 *
 * <p>One virtual thread does all of it. Listeners are called on it and must return at once.
 */
final class LiveFeed implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(LiveFeed.class);

    private static final Duration LOOK_EVERY = Duration.ofMillis(200);
    private static final Duration REPORT_EVERY = Duration.ofSeconds(2);
    private static final int AT_ONCE = 200;

    /** Hears of the station. Must not block. */
    interface Listener {
        void recorded(RecordedInspection recorded);

        void reported(StationReport report);
    }

    private final InspectionHistory history;
    private final Station station;
    private final PictureFolder pictures;
    private final LongSupplier nanoTime;
    private final Set<Listener> listeners = ConcurrentHashMap.newKeySet();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final long first;
    private volatile long last;
    private volatile Backlog backlog = new Backlog(0, 0);
    private final AtomicLong records = new AtomicLong();
    private volatile @Nullable StationReport report;
    private volatile @Nullable String problem;
    private @Nullable LineState reportedState;
    private long reportedAtNanos;

    /** Begins after what is in the history now: made before the line starts, it misses nothing of this run. */
    LiveFeed(InspectionHistory history, Station station, PictureFolder pictures, LongSupplier nanoTime) {
        this.history = history;
        this.station = station;
        this.pictures = pictures;
        this.nanoTime = nanoTime;
        this.last = history.newest().orElse(0);
        this.first = last + 1;
    }

    /** Starts to follow, until {@link #close}. */
    void start() {
        Thread.ofVirtual().name("live").start(() -> {
            try {
                do {
                    look();
                } while (!stopped.await(LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    void add(Listener listener) {
        listeners.add(listener);
    }

    void remove(Listener listener) {
        listeners.remove(listener);
    }

    /** How many records of this run were found in the store. */
    long records() {
        return records.get();
    }

    /** The newest report, made now if there is none yet. */
    StationReport report() {
        StationReport known = report;
        return known == null ? makeReport() : known;
    }

    /** What keeps the history from being read, null while nothing does. */
    @Nullable
    String problem() {
        return problem;
    }

    /** One look at the history. Never throws: the page says what is wrong, and the next look may succeed. */
    void look() {
        try {
            follow();
            backlog = history.backlog(first, last);
            if (problem != null) {
                log.info("the history can be read again");
            }
            problem = null;
        } catch (LogException e) {
            noteProblem(String.valueOf(e.getMessage()), "the history cannot be followed", e);
        } catch (RuntimeException e) {
            noteProblem(e.toString(), "a bug: the history cannot be followed", e);
        }
        if (isReportDue()) {
            StationReport made = makeReport();
            report = made;
            listeners.forEach(listener -> listener.reported(made));
        }
    }

    private void noteProblem(String what, String message, RuntimeException why) {
        if (problem == null) {
            log.error(message, why);
        }
        problem = what;
    }

    private void follow() {
        List<RecordedInspection> found;
        do {
            found = history.after(last, AT_ONCE);
            for (RecordedInspection one : found) {
                last = one.id();
                records.incrementAndGet();
                listeners.forEach(listener -> listener.recorded(one));
            }
        } while (found.size() == AT_ONCE);
    }

    private boolean isReportDue() {
        LineState now = station.state().line();
        boolean due = report == null
                || now != reportedState
                || nanoTime.getAsLong() - reportedAtNanos >= REPORT_EVERY.toNanos();
        if (due) {
            reportedState = now;
            reportedAtNanos = nanoTime.getAsLong();
        }
        return due;
    }

    private StationReport makeReport() {
        StationState state = station.state();
        long free = 0;
        long total = 0;
        try {
            FileStore disk = Files.getFileStore(pictures.path());
            free = disk.getUsableSpace();
            total = disk.getTotalSpace();
        } catch (IOException e) {
            log.debug("no disk to ask under {}", pictures.path(), e);
        }
        return StationReport.of(state, records.get(), backlog, problem, free, total);
    }

    @Override
    public void close() {
        stopped.countDown();
    }
}
