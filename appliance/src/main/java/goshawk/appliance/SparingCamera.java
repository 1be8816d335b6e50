package goshawk.appliance;

import goshawk.appliance.engine.EngineShare;
import goshawk.camera.Capture;
import goshawk.camera.FrameSource;
import java.util.Optional;

/**
 * Lends the engine to guests while no part waits. The line asks its camera for the next part on the engine's thread, and
 * as long as there is none that thread does guests' steps; between {@link #next} and {@link #next} it does not.
 */
final class SparingCamera implements FrameSource {

    private final CameraThread camera;
    private final EngineShare share;

    /** @param camera rings {@code share} when it hands over a capture */
    SparingCamera(CameraThread camera, EngineShare share) {
        this.camera = camera;
        this.share = share;
    }

    @Override
    public Optional<Capture> next() throws InterruptedException {
        try {
            share.serveUntil(camera::isReady);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the camera knows what is to be done when the line is stopped
        }
        return camera.next();
    }

    @Override
    public void close() {
        camera.close();
    }
}
