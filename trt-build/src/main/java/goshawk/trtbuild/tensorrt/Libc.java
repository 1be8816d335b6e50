package goshawk.trtbuild.tensorrt;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** What the C library does with a process's memory, and with its end. For Linux, where plans are built. */
public final class Libc {

    private static final int MADV_DONTNEED = 4;

    private static final MethodHandle GETPAGESIZE =
            function("getpagesize", FunctionDescriptor.of(ValueLayout.JAVA_INT));
    private static final MethodHandle MADVISE = function(
            "madvise",
            FunctionDescriptor.of(
                    ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT));
    private static final MethodHandle EXIT = function("_exit", FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT));

    private Libc() {}

    /**
     * Gives the machine the whole pages within {@code memory} back. A process's own memory reads as zeros from then on, so
     * nobody may read it any more; a file that is only read is read again. The addresses stay taken, and are freed as ever.
     *
     * @return bytes given back
     */
    static long giveBack(MemorySegment memory) {
        try {
            long page = (int) GETPAGESIZE.invokeExact();
            long from = Math.ceilDiv(memory.address(), page) * page;
            long to = Math.floorDiv(memory.address() + memory.byteSize(), page) * page;
            if (to <= from) {
                return 0;
            }
            return (int) MADVISE.invokeExact(from, to - from, MADV_DONTNEED) == 0 ? to - from : 0;
        } catch (Throwable e) {
            throw new AssertionError("functions of the C library throw nothing", e);
        }
    }

    /** Ends the process as it is: what native libraries do at an orderly end can crash, or wait for their own threads. */
    public static void exit(int code) {
        try {
            EXIT.invokeExact(code);
        } catch (Throwable e) {
            throw new AssertionError("functions of the C library throw nothing", e);
        }
    }

    private static MethodHandle function(String name, FunctionDescriptor type) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type);
    }
}
