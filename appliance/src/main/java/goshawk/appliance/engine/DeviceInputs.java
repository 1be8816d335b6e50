package goshawk.appliance.engine;

import goshawk.trtbuild.Rounding;
import goshawk.trtbuild.tensorrt.DeviceMemory;
import goshawk.trtbuild.tensorrt.DeviceStream;
import goshawk.trtbuild.tensorrt.Executable;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What one computation is given from the host: inputs lie one behind the other in pinned memory and on the device. A
 * station's parts are alike: what is the same as last time is neither worked out nor sent again. What changes is sent behind
 * the computation before, on the same stream.
 */
final class DeviceInputs implements AutoCloseable {

    private final Staging host;
    private final DeviceMemory device;
    private final Map<String, Place> places = new HashMap<>();
    private long used;
    private long changedFrom = Long.MAX_VALUE;
    private long changedTo;

    /** Where an input lies, and what it was made of. */
    private static final class Place {

        private final long from;
        private final long bytes;
        private Optional<Object> made = Optional.empty();

        Place(long from, long bytes) {
            this.from = from;
            this.bytes = bytes;
        }
    }

    /** @param bytes of all inputs together, what alignment takes included */
    DeviceInputs(long bytes) {
        this.host = new Staging(bytes);
        this.device = new DeviceMemory(bytes);
    }

    /**
     * Room for an input, to be filled by the caller; empty if what it is made of is the same as last time.
     *
     * @param of all that the input's numbers depend on; arrays are compared by what is in them
     * @param shape the same each time
     */
    Optional<MemorySegment> put(Executable execution, String name, Object of, long bytes, long... shape) {
        Place place = places.get(name);
        if (place == null) {
            place = new Place(used, bytes);
            places.put(name, place);
            used += DeviceMemory.aligned(bytes);
            execution.shape(name, shape);
            execution.address(name, device.address() + place.from);
        }
        if (place.made.isPresent() && Objects.deepEquals(place.made.get(), of)) {
            return Optional.empty();
        }
        place.made = Optional.of(of);
        changedFrom = Math.min(changedFrom, place.from);
        changedTo = Math.max(changedTo, place.from + place.bytes);
        return Optional.of(host.room().asSlice(place.from, place.bytes));
    }

    void longs(Executable execution, String name, long[] values, long... shape) {
        longs(execution, name, values, values, shape);
    }

    /** @param of as in {@link #put}, where that is compared sooner than the values are */
    void longs(Executable execution, String name, Object of, long[] values, long... shape) {
        put(execution, name, of, (long) Long.BYTES * values.length, shape)
                .ifPresent(room -> MemorySegment.copy(values, 0, room, ValueLayout.JAVA_LONG, 0, values.length));
    }

    /** In FP32; 0 where the shape has room for more. */
    void floats(Executable execution, String name, float[] values, long... shape) {
        put(execution, name, values, Float.BYTES * numbers(shape), shape).ifPresent(room -> {
            MemorySegment.copy(values, 0, room, ValueLayout.JAVA_FLOAT, 0, values.length);
            room.asSlice((long) Float.BYTES * values.length).fill((byte) 0);
        });
    }

    /**
     * Rounded to BF16.
     *
     * @param of as in {@link #put}
     */
    void reals(Executable execution, String name, Object of, float[] values, long... shape) {
        put(execution, name, of, Short.BYTES * numbers(shape), shape).ifPresent(room -> {
            for (int i = 0; i < values.length; i++) {
                room.setAtIndex(ValueLayout.JAVA_SHORT, i, Rounding.bfloat16(values[i]));
            }
        });
    }

    private static long numbers(long... shape) {
        return Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }

    /** What has changed, to the device, in the order of the stream. */
    void send(DeviceStream stream) {
        if (changedFrom < changedTo) {
            host.send(stream, device.address() + changedFrom, changedFrom, changedTo - changedFrom);
        }
        changedFrom = Long.MAX_VALUE;
        changedTo = 0;
    }

    @Override
    public void close() {
        device.close();
        host.close();
    }
}
