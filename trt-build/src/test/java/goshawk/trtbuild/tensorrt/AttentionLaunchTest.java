package goshawk.trtbuild.tensorrt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.trtbuild.CheckpointException;
import goshawk.trtbuild.tensorrt.Kernel.Grid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AttentionLaunchTest {

    /** Qwen3-VL 8B. */
    private static final AttentionSizes B8 = new AttentionSizes(32, 8, 128, 1e-6f);

    private static final AttentionSizes ONE_KEY_HEAD = new AttentionSizes(4, 1, 32, 1e-6f);
    private static final AttentionSizes NO_GROUPS = new AttentionSizes(4, 4, 32, 1e-6f);

    /** Of an H100. */
    private static final int H100 = 132;

    private static AttentionLaunch launch(AttentionSizes sizes, int rows) {
        return AttentionLaunch.of(sizes, rows, H100);
    }

    @ParameterizedTest
    @CsvSource({
        // rows, tiles, splits
        "1, 1, 16", // 8 blocks for 132 multiprocessors
        "16, 1, 16", // 64 packed queries
        "17, 2, 8",
        "64, 4, 4",
        "128, 8, 2",
        "144, 9, 1", // 72 blocks: twice as many would be more than there is room for
        "320, 20, 1",
        "1088, 68, 1",
        "8192, 512, 1"
    })
    void whatIsLookedAtIsSplitWhereMultiprocessorsAreLeft(int rows, int tiles, int splits) {
        AttentionLaunch launch = launch(B8, rows);
        assertThat(launch).isEqualTo(new AttentionLaunch(B8, rows, tiles, splits, false));
        assertThat(launch.attend()).isEqualTo(new Grid(8, tiles, splits, 128, 512 * 136));
        assertThat(launch.prepare()).isEqualTo(new Grid(rows, 1, 1, 384, 0));
    }

    @Test
    void otherModelsAndDevicesHaveOthers() {
        assertThat(launch(ONE_KEY_HEAD, 40)).isEqualTo(new AttentionLaunch(ONE_KEY_HEAD, 40, 3, 32, false));
        assertThat(launch(NO_GROUPS, 40)).isEqualTo(new AttentionLaunch(NO_GROUPS, 40, 1, 32, false));
        assertThat(AttentionLaunch.of(B8, 1, 16).splits()).as("an Orin").isEqualTo(2);
        assertThat(AttentionLaunch.of(B8, 1, 4).splits())
                .as("fewer than key heads")
                .isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({
        // rows, tiles of 128 packed queries
        "288, 9", // 72 blocks for 132 multiprocessors
        "320, 10",
        "1024, 32",
        "1088, 34"
    })
    void manyRowsAreAnotherKernelsOnHopper(int rows, int tiles) {
        AttentionLaunch launch = AttentionLaunch.onHopper(B8, rows, H100);
        assertThat(launch).isEqualTo(new AttentionLaunch(B8, rows, tiles, 1, true));
        assertThat(launch.attend()).isEqualTo(new Grid(8, tiles, 1, 256, 5 * 128 * 256 + 1024));
        assertThat(launch.isCombined()).isFalse();
        assertThat(launch.isCombinedByLast()).isFalse();
        assertThat(launch.workspaceBytes()).isLessThanOrEqualTo(launch(B8, rows).workspaceBytes());
    }

    @Test
    void fewRowsAndOtherHeadsAreNot() {
        assertThat(AttentionLaunch.onHopper(B8, 256, H100)).as("64 blocks").isEqualTo(launch(B8, 256));
        assertThat(AttentionLaunch.onHopper(B8, 32, 16))
                .as("a slice of a GPU")
                .isEqualTo(AttentionLaunch.of(B8, 32, 16));
        assertThat(AttentionLaunch.onHopper(ONE_KEY_HEAD, 8192, H100)).isEqualTo(launch(ONE_KEY_HEAD, 8192));
        assertThat(new AttentionSizes(24, 8, 128, 1e-6f).hasMany())
                .as("16 packed queries are no whole tokens")
                .isFalse();
    }

    @Test
    void whatIsSplitIsCombined() {
        AttentionLaunch launch = launch(B8, 5);
        assertThat(launch.isCombined()).isTrue();
        assertThat(launch.combine()).isEqualTo(new Grid(40, 1, 1, 128, 0));
        assertThat(launch(ONE_KEY_HEAD, 3).combine()).isEqualTo(new Grid(3, 1, 1, 128, 0));
        assertThat(launch(B8, 1088).isCombined()).isFalse();
    }

    @Test
    void theLastOfFewSplitsCombinesThem() {
        assertThat(launch(B8, 1).isCombinedByLast()).isTrue();
        assertThat(launch(B8, 1).isCombined()).isFalse();
        assertThat(launch(B8, 2).isCombinedByLast()).as("8 packed queries").isTrue();
        assertThat(launch(B8, 3).isCombinedByLast()).as("12 packed queries").isFalse();
        assertThat(AttentionLaunch.of(B8, 1, 4).isCombinedByLast())
                .as("one split")
                .isFalse();
    }

    @Test
    void workspaceIsRotatedQueriesAndWhatSplitsLeave() {
        assertThat(launch(B8, 1088).workspaceBytes()).isEqualTo(1088L * 32 * 128 * 2);
        assertThat(launch(B8, 3).workspaceBytes()).isEqualTo(3 * (32 * 128 * 2 + 16L * 32 * 130 * 4));
        assertThat(launch(B8, 1).workspaceBytes())
                .as("and eight numbers to count in")
                .isEqualTo(32 * 128 * 2 + 16L * 32 * 130 * 4 + 256);
        assertThat(launch(B8, 1).doneFrom()).isEqualTo(32 * 128 * 2 + 16L * 32 * 130 * 4);
        assertThat(launch(new AttentionSizes(1, 1, 16, 1e-6f), 1).rotatedBytes())
                .as("32 bytes, and partial sums begin at a multiple of 256")
                .isEqualTo(256);
    }

    @Test
    void fewerRowsMayTakeMore() {
        long most = AttentionLaunch.workspaceBytes(B8, 1, 160, H100);
        assertThat(most).isGreaterThan(launch(B8, 160).workspaceBytes());
        for (int rows = 1; rows <= 160; rows++) {
            assertThat(launch(B8, rows).workspaceBytes()).isLessThanOrEqualTo(most);
        }
        assertThat(AttentionLaunch.workspaceBytes(B8, 7, 7, H100))
                .isEqualTo(launch(B8, 7).workspaceBytes());
    }

    /** Power modes of a Jetson, and cards of the same kind, differ in multiprocessors. */
    @Test
    void aPlanMayBeRunWhereMoreMultiprocessorsAreAtWork() {
        for (int multiprocessors : new int[] {4, 16, H100, 192, 256, 1_000}) {
            for (int rows = 1; rows <= 160; rows++) {
                assertThat(AttentionLaunch.of(ONE_KEY_HEAD, rows, multiprocessors)
                                .workspaceBytes())
                        .as("%d rows, %d multiprocessors", rows, multiprocessors)
                        .isLessThanOrEqualTo(AttentionLaunch.workspaceBytes(ONE_KEY_HEAD, rows, rows));
            }
        }
        assertThat(AttentionLaunch.workspaceBytes(B8, 1, 64))
                .as("more than it takes here")
                .isGreaterThan(AttentionLaunch.workspaceBytes(B8, 1, 64, H100));
    }

    @Test
    void moreRowsThanABlockHasMarksForAreRefused() {
        assertThatThrownBy(() -> launch(ONE_KEY_HEAD, 32_769)).hasMessageContaining("32,768 at most");
        assertThat(launch(ONE_KEY_HEAD, 32_768).tiles()).isEqualTo(2_048);
    }

    /** Numbers that both are written with. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "#define ROWS 64 ", // of a tile: see above
                "#define KEYS 64 ", // two tiles of them and of values: 512 bytes for each number of a row
                "#define PITCH (HEAD_SIZE + 8) ",
                "#define THREADS 128 ", // of a block that attends
                "#define MOST_TOKENS 32768 ",
                "__launch_bounds__(384)\nprepare(",
                "__launch_bounds__(128)\ncombine(",
                "blockIdx.x * 4 + threadIdx.x / 32", // of one that combines
                "#define MANY 128 ", // rows and keys of a tile, five of them
                "#define MANY_THREADS 256\n",
                "HEAD_SIZE == 128 && 16 % GROUP == 0\n"
            })
    void kernelsAreWrittenForTheseLaunches(String words) {
        assertThat(KernelCompiler.sources()).contains(words);
    }

    @ParameterizedTest
    @CsvSource({"8, 2, 40", "8, 2, 8", "8, 2, 0", "8, 2, 272", "6, 4, 64", "2, 4, 64", "4, 0, 64"})
    void headsThatTheKernelsDoNotTakeAreRefused(int heads, int kvHeads, int headSize) {
        assertThatThrownBy(() -> new AttentionSizes(heads, kvHeads, headSize, 1e-6f))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("attention on a GPU takes");
    }
}
