package goshawk.camera.sim;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RenderThreadsTest {

    /** On a machine of 64 cores the heap of 320 MiB that a launcher gives was full. */
    @ParameterizedTest
    @CsvSource({"2,320,2", "64,320,8", "64,4096,64", "4,32,1"})
    void noMoreDrawAtOnceThanTheHeapHolds(int cores, long heapMib, int threads) {
        assertThat(RenderThreads.usual(cores, heapMib << 20)).isEqualTo(threads);
    }
}
