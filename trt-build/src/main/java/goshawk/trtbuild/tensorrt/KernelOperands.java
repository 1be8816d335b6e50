package goshawk.trtbuild.tensorrt;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;

/**
 * What a thread passes to kernels, in memory that is used again: CUDA takes it over before a launch returns. Values lie one after the
 * other, and each kernel has a list of where its own are.
 */
final class KernelOperands {

    private final Arena arena = Arena.ofAuto();
    private final MemorySegment values;

    KernelOperands(int count) {
        this.values = arena.allocate(ValueLayout.JAVA_LONG, count);
    }

    /** For a kernel whose operands are the values at these places. */
    PointerPointer<Pointer> list(int... places) {
        return list(List.of(), places);
    }

    /** For a kernel that takes larger ones before them, which stay where they are. */
    PointerPointer<Pointer> list(List<MemorySegment> before, int... places) {
        MemorySegment list = arena.allocate(ValueLayout.JAVA_LONG, before.size() + places.length);
        for (int i = 0; i < before.size(); i++) {
            list.setAtIndex(ValueLayout.JAVA_LONG, i, before.get(i).address());
        }
        for (int i = 0; i < places.length; i++) {
            long value = values.address() + (long) places[i] * Long.BYTES;
            list.setAtIndex(ValueLayout.JAVA_LONG, before.size() + i, value);
        }
        return new PointerPointer<>(Address.of(list));
    }

    /** A kernel that takes 32 bits takes the first of these, which are the lower ones. */
    void set(int place, long value) {
        values.setAtIndex(ValueLayout.JAVA_LONG, place, value);
    }

    /** The first ones. */
    void setAll(long... all) {
        for (int i = 0; i < all.length; i++) {
            set(i, all[i]);
        }
    }
}
