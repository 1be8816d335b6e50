package goshawk.trtbuild;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Adds an adapter to the matrices that it changes and writes them, in the types that they had, to a safetensors file of
 * their own. Everything is added in FP32. BF16 and FP16 are rounded to the nearest; block-FP8 is taken apart, added to and
 * quantised again with a scale for each block, its largest number / 448.
 *
 * <p>Memory: one band of as many rows as share a scale, and one pair A and B.
 */
final class Merge {

    private static final int BAND = 128;
    private static final int ALIGNMENT = 8;

    private final Checkpoint checkpoint;
    private final Adapter adapter;
    private final ModelConfig.Block block;

    Merge(Checkpoint checkpoint, Adapter adapter) {
        this.checkpoint = checkpoint;
        this.adapter = adapter;
        this.block = checkpoint.config().fp8Block().orElse(new ModelConfig.Block(BAND, BAND));
    }

    /**
     * Writes the changed matrices, and the scales of those that have some.
     *
     * @return by the tensor's name, what was added and how exactly it could be stored
     */
    SortedMap<String, Manifest.Change> write(Path file, EngineBuilder.Progress progress) throws IOException {
        List<Tensor> tensors = tensors();
        var report = new TreeMap<String, Manifest.Change>();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            put(channel, ByteBuffer.wrap(header(tensors)));
            int done = 0;
            for (Adapter.Change change : adapter.changes()) {
                report.put(change.base().name(), merged(change, channel));
                progress.at("merging the adapter", ++done, adapter.changes().size());
            }
            channel.force(true);
        }
        return report;
    }

    /** As they lie in the file: each matrix, then its scales. */
    private List<Tensor> tensors() {
        List<Tensor> tensors = new ArrayList<>();
        for (Adapter.Change change : adapter.changes()) {
            tensors.add(change.base());
            checkpoint.scaleOf(change.base()).ifPresent(tensors::add);
        }
        return tensors;
    }

    private static byte[] header(List<Tensor> tensors) {
        ObjectNode header = new ObjectMapper().createObjectNode();
        header.putObject("__metadata__").put("format", "pt");
        long end = 0;
        for (Tensor tensor : tensors) {
            ObjectNode entry = header.putObject(tensor.name());
            entry.put("dtype", tensor.type().name());
            tensor.shape().forEach(entry.putArray("shape")::add);
            entry.putArray("data_offsets").add(end).add(end + tensor.bytes());
            end += tensor.bytes();
        }
        String json = header.toString();
        byte[] padded = (json + " ".repeat(-json.length() & (ALIGNMENT - 1))).getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(ALIGNMENT + padded.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(padded.length)
                .put(padded)
                .array();
    }

    private Manifest.Change merged(Adapter.Change change, FileChannel channel) throws IOException {
        Optional<Tensor> scale = checkpoint.scaleOf(change.base());
        var sum = new Sum(change);
        var error = new Loss();
        byte[] scales = new byte[scale.map(Tensor::bytes).map(Math::toIntExact).orElse(0)];
        int rows = Math.toIntExact(change.base().shape().getFirst());
        for (int top = 0; top < rows; top += block.rows()) {
            int height = Math.min(block.rows(), rows - top);
            float[] exact = sum.band(top, height);
            byte[] stored = new byte[exact.length * change.base().type().bytes()];
            if (scale.isPresent()) {
                quantise(exact, height, sum.columns, stored, scales, top / block.rows(), scale.get(), error);
            } else {
                round(exact, change.base(), stored, error);
            }
            if (!error.isFinite()) {
                throw new CheckpointException(
                        "%s: %s times %s leaves the range of %s; the training went wrong, train again"
                                .formatted(
                                        adapter.weights().file(),
                                        change.b().name(),
                                        change.a().name(),
                                        change.base().type()));
            }
            put(channel, ByteBuffer.wrap(stored));
        }
        put(channel, ByteBuffer.wrap(scales));
        return new Manifest.Change(change.rank(), change.scale(), error.relative(), error.largest);
    }

    private static void round(float[] exact, Tensor base, byte[] stored, Loss error) {
        MemorySegment bytes = MemorySegment.ofArray(stored);
        for (int i = 0; i < exact.length; i++) {
            error.add(exact[i], Rounding.write(bytes, base.type(), i, exact[i]));
        }
    }

    /**
     * Quantises one band of blocks.
     *
     * @param exact {@code [height, columns]}
     * @param scales of all bands, {@code [bands, blocks]}
     */
    private void quantise(
            float[] exact, int height, int columns, byte[] stored, byte[] scales, int band, Tensor type, Loss error) {
        MemorySegment bytes = MemorySegment.ofArray(stored);
        MemorySegment factors = MemorySegment.ofArray(scales);
        int across = Math.ceilDiv(columns, block.columns());
        for (int left = 0; left < columns; left += block.columns()) {
            int right = Math.min(left + block.columns(), columns);
            float largest = 1e-12f;
            for (int y = 0; y < height; y++) {
                for (int x = left; x < right; x++) {
                    largest = Math.max(largest, Math.abs(exact[y * columns + x]));
                }
            }
            long place = (long) band * across + left / block.columns();
            float factor = Rounding.write(factors, type.type(), place, largest / Rounding.E4M3_LARGEST);
            for (int y = 0; y < height; y++) {
                for (int x = left; x < right; x++) {
                    int i = y * columns + x;
                    float kept = Rounding.write(bytes, ElementType.F8_E4M3, i, exact[i] / factor);
                    error.add(exact[i], kept * factor);
                }
            }
        }
    }

    private static void put(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Rows of one matrix with its adapter added, in FP32. */
    private final class Sum {

        private final Adapter.Change change;
        private final WeightRows base;
        private final float[] a;
        private final float[] b;
        private final int columns;
        private final float factor;

        Sum(Adapter.Change change) {
            this.change = change;
            this.base = WeightRows.of(checkpoint, change.base());
            this.a = adapter.numbers(change.a());
            this.b = adapter.numbers(change.b());
            this.columns = base.columns();
            this.factor = (float) change.scale();
        }

        float[] band(int top, int height) {
            float[] sums = new float[height * columns];
            float[] weights = new float[columns];
            for (int y = 0; y < height; y++) {
                for (int k = 0; k < change.rank(); k++) {
                    float left = b[(top + y) * change.rank() + k];
                    for (int x = 0; x < columns; x++) {
                        sums[y * columns + x] += left * a[k * columns + x];
                    }
                }
                base.read(top + y, weights);
                for (int x = 0; x < columns; x++) {
                    int i = y * columns + x;
                    sums[i] = weights[x] + factor * sums[i];
                }
            }
            return sums;
        }
    }

    /** How far what is stored lies from what was computed. */
    private static final class Loss {

        private double squares;
        private double difference;
        private double largest;

        void add(float exact, float stored) {
            double off = (double) stored - exact;
            squares += (double) exact * exact;
            difference += off * off;
            largest = Math.max(largest, Math.abs(off));
        }

        boolean isFinite() {
            return Double.isFinite(squares) && Double.isFinite(difference);
        }

        /** Frobenius norm of the difference, as a part of the norm of the whole. */
        double relative() {
            return squares == 0 ? 0 : Math.sqrt(difference / squares);
        }
    }
}
