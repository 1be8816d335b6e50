package goshawk.appliance;

import goshawk.camera.Capture;
import goshawk.camera.FrameSource;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * Tells what the line is at: a line that waits for its camera is well, one that has been busy with a part for long is
 * not.
 */
final class WatchedCamera implements FrameSource {

    private final FrameSource camera;
    private final Consumer<OptionalLong> busySince;

    /** @param busySince told the {@link System#nanoTime()} at which the line took a part; empty while it waits for one */
    WatchedCamera(FrameSource camera, Consumer<OptionalLong> busySince) {
        this.camera = camera;
        this.busySince = busySince;
    }

    @Override
    public Optional<Capture> next() throws InterruptedException {
        busySince.accept(OptionalLong.empty());
        Optional<Capture> next = camera.next();
        busySince.accept(OptionalLong.of(System.nanoTime()));
        return next;
    }

    @Override
    public void close() {
        camera.close();
    }
}
