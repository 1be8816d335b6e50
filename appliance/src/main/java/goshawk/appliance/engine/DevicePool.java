package goshawk.appliance.engine;

import goshawk.trtbuild.tensorrt.Device;
import goshawk.trtbuild.tensorrt.DeviceMemory;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;

/**
 * Memory of the device in pieces that are taken and given back: allocating makes the device wait, so that pieces which
 * nobody needs are kept for who wants one of the same size. Bounded.
 */
final class DevicePool implements AutoCloseable {

    private final String what;
    private final long usualBytes;
    private final long mostBytes;
    private final Map<Long, Deque<DeviceMemory>> idle = new HashMap<>();
    private long bytes;

    /**
     * @param what is kept there, for a person
     * @param usualBytes of all pieces together; beyond it, pieces that nobody has are freed before another is made
     * @param mostBytes of all pieces together; fewer where the device has not so many
     */
    DevicePool(String what, long usualBytes, long mostBytes) {
        this.what = what;
        this.usualBytes = usualBytes;
        this.mostBytes = mostBytes;
    }

    /** A piece of this size; what is in it is anybody's. */
    DeviceMemory take(long size) {
        Deque<DeviceMemory> same = idle.get(size);
        if (same != null && !same.isEmpty()) {
            return same.pop();
        }
        if (bytes + size > usualBytes || !fits(size)) {
            freeIdle();
        }
        if (!fits(size)) {
            throw new EngineException.ContextFull(
                    "%s: %,d bytes are wanted, %,d of %,d are free; show smaller or fewer pictures, or end other conversations"
                            .formatted(what, size, Math.min(mostBytes - bytes, Device.freeBytes()), mostBytes));
        }
        var piece = new DeviceMemory(size);
        bytes += size;
        return piece;
    }

    private boolean fits(long size) {
        return bytes + size <= mostBytes && size <= Device.freeBytes();
    }

    void give(DeviceMemory piece) {
        idle.computeIfAbsent(piece.bytes(), _ -> new ArrayDeque<>()).push(piece);
    }

    private void freeIdle() {
        for (Deque<DeviceMemory> pieces : idle.values()) {
            for (Iterator<DeviceMemory> each = pieces.iterator(); each.hasNext(); ) {
                DeviceMemory piece = each.next();
                each.remove();
                bytes -= piece.bytes();
                piece.close();
            }
        }
    }

    /** Frees what nobody has. */
    @Override
    public void close() {
        freeIdle();
    }
}
