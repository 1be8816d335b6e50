package goshawk.trtbuild;

import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * The numbers of a weight matrix in FP32, row by row, whatever they are stored as: F32, BF16, F16, or E4M3 with a scale for
 * each block. Threads may share one.
 */
final class WeightRows {

    private final MemorySegment bytes;
    private final ElementType type;
    private final int columns;
    private final ModelConfig.Block block;
    /** {@code [bands, blocks]}, empty where the matrix is not quantised. */
    private final float[] scales;

    private WeightRows(MemorySegment bytes, ElementType type, int columns, ModelConfig.Block block, float[] scales) {
        this.bytes = bytes;
        this.type = type;
        this.columns = columns;
        this.block = block;
        this.scales = scales;
    }

    /** @throws CheckpointException if FP8 stands without the scales or the block size that belong to it */
    static WeightRows of(Checkpoint checkpoint, Tensor weight) {
        Optional<Tensor> scale = checkpoint.scaleOf(weight);
        boolean isFp8 = weight.type() == ElementType.F8_E4M3;
        if (isFp8 != scale.isPresent() || (!isFp8 && !weight.type().isPlainFloat())) {
            throw new CheckpointException(
                    "%s: tensor %s is %s %s a weight_scale_inv; want F32, BF16, F16, or F8_E4M3 with one: export it again"
                            .formatted(
                                    weight.file(),
                                    weight.name(),
                                    weight.type(),
                                    scale.isPresent() ? "with" : "without"));
        }
        ModelConfig.Block block = checkpoint.config().fp8Block().orElse(new ModelConfig.Block(1, 1));
        int columns = Math.toIntExact(weight.shape().getLast());
        float[] scales = scale.map(it -> numbers(checkpoint, it)).orElse(new float[0]);
        if (isFp8
                && scales.length
                        != Math.ceilDiv(weight.shape().getFirst(), (long) block.rows())
                                * Math.ceilDiv(columns, block.columns())) {
            throw new CheckpointException(
                    "%s: tensor %s has %d scales, too few or too many for blocks of %d×%d; export it again"
                            .formatted(weight.file(), weight.name(), scales.length, block.rows(), block.columns()));
        }
        return new WeightRows(checkpoint.bytes(weight), weight.type(), columns, block, scales);
    }

    int columns() {
        return columns;
    }

    /** Puts one row to the front of {@code into}. */
    void read(long row, float[] into) {
        long first = row * columns;
        for (int x = 0; x < columns; x++) {
            into[x] = Rounding.read(bytes, type, first + x);
        }
        if (scales.length == 0) {
            return;
        }
        int band = Math.toIntExact(row / block.rows()) * Math.ceilDiv(columns, block.columns());
        for (int left = 0; left < columns; left += block.columns()) {
            float scale = scales[band + left / block.columns()];
            int right = Math.min(left + block.columns(), columns);
            for (int x = left; x < right; x++) {
                into[x] *= scale;
            }
        }
    }

    /** All numbers of a tensor that is not quantised, in FP32. */
    static float[] numbers(Checkpoint checkpoint, Tensor tensor) {
        MemorySegment bytes = checkpoint.bytes(tensor);
        float[] values = new float[Math.toIntExact(tensor.elements())];
        for (int i = 0; i < values.length; i++) {
            values[i] = Rounding.read(bytes, tensor.type(), i);
        }
        return values;
    }
}
