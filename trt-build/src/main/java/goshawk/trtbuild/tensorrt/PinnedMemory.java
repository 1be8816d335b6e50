package goshawk.trtbuild.tensorrt;

import java.lang.foreign.MemorySegment;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.Pointer;

/** Memory of the machine that stays where it is, so that the device copies it without help. */
public final class PinnedMemory implements AutoCloseable {

    private final MemorySegment segment;
    private boolean isClosed;

    /** @throws NativeCallException if there is not so much */
    public PinnedMemory(long bytes) {
        var pointer = new Pointer();
        Cuda.check(
                "cudaHostAlloc of %,d bytes".formatted(bytes),
                cudart.cudaHostAlloc(pointer, bytes, cudart.cudaHostAllocDefault));
        this.segment = MemorySegment.ofAddress(pointer.address()).reinterpret(bytes);
    }

    public MemorySegment segment() {
        return segment;
    }

    @Override
    public void close() {
        if (!isClosed) {
            isClosed = true;
            Cuda.check("cudaFreeHost", cudart.cudaFreeHost(Address.of(segment)));
        }
    }
}
