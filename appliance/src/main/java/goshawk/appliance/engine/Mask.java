package goshawk.appliance.engine;

import goshawk.trtbuild.Rounding;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** What tokens see of others, added to their scores in BF16: nothing, or so little that it is nothing. */
final class Mask {

    private static final short[] HIDDEN = new short[1024];

    static {
        Arrays.fill(HIDDEN, Rounding.bfloat16(OnnxEngine.HIDDEN));
    }

    private Mask() {}

    static void show(MemorySegment mask, long from, long count) {
        mask.asSlice(Short.BYTES * from, Short.BYTES * count).fill((byte) 0);
    }

    static void hide(MemorySegment mask, long from, long count) {
        long end = from + count;
        for (long at = from; at < end; at += HIDDEN.length) {
            int piece = (int) Math.min(HIDDEN.length, end - at);
            MemorySegment.copy(HIDDEN, 0, mask, ValueLayout.JAVA_SHORT, Short.BYTES * at, piece);
        }
    }
}
