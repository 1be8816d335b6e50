package goshawk.trtbuild.tensorrt;

import java.util.HashMap;
import java.util.Map;

/**
 * {@link DecodeKernels} in the place of the text's plan, with the same tensors. Of {@code deep_features}, which are added where something
 * was seen, it takes no notice.
 */
public final class DecodeExecution implements Executable {

    private final Kernels kernels;
    private final long scratch;
    private final Map<String, Long> addresses = new HashMap<>();
    private int tokens;
    private int asked;

    /** What computes. */
    interface Kernels {

        /** As {@link DecodeKernels#launch}. */
        void launch(DecodeKernels.Inputs inputs, int tokens, int asked, long scratch, long logits, DeviceStream stream);
    }

    DecodeExecution(Kernels kernels, long scratch) {
        this.kernels = kernels;
        this.scratch = scratch;
    }

    /** @param scratch that nobody else uses while this computes */
    public DecodeExecution(DecodeKernels kernels, DeviceMemory scratch) {
        this(kernels, scratch.address());
    }

    @Override
    public void shape(String input, long... sizes) {
        switch (input) {
            case "words" -> tokens = few(input, sizes[0]);
            case "logits_index" -> asked = few(input, sizes[0]);
            default -> {}
        }
    }

    private static int few(String input, long count) {
        if (count < 1 || count > DecodeKernels.MOST_TOKENS) {
            throw new IllegalArgumentException(
                    "%s of %d tokens, want 1 to %d".formatted(input, count, DecodeKernels.MOST_TOKENS));
        }
        return (int) count;
    }

    @Override
    public void address(String tensor, long address) {
        addresses.put(tensor, address);
    }

    @Override
    public void enqueue(DeviceStream stream) {
        var inputs = new DecodeKernels.Inputs(
                told("words"), told("cos"), told("sin"), told("sees"), told("places"), told("logits_index"));
        kernels.launch(inputs, tokens, asked, scratch, told("logits"), stream);
    }

    private long told(String tensor) {
        Long address = addresses.get(tensor);
        if (address == null) {
            throw new IllegalStateException(tensor + " has no address");
        }
        return address;
    }
}
