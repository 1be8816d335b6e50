package goshawk.camera.aravis;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import goshawk.camera.CameraException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A camera's pictures in a fixed number of buffers, whose memory is allocated once and belongs to this object. Used by one
 * thread; close it before its camera.
 */
final class AravisStream implements AutoCloseable {

    private static final int FEWEST_BUFFERS = 4;
    private static final int MOST_BUFFERS = 16;
    /** Bytes for all buffers together, unless the fewest need more. */
    private static final int USUAL_BYTES = 1 << 26;

    private static final int LARGEST_PICTURE = 1 << 28;
    /** How long a picture waits for a packet that was asked for again; pictures behind it wait with it, in buffers. */
    private static final int FRAME_RETENTION_MICROS = 100_000;
    /** The kernel's buffer takes pictures while this program is not running, and never more than the kernel allows. */
    private static final int LARGEST_SOCKET_BUFFER = 1 << 26;

    private static final int SUCCESS = 0;
    private static final List<String> FAILURES = List.of(
            "it was not filled",
            "parts of it did not come in time",
            "parts of it are missing",
            "its parts came in an impossible order",
            "it is larger than the camera announced",
            "it was not complete yet",
            "the stream was stopped");
    private static final int IMAGE = 1;
    private static final int IMAGE_AND_CHUNKS = 5;

    private final String name;
    private final MemorySegment stream;
    private final Arena arena;
    private final MemorySegment[] memory;
    private final MemorySegment words; // two numbers that the library tells through their addresses
    private final Arrival.Picture[] pictures; // as each buffer's last one lay in it: mostly the next one does, too
    private final Map<String, Integer> counters = new HashMap<>();
    private final FrameIds ids = new FrameIds();
    private long incomplete;
    private boolean isStamped;
    private long lastDeviceNanos;
    private long lastNanos = System.nanoTime();
    private long current; // the buffer's address, 0 for none
    private int whole = -1; // the buffer of the last whole one

    private AravisStream(String name, MemorySegment stream, int payload) {
        this.name = name;
        this.stream = stream;
        this.arena = Arena.ofShared();
        int buffers = Math.clamp(USUAL_BYTES / payload, FEWEST_BUFFERS, MOST_BUFFERS);
        this.memory = new MemorySegment[buffers];
        this.words = arena.allocate(JAVA_LONG, 2);
        this.pictures = new Arrival.Picture[buffers];
        for (int i = 0; i < buffers; i++) {
            memory[i] = arena.allocate(payload, 64);
            pictures[i] = new Arrival.Picture(new Arrival.Pixels(memory[i].asByteBuffer(), 0, 0, 0, 0, 0, 0));
            Aravis.push(stream, Aravis.newBuffer(memory[i], i).address());
        }
        List<String> names = Aravis.counterNames(stream);
        for (int i = 0; i < names.size(); i++) {
            counters.put(names.get(i), i);
        }
    }

    /** @param name for messages */
    static AravisStream of(String name, MemorySegment camera, boolean isGigE) {
        int payload = Aravis.payload(camera);
        if (payload <= 0 || payload > LARGEST_PICTURE) {
            throw new CameraException(
                    "%s would send pictures of %d bytes; 1 to %d are possible: set its features Width, Height and PixelFormat"
                            .formatted(name, Integer.toUnsignedLong(payload), LARGEST_PICTURE));
        }
        MemorySegment stream = Aravis.newStream(camera);
        if (isGigE) {
            // Packets are asked for again by default, of every camera that can send them again.
            Aravis.setProperty(stream, "frame-retention", FRAME_RETENTION_MICROS);
            Aravis.setProperty(stream, "socket-buffer-size", socketBuffer(payload));
        }
        return new AravisStream(name, stream, payload);
    }

    /** Bytes that the kernel is asked to hold for pictures of {@code payload} bytes. */
    static int socketBuffer(int payload) {
        return Math.clamp(2L * payload, 1 << 20, LARGEST_SOCKET_BUFFER);
    }

    /** Waits for the next picture, and gives the memory of the one before back to the camera. */
    Arrival next(long timeoutMicros) {
        giveBack();
        isStamped = false;
        long buffer = Aravis.pop(stream, timeoutMicros);
        if (buffer == 0) {
            return Arrival.NONE;
        }
        current = buffer;
        int status = Aravis.bufferStatus(buffer);
        if (status != SUCCESS) {
            return torn(buffer, status);
        }
        if (!ids.see(Aravis.frameId(buffer))) {
            return Arrival.REPEATED;
        }
        int type = Aravis.payloadType(buffer);
        if (type != IMAGE && type != IMAGE_AND_CHUNKS) {
            throw new CameraException(
                    "%s sends data of GenICam's payload type %d, which is no plain picture; switch off what makes it (3D, JPEG, multipart)"
                            .formatted(name, type));
        }
        return picture(buffer);
    }

    /** What is missing in the memory of a torn picture is 0: {@link #giveBack} cleared it. */
    private Arrival.Torn torn(long buffer, int status) {
        incomplete++;
        long sinceLast = System.nanoTime() - lastNanos;
        boolean isTold = ids.seeTorn(Aravis.frameId(buffer));
        long deviceNanos = isTold ? Aravis.timestamp(buffer) : lastDeviceNanos + sinceLast;
        if (ids.hasBegun()) {
            stamp(deviceNanos);
        }
        String why = status > 0 && status <= FAILURES.size() ? FAILURES.get(status - 1) : "it has no status";
        return new Arrival.Torn("picture %d of %s is incomplete: %s".formatted(ids.current(), name, why), seen(buffer));
    }

    /** As large as the last whole picture: a camera does not change that while it sends, and torn ones do not say it. */
    private Optional<Arrival.Pixels> seen(long buffer) {
        return whole < 0
                ? Optional.empty()
                : Optional.of(pictures[whole]
                        .pixels()
                        .in(pictures[slot(buffer)].pixels().buffer()));
    }

    private void stamp(long deviceNanos) {
        isStamped = true;
        lastDeviceNanos = deviceNanos;
        lastNanos = System.nanoTime();
    }

    /** Whether the camera said when the picture was taken, or it is known otherwise: false of torn ones before the first whole one. */
    boolean isStamped() {
        return isStamped;
    }

    /** The picture's number, extended to 64 bits; of one that {@link #isStamped}. */
    long frameId() {
        return ids.current();
    }

    /** The camera's clock; of a picture that {@link #isStamped}. */
    long deviceNanos() {
        return lastDeviceNanos;
    }

    /** True when a picture or its ruin lies ready, so that {@link #next} would not wait. */
    boolean hasMore() {
        return Aravis.outputBuffers(stream, words) > 0;
    }

    private Arrival.Picture picture(long buffer) {
        int slot = slot(buffer);
        int at = (int) (Aravis.pixels(buffer, words) - memory[slot].address());
        long bytes = words.get(JAVA_LONG, 0);
        int width = Aravis.width(buffer);
        int height = Aravis.height(buffer);
        int padding = Aravis.rowPadding(buffer, words);
        int format = Aravis.pixelFormat(buffer);
        Arrival.Pixels before = pictures[slot].pixels();
        if (!before.isAlike(at, bytes, width, height, padding, format)) {
            pictures[slot] =
                    new Arrival.Picture(new Arrival.Pixels(before.buffer(), at, bytes, width, height, padding, format));
        }
        whole = slot;
        stamp(Aravis.timestamp(buffer));
        return pictures[slot];
    }

    private static int slot(long buffer) {
        return (int) Aravis.bufferTag(buffer);
    }

    /** @param overtaken pictures that the caller passed over */
    StreamCounters counters(long overtaken) {
        long whole = counter("n_completed_buffers");
        return new StreamCounters(
                whole - ids.repeated(),
                incomplete,
                ids.lost(),
                ids.repeated(),
                overtaken,
                counter("n_underruns"),
                counter("n_resent_packets"),
                counter("n_missing_packets"),
                counter("n_transferred_bytes"));
    }

    private long counter(String counter) {
        Integer index = counters.get(counter);
        return index == null ? 0 : Aravis.counter(stream, index);
    }

    private void giveBack() {
        if (current != 0) {
            memory[slot(current)].fill((byte) 0); // or a torn picture would show the part before
            Aravis.push(stream, current);
            current = 0;
        }
    }

    /** Ends the library's receiving thread, then frees the memory it wrote to. */
    @Override
    public void close() {
        giveBack();
        Aravis.release(stream);
        arena.close();
    }
}
