package goshawk.appliance.engine;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import goshawk.trtbuild.Checkpoint;
import goshawk.trtbuild.ElementType;
import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.MemoryNeed;
import goshawk.trtbuild.ModelConfig;
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
 * The graphs for TensorRT in FP32 on ONNX Runtime, run as a GPU runs them: words come from outside, one frame at a time, so many
 * tokens in one pass.
 */
final class DeviceGraphModel implements NativeModel {

    /** All as for TensorRT, but with attention that ONNX Runtime knows. */
    static final TargetProfile WRITTEN_OUT = profile("written-out", TargetProfile.Operators.PRIMITIVE);

    /** All as for TensorRT, but for matrices, which are constants. */
    static final TargetProfile IN_PLACE = profile("in-place", TargetProfile.Operators.CACHED);

    /** All as for TensorRT: matrices are given. For those in E4M3 there is no way from Java to ONNX Runtime. */
    static final TargetProfile GIVEN = new TargetProfile(
            "given", 21, ElementType.F32, TargetProfile.Operators.CACHED, Long.MAX_VALUE, false, true, true, false);

    /** Fewer than a GPU reads in one pass, so that small conversations take several. */
    private static final int PREFILL = 24;

    /** Continuations of one pass. */
    private static final int ASKED = 4;

    private final Ort ort = new Ort();
    private final Inputs inputs = new Inputs(ort);
    private final OrtSession vision;
    private final TextPass text;
    private final Checkpoint checkpoint;
    private final ModelConfig config;
    private final int prefillTokens;
    private int open;
    private float[] logits = new float[0];

    private static TargetProfile profile(String name, TargetProfile.Operators operators) {
        return new TargetProfile(name, 21, ElementType.F32, operators, 1L << 30, false, true, false, false);
    }

    private DeviceGraphModel(EngineFolder folder, int prefillTokens) {
        this.prefillTokens = prefillTokens;
        this.config = folder.config();
        this.checkpoint = Checkpoint.open(Path.of(folder.manifest().checkpoint().path()));
        this.vision = ort.session("vision", folder.visionGraph(), folder.weightsFolder(), 2);
        boolean isWrittenOut = folder.manifest().target().profile().equals(WRITTEN_OUT.name());
        try {
            this.text = isWrittenOut ? new WrittenOutPass(ort, folder) : new InPlacePass(ort, folder);
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    }

    /** @param folder built for {@link #WRITTEN_OUT}, {@link #IN_PLACE} or, with a GPU as its target, {@link #GIVEN}, with quantised layers or without */
    static Engine open(EngineFolder folder) {
        return open(folder, PREFILL);
    }

    /** @param prefillTokens that are read in one pass */
    static Engine open(EngineFolder folder, int prefillTokens) {
        return NativeEngine.open(
                folder,
                Engines.identity(folder),
                MemoryNeed.Target.CPU_FP32,
                it -> new DeviceGraphModel(it, prefillTokens),
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
        return new Said(text.none());
    }

    @Override
    public Past prefill(Past past, Words words, boolean[] isSeen, List<Features> pictures) {
        Rows seen =
                together(pictures.stream().map(it -> ((Seen) it).opened().rows).toList());
        int count = words.ids().length;
        Said at = ((Said) past).opened();
        int next = 0;
        for (int from = 0; ; from += prefillTokens) {
            int to = Math.min(from + prefillTokens, count);
            int rows = text.rows(to - from);
            next = begin(piece(words, from, to), rows, Arrays.copyOfRange(isSeen, from, to), seen, next);
            long[] last = {to - from - 1};
            TextPass.Told told = text.read(inputs, at.kept, Looking.atAll(to - from), rows, last);
            logits = told.logits();
            if (from > 0) {
                at.close();
            }
            at = new Said(told.kept());
            if (to == count) {
                return at;
            }
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
        return prefill(past, word, new boolean[1], List.of());
    }

    @Override
    public FloatBuffer suffix(Past past, Words words, ContinuationTree tree) {
        if (!pass().holds(tree)) {
            throw new IllegalStateException("more than one pass holds");
        }
        int count = words.ids().length;
        int rows = text.rows(count);
        begin(words, rows, new boolean[count], new Rows(0, new float[0]), 0);
        TextPass.Kept before = ((Said) past).opened().kept;
        return FloatBuffer.wrap(text.suffix(inputs, before, Looking.in(tree), rows, tree.ends()));
    }

    /**
     * Puts words and what goes with them.
     *
     * @param rows at least as many as there are words; 0 behind them
     * @param first row of {@code seen} for the first token that takes one
     * @return the row for the next
     */
    private int begin(Words words, int rows, boolean[] isSeen, Rows seen, int first) {
        int count = words.ids().length;
        int half = config.text().headSize() / 2;
        int hidden = config.text().hidden();
        float[] all = Arrays.copyOf(table(words.ids()), rows * hidden);
        float[] deep = new float[(levels() - 1) * rows * hidden];
        int next = first;
        for (int i = 0; i < count; i++) {
            if (isSeen[i]) {
                System.arraycopy(seen.numbers, next * hidden, all, i * hidden, hidden);
                for (int level = 1; level < levels(); level++) {
                    int from = (level * seen.tokens + next) * hidden;
                    System.arraycopy(seen.numbers, from, deep, ((level - 1) * rows + i) * hidden, hidden);
                }
                next++;
            }
        }
        inputs.clear();
        inputs.floats("words", all, rows, hidden);
        inputs.floats("deep_features", deep, levels() - 1, rows, hidden);
        inputs.floats("cos", Arrays.copyOf(words.cos(), rows * half), rows, half);
        inputs.floats("sin", Arrays.copyOf(words.sin(), rows * half), rows, half);
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

    @Override
    public FloatBuffer logits() {
        return FloatBuffer.wrap(logits);
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
        text.close();
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

    private final class Said extends Held implements Past {

        private final TextPass.Kept kept;

        Said(TextPass.Kept kept) {
            this.kept = kept;
        }

        Said opened() {
            requireOpen();
            return this;
        }

        @Override
        public void close() {
            super.close();
            kept.close();
        }
    }
}
