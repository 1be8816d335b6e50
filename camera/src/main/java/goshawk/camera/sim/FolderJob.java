package goshawk.camera.sim;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.IntConsumer;

/** Something that is drawn into a folder, with its {@code truth.csv}. */
public sealed interface FolderJob permits RenderJob, ClipJob {

    /** How many are drawn at once where nobody says: as many as there are cores for, and room on the heap. */
    static int usualThreads() {
        Runtime machine = Runtime.getRuntime();
        return RenderThreads.usual(machine.availableProcessors(), machine.maxMemory());
    }

    /** How many are drawn. */
    int count();

    Path out();

    /**
     * @param progress told the number of finished ones, from any thread
     * @throws IllegalArgumentException when the folder is already full
     * @throws IOException when a file cannot be written
     * @throws InterruptedException when interrupted; no truth is then written
     */
    void run(IntConsumer progress) throws IOException, InterruptedException;
}
