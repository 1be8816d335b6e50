package goshawk.camera;

import goshawk.camera.aravis.GenicamCameras;
import goshawk.camera.aravis.GenicamSettings;
import goshawk.camera.aravis.StreamCounters;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A camera that is connected all the time: RTSP, V4L2, GenICam. What makes a trigger is its {@link TriggerSource}'s business,
 * which picture belongs to which trigger its {@link Matching}'s, and that the camera is connected its {@link CameraLink}'s,
 * whose threads read it. Pictures that belong to no trigger are dropped, so that an answer is never about a part of a while
 * ago; a trigger without a picture in time ends as a miss, whatever the camera's thread hangs in.
 *
 * <p>Has no end; {@link #close()} or an interrupt stops it. After an interrupt {@link #next()} hands out what was triggered
 * before as misses, and throws when there is no more.
 */
public final class LiveFrameSource implements FrameSource {

    private final String name;
    private final FramePool pool;
    private final TriggerSource triggers;
    private final Optional<SharedTriggers> others;
    private final Follower follower = new Follower();
    private final ExecutorService shots = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("camera shutter").daemon().factory()); // its thread starts with the first shot
    private final TriggerMatcher matcher;
    private final CameraLink link;
    private final Pace pace;
    private final Optional<PartDetection.Detector> detector;
    private final PartNames names = PartNames.ofRun(InstantSource.system().instant());
    private final Object lock = new Object();
    private volatile String unread = "";
    private Optional<Runnable> shutter = Optional.empty(); // set before the first trigger
    private Supplier<Optional<StreamCounters>> stream = Optional::empty; // set before the first trigger
    private volatile Optional<Consumer<FrameStamp>> arrivals = Optional.empty();
    private long index; // this, the matcher and what follows: under the lock
    private boolean stopped;

    /**
     * @param period from trigger to trigger; zero triggers whenever the line asks
     * @param picture how long a trigger waits for its picture
     * @param firstRetry wait before a lost camera is connected again; doubles with each try
     * @param lastRetry longest wait
     * @param silence when a connection without pictures is given up
     */
    public record Limits(Duration period, Duration picture, Duration firstRetry, Duration lastRetry, Silence silence) {

        /** With {@link Silence#USUAL}. */
        public Limits(Duration period, Duration picture, Duration firstRetry, Duration lastRetry) {
            this(period, picture, firstRetry, lastRetry, Silence.USUAL);
        }

        /** A picture within 2 s; connecting again after 0.5 s and at least every 2 s, so that it is back in 5 s. */
        public static Limits every(Duration period) {
            return new Limits(period, Duration.ofSeconds(2), Duration.ofMillis(500), Duration.ofSeconds(2));
        }

        /** For a camera that is silent until it is triggered, and whose connection is watched otherwise. */
        Limits withoutStall() {
            return new Limits(period, picture, firstRetry, lastRetry, new Silence.Waiting());
        }

        Patience patience() {
            return new Patience(silence, firstRetry, lastRetry);
        }
    }

    /**
     * What became of triggers and pictures since the start.
     *
     * @param triggers that were announced
     * @param strays pictures that belonged to no trigger
     * @param ambiguous triggers whose picture could not be told from another one's
     */
    public record Counts(long triggers, long strays, long ambiguous) {

        /** With what another camera made of the same triggers. */
        Counts with(Counts other) {
            return new Counts(triggers, strays + other.strays, ambiguous + other.ambiguous);
        }
    }

    LiveFrameSource(
            String name,
            PictureStream.Opener camera,
            FramePool pool,
            Limits limits,
            TriggerSource triggers,
            Matching matching) {
        this.name = name;
        this.pool = pool;
        this.triggers = triggers instanceof TriggerSource.Leading(var own, var _) ? own : triggers;
        this.others =
                triggers instanceof TriggerSource.Leading(var _, var shared) ? Optional.of(shared) : Optional.empty();
        this.matcher = new TriggerMatcher(matching);
        this.link = new CameraLink(name, camera, limits.patience(), new Pictures());
        this.pace = new Pace(this.triggers instanceof TriggerSource.Paced(var period) ? period : Duration.ZERO);
        this.detector = this.triggers instanceof PartDetection detection
                ? Optional.of(detection.new Detector())
                : Optional.empty();
    }

    /**
     * A network camera, H.264 or H.265. Whether it answers shows with the first trigger.
     *
     * @param address {@code rtsp://…}; user and password in it appear in no message
     */
    public static LiveFrameSource rtsp(
            String address,
            Optional<Credentials> credentials,
            FramePool pool,
            Limits limits,
            TriggerSource triggers,
            Matching matching) {
        String shown = withoutPassword(address);
        if (!address.startsWith("rtsp://") && !address.startsWith("rtsps://")) {
            throw new CameraException("a network camera's address begins with rtsp://, got " + shown
                    + "; correct the station's camera setting");
        }
        if (credentials.isPresent() && !shown.equals(address)) {
            throw new CameraException(
                    "camera " + shown + " has a password in its address and one in a file; take it out of the address");
        }
        String secret = credentials.map(it -> it.in(address)).orElse(address);
        Map<String, String> options = new HashMap<>();
        options.put("rtsp_transport", "tcp");
        options.put(
                "timeout",
                Long.toString(
                        TimeUnit.MILLISECONDS.toMicros(Silence.USUAL.opening().toMillis())));
        options.put("fflags", "nobuffer");
        options.put("analyzeduration", "1000000");
        String name = "camera " + shown;
        FfmpegPictureStream.load();
        return new LiveFrameSource(
                        name,
                        () -> FfmpegPictureStream.open(name, secret, "rtsp", options, FfmpegPictureStream.Kind.LIVE),
                        pool,
                        limits,
                        triggers,
                        matching)
                .start();
    }

    /**
     * A camera of this machine.
     *
     * @param device for example {@code /dev/video0}
     * @param options FFmpeg's for V4L2, such as {@code video_size} and {@code framerate}
     * @throws CameraException when there is no such device
     */
    public static LiveFrameSource v4l2(
            Path device,
            Map<String, String> options,
            FramePool pool,
            Limits limits,
            TriggerSource triggers,
            Matching matching) {
        if (!Files.exists(device)) {
            throw new CameraException("there is no camera at " + device + "; connect it, or list them: ls /dev/video*");
        }
        String name = "camera " + device;
        FfmpegPictureStream.loadDevices();
        return new LiveFrameSource(
                        name,
                        () -> FfmpegPictureStream.open(
                                name, device.toString(), "v4l2", options, FfmpegPictureStream.Kind.LIVE),
                        pool,
                        limits,
                        triggers,
                        matching)
                .start();
    }

    /**
     * A GigE Vision or USB3 Vision camera. Whether it is there shows with the first trigger. A picture that comes incomplete
     * is a miss, with what came of it as evidence. Where its features say {@code TriggerSource: Software}, each trigger makes it expose.
     *
     * @throws CameraException when Aravis is not installed
     */
    public static LiveFrameSource genicam(
            GenicamSettings settings, FramePool pool, Limits limits, TriggerSource triggers, Matching matching) {
        GenicamCameras.requireLibrary();
        var shutter = new GenicamShutter(settings);
        var source = new LiveFrameSource(
                "camera " + settings.camera(),
                shutter,
                pool,
                settings.isTriggered() ? limits.withoutStall() : limits,
                triggers,
                matching);
        source.shutter = settings.isSoftwareTriggered() ? Optional.of(shutter) : Optional.empty();
        source.stream = () -> Optional.of(shutter.counters());
        return source.start();
    }

    /** Connects, and from here on is triggered. */
    LiveFrameSource start() {
        if (triggers instanceof Signals signals) {
            signals.listen(new Announcer());
        }
        if (triggers instanceof SharedTriggers shared) {
            shared.listen(follower);
        }
        link.start();
        return this;
    }

    static String withoutPassword(String address) {
        return address.replaceFirst("//[^/@]*@", "//***@");
    }

    /** The camera's connection; of one that stands, the detail is why its newest picture could not be read. For any thread. */
    public CameraState state() {
        CameraState state = link.state();
        return state.detail().isEmpty() ? state.withDetail(unread) : state;
    }

    /** For any thread. */
    public Counts counts() {
        synchronized (lock) {
            return new Counts(index, matcher.strays(), matcher.ambiguous());
        }
    }

    @Override
    public SourceReport report() {
        return new SourceReport(
                Optional.of(state()),
                Optional.of(counts()),
                triggers instanceof Signals signals ? Optional.of(signals.counts()) : Optional.empty(),
                stream.get(),
                Optional.empty());
    }

    @Override
    public void listen(Consumer<FrameStamp> to) {
        arrivals = Optional.of(to);
    }

    @Override
    public Optional<Capture> next() throws InterruptedException {
        try {
            if (triggers instanceof TriggerSource.Paced && !stopped) {
                long atNanos = pace.await();
                synchronized (lock) {
                    announce(trigger(Optional.empty(), atNanos), OptionalLong.empty());
                }
                shutter.ifPresent(Runnable::run);
            }
            synchronized (lock) {
                while (!stopped) {
                    Optional<Capture> next = settled();
                    if (next.isPresent()) {
                        return next;
                    }
                    long nanos = matcher.leftNanos(System.nanoTime());
                    lock.wait(Math.clamp(TimeUnit.NANOSECONDS.toMillis(nanos), 1, 1_000));
                }
            }
        } catch (InterruptedException e) {
            stop();
        }
        return remaining();
    }

    private void announce(Trigger trigger, OptionalLong number) {
        matcher.announce(trigger, number);
        others.ifPresent(it -> it.announce(trigger, number));
    }

    private void announceMissed(Trigger trigger, OptionalLong number, String detail) {
        matcher.announceMissed(trigger, number, Cause.NO_FRAME, detail);
        others.ifPresent(it -> it.announceMissed(trigger, number, Cause.NO_FRAME, detail));
    }

    private Optional<Capture> settled() {
        String fault = link.fault();
        matcher.pass(System.nanoTime(), name, fault.isEmpty() ? unread : fault);
        return matcher.next();
    }

    private void stop() {
        stopListening();
        synchronized (lock) {
            stopped = true;
            matcher.stop();
        }
    }

    private void stopListening() {
        if (triggers instanceof Signals signals) {
            signals.stop();
        }
        if (triggers instanceof SharedTriggers shared) {
            shared.stop(follower);
        }
    }

    /** What was triggered before the stop; the thread stays interrupted, so that whoever runs it sees it, too. */
    private Optional<Capture> remaining() throws InterruptedException {
        synchronized (lock) {
            Optional<Capture> next = matcher.next();
            if (next.isEmpty()) {
                throw new InterruptedException("the camera was stopped");
            }
            Thread.currentThread().interrupt();
            return next;
        }
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
        stopListening();
        shots.shutdownNow();
        link.close();
        synchronized (lock) {
            stopped = true;
            matcher.close();
            lock.notifyAll();
        }
    }

    /** Signals from outside become triggers. */
    private final class Announcer implements Signals.Listener {

        @Override
        public void signalled(Signals.Signal signal) {
            synchronized (lock) {
                announce(trigger(signal.part(), signal.atNanos()), signal.number());
                lock.notifyAll();
            }
            shutter.ifPresent(Runnable::run);
        }

        @Override
        public void missed(Signals.Signal signal) {
            synchronized (lock) {
                announceMissed(
                        trigger(Optional.empty(), signal.atNanos()),
                        signal.number(),
                        "trigger number %d did not reach the station"
                                .formatted(signal.number().orElseThrow()));
                lock.notifyAll();
            }
        }
    }

    /** Another camera's triggers are this one's. */
    private final class Follower implements SharedTriggers.Listener {

        @Override
        public void announced(Trigger trigger, OptionalLong number) {
            synchronized (lock) {
                if (stopped) {
                    return;
                }
                index++;
                matcher.announce(trigger, number);
                lock.notifyAll();
            }
            // On a thread of its own: a camera that does not answer must not hold up the first one's trigger.
            shutter.ifPresent(shots::execute);
        }

        @Override
        public void missed(Trigger trigger, OptionalLong number, Cause cause, String detail) {
            synchronized (lock) {
                index++;
                matcher.announceMissed(trigger, number, cause, detail);
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
                matcher.connected();
            }
            detector.ifPresent(PartDetection.Detector::reconnected);
        }

        @Override
        public void picture(PictureStream stream, long arrivedNanos) {
            stamp.arrived(arrivedNanos);
            stream.tell(stamp);
            if (arrivals.isPresent()) {
                arrivals.get().accept(stamp.kept());
            }
            switch (triggers) {
                case TriggerSource.CameraLine _ -> announce(stream);
                case PartDetection _ -> detect(stream);
                case TriggerSource.Paced _, TriggerSource.Leading _, SharedTriggers _, Signals _ -> match(stream);
            }
        }

        /** The picture is a trigger, and so is each that the camera counted since the last. */
        private void announce(PictureStream stream) {
            Trigger trigger;
            synchronized (lock) {
                long lost = matcher.count(stamp);
                if (lost < 0) {
                    matcher.stray();
                    return;
                }
                for (long i = 0; i < Math.min(lost, Signals.MOST_MISSED); i++) {
                    announceMissed(
                            trigger(Optional.empty(), stamp.arrivedNanos()),
                            OptionalLong.empty(),
                            "a picture of %s was lost on the way".formatted(name));
                }
                trigger = trigger(Optional.empty(), stamp.arrivedNanos());
                matcher.announce(trigger, stamp);
                tellOthers(trigger);
            }
            give(trigger, stream);
        }

        private void detect(PictureStream stream) {
            Optional<Frame> frame = copiedIfReadable(stream);
            boolean isPart = false;
            try {
                isPart = frame.isPresent()
                        && frame.get().damage().isEmpty()
                        && detector.orElseThrow().sees(frame.get());
            } finally {
                if (!isPart) {
                    frame.ifPresent(Frame::close);
                }
            }
            synchronized (lock) {
                if (!isPart) {
                    matcher.stray();
                    return;
                }
                Trigger trigger = trigger(Optional.empty(), stamp.arrivedNanos());
                matcher.announce(trigger, stamp);
                matcher.give(trigger, frame);
                tellOthers(trigger);
                lock.notifyAll();
            }
        }

        private void tellOthers(Trigger trigger) {
            others.ifPresent(it -> it.announce(trigger, OptionalLong.empty()));
        }

        private void match(PictureStream stream) {
            TriggerMatcher.Place place;
            synchronized (lock) {
                place = matcher.place(stamp);
            }
            switch (place) {
                case TriggerMatcher.Place.Of(var trigger) -> give(trigger, stream);
                case TriggerMatcher.Place.Early() -> hold(copiedIfReadable(stream));
                case TriggerMatcher.Place.Nobody() -> {}
            }
        }

        private void hold(Optional<Frame> frame) {
            if (frame.isPresent()) {
                synchronized (lock) {
                    matcher.hold(stamp, frame.get());
                    lock.notifyAll();
                }
            }
        }

        private void give(Trigger trigger, PictureStream stream) {
            Optional<Frame> frame;
            try {
                frame = copied(stream);
            } catch (RuntimeException e) {
                fail(trigger, String.valueOf(e.getMessage()));
                return;
            } catch (Error e) { // the connection is given up; the part must not wait for it
                fail(trigger, e.toString());
                throw e;
            }
            synchronized (lock) {
                matcher.give(trigger, frame);
                lock.notifyAll();
            }
        }

        private void fail(Trigger trigger, String why) {
            synchronized (lock) {
                matcher.fail(trigger, why);
                lock.notifyAll();
            }
        }

        /** A picture that nobody waits for yet and that cannot be read is no reason to give up the connection. */
        private Optional<Frame> copiedIfReadable(PictureStream stream) {
            try {
                return copied(stream);
            } catch (CameraException e) {
                return Optional.empty();
            }
        }

        private Optional<Frame> copied(PictureStream stream) {
            try {
                Optional<Frame> frame = stream.copy(pool);
                if (frame.isPresent()) {
                    frame.get().stamp(stamp);
                }
                unread = frame.flatMap(Frame::damage).orElse("");
                return frame;
            } catch (CameraException e) {
                unread = String.valueOf(e.getMessage());
                throw e;
            }
        }
    }
}
