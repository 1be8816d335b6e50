package goshawk.camera;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.CountDownLatch;

/**
 * What one thread leaves on the heap for each picture. It is counted by the Java runtime and not sampled or timed, so that the same code gives the
 * same figure. Pictures are counted in windows of {@value #WINDOW}, and the window with the fewest bytes is the answer: what is allocated for every
 * picture is in each of them, what Java makes for itself while it warms up is not.
 */
final class HeapMeter {

    static final int WINDOW = 300;
    static final int WINDOWS = 4;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final CountDownLatch done = new CountDownLatch(WINDOWS);
    private long least = Long.MAX_VALUE;
    private long bytes;
    private int pictures;

    /** Bytes that this thread has left on the heap so far. */
    static long bytes() {
        return THREADS.getCurrentThreadAllocatedBytes();
    }

    /** One picture more, by the one thread that counts. */
    void count(long bytesOfPicture) {
        bytes += bytesOfPicture;
        if (++pictures == WINDOW) {
            least = Math.min(least, bytes);
            bytes = 0;
            pictures = 0;
            done.countDown();
        }
    }

    /** Whether all windows are full. */
    boolean isDone() {
        return done.getCount() == 0;
    }

    /** Bytes for a picture, of the window with the fewest; waits until all windows are full. */
    double bytesPerPicture() throws InterruptedException {
        done.await();
        return (double) least / WINDOW;
    }
}
