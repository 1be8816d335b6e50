package goshawk.appliance.engine;

import goshawk.trtbuild.PlanLimits;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.stream.IntStream;

/**
 * Which new tokens each of them looks at, beside all earlier ones: itself, the one before it, the one before that.
 *
 * @param parents by token: the one before it, which comes earlier in the row, or {@link ContinuationTree#PAST}
 */
record Looking(int[] parents) {

    /** Each looks at all that come before. */
    static Looking atAll(int tokens) {
        return new Looking(IntStream.range(ContinuationTree.PAST, tokens - 1).toArray());
    }

    /** Each looks at those of its own continuation. */
    static Looking in(ContinuationTree tree) {
        return new Looking(tree.parents());
    }

    static long bytes(int rows) {
        return (long) rows * PlanLimits.seesWords(rows) * Integer.BYTES;
    }

    /**
     * Writes a bit for each row and token: bit {@code j % 32} of word {@code j / 32}.
     *
     * @param rows at least as many as there are tokens; those behind them look at nothing
     * @param sees {@code [rows, words]}
     */
    void write(MemorySegment sees, int rows) {
        long width = bytes(rows) / rows;
        sees.fill((byte) 0);
        for (int row = 0; row < parents.length; row++) {
            if (parents[row] != ContinuationTree.PAST) {
                MemorySegment.copy(sees, parents[row] * width, sees, row * width, width);
            }
            long word = row * width + row / Integer.SIZE * (long) Integer.BYTES;
            int others = sees.get(ValueLayout.JAVA_INT, word);
            sees.set(ValueLayout.JAVA_INT, word, others | 1 << row % Integer.SIZE);
        }
    }
}
