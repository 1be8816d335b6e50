package goshawk.appliance;

import goshawk.camera.CameraException;
import goshawk.camera.Capture;
import goshawk.camera.Cause;
import goshawk.camera.FrameSource;
import goshawk.camera.Views;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a camera on a thread of its own, so that triggers are answered while a part is in hand. The pictures that wait
 * are bounded by the camera's {@link goshawk.camera.FramePool}; a trigger that finds it empty is handed on as a miss,
 * and misses that nobody takes hold up the camera rather than get lost.
 *
 * <p>Interrupting whoever waits in {@link #next()} stops the camera; what was triggered before is still handed on, so
 * every trigger ends in a record, but as a miss: there is no use in judging a part on a line that stands.
 */
final class CameraThread implements FrameSource {

    private static final Logger log = LoggerFactory.getLogger(CameraThread.class);
    private static final int WAITING = 256;
    private static final Duration STOPPING = Duration.ofSeconds(5);

    private final FrameSource camera;
    private final Runnable whenHandedOver;
    private final BlockingQueue<Optional<Capture>> queue = new ArrayBlockingQueue<>(WAITING);
    private final Thread thread;
    private volatile @Nullable RuntimeException failure;
    private boolean stopped;
    private boolean ended;

    private CameraThread(FrameSource camera, Runnable whenHandedOver) {
        this.camera = camera;
        this.whenHandedOver = whenHandedOver;
        this.thread = Thread.ofPlatform().name("camera").daemon().unstarted(this::capture);
    }

    /** Starts the thread; from here on it alone uses {@code camera}, and closes it. */
    static CameraThread start(FrameSource camera) {
        return start(camera, () -> {});
    }

    /**
     * The same.
     *
     * @param whenHandedOver run on the camera's thread each time that {@link #isReady} may have become true; returns at
     *     once
     */
    static CameraThread start(FrameSource camera, Runnable whenHandedOver) {
        var started = new CameraThread(camera, whenHandedOver);
        started.thread.start();
        return started;
    }

    /** True when {@link #next} has an answer at once. */
    boolean isReady() {
        return stopped || ended || !queue.isEmpty();
    }

    /**
     * The pictures that {@link #next} would answer with now; they stay here until it does. For the line's thread: whoever
     * keeps them must reckon with a part that is never handed over.
     */
    Optional<Views> waiting() {
        Optional<Capture> next =
                stopped ? Optional.empty() : Objects.requireNonNullElse(queue.peek(), Optional.empty());
        return next.filter(Capture.Image.class::isInstance).map(Capture::views);
    }

    private void capture() {
        try (camera) {
            for (Optional<Capture> next = camera.next(); next.isPresent(); next = camera.next()) {
                handOver(next);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // stopped
        } catch (RuntimeException e) {
            failure = e;
        } finally {
            handOver(Optional.empty());
        }
    }

    /** Waits for room, also when interrupted: a trigger that has been is not to be forgotten. */
    private void handOver(Optional<Capture> capture) {
        boolean interrupted = Thread.interrupted();
        while (true) {
            try {
                queue.put(capture);
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        whenHandedOver.run();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * The next capture in the order of the triggers; empty when the camera has ended or was stopped.
     *
     * @throws CameraException when the camera's thread died
     */
    @Override
    public Optional<Capture> next() throws InterruptedException {
        if (ended) {
            return Optional.empty();
        }
        Optional<Capture> next = take();
        if (next.isPresent()) {
            return stopped ? next.map(CameraThread::missed) : next;
        }
        ended = true;
        if (stopped) {
            throw new InterruptedException("the line was stopped");
        }
        RuntimeException why = failure;
        if (why != null) {
            throw new CameraException("the camera failed and gives no more pictures: " + why.getMessage(), why);
        }
        return next;
    }

    private Optional<Capture> take() {
        while (!stopped) {
            try {
                return queue.take();
            } catch (InterruptedException e) {
                stopped = true;
                thread.interrupt();
            }
        }
        return remaining();
    }

    /** What a stopped camera had still taken; waits no longer than a camera may take to stop. */
    private Optional<Capture> remaining() {
        try {
            Optional<Capture> next = queue.poll(STOPPING.toMillis(), TimeUnit.MILLISECONDS);
            if (next == null) {
                log.warn("the camera did not stop within {}; it is left behind", STOPPING);
                return Optional.empty();
            }
            return next;
        } catch (InterruptedException e) {
            return remaining(); // asked twice
        }
    }

    private static Capture missed(Capture capture) {
        capture.discard();
        return switch (capture) {
            case Capture.Image image ->
                new Capture.Missed(
                        image.trigger(),
                        Cause.STOPPED,
                        "the line was stopped while the part waited",
                        image.isSimulated());
            case Capture.Missed(var trigger, var cause, var detail, var isSimulated, var _, var _) ->
                new Capture.Missed(trigger, cause, detail, isSimulated);
        };
    }

    /** Stops the camera and waits, within limits, until it is closed; frames that nobody took are closed. */
    @Override
    public void close() {
        boolean interrupted = Thread.interrupted(); // also a line that was told to stop waits for its camera
        thread.interrupt();
        stopped = true;
        for (Optional<Capture> left = ended ? Optional.empty() : remaining(); left.isPresent(); left = remaining()) {
            Capture lost = left.get();
            lost.discard();
            log.warn(
                    "trigger {}, part {}, was not taken up",
                    lost.trigger().id(),
                    lost.trigger().part());
        }
        ended = true;
        try {
            if (!thread.join(STOPPING)) {
                log.warn("the camera was not closed within {}", STOPPING);
            }
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
