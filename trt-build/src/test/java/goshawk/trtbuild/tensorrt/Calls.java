package goshawk.trtbuild.tensorrt;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Calls a C++ object as code that a compiler made of TensorRT's headers does: by places in its table of functions. */
record Calls(MemorySegment object) {

    private static final StructLayout INFO =
            MemoryLayout.structLayout(ValueLayout.ADDRESS, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
    private static final int LANGUAGE = 0;
    private static final int INTERFACE = 1;
    private static final int DESTRUCTOR = 2;
    private static final int DELETING_DESTRUCTOR = 3;

    /** Place of the first function that the class adds to those of all. */
    private static final int OWN = 4;

    static Calls at(long address) {
        return new Calls(MemorySegment.ofAddress(address).reinterpret(Long.BYTES));
    }

    /** @param place among the class's own functions, in the order of its header */
    int toInt(int place, Object... operands) {
        return (int) answer(ValueLayout.JAVA_INT, OWN + place, operands);
    }

    boolean toBoolean(int place, Object... operands) {
        return (byte) answer(ValueLayout.JAVA_BYTE, OWN + place, operands) != 0;
    }

    long toLong(int place, Object... operands) {
        return (long) answer(ValueLayout.JAVA_LONG, OWN + place, operands);
    }

    Calls toObject(int place, Object... operands) {
        return at(toLong(place, operands));
    }

    String toText(int place) {
        return RawMemory.text(toLong(place));
    }

    /** Language, kind and version. */
    String kind() {
        try (Arena arena = Arena.ofConfined()) {
            var told = (MemorySegment) Linker.nativeLinker()
                    .downcallHandle(function(INTERFACE), FunctionDescriptor.of(INFO, ValueLayout.ADDRESS))
                    .invokeWithArguments(arena, object);
            return "%d %s %d.%d"
                    .formatted(
                            (int) answer(ValueLayout.JAVA_INT, LANGUAGE),
                            RawMemory.text(told.get(ValueLayout.JAVA_LONG, 0)),
                            told.get(ValueLayout.JAVA_INT, 8),
                            told.get(ValueLayout.JAVA_INT, 12));
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    void destroy() {
        call(null, DESTRUCTOR);
        call(null, DELETING_DESTRUCTOR);
    }

    private MemorySegment function(int place) {
        return MemorySegment.ofAddress(RawMemory.getLong(object.get(ValueLayout.JAVA_LONG, 0) + (long) place * 8));
    }

    private Object answer(MemoryLayout answer, int place, Object... operands) {
        return Objects.requireNonNull(call(answer, place, operands));
    }

    private @Nullable Object call(@Nullable MemoryLayout answer, int place, Object... operands) {
        MemoryLayout[] layouts = new MemoryLayout[operands.length + 1];
        Object[] all = new Object[operands.length + 1];
        layouts[0] = ValueLayout.ADDRESS;
        all[0] = object;
        for (int i = 0; i < operands.length; i++) {
            all[i + 1] = operands[i];
            layouts[i + 1] = operands[i] instanceof MemorySegment
                    ? ValueLayout.ADDRESS
                    : operands[i] instanceof Long ? ValueLayout.JAVA_LONG : ValueLayout.JAVA_INT;
        }
        try {
            return Linker.nativeLinker()
                    .downcallHandle(
                            function(place),
                            answer == null
                                    ? FunctionDescriptor.ofVoid(layouts)
                                    : FunctionDescriptor.of(answer, layouts))
                    .invokeWithArguments(Arrays.asList(all));
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}
