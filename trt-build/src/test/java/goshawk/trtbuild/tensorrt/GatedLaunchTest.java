package goshawk.trtbuild.tensorrt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GatedLaunchTest {

    /** Of Qwen3-VL 8B. */
    private static final int MLP = 12_288;

    private static final int H100 = 132;

    /** That a block can have on an H100. */
    private static final int MOST_SHARED_BYTES = 227 << 10;

    private static Stream<GatedLaunch> all() {
        return IntStream.rangeClosed(1, 8192).mapToObj(rows -> GatedLaunch.of(rows, MLP, H100));
    }

    /** A picture with its words are four tiles without a row to spare. */
    @ParameterizedTest
    @CsvSource({"1, 64, 96", "64, 64, 96", "320, 160, 192", "1024, 256, 384", "1088, 272, 384", "2048, 256, 768"})
    void tilesLeaveLittleToDoForFew(int rows, int high, int items) {
        GatedLaunch launch = GatedLaunch.of(rows, MLP, H100);
        assertThat(launch.high()).isEqualTo(high);
        assertThat(launch.items()).isEqualTo(items);
        assertThat(launch.grid().x()).isEqualTo(H100);
    }

    @Test
    void thereAreNoMoreBlocksThanItems() {
        assertThat(GatedLaunch.of(10, 256, H100).grid().x()).isEqualTo(4);
    }

    @Test
    void aBlocksMemoryHoldsAtLeastFourStages() {
        assertThat(GatedLaunch.mostSharedBytes()).isLessThanOrEqualTo(MOST_SHARED_BYTES - 1024);
        assertThat(all()).allSatisfy(launch -> {
            int stages = (launch.grid().sharedBytes() - 1024 - 80 * launch.high()) / (128 * (128 + launch.high()));
            assertThat(stages).isBetween(4, 8);
            assertThat(launch.grid().sharedBytes()).isLessThanOrEqualTo(GatedLaunch.mostSharedBytes());
        });
    }

    @Test
    void theKernelIsWrittenForTheseLaunches() {
        assertThat(KernelCompiler.sources())
                .contains(
                        "#define GATED_THREADS 384 ",
                        "#define COLUMNS 64 ", // of each of two blocks
                        "#define DEPTH 128 ",
                        "#define MOST_STAGES 8\n",
                        "#define MIXED_ROW (COLUMNS + 16) ", // 80
                        "#define MOST_BYTES (225 * 1024) ");
        assertThat(GatedLaunch.of(1024, MLP, H100).grid().threads()).isEqualTo(384);
    }

    @Test
    void theKernelHasEachHeight() {
        Matcher cases = Pattern.compile("CASE\\((\\d+)\\)").matcher(KernelCompiler.sources());
        List<Integer> known = Stream.concat(
                        cases.results().map(found -> Integer.valueOf(found.group(1))), Stream.of(272))
                .toList();
        assertThat(KernelCompiler.sources()).contains("#define MOST_HIGH 272 ");
        assertThat(all().map(GatedLaunch::high).distinct()).isNotEmpty().isSubsetOf(known);
    }
}
