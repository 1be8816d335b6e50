package goshawk.trtbuild.tensorrt;

import java.lang.foreign.MemorySegment;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.Pointer;

/** Memory of the device. */
public final class DeviceMemory implements AutoCloseable {

    /** At which tensors begin in a piece that several share: TensorRT wants it so of its inputs. */
    public static final int ALIGNMENT = 256;

    private final long address;
    private final long bytes;
    private boolean isClosed;

    /** @throws NativeCallException if there is not so much */
    public DeviceMemory(long bytes) {
        var pointer = new Pointer();
        Cuda.check("cudaMalloc of %,d bytes".formatted(bytes), cudart.cudaMalloc(pointer, bytes));
        this.address = pointer.address();
        this.bytes = bytes;
    }

    /** So many, and what is left free before the next tensor can begin. */
    public static long aligned(long bytes) {
        return Math.ceilDiv(bytes, (long) ALIGNMENT) * ALIGNMENT;
    }

    /** Whether what lies behind so many bytes begins where a tensor can. */
    public static boolean endsAligned(long bytes) {
        return bytes % ALIGNMENT == 0;
    }

    public long address() {
        return address;
    }

    public long bytes() {
        return bytes;
    }

    /** Copies {@code bytes} to {@code at}, and returns when they are there. */
    void write(long at, MemorySegment bytes) {
        Cuda.check(
                "cudaMemcpy of %,d bytes".formatted(bytes.byteSize()),
                cudart.cudaMemcpy(
                        new Address(address + at), Address.of(bytes), bytes.byteSize(), cudart.cudaMemcpyHostToDevice));
    }

    /** Waits for whatever the device does. */
    @Override
    public void close() {
        if (!isClosed) {
            isClosed = true;
            Cuda.check("cudaFree", cudart.cudaFree(new Address(address)));
        }
    }
}
