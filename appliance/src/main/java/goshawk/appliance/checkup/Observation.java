package goshawk.appliance.checkup;

import goshawk.camera.CameraState;
import goshawk.camera.Capture;
import goshawk.camera.Cause;
import goshawk.camera.Frame;
import goshawk.camera.FrameSource;
import goshawk.camera.FrameStamp;
import goshawk.camera.PictureQuality;
import goshawk.camera.SourceReport;
import goshawk.camera.quality.QualityMeter;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Takes a source's captures as a line does, and measures. What came before {@link #begin()} is forgotten: a camera has to connect
 * first, and the runtime to compile.
 *
 * <p>One thread takes ({@link #take}); the camera's threads tell of arrivals; a third begins and asks.
 */
public final class Observation {

    /** As many pictures a second are enough to tell how they are. */
    private static final Duration BETWEEN_QUALITIES = Duration.ofMillis(200);

    private static final int MOST_DETAILS = 100;

    private final FrameSource source;
    private final QualityMeter meter = new QualityMeter();
    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    private Figures figures = new Figures(SourceReport.NONE);
    private long lastQualityNanos = System.nanoTime() - BETWEEN_QUALITIES.toNanos();

    /** What was measured since the beginning: everything under this object's lock. */
    private static final class Figures {

        final SourceReport before;
        final long beganNanos = System.nanoTime();
        final long beganCpuNanos = cpuNanos();
        final Times arrivals = new Times();
        final Times exposures = new Times();
        final Times triggers = new Times();
        final Times delays = new Times();
        final Map<Cause, Long> misses = new EnumMap<>(Cause.class);
        final Map<String, Long> details = new LinkedHashMap<>();
        final Map<String, Long> sizes = new LinkedHashMap<>();
        final List<PictureQuality> qualities = new ArrayList<>();
        long ownCpuNanos;
        long images;

        Figures(SourceReport before) {
            this.before = before;
        }
    }

    /** @param source watched from now on; remains its owner's */
    public Observation(FrameSource source) {
        this.source = source;
        source.listen(this::arrived);
    }

    private static long cpuNanos() {
        var process = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return process.getProcessCpuTime();
    }

    /** Forgets what was seen so far. */
    public synchronized void begin() {
        figures = new Figures(source.report());
    }

    private synchronized void arrived(FrameStamp stamp) {
        figures.arrivals.add(stamp.arrivedNanos());
        stamp.device().ifPresent(it -> figures.exposures.add(it.nanos()));
    }

    /** Takes captures until the source ends or this thread is interrupted. */
    public void take() {
        try {
            for (Optional<Capture> next = source.next(); next.isPresent(); next = source.next()) {
                switch (next.get()) {
                    case Capture.Image image -> {
                        try (Frame frame = image.frame()) {
                            seen(image, frame, quality(frame));
                        }
                    }
                    case Capture.Missed missed -> {
                        missed.discard();
                        missed(missed);
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // it was long enough
        }
    }

    /** Measures some pictures, and how much of the processor that takes: a line does it too, but only if its recipe says so. */
    private Optional<PictureQuality> quality(Frame frame) {
        long now = System.nanoTime();
        if (now - lastQualityNanos < BETWEEN_QUALITIES.toNanos()) {
            return Optional.empty();
        }
        lastQualityNanos = now;
        long before = threads.getCurrentThreadCpuTime();
        PictureQuality quality = meter.measure(frame);
        synchronized (this) {
            figures.ownCpuNanos += threads.getCurrentThreadCpuTime() - before;
        }
        return Optional.of(quality);
    }

    private synchronized void seen(Capture.Image image, Frame frame, Optional<PictureQuality> quality) {
        figures.images++;
        figures.triggers.add(image.trigger().atNanos());
        frame.stamp()
                .ifPresent(it -> figures.delays.add(
                        Math.max(0, it.arrivedNanos() - image.trigger().atNanos())));
        figures.sizes.merge("%d×%d".formatted(frame.width(), frame.height()), 1L, Long::sum);
        quality.ifPresent(figures.qualities::add);
    }

    private synchronized void missed(Capture.Missed missed) {
        if (missed.cause() == Cause.STOPPED) {
            return; // by us
        }
        figures.triggers.add(missed.trigger().atNanos());
        figures.misses.merge(missed.cause(), 1L, Long::sum);
        if (figures.details.size() < MOST_DETAILS) {
            figures.details.merge(missed.detail(), 1L, Long::sum);
        }
    }

    /** What the camera's connection is at; empty of a source that has none. */
    public Optional<CameraState.Condition> condition() {
        return source.report().connection().map(CameraState::condition);
    }

    /** Why there are no pictures; empty while there are, or may be soon. */
    public String fault() {
        return source.report().connection().map(CameraState::detail).orElse("");
    }

    /** What was measured since {@link #begin()}. */
    public synchronized Measured measured() {
        long nanos = System.nanoTime() - figures.beganNanos;
        double cores = (cpuNanos() - figures.beganCpuNanos - figures.ownCpuNanos) / (double) nanos;
        return new Measured(
                Duration.ofNanos(nanos),
                figures.images,
                figures.misses,
                figures.details.entrySet().stream()
                        .max(Map.Entry.comparingByValue())
                        .map(Map.Entry::getKey)
                        .orElse(""),
                figures.sizes,
                figures.arrivals.count(),
                figures.arrivals.intervals(),
                figures.exposures.intervals(),
                figures.triggers.intervals(),
                figures.delays.values(),
                cores,
                figures.qualities,
                figures.before,
                source.report());
    }
}
