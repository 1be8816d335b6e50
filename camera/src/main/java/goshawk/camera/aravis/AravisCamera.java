package goshawk.camera.aravis;

import goshawk.camera.CameraException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * A connection to one GenICam camera and its features.
 *
 * <p>One program at a time controls a camera. Whoever opens it first does, until it is closed or its heartbeat stays away
 * for a few seconds; everybody else may only read. {@link #close()} gives the camera free at once, so never leave it out.
 *
 * <p>Safe for any thread: a camera's features change each other and the library does not guard them, so one lock is held
 * across the calls that concern them. It waits for a camera that does not answer, which takes up to 2.5 s.
 */
public final class AravisCamera implements AutoCloseable {

    /** GigE Vision's register of who is in control, and its bits for somebody who is. */
    private static final long CONTROL_REGISTER = 0x0A00;

    private static final int CONTROL = 3;
    /** USB3 Vision's register of the protocol's version: there to be read. */
    private static final long VERSION_REGISTER = 0;

    private final String name;
    private final GenicamCamera found;
    private final MemorySegment camera;
    private final MemorySegment device;
    private final boolean isGigE;
    private final AravisFeatures features;
    private final ReentrantLock lock = new ReentrantLock();
    private boolean isClosed;

    private AravisCamera(GenicamCamera found, MemorySegment camera) {
        this.name = "camera " + found.words();
        this.found = found;
        this.camera = camera;
        this.device = Aravis.device(camera);
        this.isGigE = Aravis.isGigE(camera);
        this.features = new AravisFeatures(name, device);
    }

    /**
     * Connects to the camera to read its features; it may be somebody else's.
     *
     * @param camera as {@link GenicamCameras#find} takes it
     * @throws CameraException when it is not there or does not answer
     */
    public static AravisCamera open(String camera) {
        Aravis.load();
        GenicamCamera found = GenicamCameras.find(camera);
        try {
            return new AravisCamera(found, Aravis.newCamera(found.id()));
        } catch (CameraException e) {
            throw new CameraException(
                    "camera %s does not answer (%s); check that it has power, that its address is in this machine's subnet, and that no firewall drops UDP"
                            .formatted(found.words(), e.getMessage()),
                    e);
        }
    }

    /**
     * As {@link #open}, and takes control.
     *
     * @throws CameraException also when another program has it
     */
    public static AravisCamera control(String camera) {
        AravisCamera opened = open(camera);
        if (!opened.isInControl()) {
            opened.close();
            throw new CameraException(
                    ("%s is controlled by another program: a second station, a viewer, or one that ended"
                                    + " without letting go, which the camera forgets after some seconds. Close it, or name another camera")
                            .formatted(opened.name));
        }
        return opened;
    }

    /** For messages. */
    String name() {
        return name;
    }

    /** What the search for it said. */
    public GenicamCamera found() {
        return found;
    }

    public boolean isInControl() {
        return guarded(() -> !isGigE || Aravis.isController(device));
    }

    /** What is said of it when it does not answer. */
    String silent() {
        return name + " does not answer any more; check its power and its cable";
    }

    /**
     * Asks the camera whether it is there and still ours.
     *
     * @throws CameraException when it is not
     */
    void requireAlive() {
        guarded(() -> {
            int register;
            try {
                register = Aravis.register(device, isGigE ? CONTROL_REGISTER : VERSION_REGISTER);
            } catch (CameraException e) {
                throw new CameraException(silent(), e);
            }
            if (isGigE && (register & CONTROL) == 0) {
                throw new CameraException(name + " was restarted or let go of this program");
            }
            return true;
        });
        if (!isInControl()) {
            throw new CameraException(name + " is no longer controlled by this program");
        }
    }

    /** All features that the camera shows, group by group. Asks the camera for each value, which takes a while. */
    public List<Feature> features() {
        return guarded(features::all);
    }

    /**
     * One feature as it is now.
     *
     * @throws CameraException when the camera has none of this name; names similar ones
     */
    public Feature feature(String feature) {
        return guarded(() -> features.one(feature));
    }

    /** Its value; empty when the camera has no such feature, or does not tell now. */
    public Optional<String> value(String feature) {
        return guarded(() -> features.value(feature));
    }

    /**
     * What its clock follows, as it is now where this program controls the camera; empty when the camera offers no PTP, or does not tell.
     *
     * @throws CameraException when it does not answer
     */
    public Optional<PtpClock> clock() {
        return guarded(() -> PtpClock.of(features, isInControl()));
    }

    /**
     * Sets features in the map's order, each read back at once.
     *
     * @throws CameraException when one is unknown, cannot be written, is out of range or reads back as another value
     */
    public void apply(SequencedMap<String, String> values) {
        guarded(() -> {
            values.forEach(features::set);
            return true;
        });
    }

    /** Fires the camera's software trigger. It must be set to take one: {@code TriggerMode: On, TriggerSource: Software}. */
    public void trigger() {
        guarded(() -> {
            Aravis.execute(device, "TriggerSoftware");
            return true;
        });
    }

    /**
     * A stream of the camera's pictures with its present settings.
     *
     * @throws CameraException when pictures are of no size or of too large a one
     */
    AravisStream stream() {
        return guarded(() -> AravisStream.of(name, camera, isGigE));
    }

    /** The value of {@code PixelFormat}, if we can read it. */
    PixelFormat pixelFormat() {
        return guarded(() -> {
            Feature feature = features.one("PixelFormat");
            List<String> offered = feature.range() instanceof FeatureRange.Choice(var entries) ? entries : List.of();
            return PixelFormat.named(feature.value().orElse("a format that it does not tell"), name, offered);
        });
    }

    /** Bytes of a network packet; empty for a camera on USB. */
    public Optional<Integer> packetSize() {
        return guarded(() -> isGigE ? Optional.of(Aravis.packetSize(camera)) : Optional.empty());
    }

    /** Bytes of one picture with the present settings. */
    public int payload() {
        return guarded(() -> Aravis.payload(camera));
    }

    void startAcquisition() {
        guarded(() -> {
            Aravis.startAcquisition(camera);
            return true;
        });
    }

    void stopAcquisition() {
        guarded(() -> {
            Aravis.stopAcquisition(camera);
            return true;
        });
    }

    private <T> T guarded(Supplier<T> calls) {
        lock.lock();
        try {
            if (isClosed) {
                throw new CameraException(name + " was closed");
            }
            return calls.get();
        } finally {
            lock.unlock();
        }
    }

    /** Lets go of the camera. Waits up to 5 s for one that does not answer; again does nothing. */
    @Override
    public void close() {
        lock.lock();
        try {
            if (!isClosed) {
                isClosed = true;
                Aravis.release(camera);
            }
        } finally {
            lock.unlock();
        }
    }
}
