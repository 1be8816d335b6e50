package goshawk.camera;

import goshawk.camera.aravis.GenicamSettings;
import java.util.Optional;
import java.util.SequencedMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens a camera's streams, and fires the software trigger of the one that was opened last. For any thread. */
final class GenicamShutter implements PictureStream.Opener, Runnable {

    private static final Logger log = LoggerFactory.getLogger(GenicamShutter.class);

    private final GenicamSettings settings;
    private volatile Optional<GenicamPictureStream> opened = Optional.empty();

    GenicamShutter(GenicamSettings settings) {
        this.settings = settings;
    }

    @Override
    public PictureStream open() {
        GenicamPictureStream stream = GenicamPictureStream.open(settings);
        opened = Optional.of(stream);
        return stream;
    }

    /**
     * Sets features of the camera, each read back.
     *
     * @throws CameraException when it is not connected, or one cannot be set
     */
    void apply(SequencedMap<String, String> features) {
        opened.orElseThrow(() -> new CameraException("camera %s is not connected".formatted(settings.camera())))
                .apply(features);
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
