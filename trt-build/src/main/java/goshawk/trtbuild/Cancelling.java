package goshawk.trtbuild;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileLockInterruptionException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Lets a build end cleanly with its process: at Ctrl-C, or when a service stops, the building thread is interrupted, and
 * the process waits until it has removed what it had begun.
 */
final class Cancelling implements AutoCloseable {

    private static final Duration CLEANING = Duration.ofSeconds(30);

    private final CountDownLatch isDone = new CountDownLatch(1);
    private final Thread hook;

    private Cancelling(Thread builder) {
        this.hook = Thread.ofPlatform().name("cancel build").unstarted(() -> cancel(builder));
    }

    /** Of what the calling thread builds, until this is closed. */
    static Cancelling withProcess() {
        var cancelling = new Cancelling(Thread.currentThread());
        try {
            Runtime.getRuntime().addShutdownHook(cancelling.hook);
        } catch (IllegalStateException _) {
            Thread.currentThread().interrupt(); // it is ending already
        }
        return cancelling;
    }

    /** Whether this is what an interrupted thread is told. */
    static boolean isReason(IOException e) {
        return e instanceof ClosedByInterruptException
                || e instanceof FileLockInterruptionException
                || e instanceof InterruptedIOException;
    }

    private void cancel(Thread builder) {
        builder.interrupt();
        try {
            boolean _ = isDone.await(CLEANING.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        isDone.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException _) {
            // The process is ending, and the hook is what we let go on.
        }
    }
}
