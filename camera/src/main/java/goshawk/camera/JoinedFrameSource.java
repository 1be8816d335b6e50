package goshawk.camera;

import goshawk.camera.aravis.StreamCounters;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Several cameras that look at one part: one capture of what each of them answers to the same trigger. The first one leads; the others are
 * triggered by {@link SharedTriggers}. What a camera answers belongs to the part by its trigger's number alone: a camera that is slow costs its
 * view of this part, and what it has to say of this part later is dropped and never taken for the next part's.
 *
 * <p>Each camera is used by a thread of its own, which is asked for one answer a part. Used, and closed, by one thread.
 */
public final class JoinedFrameSource implements FrameSource {

    private static final Logger log = LoggerFactory.getLogger(JoinedFrameSource.class);
    private static final Duration STOPPING = Duration.ofSeconds(10);

    private final Object lock = new Object();
    private final List<Camera> cameras = new ArrayList<>();
    private final Duration patience;
    private boolean stopped;

    private JoinedFrameSource(SequencedMap<String, FrameSource> cameras, Duration patience) {
        this.patience = patience;
        cameras.forEach((view, source) -> this.cameras.add(new Camera(view, source)));
    }

    /**
     * Starts a thread for each camera.
     *
     * @param cameras by view, two or more, the leading one first; taken over, each is closed by its thread
     * @param patience how long the others are waited for when the first has answered
     */
    public static JoinedFrameSource start(SequencedMap<String, FrameSource> cameras, Duration patience) {
        if (cameras.size() < 2) {
            throw new IllegalArgumentException("cameras to join are two or more, not " + cameras.size());
        }
        var joined = new JoinedFrameSource(cameras, patience);
        joined.cameras.forEach(camera -> camera.thread.start());
        return joined;
    }

    /** What the cameras count is added up; triggers and signals are the leading one's, whom the others follow. */
    @Override
    public SourceReport report() {
        List<SourceReport> reports = cameras.stream().map(Camera::report).toList();
        return new SourceReport(
                all(reports, SourceReport::connection, CameraState::with),
                all(reports, SourceReport::matching, LiveFrameSource.Counts::with),
                reports.getFirst().signals(),
                all(reports, SourceReport::stream, StreamCounters::plus),
                Optional.empty());
    }

    private static <T> Optional<T> all(
            List<SourceReport> reports, Function<SourceReport, Optional<T>> part, BinaryOperator<T> sum) {
        return reports.stream().flatMap(it -> part.apply(it).stream()).reduce(sum);
    }

    @Override
    public SequencedMap<String, Observed> cameras() {
        SequencedMap<String, Observed> byView = new LinkedHashMap<>();
        cameras.forEach(camera -> byView.put(camera.view, camera.source));
        return byView;
    }

    /** One camera, the answer that it owes, and what came of it. Fields under the lock. */
    private final class Camera {

        final String view;
        final FrameSource source;
        final Thread thread;
        boolean isAsked;
        boolean isEnded;
        Optional<Capture> answer = Optional.empty();
        Optional<String> failure = Optional.empty();

        Camera(String view, FrameSource source) {
            this.view = view;
            this.source = source;
            this.thread = Thread.ofPlatform().name("camera " + view).daemon().unstarted(this::run);
        }

        /** What is wrong with the connection says whose it is. */
        SourceReport report() {
            SourceReport mine = source.report();
            return mine.connection()
                    .filter(it -> !it.detail().isEmpty())
                    .map(it -> mine.with(it.withDetail(Views.about(view, it.detail()))))
                    .orElse(mine);
        }

        private void run() {
            try (source) {
                while (awaitQuestion()) {
                    Optional<Capture> next = source.next();
                    synchronized (lock) {
                        isAsked = false;
                        answer = next;
                        isEnded |= next.isEmpty(); // it may have been ended meanwhile
                        lock.notifyAll();
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt(); // stopped, and nothing is left to tell
            } catch (RuntimeException e) {
                log.error("the camera of view {} failed", view, e);
                synchronized (lock) {
                    failure = Optional.of(String.valueOf(e.getMessage()));
                }
            } finally {
                synchronized (lock) {
                    isEnded = true;
                    lock.notifyAll();
                }
            }
        }

        /** Also when interrupted: what was triggered before the stop has an answer, and that is asked for. */
        private boolean awaitQuestion() {
            boolean interrupted = false;
            synchronized (lock) {
                while (!isAsked && !isEnded) {
                    try {
                        lock.wait();
                    } catch (InterruptedException e) {
                        interrupted = true;
                    }
                }
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
                return !isEnded;
            }
        }

        void ask() {
            if (answer.isEmpty() && !isAsked && !isEnded) {
                isAsked = true;
                lock.notifyAll();
            }
        }

        Optional<Capture> taken() {
            Optional<Capture> mine = answer;
            answer = Optional.empty();
            return mine;
        }

        /** Nothing is waited for any more. */
        void end() {
            isEnded = true;
            answer.ifPresent(Capture::discard);
            answer = Optional.empty();
            lock.notifyAll();
        }
    }

    @Override
    public Optional<Capture> next() throws InterruptedException {
        synchronized (lock) {
            cameras.forEach(Camera::ask);
            Optional<Capture> first = leading();
            if (first.isEmpty()) {
                return first;
            }
            List<Capture> answers = new ArrayList<>();
            answers.add(first.get());
            long until = System.nanoTime() + patience.toNanos();
            for (Camera camera : cameras.subList(1, cameras.size())) {
                answers.add(following(camera, first.get(), until));
            }
            if (stopped) {
                Thread.currentThread().interrupt(); // whoever asked is to see it, too
            }
            return Optional.of(joined(first.get().trigger(), answers));
        }
    }

    private Optional<Capture> leading() throws InterruptedException {
        Camera camera = cameras.getFirst();
        while (camera.answer.isEmpty() && !camera.isEnded) {
            await(Long.MAX_VALUE);
        }
        if (camera.answer.isPresent()) {
            return camera.taken();
        }
        if (camera.failure.isPresent()) {
            throw new CameraException(Views.about(camera.view, camera.failure.get()));
        }
        if (stopped) {
            throw new InterruptedException("the cameras were stopped");
        }
        return Optional.empty();
    }

    /** What a camera answers to the first one's trigger, or that it does not. */
    private Capture following(Camera camera, Capture first, long until) {
        Trigger trigger = first.trigger();
        while (true) {
            Optional<Capture> answer = camera.answer;
            if (answer.isPresent()) {
                long ahead = answer.get().trigger().id() - trigger.id();
                if (ahead > 0) {
                    return missed(first, Cause.NO_FRAME, "its camera knows nothing of this trigger");
                }
                camera.taken();
                if (ahead == 0) {
                    return answer.get();
                }
                answer.get().discard(); // of a part that did without it
                camera.ask();
            } else if (camera.isEnded) {
                return missed(first, Cause.CAMERA, camera.failure.orElse("its camera has ended"));
            } else if (until - System.nanoTime() <= 0) {
                return missed(
                        first, Cause.NO_FRAME, "its camera gave no answer within %d ms".formatted(patience.toMillis()));
            } else {
                await(until);
            }
        }
    }

    private static Capture missed(Capture first, Cause cause, String detail) {
        return new Capture.Missed(first.trigger(), cause, detail, first.isSimulated());
    }

    /** Waits for news; an interrupt stops all cameras, whose last answers are waited for as before. */
    private void await(long until) {
        try {
            long millis = until == Long.MAX_VALUE ? 1_000 : (until - System.nanoTime()) / 1_000_000 + 1;
            TimeUnit.MILLISECONDS.timedWait(lock, Math.clamp(millis, 1, 1_000));
        } catch (InterruptedException e) {
            stop();
        }
    }

    private void stop() {
        if (!stopped) {
            stopped = true;
            cameras.forEach(camera -> camera.thread.interrupt());
        }
    }

    private Capture joined(Trigger trigger, List<Capture> answers) {
        var views = new PartViews();
        for (int i = 0; i < answers.size(); i++) {
            views.answered(cameras.get(i).view, answers.get(i));
        }
        return views.capture(trigger, answers.stream().anyMatch(Capture::isSimulated));
    }

    /** Stops the cameras and waits, within limits, until they are closed; frames that nobody took are closed. */
    @Override
    public void close() {
        boolean interrupted = Thread.interrupted();
        synchronized (lock) {
            stop();
            cameras.forEach(Camera::end);
        }
        long until = System.nanoTime() + STOPPING.toNanos();
        for (Camera camera : cameras) {
            try {
                if (!camera.thread.join(Duration.ofNanos(Math.max(1, until - System.nanoTime())))) {
                    log.warn("the camera of view {} was not closed within {}", camera.view, STOPPING);
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        synchronized (lock) {
            cameras.forEach(Camera::end); // what came meanwhile
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
