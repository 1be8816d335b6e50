package goshawk.camera.aravis;

import goshawk.camera.CameraException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
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
    private final ByteBuffer[] views;
    private final Map<String, Integer> counters = new HashMap<>();
    private final FrameIds ids = new FrameIds();
    private long incomplete;
    private long lastDeviceNanos;
    private long lastNanos = System.nanoTime();
    private Optional<MemorySegment> current = Optional.empty();
    private Optional<Arrival.Pixels> whole = Optional.empty(); // the last one's place and size

    private AravisStream(String name, MemorySegment stream, int payload) {
        this.name = name;
        this.stream = stream;
        this.arena = Arena.ofShared();
        int buffers = Math.clamp(USUAL_BYTES / payload, FEWEST_BUFFERS, MOST_BUFFERS);
        this.memory = new MemorySegment[buffers];
        this.views = new ByteBuffer[buffers];
        for (int i = 0; i < buffers; i++) {
            memory[i] = arena.allocate(payload, 64);
            views[i] = memory[i].asByteBuffer();
            Aravis.push(stream, Aravis.newBuffer(memory[i], i));
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
        MemorySegment buffer = Aravis.pop(stream, timeoutMicros);
        if (Aravis.isNull(buffer)) {
            return new Arrival.None();
        }
        current = Optional.of(buffer);
        int status = Aravis.bufferStatus(buffer);
        if (status != SUCCESS) {
            return torn(buffer, status);
        }
        if (!ids.see(Aravis.frameId(buffer))) {
            return new Arrival.Repeated();
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
    private Arrival.Torn torn(MemorySegment buffer, int status) {
        incomplete++;
        long sinceLast = System.nanoTime() - lastNanos;
        boolean isTold = ids.seeTorn(Aravis.frameId(buffer));
        long deviceNanos = isTold ? Aravis.timestamp(buffer) : lastDeviceNanos + sinceLast;
        Optional<Arrival.Stamp> stamp = ids.hasBegun() ? Optional.of(stamp(deviceNanos)) : Optional.empty();
        String why = status > 0 && status <= FAILURES.size() ? FAILURES.get(status - 1) : "it has no status";
        return new Arrival.Torn(
                stamp, "picture %d of %s is incomplete: %s".formatted(ids.current(), name, why), seen(buffer));
    }

    /** As large as the last whole picture: a camera does not change that while it sends, and torn ones do not say it. */
    private Optional<Arrival.Pixels> seen(MemorySegment buffer) {
        return whole.map(it -> it.in(views[(int) Aravis.bufferTag(buffer)]));
    }

    private Arrival.Stamp stamp(long deviceNanos) {
        lastDeviceNanos = deviceNanos;
        lastNanos = System.nanoTime();
        return new Arrival.Stamp(ids.current(), deviceNanos);
    }

    /** True when a picture or its ruin lies ready, so that {@link #next} would not wait. */
    boolean hasMore() {
        return Aravis.outputBuffers(stream) > 0;
    }

    private Arrival.Picture picture(MemorySegment buffer) {
        int slot = (int) Aravis.bufferTag(buffer);
        MemorySegment pixels = Aravis.pixels(buffer);
        var came = new Arrival.Pixels(
                views[slot],
                (int) (pixels.address() - memory[slot].address()),
                pixels.byteSize(),
                Aravis.width(buffer),
                Aravis.height(buffer),
                Aravis.rowPadding(buffer),
                Aravis.pixelFormat(buffer));
        whole = Optional.of(came);
        return new Arrival.Picture(came, stamp(Aravis.timestamp(buffer)));
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
        current.ifPresent(buffer -> {
            memory[(int) Aravis.bufferTag(buffer)].fill((byte) 0); // or a torn picture would show the part before
            Aravis.push(stream, buffer);
        });
        current = Optional.empty();
    }

    /** Ends the library's receiving thread, then frees the memory it wrote to. */
    @Override
    public void close() {
        giveBack();
        Aravis.release(stream);
        arena.close();
    }
}
