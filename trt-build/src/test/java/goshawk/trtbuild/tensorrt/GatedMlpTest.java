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

class GatedMlpTest {

    private static final int INPUTS = 5;

    private final Arena arena = Arena.ofConfined();
    private final List<String> launched = new ArrayList<>();
    private final OperatorSizes sizes = new OperatorSizes(new AttentionSizes(4, 2, 32, 1e-6f), 128, 384);
    private final OperatorCalls calls = new OperatorCalls(
            new GatedMlp(
                    sizes,
                    (rows, inputs, output, stream) -> launched.add("%d %x..%x %x %x"
                            .formatted(
                                    rows,
                                    RawMemory.getLong(inputs),
                                    RawMemory.getLong(inputs + (INPUTS - 1) * Long.BYTES),
                                    output,
                                    stream))),
            arena);

    @BeforeEach
    void nothingIsSaid() {
        LastErrors.said();
    }

    @AfterEach
    void over() {
        arena.close();
    }

    private static long[][] shapes(long rows, long weights, long scales) {
        return new long[][] {{rows, 128}, {weights, 128}, {2, scales}, {1}, {1}};
    }

    @Test
    void theResultHasATokensRowsAndAScalesColumns() {
        assertThat(calls.outputSizes(INPUTS)).isEqualTo("0: 2 of a0 b2");
    }

    @Test
    void allButScalesIsE4m3() {
        assertThat(calls.creator.toText(2)).isEqualTo("GatedMlp");
        assertThat(calls.outputType(6, 6, 7, 7, 7)).isEqualTo(6);
        assertThat(calls.outputType(6, 7, 7, 7, 7)).isNegative();
        assertThat(LastErrors.said()).contains("weights is of TensorRT's data type 7, want 6");
    }

    @Test
    void rowsAreComputedIfThereAreSome() {
        assertThat(calls.enqueued(shapes(40, 768, 384))).isEqualTo(OperatorCalls.OK);
        assertThat(calls.enqueued(shapes(0, 768, 384))).isEqualTo(OperatorCalls.OK);
        assertThat(launched).containsExactly("40 a0..a4 b0 d0");
    }

    @ParameterizedTest
    @CsvSource({"768, 384, true", "384, 384, false", "768, 768, false"})
    void shapesAreThoseOfTheModel(long weights, long scales, boolean isRight) {
        assertThat(calls.isConfigured(shapes(-1, weights, scales))).isEqualTo(isRight);
        if (!isRight) {
            assertThat(LastErrors.said()).contains(weights == 768 ? "scales is [2, 768], want [2, 384]" : "weights is");
        }
    }
}
