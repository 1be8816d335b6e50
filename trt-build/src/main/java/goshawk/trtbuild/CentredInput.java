package goshawk.trtbuild;

import goshawk.trtbuild.SafetensorsWriter.Entry;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A layer of the vision tower whose input a LayerNorm makes, with the mean of that input in the layer's bias. E4M3 rounds a
 * number in proportion to its size, and much of such an input is the same in each patch: it says nothing and is rounded like
 * the rest. So it is taken from the norm's bias, and what the layer makes of it goes to the layer's own bias. In exact numbers
 * that changes nothing, and the graph is the same.
 *
 * @param norm the norm's bias, {@code [size]}
 * @param lowered the numbers that it has now
 * @param bias the layer's, {@code [out]}
 * @param raised the numbers that it has now
 * @param type that both are stored in
 */
record CentredInput(Tensor norm, float[] lowered, Tensor bias, float[] raised, ElementType type) {

    /** Whether a LayerNorm, and nothing behind it, makes the input of this layer, and of no other. */
    static boolean isPossible(String linear) {
        return norm(linear).isPresent();
    }

    private static Optional<String> norm(String linear) {
        if (!linear.startsWith(ModelTensors.VISION)) {
            return Optional.empty();
        }
        return replaced(linear, "attn.qkv", "norm1")
                .or(() -> replaced(linear, "mlp.linear_fc1", "norm2"))
                .or(() -> replaced(linear, "linear_fc1", "norm"));
    }

    private static Optional<String> replaced(String linear, String end, String norm) {
        return linear.endsWith("." + end)
                ? Optional.of(linear.substring(0, linear.length() - end.length()) + norm)
                : Optional.empty();
    }

    /**
     * @param linear a layer for which it {@linkplain #isPossible is possible}
     * @param weight the layer's, {@code [out, in]}
     * @param mean of its input, {@code [in]}
     * @param type of the activations, to which the norm's bias is rounded before the layer's own makes up for it
     * @throws CheckpointException if the mean is that of another size
     */
    static CentredInput of(Checkpoint checkpoint, String linear, Tensor weight, List<Float> mean, ElementType type) {
        Tensor norm = bias(checkpoint, norm(linear).orElseThrow());
        Tensor bias = bias(checkpoint, linear);
        WeightRows rows = WeightRows.of(checkpoint, weight);
        int in = rows.columns();
        if (mean.size() != in) {
            throw new CheckpointException(
                    "the scales have a mean of %d numbers for %s, which reads %d; calibrate again: ./goshawk engine calibrate"
                            .formatted(mean.size(), linear, in));
        }
        float[] lowered = WeightRows.numbers(checkpoint, norm);
        float[] taken = new float[lowered.length];
        int patches = in / lowered.length; // a merger reads several, with one norm for each of them
        for (int i = 0; i < lowered.length; i++) {
            double sum = 0;
            for (int patch = 0; patch < patches; patch++) {
                sum += mean.get(patch * lowered.length + i);
            }
            float now = Rounding.rounded(type, (float) (lowered[i] - sum / patches));
            taken[i] = lowered[i] - now;
            lowered[i] = now;
        }
        float[] raised = WeightRows.numbers(checkpoint, bias);
        IntStream.range(0, raised.length).parallel().forEach(y -> {
            float[] row = new float[in];
            rows.read(y, row);
            double sum = raised[y];
            for (int x = 0; x < in; x++) {
                sum += (double) row[x] * taken[x % taken.length];
            }
            raised[y] = (float) sum;
        });
        return new CentredInput(norm, lowered, bias, raised, type);
    }

    private static Tensor bias(Checkpoint checkpoint, String layer) {
        return checkpoint.vision(layer.substring(ModelTensors.VISION.length()) + ".bias");
    }

    /** Both biases under the names that the checkpoint has for them, to be laid over it. */
    List<Entry> entries() {
        return List.of(new Entry(norm.name(), type, norm.shape()), new Entry(bias.name(), type, bias.shape()));
    }

    /** Their numbers, in the order of {@link #entries()}. */
    void write(SafetensorsWriter writer) throws IOException {
        writer.write(stored(lowered));
        writer.write(stored(raised));
    }

    private ByteBuffer stored(float[] numbers) {
        byte[] bytes = new byte[numbers.length * type.bytes()];
        for (int i = 0; i < numbers.length; i++) {
            Rounding.write(MemorySegment.ofArray(bytes), type, i, numbers[i]);
        }
        return ByteBuffer.wrap(bytes);
    }
}
