package goshawk.trtbuild.tensorrt;

import java.lang.foreign.MemorySegment;
import org.bytedeco.javacpp.Pointer;

/** Memory that somebody else owns, as JavaCPP passes it to native calls. */
final class Address extends Pointer {

    Address(long address) {
        super((Pointer) null);
        this.address = address;
    }

    static Address of(MemorySegment segment) {
        return new Address(segment.address());
    }
}
