package goshawk.trtbuild;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.stream.IntStream;

/**
 * Brings the weight matrix of a linear layer into the form in which a GPU multiplies it, and measures what that costs.
 * Weights become FP32 first; a scale is the largest of the numbers that share it, divided by the largest that the form
 * knows, and is rounded to its own type before anything is divided by it. A row without any number but zero gets the scale
 * 1, because TensorRT wants scales above 0.
 *
 * <p>Rows do not depend on each other: those of one band are computed by all cores. Memory: one band, and the scales.
 */
final class Requantiser {

    private static final int BAND_NUMBERS = 1 << 22;
    private static final int INT4_LARGEST = 7;

    /** Takes what is stored, band after band from the first row on. */
    interface Sink {

        /** Takes nothing: only the error is wanted. */
        Sink NOWHERE = _ -> {};

        void take(ByteBuffer band) throws IOException;
    }

    /**
     * @param scales in their type, as the file has them; empty for BF16
     */
    record Stored(WeightError error, byte[] scales) {}

    private final WeightForm form;
    private final ElementType scaleType;

    /** @param scaleType type of the scales: that of the activations, as ONNX wants it */
    Requantiser(WeightForm form, ElementType scaleType) {
        this.form = form;
        this.scaleType = scaleType;
    }

    /**
     * @param weight {@code [out, in]}; a form that does not fit its size is refused
     * @throws CheckpointException if a number is not finite
     */
    Stored store(Checkpoint checkpoint, Tensor weight, Sink sink) throws IOException {
        WeightRows rows = WeightRows.of(checkpoint, weight);
        int out = Math.toIntExact(weight.shape().getFirst());
        int in = rows.columns();
        if (!form.fits(in)) {
            throw new IllegalArgumentException("%s: rows of %d are no %s".formatted(weight.name(), in, form.words()));
        }
        int scalesInRow = form == WeightForm.BF16 ? 0 : form == WeightForm.FP8 ? 1 : in / WeightForm.INT4_BLOCK;
        byte[] scales = new byte[out * scalesInRow * scaleType.bytes()];
        int rowBytes = Math.toIntExact(form.weight("", 1, in).bytes());
        int height = Math.max(1, BAND_NUMBERS / in);
        double[] squares = new double[out];
        double[] differences = new double[out];
        for (int top = 0; top < out; top += height) {
            int first = top;
            byte[] band = new byte[Math.min(height, out - top) * rowBytes];
            IntStream.range(0, band.length / rowBytes).parallel().forEach(y -> {
                float[] exact = new float[in];
                rows.read(first + y, exact);
                float[] stored = store(exact, new Row(band, y * rowBytes, scales, (first + y) * scalesInRow));
                for (int x = 0; x < in; x++) {
                    double off = (double) stored[x] - exact[x];
                    squares[first + y] += (double) exact[x] * exact[x];
                    differences[first + y] += off * off;
                }
            });
            sink.take(ByteBuffer.wrap(band));
        }
        return new Stored(error(weight, squares, differences), scales);
    }

    /** Where a row goes: {@code at} in bytes of the band, {@code firstScale} in scales of the matrix. */
    private record Row(byte[] band, int at, byte[] scales, int firstScale) {}

    /** Stores one row. @return what a reader finds there */
    private float[] store(float[] exact, Row row) {
        MemorySegment bytes = MemorySegment.ofArray(row.band()).asSlice(row.at());
        MemorySegment scales = MemorySegment.ofArray(row.scales());
        float[] stored = new float[exact.length];
        switch (form) {
            case BF16 -> {
                for (int x = 0; x < exact.length; x++) {
                    stored[x] = Rounding.write(bytes, ElementType.BF16, x, exact[x]);
                }
            }
            case FP8 -> {
                float scale = scale(scales, row.firstScale(), largest(exact, 0, exact.length), Rounding.E4M3_LARGEST);
                for (int x = 0; x < exact.length; x++) {
                    stored[x] = scale * Rounding.write(bytes, ElementType.F8_E4M3, x, exact[x] / scale);
                }
            }
            case INT4 -> {
                for (int left = 0; left < exact.length; left += WeightForm.INT4_BLOCK) {
                    int right = left + WeightForm.INT4_BLOCK;
                    int place = row.firstScale() + left / WeightForm.INT4_BLOCK;
                    float scale = scale(scales, place, largest(exact, left, right), INT4_LARGEST);
                    for (int x = left; x < right; x++) {
                        int whole = Math.clamp((long) Math.rint(exact[x] / scale), -INT4_LARGEST, INT4_LARGEST);
                        // The first of two numbers takes the lower half of the byte.
                        row.band()[row.at() + x / 2] |= (byte) ((whole & 15) << (x % 2 * 4));
                        stored[x] = scale * whole;
                    }
                }
            }
        }
        return stored;
    }

    private float scale(MemorySegment scales, int place, float largest, float largestStored) {
        float scale = Rounding.rounded(scaleType, largest / largestStored);
        return Rounding.write(scales, scaleType, place, scale > 0 ? scale : 1);
    }

    private static float largest(float[] numbers, int from, int to) {
        float largest = 0;
        for (int x = from; x < to; x++) {
            largest = Math.max(largest, Math.abs(numbers[x]));
        }
        return largest;
    }

    private static WeightError error(Tensor weight, double[] squares, double[] differences) {
        double square = 0;
        double difference = 0;
        double worst = 0;
        int channel = 0;
        for (int row = 0; row < squares.length; row++) {
            square += squares[row];
            difference += differences[row];
            double own = relative(squares[row], differences[row]);
            if (own > worst) {
                worst = own;
                channel = row;
            }
        }
        if (!Double.isFinite(square) || !Double.isFinite(difference)) {
            throw new CheckpointException("%s: tensor %s holds a number that is not finite; download or export it again"
                    .formatted(weight.file(), weight.name()));
        }
        return new WeightError(relative(square, difference), worst, channel);
    }

    private static double relative(double square, double difference) {
        return square == 0 ? 0 : Math.sqrt(difference / square);
    }
}
