package goshawk.appliance.engine;

import goshawk.trtbuild.Rounding;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** What tokens see of others, added to their scores in BF16: nothing, or so little that it is nothing. */
final class Mask {

    /** Added to the score of what a token may not see. */
    static final float HIDDEN = -1e9f;

    private static final short[] ROW = new short[1024];

    static {
        Arrays.fill(ROW, Rounding.bfloat16(HIDDEN));
    }

    private Mask() {}

    static void show(MemorySegment mask, long from, long count) {
        mask.asSlice(Short.BYTES * from, Short.BYTES * count).fill((byte) 0);
    }

    static void hide(MemorySegment mask, long from, long count) {
        long end = from + count;
        for (long at = from; at < end; at += ROW.length) {
            int piece = (int) Math.min(ROW.length, end - at);
            MemorySegment.copy(ROW, 0, mask, ValueLayout.JAVA_SHORT, Short.BYTES * at, piece);
        }
    }
}
