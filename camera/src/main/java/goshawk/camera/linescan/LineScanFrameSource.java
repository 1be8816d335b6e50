package goshawk.camera.linescan;

import goshawk.camera.CameraException;
import goshawk.camera.Capture;
import goshawk.camera.Cause;
import goshawk.camera.Frame;
import goshawk.camera.FramePool;
import goshawk.camera.FrameSource;
import goshawk.camera.PartNames;
import goshawk.camera.SourceReport;
import goshawk.camera.Trigger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pictures of a line-scan camera. A trigger is the first line of a picture: where a part-present signal tells, the part's first;
 * its capture comes with the picture's last line. A picture that was begun and could not be completed is a miss, with what
 * was seen as evidence. A camera that is lost is opened again, waiting longer from try to try.
 */
public final class LineScanFrameSource implements FrameSource {

    private static final Logger log = LoggerFactory.getLogger(LineScanFrameSource.class);
    private static final Duration FIRST_RETRY = Duration.ofMillis(500);
    private static final Duration LAST_RETRY = Duration.ofSeconds(10);

    private final LineCamera.Opener opener;
    private final LineScan scan;
    private final FramePool pool;
    private final BiConsumer<Capture, Assembly> listener;
    private final Duration poll;
    private final PartNames names;
    private final Queue<Capture> ready = new ArrayDeque<>();
    private @Nullable LineCamera camera;
    private @Nullable FrameAssembler assembler;
    private Duration retry = FIRST_RETRY;
    private long index;
    private boolean hasEnded;
    private volatile SourceReport.Lines counted = SourceReport.Lines.NONE; // written by the camera's thread alone

    /**
     * Opens the camera.
     *
     * @param pool its frames hold a picture of the camera's width and the scan's lines
     * @param listener hears how each picture came about, before its capture is handed out, on the thread that asks
     * @throws CameraException when it cannot be opened, or its pictures are too large for the pool
     */
    public LineScanFrameSource(
            LineCamera.Opener opener, LineScan scan, FramePool pool, BiConsumer<Capture, Assembly> listener) {
        this.opener = opener;
        this.scan = scan;
        this.pool = pool;
        this.listener = listener;
        this.names = PartNames.ofRun(Instant.now());
        Duration half = scan.lineTimeout().dividedBy(2);
        this.poll = half.compareTo(Duration.ofMillis(100)) < 0 ? half : Duration.ofMillis(100);
        LineCamera first = opener.open();
        try {
            pool.tryTake(first.widthPx(), scan.lines()).ifPresent(Frame::close);
        } catch (CameraException e) {
            first.close();
            throw e;
        }
        use(first);
    }

    private void use(LineCamera opened) {
        camera = opened;
        assembler =
                new FrameAssembler(scan, opened.widthPx(), pool, this::trigger, this::captured, opened.isSimulated());
    }

    private Trigger trigger(long atNanos) {
        index++;
        return new Trigger(index, names.name(index), Instant.now(), atNanos);
    }

    private void captured(Capture capture, Assembly how) {
        if (how.isFlagged()) {
            log.warn(
                    "part {}: the belt ran back {} times, {} lines were lost, {} seen again",
                    capture.trigger().part(),
                    how.reversals(),
                    how.lost(),
                    how.seenAgain());
        }
        count(capture, how);
        listener.accept(capture, how);
        ready.add(capture);
    }

    private void count(Capture capture, Assembly how) {
        boolean isPartial = capture instanceof Capture.Missed missed && missed.cause() == Cause.PARTIAL;
        counted = new SourceReport.Lines(
                counted.whole() + (capture instanceof Capture.Image ? 1 : 0),
                counted.partial() + (isPartial ? 1 : 0),
                counted.lost() + how.lost(),
                counted.seenAgain() + how.seenAgain(),
                counted.reversals() + how.reversals());
    }

    @Override
    public SourceReport report() {
        return SourceReport.of(counted);
    }

    @Override
    public Optional<Capture> next() throws InterruptedException {
        while (ready.isEmpty() && !hasEnded) {
            try {
                work();
            } catch (InterruptedException e) {
                return stopped(e);
            }
        }
        return Optional.ofNullable(ready.poll());
    }

    private void work() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException("the camera was stopped");
        }
        LineCamera from = camera;
        FrameAssembler to = assembler;
        if (from == null || to == null) {
            open();
            return;
        }
        try {
            hasEnded = !from.read(to, poll);
            if (hasEnded) {
                to.miss(Cause.PARTIAL, "the camera gave no more lines");
            } else {
                retry = FIRST_RETRY;
                to.idle(from.nanoTime());
            }
        } catch (CameraException e) {
            log.warn("{}; trying again", e.getMessage());
            to.miss(Cause.CAMERA, String.valueOf(e.getMessage()));
            release();
        } catch (RuntimeException e) {
            log.error("a bug: the camera is opened anew", e);
            to.miss(Cause.UNEXPECTED, e.toString());
            release();
        }
    }

    private void open() throws InterruptedException {
        TimeUnit.NANOSECONDS.sleep(retry.toNanos());
        Duration twice = retry.multipliedBy(2);
        retry = twice.compareTo(LAST_RETRY) < 0 ? twice : LAST_RETRY;
        try {
            use(opener.open());
        } catch (CameraException e) {
            log.warn("{}; trying again", e.getMessage());
        }
    }

    /** The part that was under the camera gets its record all the same; whoever asks again hears of the stop. */
    private Optional<Capture> stopped(InterruptedException why) throws InterruptedException {
        FrameAssembler of = assembler;
        if (of == null || !of.isTaking()) {
            throw why;
        }
        of.miss(Cause.STOPPED, "the line was stopped while the picture was being taken");
        Thread.currentThread().interrupt();
        return Optional.ofNullable(ready.poll());
    }

    private void release() {
        LineCamera lost = camera;
        camera = null;
        assembler = null;
        if (lost != null) {
            try {
                lost.close();
            } catch (CameraException e) {
                log.warn("{}", e.getMessage());
            }
        }
    }

    @Override
    public void close() {
        FrameAssembler of = assembler;
        if (of != null) {
            of.miss(Cause.STOPPED, "the camera was closed while the picture was being taken");
        }
        for (Capture left : ready) {
            left.discard();
        }
        ready.clear();
        release();
    }
}
