package goshawk.camera;

import java.util.Optional;
import java.util.function.Consumer;

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

    /** What has become of triggers and pictures so far. For any thread; answers at once. */
    default SourceReport report() {
        return SourceReport.NONE;
    }

    /**
     * Tells of every picture that arrives from now on, also of those that belong to no trigger; a source whose pictures do not
     * arrive tells of none.
     *
     * @param arrivals called on the camera's thread: it returns at once
     */
    default void listen(Consumer<FrameStamp> arrivals) {}

    @Override
    void close();
}
