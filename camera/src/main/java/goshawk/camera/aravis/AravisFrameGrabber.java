package goshawk.camera.aravis;

import goshawk.camera.CameraException;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.javacv.Frame;
import org.bytedeco.javacv.FrameGrabber;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a GenICam camera's pictures as JavaCV takes any other's. A picture has 8 bits, one channel for grey or three for
 * RGB, and lies in the camera's own buffer where its format allows: valid until the next {@link #advance()}.
 *
 * <p>Used by one thread, apart from {@link #trigger()} and {@link #apply}. Its methods throw {@link CameraException}, never JavaCV's own.
 */
public final class AravisFrameGrabber extends FrameGrabber {

    private static final Logger log = LoggerFactory.getLogger(AravisFrameGrabber.class);
    /** After so long without a picture the camera is asked whether it is there; a trigger may be hours away. */
    private static final long SILENCE_MICROS = 500_000;

    /** A camera that is there answers within a few milliseconds; its library asks again and again, for seconds. */
    private static final long ANSWER_NANOS = 300_000_000;

    /** What was said of links, so that a camera that comes and goes does not fill the log with it. */
    private static final Set<String> TOLD = ConcurrentHashMap.newKeySet();

    private final GenicamSettings settings;
    private final PictureConverter converter;
    private volatile Optional<Connection> connection = Optional.empty();
    private Arrival current = Arrival.NONE;
    private long overtaken;
    /** It did not answer, so far: when it did not at all, nobody waits for it to answer once more. */
    private volatile boolean isLost;

    private volatile long askedNanos;

    /** @param isFreeRunning false when each picture answers a trigger of the camera's, so that none may be left out */
    private record Connection(AravisCamera camera, AravisStream stream, boolean isFreeRunning) {}

    public AravisFrameGrabber(GenicamSettings settings) {
        this.settings = settings;
        this.converter = new PictureConverter("camera " + settings.camera());
    }

    /**
     * Takes control of the camera, sets its features, and lets its pictures come.
     *
     * @throws CameraException when it is not there, is somebody else's, or cannot do what was asked
     */
    @Override
    public void start() {
        release();
        AravisCamera camera = AravisCamera.control(settings.camera());
        try {
            stopAcquisition(camera);
            camera.apply(settings.features());
            var _ = camera.pixelFormat();
            AravisStream stream = camera.stream();
            boolean isFreeRunning = !camera.value("TriggerMode").equals(Optional.of("On"));
            connection = Optional.of(new Connection(camera, stream, isFreeRunning));
            LinkCheck.of(camera).advice().stream()
                    .map(line -> camera.name() + ": " + line)
                    .filter(TOLD::add)
                    .forEach(log::info);
            camera.startAcquisition();
        } catch (CameraException e) {
            connection.map(Connection::stream).ifPresent(AravisStream::close);
            connection = Optional.empty();
            camera.close();
            throw e;
        }
    }

    /**
     * Waits for the next picture, however long it takes, and lets go of the one before. A picture that came before the
     * newest is passed over, unless each answers a trigger.
     *
     * @return false when this thread was interrupted
     * @throws CameraException when the camera is lost; this grabber is to be released then
     */
    public boolean advance() {
        Connection to = connected();
        while (!Thread.currentThread().isInterrupted()) {
            current = to.stream().next(SILENCE_MICROS);
            while (to.isFreeRunning()
                    && current instanceof Arrival.Picture
                    && to.stream().hasMore()) {
                overtaken++;
                current = to.stream().next(0);
            }
            switch (current) {
                case Arrival.None _ -> requireAlive(to.camera());
                case Arrival.Repeated _ -> {}
                case Arrival.Picture _, Arrival.Torn _ -> {
                    return true;
                }
            }
        }
        return false;
    }

    /**
     * The picture that {@link #advance()} came to; of an incomplete one what came, black where nothing did.
     *
     * @throws CameraException when it cannot be read, or nothing is known of an incomplete one; the next one may be sound
     */
    public Frame frame() {
        return switch (current) {
            case Arrival.Picture(var pixels) -> {
                Frame frame = converter.convert(pixels);
                frame.timestamp = deviceNanos() / 1_000;
                yield frame;
            }
            case Arrival.Torn(var why, var seen) -> converter.convert(seen.orElseThrow(() -> new CameraException(why)));
            case Arrival.None _, Arrival.Repeated _ -> throw new IllegalStateException("no picture was waited for");
        };
    }

    /** Whether the two below are known of the picture that {@link #advance()} came to: not of an incomplete one before all others. */
    public boolean isStamped() {
        return connected().stream().isStamped();
    }

    /** The picture's number by the camera, extended to 64 bits. */
    public long frameId() {
        return connected().stream().frameId();
    }

    /** The camera's clock at the picture's exposure, in nanoseconds. */
    public long deviceNanos() {
        return connected().stream().deviceNanos();
    }

    /** Why the picture that {@link #advance()} came to is incomplete; empty of a whole one. */
    public Optional<String> damage() {
        return current instanceof Arrival.Torn torn ? Optional.of(torn.why()) : Optional.empty();
    }

    /** As JavaCV has it: waits for a whole picture and answers with it; incomplete ones are only counted. */
    @Override
    public Frame grab() {
        while (advance()) {
            if (damage().isEmpty()) {
                return frame();
            }
        }
        throw new CameraException("interrupted while waiting for a picture of camera " + settings.camera());
    }

    /** Fires the camera's software trigger. For any thread. */
    @Override
    public void trigger() {
        connected().camera().trigger();
    }

    /** Sets features while pictures are taken, each read back. For any thread. */
    public void apply(SequencedMap<String, String> features) {
        connected().camera().apply(features);
    }

    /** Since {@link #start()}. */
    public StreamCounters counters() {
        Optional<Connection> now = connection;
        return now.isPresent() ? now.get().stream().counters(overtaken) : StreamCounters.NONE;
    }

    /** Lets go of the camera; {@link #start()} takes it again. */
    @Override
    public void stop() {
        Optional<Connection> closing = connection;
        connection = Optional.empty();
        current = Arrival.NONE;
        overtaken = 0;
        closing.ifPresent(this::close);
        isLost = false;
    }

    /**
     * Also before features are set: a camera that lost who controlled it may go on taking pictures. It then refuses features, or sends the
     * pictures where they were sent to before.
     */
    private static void stopAcquisition(AravisCamera camera) {
        try {
            camera.stopAcquisition();
        } catch (CameraException e) {
            log.debug("not stopped: {}", e.getMessage());
        }
    }

    private void close(Connection closing) {
        if (!isLost) {
            try {
                requireAlive(closing.camera());
                stopAcquisition(closing.camera());
            } catch (CameraException e) {
                log.debug("not stopped, for it is gone", e);
            }
        }
        closing.stream().close();
        closing.camera().close();
    }

    /**
     * What {@link #advance()} will most likely throw: the camera was asked whether it is there, and has not answered. Empty otherwise. For any
     * thread.
     */
    public String trouble() {
        Optional<Connection> to = connection;
        boolean isSilent = isLost && System.nanoTime() - askedNanos >= ANSWER_NANOS;
        return isSilent && to.isPresent() ? to.get().camera().silent() : "";
    }

    private void requireAlive(AravisCamera camera) {
        askedNanos = System.nanoTime();
        isLost = true;
        camera.requireAlive();
        isLost = false;
    }

    @Override
    public void release() {
        stop();
        converter.close();
    }

    private Connection connected() {
        Optional<Connection> now = connection;
        if (now.isEmpty()) {
            throw new CameraException("camera " + settings.camera() + " was not started");
        }
        return now.get();
    }
}
