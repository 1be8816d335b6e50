package goshawk.appliance.engine;

import ai.onnxruntime.OnnxTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What goes into one run after the other, in native memory that is used again. ONNX Runtime's Java binding would copy
 * each heap array into a direct buffer of its own, which only the garbage collector frees: five megabytes a picture that
 * count as resident until it runs.
 *
 * <p>Of one thread. Between two calls of {@link #clear()} it holds the inputs of one run.
 */
final class Inputs implements AutoCloseable {

    private static final long FIRST_BYTES = 1 << 16;

    /** What vector instructions like. */
    private static final long ALIGNMENT = 64;

    private final Ort ort;
    private final Map<String, OnnxTensor> tensors = new LinkedHashMap<>();
    private final List<OnnxTensor> own = new ArrayList<>();
    private Arena arena = Arena.ofConfined();
    private MemorySegment slab = arena.allocate(FIRST_BYTES, ALIGNMENT);
    private long used;
    private long wanted;

    Inputs(Ort ort) {
        this.ort = ort;
    }

    void floats(String name, float[] values, long... shape) {
        floats(name, MemorySegment.ofArray(values), shape);
    }

    /** @param values FP32 */
    void floats(String name, MemorySegment values, long... shape) {
        MemorySegment copy = take(values.byteSize()).copyFrom(values);
        put(name, ort.floats(copy.asByteBuffer().order(ByteOrder.nativeOrder()).asFloatBuffer(), shape));
    }

    void longs(String name, long[] values, long... shape) {
        MemorySegment copy = take(8L * values.length);
        MemorySegment.copy(values, 0, copy, ValueLayout.JAVA_LONG, 0, values.length);
        put(name, ort.longs(copy.asByteBuffer().order(ByteOrder.nativeOrder()).asLongBuffer(), shape));
    }

    /** A tensor that somebody else owns, and leaves open until the run is over. */
    void lend(String name, OnnxTensor tensor) {
        tensors.put(name, tensor);
    }

    Map<String, OnnxTensor> tensors() {
        return tensors;
    }

    /** Forgets all inputs; their memory goes to the next ones. */
    void clear() {
        own.forEach(OnnxTensor::close);
        own.clear();
        tensors.clear();
        if (wanted > slab.byteSize()) {
            arena.close();
            arena = Arena.ofConfined();
            slab = arena.allocate(wanted, ALIGNMENT);
        }
        used = 0;
        wanted = 0;
    }

    @Override
    public void close() {
        own.forEach(OnnxTensor::close);
        arena.close();
    }

    private void put(String name, OnnxTensor tensor) {
        own.add(tensor);
        tensors.put(name, tensor);
    }

    /** Memory until {@link #clear()}; a slab that turns out too small is replaced there by one that is not. */
    private MemorySegment take(long bytes) {
        long padded = Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
        wanted += padded;
        if (used + bytes > slab.byteSize()) {
            return arena.allocate(bytes, ALIGNMENT);
        }
        MemorySegment piece = slab.asSlice(used, bytes);
        used += padded;
        return piece;
    }
}
