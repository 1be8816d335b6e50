package goshawk.trtbuild.tensorrt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DecodeExecutionTest {

    private final List<String> launched = new ArrayList<>();
    private final DecodeExecution execution = new DecodeExecution(
            (inputs, tokens, asked, scratch, logits, _) -> launched.add(
                    "%s: %d tokens, %d asked, in %d to %d".formatted(inputs, tokens, asked, scratch, logits)),
            4096);

    private void tell(String... tensors) {
        long address = 100;
        for (String tensor : tensors) {
            execution.address(tensor, address++);
        }
    }

    @Test
    @SuppressWarnings("NullAway") // there is no stream without a device
    void itComputesWhatThePlanWouldFromTheSameTensors() {
        execution.shape("words", 3, 4096);
        execution.shape("deep_features", 3, 3, 4096);
        execution.shape("cos", 3, 64);
        execution.shape("logits_index", 2);
        tell("words", "cos", "sin", "sees", "places", "logits_index", "logits", "deep_features");
        execution.enqueue(null);
        var inputs = new DecodeKernels.Inputs(100, 101, 102, 103, 104, 105);
        assertThat(launched).containsExactly(inputs + ": 3 tokens, 2 asked, in 4096 to 106");
    }

    @Test
    @SuppressWarnings("NullAway") // likewise
    void nothingIsComputedFromATensorThatHasNoAddress() {
        execution.shape("words", 1, 4096);
        execution.shape("logits_index", 1);
        tell("words", "cos", "sin", "sees", "places", "logits_index");
        assertThatThrownBy(() -> execution.enqueue(null)).hasMessage("logits has no address");
        assertThat(launched).isEmpty();
    }

    @Test
    void moreTokensThanThereIsRoomForAreRefused() {
        execution.shape("words", 8, 4096);
        assertThatThrownBy(() -> execution.shape("words", 9, 4096)).hasMessageContaining("9 tokens, want 1 to 8");
        assertThatThrownBy(() -> execution.shape("logits_index", 0)).hasMessageContaining("0 tokens, want 1 to 8");
    }
}
