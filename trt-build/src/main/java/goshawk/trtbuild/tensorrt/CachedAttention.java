package goshawk.trtbuild.tensorrt;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The text's attention, {@value #NAME}: an operator that
 * normalises and rotates heads, writes keys and values of new tokens where a conversation has room for them, and attends.
 *
 * <p>There are S rows, of which the last may be nobody's. Inputs, in order: {@code query [S, heads · size]}, {@code keys_and_values [S, 2 · kvHeads · size]}, a
 * token's keys and its values behind them, {@code q_norm} and {@code k_norm [size]} in BF16; {@code cos} and {@code sin [S, size / 2]}
 * in FP32; {@code sees [S, W]}, {@code places [20]} and {@code layer [1]} in INT32. The one output is like {@code query}; where {@code scale [1]}
 * in BF16 follows, it is divided by that and in E4M3. Row i
 * sees all that is past, and new token j where bit {@code j % 32} of word {@code j / 32} in row i of {@code sees} is set. What
 * {@code places} hold, and that TensorRT may pass any numbers in it while it builds, is the kernels' matter.
 */
final class CachedAttention implements Operator {

    static final String NAME = "CachedAttention";

    /** As many numbers as a tensor has rows. */
    private static final long ROWS = -1;

    /** As many words as it takes for a bit a row, or more. */
    private static final long WORDS = -2;

    /** What computes it. */
    interface Kernels {

        /** What they were compiled for. */
        AttentionSizes sizes();

        /** What is enough for each number of rows from {@code fewest} to {@code most}. */
        long workspaceBytes(int fewest, int most);

        /**
         * Queues the computation on a stream, which may be recording.
         *
         * @param rows at least 1
         * @param words of a row of {@code sees}
         * @param inputs where the addresses of the inputs stand; those are the device's, as are the two that follow
         * @param isScaled whether a scale is among the inputs
         * @param workspace of as many bytes as {@link #workspaceBytes} says
         */
        void launch(int rows, int words, long inputs, boolean isScaled, long output, long workspace, long stream);
    }

    /** @param shape each a number, {@link #ROWS} or {@link #WORDS} */
    private record Shaped(Input input, long... shape) {

        String words() {
            return Arrays.stream(shape)
                    .mapToObj(size -> size == ROWS ? "rows" : size == WORDS ? "rows / 32" : Long.toString(size))
                    .collect(Collectors.joining(", ", "[", "]"));
        }
    }

    private final Kernels kernels;
    private final List<Shaped> shaped;
    private final List<Input> inputs;

    CachedAttention(Kernels kernels) {
        this.kernels = kernels;
        this.shaped = shaped(kernels.sizes());
        this.inputs = shaped.stream().map(Shaped::input).toList();
    }

    private static List<Shaped> shaped(AttentionSizes sizes) {
        long size = sizes.headSize();
        return List.of(
                shaped("query", TensorDesc.BF16, ROWS, sizes.heads() * size),
                shaped("keys_and_values", TensorDesc.BF16, ROWS, 2L * sizes.kvHeads() * size),
                shaped("q_norm", TensorDesc.BF16, size),
                shaped("k_norm", TensorDesc.BF16, size),
                shaped("cos", TensorDesc.FLOAT, ROWS, size / 2),
                shaped("sin", TensorDesc.FLOAT, ROWS, size / 2),
                shaped("sees", TensorDesc.INT32, ROWS, WORDS),
                shaped("places", TensorDesc.INT32, AttentionSizes.PLACES),
                shaped("layer", TensorDesc.INT32, 1),
                shaped("scale", TensorDesc.BF16, 1));
    }

    private static Shaped shaped(String name, int type, long... shape) {
        return new Shaped(new Input(name, type), shape);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public List<Input> inputs() {
        return inputs;
    }

    @Override
    public int fewestInputs() {
        return AttentionInput.COUNT;
    }

    @Override
    public int outputType(int inputCount) {
        return inputCount > AttentionInput.SCALE ? TensorDesc.FP8 : TensorDesc.BF16;
    }

    @Override
    public List<Size> outputSizes() {
        return List.of(new Size(AttentionInput.QUERY, 0), new Size(AttentionInput.QUERY, 1));
    }

    @Override
    public long workspaceBytes(List<TensorDesc> found) {
        TensorDesc query = found.get(AttentionInput.QUERY);
        int largest = Math.toIntExact(Math.max(query.largest(0), query.size(0)));
        int smallest = Math.toIntExact(Math.clamp(query.smallest(0), 1, Math.max(1, largest)));
        return kernels.workspaceBytes(smallest, largest);
    }

    @Override
    public void launch(long descs, TensorDesc output, long addresses, long address, long workspace, long stream) {
        int rows = (int) TensorDesc.of(descs, AttentionInput.QUERY).size(0);
        int words = (int) TensorDesc.of(descs, AttentionInput.SEES).size(1);
        if (!isEnough(words, rows)) {
            throw new IllegalArgumentException("sees has %d words a row, and there are %d rows".formatted(words, rows));
        }
        if (rows > 0) {
            boolean isScaled = output.type() == TensorDesc.FP8;
            kernels.launch(rows, words, addresses, isScaled, address, workspace, stream);
        }
    }

    @Override
    public void requireShapes(List<TensorDesc> found) {
        TensorDesc query = found.get(AttentionInput.QUERY);
        for (int i = 0; i < found.size(); i++) {
            requireShape(shaped.get(i), found.get(i), query);
        }
    }

    private static void requireShape(Shaped input, TensorDesc found, TensorDesc query) {
        long rows = query.size(0);
        boolean fits = found.rank() == input.shape.length;
        for (int i = 0; fits && i < input.shape.length; i++) {
            fits = fits(found.size(i), input.shape[i], rows);
        }
        if (!fits) {
            throw new IllegalArgumentException("%s is %s, want %s of %d rows"
                    .formatted(input.input.name(), Arrays.toString(found.sizes()), input.words(), rows));
        }
    }

    /** @param found, as {@code rows}, negative where it is not known yet */
    private static boolean fits(long found, long wanted, long rows) {
        if (found < 0 || (wanted < 0 && rows < 0)) {
            return true;
        }
        if (wanted == WORDS) {
            return isEnough(found, rows);
        }
        return found == (wanted == ROWS ? rows : wanted);
    }

    private static boolean isEnough(long words, long rows) {
        return words * Integer.SIZE >= rows;
    }
}
