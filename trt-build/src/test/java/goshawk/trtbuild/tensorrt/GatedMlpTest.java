package goshawk.trtbuild.tensorrt;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Asks the operator what TensorRT asks, as {@link CachedAttentionTest} does. */
class GatedMlpTest {

    private static final int INPUTS = 5;
    private static final MemorySegment NOTHING = MemorySegment.NULL;
    private static final int OK = 0;

    // Places in the tables, behind what all interfaces have.
    private static final int CONFIGURE = 0;
    private static final int OUTPUT_TYPES = 1;
    private static final int OUTPUT_SHAPES = 2;
    private static final int ENQUEUE = 2;

    private final Arena arena = Arena.ofConfined();
    private final List<String> launched = new ArrayList<>();
    private final OperatorSizes sizes = new OperatorSizes(new AttentionSizes(4, 2, 32, 1e-6f), 128, 384);
    private final Calls creator = new Calls(new OperatorCreator(new OperatorPlugin(new GatedMlp(
                    sizes,
                    (rows, inputs, output, stream) -> launched.add("%d %x..%x %x %x"
                            .formatted(
                                    rows,
                                    RawMemory.getLong(inputs),
                                    RawMemory.getLong(inputs + (INPUTS - 1) * Long.BYTES),
                                    output,
                                    stream)))))
            .object());
    private final Calls plugin = creator.toObject(0, arena.allocateFrom("node"), NOTHING, 0);
    private final Calls build = plugin.toObject(0, 1);
    private final Calls runtime = plugin.toObject(0, 2);

    @BeforeEach
    void nothingIsSaid() {
        LastErrors.said();
    }

    @AfterEach
    void over() {
        arena.close();
    }

    /** A list of descriptions, so many bytes each, of inputs and an output. */
    private MemorySegment descs(int bytes, long rows, long weights, long scales) {
        long[][] shapes = {{rows, 128}, {weights, 128}, {2, scales}, {1}, {1}};
        MemorySegment descs = arena.allocate((INPUTS + 1L) * bytes, 8);
        for (int i = 0; i < shapes.length; i++) {
            descs.set(ValueLayout.JAVA_INT, (long) i * bytes, shapes[i].length);
            for (int j = 0; j < shapes[i].length; j++) {
                descs.set(ValueLayout.JAVA_LONG, (long) i * bytes + 8 + 8L * j, shapes[i][j]);
            }
        }
        return descs;
    }

    private int enqueued(long rows) {
        MemorySegment descs = descs(88, rows, 768, 384);
        return runtime.toInt(
                ENQUEUE,
                descs,
                descs.asSlice(INPUTS * 88L),
                arena.allocateFrom(ValueLayout.JAVA_LONG, 0xA0, 0xA1, 0xA2, 0xA3, 0xA4),
                arena.allocateFrom(ValueLayout.JAVA_LONG, 0xB0),
                0xC0L,
                0xD0L);
    }

    @Test
    void theResultHasATokensRowsAndAScalesColumns() {
        MemorySegment shapes = arena.allocate(INPUTS * 72L, 8);
        for (int i = 0; i < INPUTS; i++) {
            shapes.set(ValueLayout.JAVA_LONG, i * 72L + 8, 0xA0 + i);
            shapes.set(ValueLayout.JAVA_LONG, i * 72L + 16, 0xB0 + i);
        }
        MemorySegment output = arena.allocate(72, 8);
        assertThat(build.toInt(OUTPUT_SHAPES, shapes, INPUTS, NOTHING, 0, output, 1, NOTHING))
                .isEqualTo(OK);
        assertThat(output.get(ValueLayout.JAVA_INT, 0)).isEqualTo(2);
        assertThat(output.get(ValueLayout.JAVA_LONG, 8)).isEqualTo(0xA0);
        assertThat(output.get(ValueLayout.JAVA_LONG, 16)).isEqualTo(0xB2);
    }

    @Test
    void allButScalesIsE4m3() {
        MemorySegment types = arena.allocateFrom(ValueLayout.JAVA_INT, 6, 6, 7, 7, 7);
        MemorySegment output = arena.allocate(ValueLayout.JAVA_INT);
        assertThat(creator.toText(2)).isEqualTo("GatedMlp");
        assertThat(build.toInt(OUTPUT_TYPES, output, 1, types, INPUTS)).isEqualTo(OK);
        assertThat(output.get(ValueLayout.JAVA_INT, 0)).isEqualTo(6);
        types.setAtIndex(ValueLayout.JAVA_INT, 1, 7);
        assertThat(build.toInt(OUTPUT_TYPES, output, 1, types, INPUTS)).isNotEqualTo(OK);
        assertThat(LastErrors.said()).contains("weights is of TensorRT's data type 7, want 6");
    }

    @Test
    void rowsAreComputedIfThereAreSome() {
        assertThat(enqueued(40)).isEqualTo(OK);
        assertThat(enqueued(0)).isEqualTo(OK);
        assertThat(launched).containsExactly("40 a0..a4 b0 d0");
    }

    @ParameterizedTest
    @CsvSource({"768, 384, true", "384, 384, false", "768, 768, false"})
    void shapesAreThoseOfTheModel(long weights, long scales, boolean isRight) {
        MemorySegment descs = descs(304, -1, weights, scales);
        assertThat(build.toInt(CONFIGURE, descs, INPUTS, descs, 1) == OK).isEqualTo(isRight);
        if (!isRight) {
            assertThat(LastErrors.said()).contains(weights == 768 ? "scales is [2, 768], want [2, 384]" : "weights is");
        }
    }
}
