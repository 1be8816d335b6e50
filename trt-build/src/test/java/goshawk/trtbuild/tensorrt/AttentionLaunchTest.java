package goshawk.trtbuild.tensorrt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.trtbuild.CheckpointException;
import goshawk.trtbuild.tensorrt.AttentionLaunch.Grid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AttentionLaunchTest {

    /** Qwen3-VL 8B. */
    private static final AttentionSizes B8 = new AttentionSizes(32, 8, 128, 1e-6f);

    private static final AttentionSizes ONE_KEY_HEAD = new AttentionSizes(4, 1, 32, 1e-6f);
    private static final AttentionSizes NO_GROUPS = new AttentionSizes(4, 4, 32, 1e-6f);

    @ParameterizedTest
    @CsvSource({
        // rows, warps, tiles, splits
        "1, 1, 1, 32", // 4 packed queries, 8 blocks of 264
        "4, 1, 1, 32",
        "5, 4, 1, 32", // 20
        "64, 4, 4, 9", // 256, 32 blocks
        "65, 8, 3, 11", // 260, 24 blocks
        "320, 8, 10, 4",
        "768, 8, 24, 2", // 192 blocks are few
        "800, 8, 25, 1", // 200 are enough
        "1088, 8, 34, 1",
        "8192, 8, 256, 1"
    })
    void blocksAreAsManyAsALargeDeviceHasRoomFor(int rows, int warps, int tiles, int splits) {
        AttentionLaunch launch = AttentionLaunch.of(B8, rows);
        assertThat(launch).isEqualTo(new AttentionLaunch(B8, rows, warps, tiles, splits));
        assertThat(launch.attend()).isEqualTo(new Grid(tiles, 8, splits, 32 * warps, 512 * 136));
        assertThat(launch.prepare()).isEqualTo(new Grid(rows, 6, 1, 256, 0));
    }

    @Test
    void otherModelsHaveOtherTiles() {
        assertThat(AttentionLaunch.of(ONE_KEY_HEAD, 40)).isEqualTo(new AttentionLaunch(ONE_KEY_HEAD, 40, 4, 3, 32));
        assertThat(AttentionLaunch.of(NO_GROUPS, 40)).isEqualTo(new AttentionLaunch(NO_GROUPS, 40, 4, 1, 32));
        assertThat(AttentionLaunch.of(ONE_KEY_HEAD, 1).prepare())
                .as("6 heads in one block")
                .isEqualTo(new Grid(1, 1, 1, 256, 0));
        assertThat(AttentionLaunch.of(NO_GROUPS, 1).prepare()).as("12 in two").isEqualTo(new Grid(1, 2, 1, 256, 0));
    }

    @Test
    void whatIsSplitIsCombined() {
        AttentionLaunch launch = AttentionLaunch.of(B8, 5);
        assertThat(launch.isSplit()).isTrue();
        assertThat(launch.combine()).isEqualTo(new Grid(40, 1, 1, 128, 0));
        assertThat(AttentionLaunch.of(ONE_KEY_HEAD, 3).combine()).isEqualTo(new Grid(3, 1, 1, 128, 0));
        assertThat(AttentionLaunch.of(B8, 1088).isSplit()).isFalse();
    }

    @Test
    void workspaceIsRotatedQueriesAndWhatSplitsLeave() {
        assertThat(AttentionLaunch.of(B8, 1088).workspaceBytes()).isEqualTo(1088L * 32 * 128 * 2);
        assertThat(AttentionLaunch.of(B8, 1).workspaceBytes()).isEqualTo(32 * 128 * 2 + 32L * 32 * 130 * 4);
        assertThat(AttentionLaunch.of(new AttentionSizes(1, 1, 16, 1e-6f), 1).rotatedBytes())
                .as("32 bytes, and partial sums begin at a multiple of 256")
                .isEqualTo(256);
    }

    @Test
    void fewerRowsMayTakeMore() {
        long most = AttentionLaunch.workspaceBytes(B8, 1, 1088);
        assertThat(most).isGreaterThan(AttentionLaunch.of(B8, 1088).workspaceBytes());
        for (int rows = 1; rows <= 1088; rows++) {
            assertThat(AttentionLaunch.of(B8, rows).workspaceBytes()).isLessThanOrEqualTo(most);
        }
        assertThat(AttentionLaunch.workspaceBytes(B8, 7, 7))
                .isEqualTo(AttentionLaunch.of(B8, 7).workspaceBytes());
    }

    @ParameterizedTest
    @CsvSource({"8, 2, 40", "8, 2, 8", "8, 2, 0", "8, 2, 272", "6, 4, 64", "2, 4, 64", "4, 0, 64"})
    void headsThatTheKernelsDoNotTakeAreRefused(int heads, int kvHeads, int headSize) {
        assertThatThrownBy(() -> new AttentionSizes(heads, kvHeads, headSize, 1e-6f))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("attention on a GPU takes");
    }
}
