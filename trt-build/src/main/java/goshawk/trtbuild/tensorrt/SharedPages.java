package goshawk.trtbuild.tensorrt;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.bytedeco.cuda.global.cudart;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Memory that somebody else has mapped, pinned where it is, so that the device copies it without help. The mapping stays as
 * long as this is open.
 */
public final class SharedPages implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(SharedPages.class);
    private static final long PAGE = 4096;

    private final MemorySegment pages;
    private final MemorySegment mapping;

    private SharedPages(MemorySegment pages, MemorySegment mapping) {
        this.pages = pages;
        this.mapping = mapping;
    }

    /** Pins all pages of {@code mapping}; empty where the machine does not allow it. */
    public static Optional<SharedPages> of(MemorySegment mapping) {
        long begin = mapping.address() / PAGE * PAGE;
        long end = Math.ceilDiv(mapping.address() + mapping.byteSize(), PAGE) * PAGE;
        MemorySegment pages = MemorySegment.ofAddress(begin).reinterpret(end - begin);
        int code = cudart.cudaHostRegister(Address.of(pages), pages.byteSize(), cudart.cudaHostRegisterDefault);
        if (code != cudart.cudaSuccess) {
            log.info(
                    "pictures are copied once more: cudaHostRegister: {}",
                    cudart.cudaGetErrorString(code).getString());
            cudart.cudaGetLastError(); // told, and of no consequence
            return Optional.empty();
        }
        return Optional.of(new SharedPages(pages, mapping));
    }

    public boolean hold(MemorySegment segment) {
        return segment.address() >= mapping.address()
                && segment.address() + segment.byteSize() <= mapping.address() + mapping.byteSize();
    }

    @Override
    public void close() {
        Cuda.check("cudaHostUnregister", cudart.cudaHostUnregister(Address.of(pages)));
    }
}
