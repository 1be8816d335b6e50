package goshawk.appliance.checkup;

import goshawk.camera.CameraState;
import goshawk.camera.Capture;
import goshawk.camera.Cause;
import goshawk.camera.Frame;
import goshawk.camera.FrameSource;
import goshawk.camera.FrameStamp;
import goshawk.camera.Observed;
import goshawk.camera.PictureQuality;
import goshawk.camera.SourceReport;
import goshawk.camera.Trigger;
import goshawk.camera.Views;
import goshawk.camera.quality.QualityMeter;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;

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
    private final SequencedMap<String, Observed> cameras;
    private final List<String> views;
    private final QualityMeter meter = new QualityMeter();
    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    private Figures figures;
    private long lastQualityNanos = System.nanoTime() - BETWEEN_QUALITIES.toNanos();

    /** What was measured since the beginning: everything under the observation's lock. */
    private static final class Figures {

        final long beganNanos = System.nanoTime();
        final long beganCpuNanos = cpuNanos();
        final SequencedMap<String, OfCamera> cameras = new LinkedHashMap<>();
        final SequencedMap<String, OfView> views = new LinkedHashMap<>();
        final Times triggers = new Times();
        final Map<Cause, Long> misses = new EnumMap<>(Cause.class);
        final Map<String, Long> details = new LinkedHashMap<>();
        long ownCpuNanos;
        long images;

        Figures(Map<String, Observed> cameras, List<String> views) {
            cameras.forEach((name, camera) -> this.cameras.put(name, new OfCamera(camera.report())));
            views.forEach(name -> this.views.put(name, new OfView()));
        }
    }

    private static final class OfCamera {

        final SourceReport before;
        final Times arrivals = new Times();
        final Times exposures = new Times();
        private Optional<FrameStamp> newest = Optional.empty();
        private long setNanos;

        OfCamera(SourceReport before) {
            this.before = before;
        }

        /** The camera's clock may be set while it is watched, by PTP; exposures are as it went before. */
        void arrived(FrameStamp stamp) {
            arrivals.add(stamp.arrivedNanos());
            stamp.device().ifPresent(device -> {
                setNanos += newest.map(stamp::setSinceNanos).orElse(0L);
                newest = Optional.of(stamp);
                exposures.add(device.nanos() - setNanos);
            });
        }

        Measured.OfCamera measured(SourceReport after) {
            return new Measured.OfCamera(arrivals.count(), arrivals.intervals(), exposures.intervals(), before, after);
        }
    }

    private static final class OfView {

        final Times delays = new Times();
        final Map<String, Long> details = new LinkedHashMap<>();
        final Map<String, Long> sizes = new LinkedHashMap<>();
        final List<PictureQuality> qualities = new ArrayList<>();
        long missing;

        void seen(Trigger trigger, Frame frame, Optional<PictureQuality> quality) {
            frame.stamp().ifPresent(it -> delays.add(Math.max(0, it.arrivedNanos() - trigger.atNanos())));
            sizes.merge("%d×%d".formatted(frame.width(), frame.height()), 1L, Long::sum);
            quality.ifPresent(qualities::add);
        }

        void missing(String detail) {
            missing++;
            count(details, detail);
        }

        Measured.OfView measured() {
            return new Measured.OfView(missing, most(details), sizes, delays.values(), qualities);
        }
    }

    /**
     * @param source watched from now on; remains its owner's
     * @param views that it gives
     */
    public Observation(FrameSource source, List<String> views) {
        this.source = source;
        this.cameras = source.cameras();
        this.views = List.copyOf(views);
        this.figures = new Figures(cameras, this.views);
        cameras.forEach((name, camera) -> camera.listen(stamp -> arrived(name, stamp)));
    }

    private static long cpuNanos() {
        var process = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return process.getProcessCpuTime();
    }

    private static void count(Map<String, Long> details, String detail) {
        if (details.size() < MOST_DETAILS) {
            details.merge(detail, 1L, Long::sum);
        }
    }

    private static String most(Map<String, Long> details) {
        return details.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey)
                .orElse("");
    }

    /** Forgets what was seen so far. */
    public synchronized void begin() {
        figures = new Figures(cameras, views);
    }

    private synchronized void arrived(String name, FrameStamp stamp) {
        OfCamera camera = Objects.requireNonNull(figures.cameras.get(name));
        camera.arrived(stamp);
    }

    /** Takes captures until the source ends or this thread is interrupted. */
    public void take() {
        try {
            for (Optional<Capture> next = source.next(); next.isPresent(); next = source.next()) {
                try (Views pictures = next.get().views()) {
                    taken(next.get(), pictures.byName(), qualities(pictures.byName()));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // it was long enough
        }
    }

    /** Measures some pictures, and how much of the processor that takes: a line does it too, but only if its recipe says so. */
    private Map<String, PictureQuality> qualities(Map<String, Frame> pictures) {
        long now = System.nanoTime();
        if (pictures.isEmpty() || now - lastQualityNanos < BETWEEN_QUALITIES.toNanos()) {
            return Map.of();
        }
        lastQualityNanos = now;
        long before = threads.getCurrentThreadCpuTime();
        Map<String, PictureQuality> measured = new LinkedHashMap<>();
        pictures.forEach((view, frame) -> measured.put(view, meter.measure(frame)));
        synchronized (this) {
            figures.ownCpuNanos += threads.getCurrentThreadCpuTime() - before;
        }
        return measured;
    }

    private synchronized void taken(
            Capture capture, Map<String, Frame> pictures, Map<String, PictureQuality> qualities) {
        String detail = "";
        switch (capture) {
            case Capture.Image _ -> figures.images++;
            case Capture.Missed missed -> {
                if (missed.cause() == Cause.STOPPED) {
                    return; // by us
                }
                detail = missed.detail();
                figures.misses.merge(missed.cause(), 1L, Long::sum);
                count(figures.details, detail);
            }
        }
        figures.triggers.add(capture.trigger().atNanos());
        for (var view : figures.views.entrySet()) {
            Optional<Frame> whole = Optional.ofNullable(pictures.get(view.getKey()))
                    .filter(it -> it.damage().isEmpty());
            if (whole.isPresent()) {
                view.getValue().seen(capture.trigger(), whole.get(), Optional.ofNullable(qualities.get(view.getKey())));
            } else {
                view.getValue().missing(detail);
            }
        }
    }

    /** What each camera's connection is at, by the camera's name; of those alone that have one. */
    public SequencedMap<String, CameraState> connections() {
        SequencedMap<String, CameraState> connections = new LinkedHashMap<>();
        cameras.forEach((name, camera) -> camera.report().connection().ifPresent(it -> connections.put(name, it)));
        return connections;
    }

    /** What was measured since {@link #begin()}. */
    public synchronized Measured measured() {
        long nanos = System.nanoTime() - figures.beganNanos;
        double cores = (cpuNanos() - figures.beganCpuNanos - figures.ownCpuNanos) / (double) nanos;
        SequencedMap<String, Measured.OfCamera> ofCameras = new LinkedHashMap<>();
        figures.cameras.forEach((name, camera) -> ofCameras.put(
                name, camera.measured(Objects.requireNonNull(cameras.get(name)).report())));
        SequencedMap<String, Measured.OfView> ofViews = new LinkedHashMap<>();
        figures.views.forEach((name, view) -> ofViews.put(name, view.measured()));
        return new Measured(
                Duration.ofNanos(nanos),
                figures.images,
                figures.misses,
                most(figures.details),
                figures.triggers.intervals(),
                cores,
                ofCameras,
                ofViews);
    }
}
