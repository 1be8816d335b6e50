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
class Int4MatrixTest {

    private static final int INPUTS = 3;
    private static final MemorySegment NOTHING = MemorySegment.NULL;
    private static final int OK = 0;

    // Places in the tables, behind what all interfaces have.
    private static final int CONFIGURE = 0;
    private static final int OUTPUT_TYPES = 1;
    private static final int OUTPUT_SHAPES = 2;
    private static final int WORKSPACE = 5;
    private static final int ENQUEUE = 2;

    private final Arena arena = Arena.ofConfined();
    private final List<String> launched = new ArrayList<>();
    private final Calls creator =
            new Calls(new OperatorCreator(new OperatorPlugin(new Int4Matrix((packed, scales, matrix, count, stream) ->
                            launched.add("%x %x %x %d %x".formatted(packed, scales, matrix, count, stream)))))
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
    private MemorySegment descs(int bytes, long[]... shapes) {
        MemorySegment descs = arena.allocate((INPUTS + 1L) * bytes, 8);
        for (int i = 0; i < shapes.length; i++) {
            descs.set(ValueLayout.JAVA_INT, (long) i * bytes, shapes[i].length);
            for (int j = 0; j < shapes[i].length; j++) {
                descs.set(ValueLayout.JAVA_LONG, (long) i * bytes + 8 + 8L * j, shapes[i][j]);
            }
        }
        return descs;
    }

    private int configured(long[]... shapes) {
        MemorySegment descs = descs(304, shapes);
        return build.toInt(CONFIGURE, descs, INPUTS, descs, 1);
    }

    @Test
    void itIsCalledAsItsNodes() {
        assertThat(creator.toText(2)).isEqualTo("Int4Matrix");
        assertThat(plugin.toObject(0, 0).toText(0)).isEqualTo("Int4Matrix");
    }

    @Test
    void theMatrixHasRowsOfWhatIsPackedAndColumnsOfWhatItMultiplies() {
        MemorySegment shapes = arena.allocate(INPUTS * 72L, 8);
        for (int i = 0; i < INPUTS; i++) {
            shapes.set(ValueLayout.JAVA_INT, i * 72L, 2);
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
    void itIsInBf16AndTakesNoOtherTypes() {
        MemorySegment types = arena.allocateFrom(ValueLayout.JAVA_INT, 3, 7, 7);
        MemorySegment output = arena.allocate(ValueLayout.JAVA_INT);
        assertThat(build.toInt(OUTPUT_TYPES, output, 1, types, INPUTS)).isEqualTo(OK);
        assertThat(output.get(ValueLayout.JAVA_INT, 0)).isEqualTo(7);
        types.setAtIndex(ValueLayout.JAVA_INT, 0, 2);
        assertThat(build.toInt(OUTPUT_TYPES, output, 1, types, INPUTS)).isNotEqualTo(OK);
        assertThat(LastErrors.said()).contains("packed is of TensorRT's data type 2, want 3");
    }

    @Test
    void allOfTheMatrixIsUnpackedInEights() {
        MemorySegment descs = descs(88, new long[] {48, 32}, new long[] {48, 2}, new long[] {7, 256});
        assertThat(runtime.toInt(
                        ENQUEUE,
                        descs,
                        descs.asSlice(INPUTS * 88L),
                        arena.allocateFrom(ValueLayout.JAVA_LONG, 0xA0, 0xA1, 0xA2),
                        arena.allocateFrom(ValueLayout.JAVA_LONG, 0xB0),
                        0xC0L,
                        0xD0L))
                .isEqualTo(OK);
        assertThat(launched).containsExactly("a0 a1 b0 1536 d0");
        assertThat(build.toLong(WORKSPACE, descs(304), INPUTS, descs(304), 1)).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "48, 32, 48, 2, 256, true",
        "48, 32, 48, 2, 128, false",
        "48, 32, 40, 2, 256, false",
        "48, 32, 48, 1, 256, false",
        "48, 24, 48, 1, 192, false"
    })
    void sizesGoTogether(long out, long eights, long scaled, long blocks, long in, boolean isRight) {
        boolean isTaken = configured(new long[] {out, eights}, new long[] {scaled, blocks}, new long[] {-1, in}) == OK;
        assertThat(isTaken).isEqualTo(isRight);
        if (!isRight) {
            assertThat(LastErrors.said()).contains("packed is [%d, %d]".formatted(out, eights));
        }
    }

    @Test
    void aVectorIsNoMatrix() {
        assertThat(configured(new long[] {48, 32}, new long[] {96}, new long[] {-1, 256}))
                .isNotEqualTo(OK);
        assertThat(LastErrors.said()).contains("scales has 1 dimensions, want 2");
    }
}
