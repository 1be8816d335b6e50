package goshawk.camera;

import java.util.Optional;

/**
 * Where captures come from. Used by one thread, the {@code camera} thread or the line's own; closed by the thread that
 * used it.
 */
public interface FrameSource extends AutoCloseable {

    /**
     * Waits for the next trigger and answers with what came of it; empty when the source has ended (a folder or a file
     * has an end, a camera has none). A failed picture is a {@link Capture.Missed}, never an exception.
     */
    Optional<Capture> next() throws InterruptedException;

    @Override
    void close();
}
