package goshawk.camera;

import goshawk.camera.aravis.GenicamSettings;
import goshawk.camera.aravis.StreamCounters;
import java.util.Optional;
import java.util.SequencedMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens a camera's streams, fires the software trigger of the one that was opened last, and adds up what they all count. For any
 * thread.
 */
final class GenicamShutter implements PictureStream.Opener, Runnable {

    private static final Logger log = LoggerFactory.getLogger(GenicamShutter.class);

    private final GenicamSettings settings;
    private volatile Optional<GenicamPictureStream> opened = Optional.empty();
    private StreamCounters before = StreamCounters.NONE; // of the streams before that one

    GenicamShutter(GenicamSettings settings) {
        this.settings = settings;
    }

    @Override
    public PictureStream open() {
        GenicamPictureStream stream = GenicamPictureStream.open(settings);
        use(stream);
        return stream;
    }

    /**
     * Sets features of the camera, each read back.
     *
     * @throws CameraException when it is not connected, or one cannot be set
     */
    void apply(SequencedMap<String, String> features) {
        connected()
                .orElseThrow(() -> new CameraException("camera %s is not connected".formatted(settings.camera())))
                .apply(features);
    }

    private synchronized Optional<GenicamPictureStream> connected() {
        return opened;
    }

    private synchronized void use(GenicamPictureStream stream) {
        before = counters();
        opened = Optional.of(stream);
    }

    /** Of all connections together. A stream that was given up counts no more when another one is there. */
    synchronized StreamCounters counters() {
        return opened.map(it -> before.plus(it.counted())).orElse(before);
    }

    /** A camera that cannot be triggered now gives no picture: the part is missed, and this says why. */
    @Override
    public void run() {
        try {
            opened.ifPresent(GenicamPictureStream::trigger);
        } catch (CameraException e) {
            log.warn("not triggered: {}", e.getMessage());
        }
    }
}
