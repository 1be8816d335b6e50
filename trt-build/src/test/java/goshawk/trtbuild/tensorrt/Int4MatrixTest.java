package goshawk.trtbuild.tensorrt;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Int4MatrixTest {

    private final Arena arena = Arena.ofConfined();
    private final List<String> launched = new ArrayList<>();
    private final OperatorCalls calls = new OperatorCalls(
            new Int4Matrix((packed, scales, matrix, count, stream) ->
                    launched.add("%x %x %x %d %x".formatted(packed, scales, matrix, count, stream))),
            arena);

    @BeforeEach
    void nothingIsSaid() {
        LastErrors.said();
    }

    @AfterEach
    void over() {
        arena.close();
    }

    @Test
    void itIsCalledAsItsNodes() {
        assertThat(calls.creator.toText(2)).isEqualTo("Int4Matrix");
        assertThat(calls.core.toText(0)).isEqualTo("Int4Matrix");
    }

    @Test
    void theMatrixHasRowsOfWhatIsPackedAndColumnsOfWhatItMultiplies() {
        assertThat(calls.outputSizes(3)).isEqualTo("0: 2 of a0 b2");
    }

    @Test
    void itIsInBf16AndTakesNoOtherTypes() {
        assertThat(calls.outputType(3, 7, 7)).isEqualTo(7);
        assertThat(calls.outputType(2, 7, 7)).isNegative();
        assertThat(LastErrors.said()).contains("packed is of TensorRT's data type 2, want 3");
    }

    @Test
    void allOfTheMatrixIsUnpackedInEights() {
        assertThat(calls.enqueued(new long[] {48, 32}, new long[] {48, 2}, new long[] {7, 256}))
                .isEqualTo(OperatorCalls.OK);
        assertThat(launched).containsExactly("a0 a1 b0 1536 d0");
    }

    @Test
    void theKernelIsWrittenForAsManyThreads() {
        assertThat(KernelCompiler.sources()).contains("#define UNPACK_THREADS 256\n");
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
        assertThat(calls.isConfigured(new long[] {out, eights}, new long[] {scaled, blocks}, new long[] {-1, in}))
                .isEqualTo(isRight);
        if (!isRight) {
            assertThat(LastErrors.said())
                    .contains("packed is [%d, %d]".formatted(out, eights))
                    .contains("want [out, %d / 8] and [out, %1$d / 128]".formatted(in));
        }
    }

    @Test
    void aVectorIsNoMatrix() {
        assertThat(calls.isConfigured(new long[] {48, 32}, new long[] {96}, new long[] {-1, 256}))
                .isFalse();
        assertThat(LastErrors.said()).contains("scales has 1 dimensions, want 2");
    }
}
