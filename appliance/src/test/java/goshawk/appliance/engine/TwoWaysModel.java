package goshawk.appliance.engine;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtSession;
import goshawk.trtbuild.Checkpoint;
import goshawk.trtbuild.ElementType;
import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.MemoryNeed;
import goshawk.trtbuild.ModelConfig;
import goshawk.trtbuild.PlanLimits;
import goshawk.trtbuild.TargetProfile;
import goshawk.trtbuild.Tensor;
import goshawk.trtbuild.VisionTables;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * The graphs for TensorRT in FP32 on ONNX Runtime, run as a GPU runs them: keys and values in blocks with more room than
 * tokens, of which the graph is given all; one frame at a time; one way of attention in use and the other without size.
 * Room that no token has is filled with large numbers, so that a mask that lets one through changes the logits.
 */
final class TwoWaysModel implements NativeModel {

    static final TargetProfile PROFILE =
            new TargetProfile("two-ways", 21, ElementType.F32, TargetProfile.Operators.TWO_WAYS, 1L << 30, false, true);

    private static final float ROOM = 1e4f;

    /** Fewer than a GPU reads in one pass, so that small conversations take several. */
    private static final int PREFILL = 24;

    /** Continuations of one pass. */
    private static final int ASKED = 4;

    private final Ort ort = new Ort();
    private final Inputs inputs = new Inputs(ort);
    private final OrtSession vision;
    private final OrtSession text;
    private final Checkpoint checkpoint;
    private final ModelConfig config;
    private final int prefillTokens;
    private int open;
    private float[] logits = new float[0];

    private enum Way {
        READ,
        DECODE
    }

    private TwoWaysModel(EngineFolder folder, int prefillTokens) {
        this.prefillTokens = prefillTokens;
        this.config = folder.config();
        this.checkpoint = Checkpoint.open(Path.of(folder.manifest().checkpoint().path()));
        this.vision = ort.session("vision", folder.visionGraph(), folder.weightsFolder(), 2);
        this.text = ort.session("text", folder.textGraph(), folder.weightsFolder(), 2);
    }

    /** @param folder built for {@link #PROFILE}, or with quantised layers for one like it */
    static Engine open(EngineFolder folder) {
        return open(folder, PREFILL);
    }

    /** @param prefillTokens that are read in one pass */
    static Engine open(EngineFolder folder, int prefillTokens) {
        return NativeEngine.open(
                folder,
                Engines.identity(folder),
                MemoryNeed.Target.CPU_FP32,
                it -> new TwoWaysModel(it, prefillTokens),
                OptionalInt.empty());
    }

    @Override
    public long freeBytes() {
        return MemoryNeed.freeBytes();
    }

    @Override
    public Pass pass() {
        return new Pass(prefillTokens, ASKED);
    }

    @Override
    public Features see(MemorySegment pixels, int frames, int rows, int columns, VisionTables tables) {
        int count = rows * columns;
        int size = config.vision().patchSize();
        int half = config.vision().headSize() / 2;
        float[] numbers = pixels.toArray(ValueLayout.JAVA_FLOAT);
        var seen = new ArrayList<Rows>();
        for (int frame = 0; frame < frames; frame++) {
            int from = frame * count;
            inputs.clear();
            inputs.floats("pixel_values", part(numbers, from, count, size), count, size);
            inputs.longs("position_index", Arrays.copyOfRange(tables.index(), 4 * from, 4 * (from + count)), count, 4);
            inputs.floats("position_weight", part(tables.weight(), from, count, 4), count, 4, 1);
            inputs.floats("cos", tables.cos(), count, half);
            inputs.floats("sin", tables.sin(), count, half);
            Map<String, OnnxTensor> outputs = ort.run("vision", vision, inputs.tensors());
            seen.add(new Rows(
                    count / (config.vision().merge() * config.vision().merge()),
                    Ort.takeFloats(output(outputs, "vision_features"))));
        }
        return new Seen(together(seen));
    }

    private static float[] part(float[] all, int from, int count, int size) {
        return Arrays.copyOfRange(all, from * size, (from + count) * size);
    }

    /** @param numbers {@code [1 + taps, tokens, hidden]} */
    private record Rows(int tokens, float[] numbers) {}

    /** What was seen one after the other, level by level. */
    private Rows together(List<Rows> seen) {
        int hidden = config.text().hidden();
        int tokens = seen.stream().mapToInt(Rows::tokens).sum();
        float[] all = new float[levels() * tokens * hidden];
        int row = 0;
        for (Rows one : seen) {
            int length = one.tokens * hidden;
            for (int level = 0; level < levels(); level++) {
                System.arraycopy(one.numbers, level * length, all, (level * tokens + row) * hidden, length);
            }
            row += one.tokens;
        }
        return new Rows(tokens, all);
    }

    private int levels() {
        return 1 + config.vision().taps().size();
    }

    @Override
    public Past nothing() {
        return new Kept(new Block(0), 0);
    }

    @Override
    public Past prefill(Past past, Words words, boolean[] isSeen, List<Features> pictures) {
        Rows seen =
                together(pictures.stream().map(it -> ((Seen) it).opened().rows).toList());
        int count = words.ids().length;
        Kept at = ((Kept) past).opened();
        int next = 0;
        for (int from = 0; ; from += prefillTokens) {
            int to = Math.min(from + prefillTokens, count);
            next = begin(piece(words, from, to), Arrays.copyOfRange(isSeen, from, to), seen, next);
            int length = to - from;
            putPast(
                    Way.READ,
                    at,
                    length,
                    (row, mask, first) -> Arrays.fill(mask, first + row + 1, first + length, Mask.HIDDEN));
            Kept read = said(at, length);
            if (from > 0) {
                at.close();
            }
            if (to == count) {
                return read;
            }
            at = read;
        }
    }

    private static Words piece(Words words, int from, int to) {
        int half = words.cos().length / words.ids().length;
        return new Words(
                Arrays.copyOfRange(words.ids(), from, to),
                part(words.cos(), from, to - from, half),
                part(words.sin(), from, to - from, half));
    }

    @Override
    public Past decode(Past past, Words word) {
        Kept before = ((Kept) past).opened();
        if (before.length == 0) {
            // The way for one token is built for a past.
            return prefill(past, word, new boolean[1], List.of());
        }
        begin(word);
        putPast(Way.DECODE, before, 1, (_, _, _) -> {});
        return said(before, 1);
    }

    @Override
    public FloatBuffer suffix(Past past, Words words, ContinuationTree tree) {
        if (!pass().holds(tree)) {
            throw new IllegalStateException("more than one pass holds");
        }
        int count = words.ids().length;
        begin(words);
        putPast(Way.READ, ((Kept) past).opened(), count, tree::hide);
        Map<String, OnnxTensor> outputs = run(tree.ends());
        float[] all = Ort.floatsOf(output(outputs, "logits"));
        outputs.values().forEach(OnnxTensor::close);
        return FloatBuffer.wrap(all);
    }

    /** A pass over {@code words} in which no picture is, which other inputs must be put to. */
    private void begin(Words words) {
        begin(words, new boolean[words.ids().length], new Rows(0, new float[0]), 0);
    }

    /**
     * The same with pictures.
     *
     * @param first row of {@code seen} for the first token that takes one
     * @return the row for the next
     */
    private int begin(Words words, boolean[] isSeen, Rows seen, int first) {
        int count = words.ids().length;
        int half = config.text().headSize() / 2;
        int hidden = config.text().hidden();
        float[] rows = table(words.ids());
        float[] deep = new float[(levels() - 1) * count * hidden];
        int next = first;
        for (int i = 0; i < count; i++) {
            if (isSeen[i]) {
                System.arraycopy(seen.numbers, next * hidden, rows, i * hidden, hidden);
                for (int level = 1; level < levels(); level++) {
                    int from = (level * seen.tokens + next) * hidden;
                    System.arraycopy(seen.numbers, from, deep, ((level - 1) * count + i) * hidden, hidden);
                }
                next++;
            }
        }
        inputs.clear();
        inputs.floats("words", rows, count, hidden);
        inputs.floats("deep_features", deep, levels() - 1, count, hidden);
        inputs.floats("cos", words.cos(), count, half);
        inputs.floats("sin", words.sin(), count, half);
        return next;
    }

    private float[] table(int[] ids) {
        Tensor table = checkpoint.text("embed_tokens.weight");
        MemorySegment bytes = checkpoint.bytes(table);
        int hidden = config.text().hidden();
        float[] rows = new float[ids.length * hidden];
        for (int i = 0; i < rows.length; i++) {
            long place = (long) ids[i / hidden] * hidden + i % hidden;
            rows[i] = switch (table.type()) {
                case F32 -> bytes.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4 * place);
                case BF16 -> Float.intBitsToFloat(bytes.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2 * place) << 16);
                case F16 -> Float.float16ToFloat(bytes.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2 * place));
                default -> throw new IllegalStateException("a table of " + table.type());
            };
        }
        return rows;
    }

    /** Hides from a new token those of the new ones that it may not see: {@code mask[first]} is about the first of them. */
    private interface Hiding {
        void in(int row, float[] mask, int first);
    }

    /** The whole block goes to one way, nothing to the other. */
    private void putPast(Way way, Kept before, int count, Hiding hiding) {
        int capacity = before.block.capacity;
        boolean isRead = way == Way.READ;
        if (isRead) {
            int total = capacity + count;
            float[] mask = new float[count * total];
            for (int row = 0; row < count; row++) {
                int from = row * total;
                Arrays.fill(mask, from + before.length, from + capacity, Mask.HIDDEN);
                hiding.in(row, mask, from + capacity);
            }
            inputs.floats("read_mask", mask, 1, 1, count, total);
            inputs.floats("decode_mask", new float[0], 1, 0, 1, 0, PlanLimits.BLOCK);
        } else {
            float[] mask = new float[capacity];
            Arrays.fill(mask, before.length, capacity, Mask.HIDDEN);
            inputs.floats("decode_mask", mask, 1, capacity / PlanLimits.BLOCK, 1, 1, PlanLimits.BLOCK);
            inputs.floats("read_mask", new float[1], 1, 1, 1, 1); // nobody looks at it
        }
        for (int layer = 0; layer < config.text().layers(); layer++) {
            float[] keys = before.block.numbers(layer, 0);
            float[] values = before.block.numbers(layer, 1);
            inputs.floats("read_key." + layer, isRead ? keys : new float[0], shape(isRead ? capacity : 0));
            inputs.floats("read_value." + layer, isRead ? values : new float[0], shape(isRead ? capacity : 0));
            inputs.floats("decode_key." + layer, isRead ? new float[0] : keys, blocks(isRead ? 0 : capacity));
            inputs.floats("decode_value." + layer, isRead ? new float[0] : values, blocks(isRead ? 0 : capacity));
        }
    }

    private long[] blocks(int tokens) {
        return new long[] {
            1,
            config.text().kvHeads(),
            tokens / PlanLimits.BLOCK,
            PlanLimits.BLOCK,
            config.text().headSize()
        };
    }

    private long[] shape(int tokens) {
        return new long[] {1, config.text().kvHeads(), tokens, config.text().headSize()};
    }

    /** What follows the last of {@code count} new tokens, which are appended. */
    private Kept said(Kept before, int count) {
        Map<String, OnnxTensor> outputs = run(count - 1);
        Kept after = before.with(outputs, count);
        logits = Ort.floatsOf(output(outputs, "logits"));
        outputs.values().forEach(OnnxTensor::close);
        return after;
    }

    @Override
    public FloatBuffer logits() {
        return FloatBuffer.wrap(logits);
    }

    private Map<String, OnnxTensor> run(long... asked) {
        inputs.longs("logits_index", asked, asked.length);
        return ort.run("text", text, inputs.tensors());
    }

    private static OnnxTensor output(Map<String, OnnxTensor> outputs, String name) {
        return Objects.requireNonNull(outputs.get(name), name);
    }

    @Override
    public void close() {
        if (open != 0) {
            throw new IllegalStateException(open + " never closed");
        }
        inputs.close();
        Ort.close(vision);
        Ort.close(text);
        checkpoint.close();
    }

    /** Memory of the "device", used and closed once. */
    private abstract class Held implements AutoCloseable {

        private boolean isClosed;

        Held() {
            open++;
        }

        void requireOpen() {
            if (isClosed) {
                throw new IllegalStateException("used or closed after it was closed");
            }
        }

        @Override
        public void close() {
            requireOpen();
            isClosed = true;
            open--;
        }
    }

    private final class Seen extends Held implements Features {

        private final Rows rows;

        Seen(Rows rows) {
            this.rows = rows;
        }

        Seen opened() {
            requireOpen();
            return this;
        }
    }

    /**
     * Keys and values, {@code [layers][2][kv heads][capacity][head size]}. Those who continue each other share one as long
     * as there is room: what is behind a past's own tokens it does not look at.
     */
    private final class Block {

        private final int capacity;
        private final float[] numbers;
        private int filled;

        Block(int capacity) {
            ModelConfig.Text sizes = config.text();
            this.capacity = capacity;
            this.numbers = new float[2 * sizes.layers() * sizes.kvHeads() * capacity * sizes.headSize()];
            Arrays.fill(numbers, ROOM);
        }

        /** @param side 0 for keys, 1 for values */
        float[] numbers(int layer, int side) {
            return part(
                    numbers,
                    2 * layer + side,
                    1,
                    config.text().kvHeads() * capacity * config.text().headSize());
        }

        /** Where numbers of a token are. */
        private int place(int layer, int side, int head, int token) {
            int heads = config.text().kvHeads();
            return (((2 * layer + side) * heads + head) * capacity + token)
                    * config.text().headSize();
        }

        Block copy(int length, int room) {
            var copy = new Block(room);
            int size = config.text().headSize();
            for (int layer = 0; layer < config.text().layers(); layer++) {
                for (int side = 0; side < 2; side++) {
                    for (int head = 0; head < config.text().kvHeads(); head++) {
                        System.arraycopy(
                                numbers,
                                place(layer, side, head, 0),
                                copy.numbers,
                                copy.place(layer, side, head, 0),
                                length * size);
                    }
                }
            }
            copy.filled = length;
            return copy;
        }

        /** @param told {@code [1, kv heads, count, head size]} */
        void append(int layer, int side, float[] told, int count) {
            int length = count * config.text().headSize();
            for (int head = 0; head < config.text().kvHeads(); head++) {
                System.arraycopy(told, head * length, numbers, place(layer, side, head, filled), length);
            }
        }
    }

    private final class Kept extends Held implements Past {

        private final Block block;
        private final int length;

        Kept(Block block, int length) {
            this.block = block;
            this.length = length;
        }

        Kept opened() {
            requireOpen();
            return this;
        }

        /** In the same block, unless somebody else was appended to it already or it is full. */
        Kept with(Map<String, OnnxTensor> outputs, int count) {
            int total = length + count;
            Block into = block.filled == length && total <= block.capacity
                    ? block
                    : block.copy(length, Math.ceilDiv(total, PlanLimits.BLOCK) * PlanLimits.BLOCK);
            for (int layer = 0; layer < config.text().layers(); layer++) {
                into.append(layer, 0, Ort.floatsOf(output(outputs, "new_key." + layer)), count);
                into.append(layer, 1, Ort.floatsOf(output(outputs, "new_value." + layer)), count);
            }
            into.filled = total;
            return new Kept(into, total);
        }
    }
}
