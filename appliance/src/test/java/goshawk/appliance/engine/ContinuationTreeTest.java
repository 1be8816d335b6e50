package goshawk.appliance.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ContinuationTreeTest {

    private static final float NO = Mask.HIDDEN;

    private final ContinuationTree tree =
            ContinuationTree.of(List.of(new int[] {5, 6}, new int[] {5, 7, 8}, new int[] {9}, new int[] {5}));

    @Test
    void whatContinuationsBeginWithAlikeIsThereOnce() {
        assertThat(tree.tokens()).containsExactly(5, 6, 7, 8, 9);
        assertThat(tree.depths()).containsExactly(0, 1, 1, 2, 0);
        assertThat(tree.ends()).containsExactly(1, 3, 4, 0);
    }

    @Test
    void aTokenSeesItselfAndItsWayBackAndNothingElse() {
        float[] mask = new float[7];
        tree.hide(3, mask, 2);
        assertThat(mask).as("two tokens of the past, then the tree").containsExactly(0, 0, 0, NO, 0, 0, NO);
        tree.hide(4, mask, 2);
        assertThat(mask).containsExactly(0, 0, NO, NO, NO, NO, 0);
    }
}
