package goshawk.camera;

import java.util.function.Consumer;

/** What may be asked of a source while another thread takes its captures. For any thread. */
public interface Observed {

    /** What has become of triggers and pictures so far. Answers at once. */
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
}
