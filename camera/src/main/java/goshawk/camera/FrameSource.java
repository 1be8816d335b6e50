package goshawk.camera;

import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * Where captures come from. Used by one thread, the {@code camera} thread or the line's own; closed by the thread that
 * used it.
 */
public interface FrameSource extends Observed, AutoCloseable {

    /**
     * Waits for the next trigger and answers with what came of it; empty when the source has ended (a folder or a file
     * has an end, a camera has none). A failed picture is a {@link Capture.Missed}, never an exception.
     */
    Optional<Capture> next() throws InterruptedException;

    /** The cameras that the captures come from: several with the names of their views, or this one by {@link Views#ONLY}. */
    default SequencedMap<String, Observed> cameras() {
        SequencedMap<String, Observed> cameras = new LinkedHashMap<>();
        cameras.put(Views.ONLY, this);
        return cameras;
    }

    @Override
    void close();
}
