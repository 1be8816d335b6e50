package goshawk.camera;

import goshawk.camera.aravis.GenicamCameras;
import goshawk.camera.aravis.GenicamSettings;
import goshawk.camera.aravis.StreamCounters;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * One camera that takes a picture of each part under one light after the other. Either something else flashes the lights, in their order
 * and once for each trigger; or each light is switched by features of the camera, and the camera is triggered for each. Which picture is
 * which light's is told by {@link LightSequence}.
 *
 * <p>A part must be over before the next comes: a trigger that comes while lights still flash is a miss. Has no end; an interrupt stops it.
 */
public final class LightsFrameSource implements FrameSource {

    private final String name;
    private final List<StationLight> lights;
    private final FramePool pool;
    private final TriggerSource triggers;
    private final Duration within;
    private final Switch lamps;
    private final CameraLink link;
    private final LightSequence sequence;
    private final boolean isSwitched;
    private final Pace pace;
    private final PartNames names = PartNames.ofRun(InstantSource.system().instant());
    private final Object lock = new Object();
    private Supplier<Optional<StreamCounters>> stream = Optional::empty; // set before the first trigger
    private final Deque<Announced> announced = new ArrayDeque<>(); // under the lock, as what follows and the sequence
    private boolean isWaiting;
    private boolean stopped;
    private long index;

    /** Switches lights, and fires the camera. */
    interface Switch {

        /** @throws CameraException when the camera cannot be set */
        void to(StationLight light);

        /** Makes the camera expose, where that is ours to do. */
        void fire();
    }

    /** @param problem why there is no picture, as is known at once; empty otherwise */
    private record Announced(Trigger trigger, Optional<Capture.Missed> problem) {}

    /**
     * @param lights two or more, in the order in which they flash; each switched by its features, or none
     * @param within as long after its trigger each light's picture is waited for
     */
    LightsFrameSource(
            String name,
            PictureStream.Opener camera,
            List<StationLight> lights,
            Switch lamps,
            FramePool pool,
            LiveFrameSource.Limits limits,
            TriggerSource triggers,
            Duration within) {
        this.name = name;
        this.lights = List.copyOf(lights);
        this.lamps = lamps;
        this.pool = pool;
        this.triggers = triggers;
        this.within = within;
        this.isSwitched = lights.stream().noneMatch(light -> light.features().isEmpty());
        this.sequence = new LightSequence(isSwitched ? 1 : lights.size());
        this.link = new CameraLink(name, camera, limits.patience(), new Pictures());
        this.pace = new Pace(triggers instanceof TriggerSource.Paced(var period) ? period : Duration.ZERO);
    }

    /**
     * A GigE Vision or USB3 Vision camera that exposes at its trigger.
     *
     * @param settings with {@code TriggerMode: On}; with {@code TriggerSource: Software} where lights are switched by features
     * @param triggers the line's pace, or signals from outside
     * @throws CameraException when Aravis is not installed, or the camera is set so that its lights cannot be told
     */
    public static LightsFrameSource genicam(
            GenicamSettings settings,
            List<StationLight> lights,
            FramePool pool,
            LiveFrameSource.Limits limits,
            TriggerSource triggers,
            Duration within) {
        GenicamCameras.requireLibrary();
        var shutter = new GenicamShutter(settings);
        var lamps = new Switch() {
            @Override
            public void to(StationLight light) {
                shutter.apply(light.features());
            }

            @Override
            public void fire() {
                if (settings.isSoftwareTriggered()) {
                    shutter.run();
                }
            }
        };
        var source = new LightsFrameSource(
                "camera " + settings.camera(), shutter, lights, lamps, pool, limits.withoutStall(), triggers, within);
        source.stream = () -> Optional.of(shutter.counters());
        return source.start();
    }

    LightsFrameSource start() {
        if (triggers instanceof Signals signals) {
            signals.listen(new Announcer());
        }
        link.start();
        return this;
    }

    /** The camera's connection. For any thread. */
    public CameraState state() {
        return link.state();
    }

    @Override
    public SourceReport report() {
        return new SourceReport(
                Optional.of(state()),
                Optional.empty(),
                triggers instanceof Signals signals ? Optional.of(signals.counts()) : Optional.empty(),
                stream.get(),
                Optional.empty());
    }

    @Override
    public Optional<Capture> next() throws InterruptedException {
        try {
            return Optional.of(triggers instanceof TriggerSource.Paced ? paced() : signalled());
        } catch (InterruptedException e) {
            if (triggers instanceof Signals signals) {
                signals.stop();
            }
            synchronized (lock) {
                stopped = true;
                Announced left = announced.poll();
                if (left == null) {
                    throw e;
                }
                Thread.currentThread().interrupt();
                return Optional.of(miss(left.trigger(), Cause.STOPPED, "the line was stopped"));
            }
        }
    }

    private Capture paced() throws InterruptedException {
        long atNanos = pace.await();
        synchronized (lock) {
            return taken(trigger(Optional.empty(), atNanos));
        }
    }

    private Capture signalled() throws InterruptedException {
        synchronized (lock) {
            if (stopped) {
                throw new InterruptedException("the camera was stopped");
            }
            isWaiting = true;
            try {
                while (announced.isEmpty()) {
                    lock.wait();
                }
            } finally {
                isWaiting = false;
            }
            Announced next = announced.remove();
            return next.problem().isPresent() ? next.problem().get() : taken(next.trigger());
        }
    }

    /** Flashes and takes, under the lock, which is let go of while pictures are waited for. */
    private Capture taken(Trigger trigger) throws InterruptedException {
        SequencedMap<String, Frame> frames = new LinkedHashMap<>();
        try {
            SequencedMap<String, String> why = isSwitched ? oneByOne(frames) : allAtOnce(trigger, frames);
            return gathered(frames, why).capture(trigger, false);
        } catch (InterruptedException e) {
            frames.values().forEach(Frame::close);
            sequence.close();
            announced.addFirst(new Announced(trigger, Optional.empty())); // it is handed out as a miss
            throw e;
        }
    }

    /** @param why there is no whole picture, of those lights of which there is none */
    private PartViews gathered(SequencedMap<String, Frame> frames, Map<String, String> why) {
        var views = new PartViews();
        Cause other = link.fault().isEmpty() ? Cause.NO_FRAME : Cause.CAMERA;
        for (StationLight light : lights) {
            String view = light.view();
            Frame frame = frames.get(view);
            if (frame == null) {
                views.missing(view, other, why.getOrDefault(view, "its picture cannot be told from another's"));
            } else {
                views.taken(view, frame);
            }
        }
        return views;
    }

    private SequencedMap<String, String> allAtOnce(Trigger trigger, SequencedMap<String, Frame> frames)
            throws InterruptedException {
        if (triggers instanceof TriggerSource.Paced) { // otherwise it was opened at the signal
            sequence.open(trigger.atNanos());
        }
        lamps.fire();
        LightSequence.Result result = awaited(trigger.atNanos() + within.toNanos());
        result.frames().forEach((place, frame) -> frames.put(lights.get(place).view(), frame));
        SequencedMap<String, String> why = new LinkedHashMap<>();
        lights.forEach(light -> why.put(light.view(), result.why()));
        return why;
    }

    private SequencedMap<String, String> oneByOne(SequencedMap<String, Frame> frames) throws InterruptedException {
        SequencedMap<String, String> why = new LinkedHashMap<>();
        for (StationLight light : lights) {
            if (!why.isEmpty()) {
                // This light would meet the late picture of the one before.
                why.put(light.view(), "not lit, for the picture before it was not whole");
                continue;
            }
            long now = System.nanoTime();
            try {
                lamps.to(light);
            } catch (CameraException e) {
                why.put(light.view(), "its light was not switched on: " + e.getMessage());
                continue;
            }
            sequence.open(System.nanoTime());
            lamps.fire();
            LightSequence.Result result = awaited(now + within.toNanos());
            result.frames().values().forEach(frame -> frames.put(light.view(), frame));
            if (!result.why().isEmpty()) {
                why.put(light.view(), result.why());
            }
        }
        return why;
    }

    private LightSequence.Result awaited(long until) throws InterruptedException {
        while (!sequence.isSettled() && until - System.nanoTime() > 0) {
            TimeUnit.NANOSECONDS.timedWait(lock, Math.max(1_000_000, until - System.nanoTime()));
        }
        String fault = link.fault();
        return sequence.close(
                fault.isEmpty() ? "no picture within %d ms of %s".formatted(within.toMillis(), name) : fault);
    }

    private static Capture.Missed miss(Trigger trigger, Cause cause, String detail) {
        return new Capture.Missed(trigger, cause, detail, false);
    }

    private Trigger trigger(Optional<String> part, long atNanos) {
        index++;
        return new Trigger(
                index,
                part.orElseGet(() -> names.name(index)),
                InstantSource.system().instant(),
                atNanos);
    }

    @Override
    public void close() {
        if (triggers instanceof Signals signals) {
            signals.stop();
        }
        link.close();
        synchronized (lock) {
            stopped = true;
            sequence.close();
        }
    }

    /** Signals from outside become triggers. */
    private final class Announcer implements Signals.Listener {

        @Override
        public void signalled(Signals.Signal signal) {
            synchronized (lock) {
                Trigger trigger = trigger(signal.part(), signal.atNanos());
                // Nobody has looked out for pictures since it came.
                Optional<Capture.Missed> problem = isWaiting && announced.isEmpty()
                        ? Optional.empty()
                        : Optional.of(miss(
                                trigger,
                                Cause.OVERRUN,
                                "it came while the part before was still being lit, or while the line was full"));
                announced.add(new Announced(trigger, problem));
                if (problem.isEmpty() && !isSwitched) {
                    sequence.open(
                            trigger.atNanos()); // now: the first picture may be there before the line has woken up
                }
                lock.notifyAll();
            }
        }

        @Override
        public void missed(Signals.Signal signal) {
            synchronized (lock) {
                Trigger trigger = trigger(Optional.empty(), signal.atNanos());
                String detail = "trigger number %d did not reach the station"
                        .formatted(signal.number().orElseThrow());
                announced.add(new Announced(trigger, Optional.of(miss(trigger, Cause.NO_FRAME, detail))));
                lock.notifyAll();
            }
        }
    }

    /** What comes from the camera, on its threads. */
    private final class Pictures implements CameraLink.Listener {

        private final Stamp stamp = new Stamp(); // of the picture at hand

        @Override
        public void connected() {
            synchronized (lock) {
                sequence.connected();
            }
        }

        @Override
        public void picture(PictureStream stream, long arrivedNanos) {
            stamp.arrived(arrivedNanos);
            stream.tell(stamp);
            synchronized (lock) {
                if (!sequence.place(stamp)) {
                    return;
                }
            }
            Optional<Frame> frame = Optional.empty();
            String failure = "";
            try {
                frame = stream.copy(pool);
                frame.ifPresent(it -> it.stamp(stamp));
                failure = frame.isEmpty()
                        ? "every frame was in use"
                        : frame.get().damage().orElse("");
            } catch (RuntimeException e) {
                failure = String.valueOf(e.getMessage());
            } catch (Error e) { // the connection is given up; the part must not wait for it
                give(Optional.empty(), e.toString());
                throw e;
            }
            give(frame, failure);
        }

        private void give(Optional<Frame> frame, String failure) {
            synchronized (lock) {
                sequence.give(stamp, frame, failure);
                lock.notifyAll();
            }
        }
    }
}
