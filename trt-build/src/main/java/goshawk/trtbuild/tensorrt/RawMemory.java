package goshawk.trtbuild.tensorrt;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Memory of the process by its address, for what a native library passes. Nothing is checked, and nothing allocated. */
final class RawMemory {

    private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private RawMemory() {}

    static int getInt(long address) {
        return ALL.get(ValueLayout.JAVA_INT, address);
    }

    static void setInt(long address, int value) {
        ALL.set(ValueLayout.JAVA_INT, address, value);
    }

    static long getLong(long address) {
        return ALL.get(ValueLayout.JAVA_LONG, address);
    }

    /** One of several that begin at an address. */
    static long getLong(long address, int place) {
        return getLong(address + (long) place * Long.BYTES);
    }

    static void copy(long from, long to, long bytes) {
        MemorySegment.copy(ALL, from, ALL, to, bytes);
    }

    /** Up to a byte of zero, in UTF-8. */
    static String text(long address) {
        return ALL.getString(address);
    }
}
