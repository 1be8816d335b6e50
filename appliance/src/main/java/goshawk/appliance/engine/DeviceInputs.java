package goshawk.appliance.engine;

import goshawk.trtbuild.Rounding;
import goshawk.trtbuild.tensorrt.DeviceMemory;
import goshawk.trtbuild.tensorrt.DeviceStream;
import goshawk.trtbuild.tensorrt.Execution;
import goshawk.trtbuild.tensorrt.PinnedMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What a computation is given from the host: inputs are laid one behind the other in pinned memory and go to the device in
 * one copy. The same inputs in the same order and sizes have the same addresses each time. Not to be filled again before
 * the computation is done.
 */
final class DeviceInputs implements AutoCloseable {

    /** TensorRT wants tensors to begin so. */
    static final long ALIGNMENT = 256;

    private final PinnedMemory host;
    private final DeviceMemory device;
    private long used;

    /** @param bytes of all inputs together, what alignment takes included */
    DeviceInputs(long bytes) {
        this.host = new PinnedMemory(bytes);
        this.device = new DeviceMemory(bytes);
    }

    void clear() {
        used = 0;
    }

    /** Room for an input of this shape, to be filled by the caller, who tells the plan of it. */
    MemorySegment put(Execution execution, String name, long bytes, long... shape) {
        execution.shape(name, shape);
        execution.address(name, device.address() + used);
        MemorySegment room = host.segment().asSlice(used, bytes);
        used += aligned(bytes);
        return room;
    }

    void longs(Execution execution, String name, long[] values, long... shape) {
        MemorySegment.copy(
                values,
                0,
                put(execution, name, (long) Long.BYTES * values.length, shape),
                ValueLayout.JAVA_LONG,
                0,
                values.length);
    }

    /** Rounded to BF16. */
    void reals(Execution execution, String name, float[] values, int from, int count, long... shape) {
        MemorySegment room = put(execution, name, (long) Short.BYTES * count, shape);
        for (int i = 0; i < count; i++) {
            room.setAtIndex(ValueLayout.JAVA_SHORT, i, Rounding.bfloat16(values[from + i]));
        }
    }

    /** To the device, in the order of the stream. */
    void send(DeviceStream stream) {
        stream.copyIn(device.address(), host.segment().asSlice(0, used));
    }

    static long aligned(long bytes) {
        return Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
    }

    @Override
    public void close() {
        device.close();
        host.close();
    }
}
