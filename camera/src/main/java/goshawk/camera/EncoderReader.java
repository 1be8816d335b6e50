package goshawk.camera;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a belt's encoder from a file with its count in it, as Linux shows counters under {@code
 * /sys/bus/counter/devices/…/count0/count}, on a thread of its own, {@value #PERIOD_MILLIS} ms from reading to reading: a
 * trigger is as much late at most. The count is signed, 64 bits, and does not wrap.
 *
 * <p>A count that cannot be read makes no triggers, and where the belt is counts anew when it can be read again.
 */
public final class EncoderReader implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(EncoderReader.class);
    private static final long PERIOD_MILLIS = 2;
    private static final int LONGEST = 32;

    private final Path count;
    private final long distance;
    private final Signals signals;
    private final Thread thread = Thread.ofPlatform().name("encoder").daemon().unstarted(this::run);

    private EncoderReader(Path count, long distance, Signals signals) {
        this.count = count;
        this.distance = distance;
        this.signals = signals;
    }

    /**
     * Starts to read.
     *
     * @param distance counts from trigger to trigger, at least 1
     * @throws CameraException when the count cannot be read
     */
    public static EncoderReader start(Path count, long distance, Signals signals) {
        var reader = new EncoderReader(count, distance, signals);
        try {
            reader.read();
        } catch (IOException e) {
            throw new CameraException(
                    "the encoder's count %s cannot be read: %s; check the path, and that its driver is loaded: ls %s"
                            .formatted(count, e.getMessage(), "/sys/bus/counter/devices"),
                    e);
        }
        reader.thread.start();
        return reader;
    }

    private void run() {
        var belt = new EncoderDistance(distance, signals);
        boolean isWell = true;
        try {
            while (true) {
                try {
                    long atNanos = System.nanoTime();
                    belt.moved(read(), atNanos);
                    isWell = true;
                } catch (IOException e) {
                    if (isWell) {
                        log.warn(
                                "the encoder's count {} cannot be read, so nothing is triggered: {}",
                                count,
                                e.toString());
                    }
                    isWell = false;
                    belt = new EncoderDistance(distance, signals);
                }
                TimeUnit.MILLISECONDS.sleep(PERIOD_MILLIS);
            }
        } catch (InterruptedException e) {
            // closed
        }
    }

    private long read() throws IOException {
        if (Files.size(count) > 1 << 16) { // sysfs says 4096, whatever is in it
            throw new IOException("it is no counter's");
        }
        String written = Files.readString(count).strip();
        try {
            return Long.parseLong(written);
        } catch (NumberFormatException e) {
            throw new IOException(
                    "it holds no count but: " + written.substring(0, Math.min(LONGEST, written.length())), e);
        }
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
