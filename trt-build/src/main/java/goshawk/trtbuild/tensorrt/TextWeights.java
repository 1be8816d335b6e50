package goshawk.trtbuild.tensorrt;

import goshawk.trtbuild.Checkpoint;
import goshawk.trtbuild.Safetensors;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * The text's matrices on the device, in one piece of memory: the text's plan is given them as inputs, and {@link DecodeKernels}
 * read the same. They stay as long as the process lives.
 */
public final class TextWeights {

    private final TextTensors tensors;
    private final DeviceMemory memory;
    private final Map<String, Long> addresses = new HashMap<>();

    private TextWeights(TextTensors tensors, DeviceMemory memory) {
        this.tensors = tensors;
        this.memory = memory;
    }

    /** A file that they are read from. */
    public static final class Source implements AutoCloseable {

        private final Safetensors file;
        private final TextTensors tensors;

        private Source(Safetensors file, boolean isWhole) {
            this.file = file;
            this.tensors = TextTensors.of(file.tensors().values(), isWhole);
        }

        /** That they take of the device. */
        public long bytes() {
            return tensors.bytes();
        }

        /**
         * Copies them to the device, which takes seconds.
         *
         * @throws NativeCallException if the device has no room for them
         */
        public TextWeights load() {
            var weights = new TextWeights(tensors, new DeviceMemory(tensors.bytes()));
            tensors.offsets().forEach((tensor, offset) -> {
                weights.memory.write(offset, file.bytes(tensor));
                weights.addresses.put(tensor.name(), weights.memory.address() + offset);
            });
            return weights;
        }

        @Override
        public void close() {
            file.close();
        }
    }

    /**
     * Opens a file of {@link goshawk.trtbuild.EngineFolder#weights()}.
     *
     * @param isWhole whether norms and all scales are wanted too, as {@link DecodeKernels} need them
     * @throws goshawk.trtbuild.CheckpointException if it lacks what is wanted
     */
    public static Source open(Path file, boolean isWhole) {
        Safetensors opened = Safetensors.open(file);
        try {
            return new Source(opened, isWhole);
        } catch (RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    /** What an input of the text's plan is given; empty if it is none of these. */
    public OptionalLong given(String input) {
        Long address = addresses.get(input);
        return address == null ? OptionalLong.empty() : OptionalLong.of(address);
    }

    /** Addresses of a matrix, or of several that lie one behind the other, and of its scales; 0 where it has none. */
    record Matrix(long weights, long scales) {}

    /**
     * Addresses of what one layer reads.
     *
     * @param heads queries, keys and values
     * @param gated gate and up
     */
    record Layer(
            long attentionNorm,
            Matrix heads,
            long queryNorm,
            long keyNorm,
            Matrix attended,
            long mlpNorm,
            Matrix gated,
            Matrix down) {}

    /** Addresses of what makes logits of the last layer's tokens. */
    record Head(long norm, Matrix matrix) {}

    Layer layer(int number) {
        String name = tensors.layer(number);
        return new Layer(
                address(name + "input_layernorm.weight"),
                matrix(name + "self_attn.q_proj.weight"),
                address(name + "self_attn.q_norm.weight"),
                address(name + "self_attn.k_norm.weight"),
                matrix(name + "self_attn.o_proj.weight"),
                address(name + "post_attention_layernorm.weight"),
                matrix(name + "mlp.gate_proj.weight"),
                matrix(name + "mlp.down_proj.weight"));
    }

    Head head() {
        return new Head(address(tensors.norm()), matrix(tensors.head()));
    }

    private Matrix matrix(String weight) {
        return new Matrix(address(weight), addresses.getOrDefault(Checkpoint.channelScale(weight), 0L));
    }

    private long address(String name) {
        Long address = addresses.get(name);
        if (address == null) {
            throw new IllegalArgumentException("there is no " + name);
        }
        return address;
    }
}
