package goshawk.appliance.engine;

import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.Manifest;
import goshawk.trtbuild.MemoryNeed;
import goshawk.trtbuild.ModelConfig;
import goshawk.trtbuild.PlanLimits;
import goshawk.trtbuild.Rounding;
import goshawk.trtbuild.VisionTables;
import goshawk.trtbuild.tensorrt.Device;
import goshawk.trtbuild.tensorrt.DeviceMemory;
import goshawk.trtbuild.tensorrt.DeviceStream;
import goshawk.trtbuild.tensorrt.Execution;
import goshawk.trtbuild.tensorrt.NativeCallException;
import goshawk.trtbuild.tensorrt.PinnedMemory;
import goshawk.trtbuild.tensorrt.Plan;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A model in TensorRT's plans on this machine's GPU. Inputs go there through pinned memory; keys and values stay there,
 * appended in place; one token is read under a CUDA graph, recorded once for each piece of memory that keys and values lie
 * in. All computations share one piece of scratch memory and one stream: they follow each other.
 */
final class TensorRtModel implements NativeModel {

    /** Tokens that a conversation can grow by before its keys and values must move. */
    private static final int HEADROOM = 128;

    /** Pictures whose features are kept, each of the largest size. */
    private static final int PICTURES = 8;

    /** Copied piece by piece to masks. */
    private static final short[] HIDDEN = new short[1024];

    static {
        Arrays.fill(HIDDEN, Rounding.bfloat16(OnnxEngine.HIDDEN));
    }

    private final ModelConfig config;
    private final PlanLimits limits;
    private final int levels;
    private final KeysAndValues.Layout layout;
    private final DeviceStream stream;
    private final Plan text;
    private final Execution vision;
    private final Execution read;
    private final Map<Integer, Execution> decode = new HashMap<>();
    private final DeviceMemory scratch;
    private final DeviceInputs inputs;
    private final DeviceInputs word;
    private final DeviceMemory fresh;
    private final DeviceMemory logits;
    private final PinnedMemory answers;
    private final DeviceMemory nothingSeen;
    /** In the place of a picture where there is none; never closed. */
    private final Seen noPicture;

    private final DevicePool room;
    private final DevicePool pictures;
    private final Map<DeviceMemory, DeviceStream.Recorded> recorded = new HashMap<>();
    private final EmbeddingTable table;

    private TensorRtModel(EngineFolder folder, Manifest.Plans plans) throws IOException {
        Device.open();
        this.config = folder.config();
        this.limits = plans.limits();
        this.levels = 1 + config.vision().taps().size();
        ModelConfig.Text sizes = config.text();
        this.layout = KeysAndValues.Layout.of(sizes);
        if ((long) sizes.kvHeads() * layout.rowBytes() % DeviceInputs.ALIGNMENT != 0) {
            throw new EngineException("%d key heads of %d numbers do not lie as TensorRT wants tensors to"
                    .formatted(sizes.kvHeads(), sizes.headSize()));
        }
        this.table = new EmbeddingTable(folder.table(), sizes);
        this.stream = new DeviceStream();
        Plan visionPlan = Plan.load(folder.visionPlan());
        this.text = Plan.load(folder.textPlan());
        long keys = layout.bytes(limits.contextTokens());
        if (Device.freeBytes() < keys) {
            throw new EngineException(
                    "keys and values of %,d tokens need %s on the GPU, %s are free beside the weights; free some of it or build the engine with --profile small"
                            .formatted(
                                    limits.contextTokens(),
                                    MemoryNeed.words(keys),
                                    MemoryNeed.words(Device.freeBytes())));
        }
        this.vision = visionPlan.execution(0, stream);
        this.read = text.execution(Plan.READ, stream);
        this.scratch = new DeviceMemory(Math.max(
                visionPlan.scratchBytes(0), Math.max(text.scratchBytes(Plan.READ), text.scratchBytes(Plan.DECODE))));
        vision.scratch(scratch);
        read.scratch(scratch);
        this.inputs = new DeviceInputs(Math.max(visionInputs(), textInputs(limits.prefillTokens(), limits.asked())));
        this.word = new DeviceInputs(textInputs(1, 1));
        this.fresh = new DeviceMemory(layout.bytes(limits.prefillTokens()));
        this.logits = new DeviceMemory((long) limits.asked() * sizes.vocabulary() * Float.BYTES);
        this.answers = new PinnedMemory(logits.bytes());
        this.nothingSeen = new DeviceMemory(featureBytes(1));
        stream.zero(nothingSeen.address(), nothingSeen.bytes());
        this.noPicture = new Seen(nothingSeen, 1);
        // A conversation that outgrows its place is in two for a moment.
        this.room = new DevicePool("keys and values", 2 * keys, memory -> {
            DeviceStream.Recorded graph = recorded.remove(memory);
            if (graph != null) {
                graph.close();
            }
        });
        this.pictures = new DevicePool(
                "pictures",
                PICTURES
                        * featureBytes(limits.patches()
                                / (config.vision().merge() * config.vision().merge())),
                _ -> {});
    }

    /** @throws EngineException if there is no GPU or no TensorRT, the plans are another one's, or memory is short */
    static TensorRtModel load(EngineFolder folder) {
        return guarded(() -> {
            try {
                return new TensorRtModel(
                        folder, Objects.requireNonNull(folder.manifest().plans(), "no plans"));
            } catch (IOException e) {
                throw new EngineException("cannot read the plans in %s: %s".formatted(folder.path(), e), e);
            }
        });
    }

    private static <T> T guarded(Supplier<T> work) {
        try {
            return work.get();
        } catch (NativeCallException e) {
            throw new EngineException.CallFailed(e.call(), e);
        }
    }

    private long visionInputs() {
        ModelConfig.Vision sizes = config.vision();
        long patch = (long) Float.BYTES * sizes.patchSize()
                + 4L * Long.BYTES
                + 4L * Short.BYTES
                + (long) Short.BYTES * sizes.headSize();
        return limits.patches() * patch + 8 * DeviceInputs.ALIGNMENT;
    }

    private long textInputs(long tokens, long asked) {
        ModelConfig.Text sizes = config.text();
        long token = (long) Short.BYTES * (sizes.hidden() + sizes.headSize() + 1)
                + Long.BYTES
                + (long) Short.BYTES * (limits.contextTokens() + tokens);
        return tokens * token + asked * Long.BYTES + 16 * DeviceInputs.ALIGNMENT;
    }

    private long featureBytes(long tokens) {
        return (long) Short.BYTES * levels * tokens * config.text().hidden();
    }

    @Override
    public Memory memory() {
        return guarded(() -> {
            long free = Device.freeBytes();
            return new Memory(Device.totalBytes() - free, free);
        });
    }

    @Override
    public Pass pass() {
        return new Pass(limits.prefillTokens(), limits.asked());
    }

    /** {@code [1 + taps, tokens, hidden]}. */
    private final class Seen implements Features {

        private final DeviceMemory memory;
        private final int tokens;

        private Seen(DeviceMemory memory, int tokens) {
            this.memory = memory;
            this.tokens = tokens;
        }

        @Override
        public void close() {
            pictures.give(memory);
        }
    }

    /** The first tokens of a conversation whose keys and values lie in one place; nowhere if there are none. */
    private final class Said implements Past {

        private final @Nullable KeysAndValues place;
        private final int length;

        private Said(@Nullable KeysAndValues place, int length) {
            this.place = place;
            this.length = length;
            if (place != null) {
                place.hold();
            }
        }

        @Override
        public void close() {
            if (place != null && place.release()) {
                room.give(place.memory());
            }
        }
    }

    @Override
    public Features see(MemorySegment pixels, int frames, int rows, int columns, VisionTables tables) {
        return guarded(() -> {
            int patches = rows * columns;
            if (patches > limits.patches()) {
                throw new EngineException("see: %,d patches, the engine was built for %,d; show a smaller picture"
                        .formatted(patches, limits.patches()));
            }
            int merged = patches / (config.vision().merge() * config.vision().merge());
            var seen = new Seen(pictures.take(featureBytes((long) frames * merged), _ -> {}), frames * merged);
            try {
                for (int frame = 0; frame < frames; frame++) {
                    see(pixels, frame, patches, tables, seen, merged, frames);
                }
                return seen;
            } catch (RuntimeException e) {
                seen.close();
                throw e;
            }
        });
    }

    /** One frame: its features are put where all frames' of the same level lie one behind the other. */
    private void see(
            MemorySegment pixels, int frame, int patches, VisionTables tables, Seen seen, int merged, int frames) {
        ModelConfig.Vision sizes = config.vision();
        long bytes = (long) Float.BYTES * patches * sizes.patchSize();
        inputs.clear();
        inputs.put(vision, "pixel_values", bytes, patches, sizes.patchSize())
                .copyFrom(pixels.asSlice(frame * bytes, bytes));
        long[] index = Arrays.copyOfRange(tables.index(), 4 * frame * patches, 4 * (frame + 1) * patches);
        inputs.longs(vision, "position_index", index, patches, 4);
        inputs.reals(vision, "position_weight", tables.weight(), 4 * frame * patches, 4 * patches, patches, 4, 1);
        int half = sizes.headSize() / 2;
        inputs.reals(vision, "cos", tables.cos(), 0, patches * half, patches, half);
        inputs.reals(vision, "sin", tables.sin(), 0, patches * half, patches, half);
        inputs.send(stream);
        if (frames == 1) {
            vision.address("vision_features", seen.memory.address());
            vision.enqueue(stream);
        } else {
            DeviceMemory one = pictures.take(featureBytes(merged), _ -> {});
            vision.address("vision_features", one.address());
            vision.enqueue(stream);
            put(one, merged, seen.memory, (long) frame * merged, seen.tokens);
            pictures.give(one);
        }
        stream.synchronize();
    }

    /** Copies features of {@code tokens} tokens to row {@code at} of each level of others, which have {@code all}. */
    private void put(DeviceMemory from, long tokens, DeviceMemory to, long at, long all) {
        long row = (long) Short.BYTES * config.text().hidden();
        stream.copy(to.address() + at * row, all * row, from.address(), tokens * row, tokens * row, levels);
    }

    @Override
    public Past nothing() {
        return new Said(null, 0);
    }

    @Override
    public Read prefill(Past past, Words words, boolean[] isSeen, List<Features> shown) {
        return guarded(() -> {
            Said before = (Said) past;
            Seen seen = joined(shown.stream().map(Seen.class::cast).toList());
            try {
                return prefill(before, words, isSeen, seen);
            } finally {
                if (shown.size() > 1) {
                    seen.close();
                }
            }
        });
    }

    private Read prefill(Said before, Words words, boolean[] isSeen, Seen seen) {
        int count = words.ids().length;
        KeysAndValues place = place(before, count);
        var after = new Said(place, before.length + count);
        try {
            int row = 0;
            for (int first = 0; first < count; first += limits.prefillTokens()) {
                int tokens = Math.min(limits.prefillTokens(), count - first);
                int length = before.length + first;
                inputs.clear();
                row = putSeen(read, inputs, seen, isSeen, first, tokens, row);
                putWords(read, inputs, words, first, tokens);
                putMask(
                        place,
                        length,
                        tokens,
                        IntStream.range(0, tokens)
                                .mapToObj(i -> new Span(i, 0, i + 1))
                                .toList());
                inputs.longs(read, "logits_index", new long[] {tokens - 1}, 1);
                inputs.send(stream);
                putFresh(read, tokens);
                read.enqueue(stream);
                place.append(fresh.address(), tokens, stream);
                if (first + tokens < count) {
                    stream.synchronize(); // the next pass has its inputs where these are
                }
            }
            return new Read(after, answers(1).getFirst());
        } catch (RuntimeException e) {
            after.close();
            throw e;
        }
    }

    /** Where tokens behind {@code before} are appended: where it lies itself, if nobody else was appended there and there is room. */
    private KeysAndValues place(Said before, int tokens) {
        KeysAndValues place = before.place;
        if (place != null && place.canAppend(before.length, tokens)) {
            return place;
        }
        int capacity = KeysAndValues.capacity(before.length + tokens + HEADROOM, limits.contextTokens());
        DeviceMemory memory = room.take(layout.bytes(capacity), it -> stream.zero(it.address(), it.bytes()));
        var moved = new KeysAndValues(memory, layout);
        if (place != null) {
            moved.begin(place, before.length, stream);
        }
        return moved;
    }

    /** All pictures' features as one; the picture's own if there is one, and something if there is none. */
    private Seen joined(List<Seen> shown) {
        if (shown.size() == 1) {
            return shown.getFirst();
        }
        if (shown.isEmpty()) {
            return noPicture;
        }
        int tokens = shown.stream().mapToInt(it -> it.tokens).sum();
        var all = new Seen(pictures.take(featureBytes(tokens), _ -> {}), tokens);
        long at = 0;
        for (Seen one : shown) {
            put(one.memory, one.tokens, all.memory, at, tokens);
            at += one.tokens;
        }
        return all;
    }

    @Override
    public List<float[]> suffix(Past past, Words words, ContinuationTree tree) {
        return guarded(() -> {
            Said before = (Said) past;
            int tokens = words.ids().length;
            long[] ends = tree.ends();
            inputs.clear();
            putSeen(read, inputs, noPicture, new boolean[tokens], 0, tokens, 0);
            putWords(read, inputs, words, 0, tokens);
            putMask(before.place, before.length, tokens, spans(tree));
            inputs.longs(read, "logits_index", ends, ends.length);
            inputs.send(stream);
            putFresh(read, tokens);
            read.enqueue(stream);
            return answers(ends.length);
        });
    }

    /** Tokens from {@code first} on, up to but without {@code end}, that a new token sees of the new ones. */
    private record Span(int row, int first, int end) {}

    private static List<Span> spans(ContinuationTree tree) {
        int[] parents = tree.parents();
        var spans = new ArrayList<Span>();
        for (int row = 0; row < parents.length; row++) {
            for (int at = row; at != ContinuationTree.PAST; at = parents[at]) {
                spans.add(new Span(row, at, at + 1));
            }
        }
        return spans;
    }

    /** Where earlier keys and values are, how many of them count, and what new tokens see of each other. */
    private void putMask(@Nullable KeysAndValues place, int length, int tokens, List<Span> seen) {
        int past = length == 0 || place == null ? 0 : place.capacity();
        long width = past + (long) tokens;
        MemorySegment mask = inputs.put(read, "read_mask", (long) Short.BYTES * tokens * width, 1, 1, tokens, width);
        for (int row = 0; row < tokens; row++) {
            show(mask, row * width, length);
            hide(mask, row * width + length, width - length);
        }
        for (Span span : seen) {
            show(mask, span.row * width + past + span.first, span.end - span.first);
        }
        putPast(read, "read", past == 0 ? null : place);
        inputs.put(read, "decode_mask", 0, 1, 1, 0, tokens);
        putPast(read, "decode", null);
    }

    private static void show(MemorySegment mask, long from, long count) {
        mask.asSlice(Short.BYTES * from, Short.BYTES * count).fill((byte) 0);
    }

    private static void hide(MemorySegment mask, long from, long count) {
        long end = from + count;
        for (long at = from; at < end; at += HIDDEN.length) {
            int piece = (int) Math.min(HIDDEN.length, end - at);
            MemorySegment.copy(HIDDEN, 0, mask, ValueLayout.JAVA_SHORT, Short.BYTES * at, piece);
        }
    }

    private void putPast(Execution execution, String way, @Nullable KeysAndValues place) {
        ModelConfig.Text sizes = config.text();
        int tokens = place == null ? 0 : place.capacity();
        long tensor = (long) sizes.kvHeads() * tokens * layout.rowBytes();
        long address = place == null ? nothingSeen.address() : place.memory().address();
        for (int layer = 0; layer < sizes.layers(); layer++) {
            String key = "%s_key.%d".formatted(way, layer);
            String value = "%s_value.%d".formatted(way, layer);
            execution.shape(key, 1, sizes.kvHeads(), tokens, sizes.headSize());
            execution.shape(value, 1, sizes.kvHeads(), tokens, sizes.headSize());
            execution.address(key, address + 2L * layer * tensor);
            execution.address(value, address + (2L * layer + 1) * tensor);
        }
    }

    private void putFresh(Execution execution, int tokens) {
        long tensor = (long) config.text().kvHeads() * tokens * layout.rowBytes();
        for (int layer = 0; layer < config.text().layers(); layer++) {
            execution.address("new_key." + layer, fresh.address() + 2L * layer * tensor);
            execution.address("new_value." + layer, fresh.address() + (2L * layer + 1) * tensor);
        }
        execution.address("logits", logits.address());
    }

    private void putWords(Execution execution, DeviceInputs to, Words words, int first, int tokens) {
        int hidden = config.text().hidden();
        table.copy(
                words.ids(),
                first,
                tokens,
                to.put(execution, "words", (long) Short.BYTES * tokens * hidden, tokens, hidden));
        int half = config.text().headSize() / 2;
        to.reals(execution, "cos", words.cos(), first * half, tokens * half, tokens, half);
        to.reals(execution, "sin", words.sin(), first * half, tokens * half, tokens, half);
    }

    /** @return the next row of the pictures */
    private int putSeen(
            Execution execution, DeviceInputs to, Seen seen, boolean[] isSeen, int first, int tokens, int row) {
        long[] index = new long[tokens];
        float[] mask = new float[tokens];
        int next = row;
        for (int i = 0; i < tokens; i++) {
            if (isSeen[first + i]) {
                index[i] = next++;
                mask[i] = 1;
            }
        }
        execution.shape("vision_features", levels, seen.tokens, config.text().hidden());
        execution.address("vision_features", seen.memory.address());
        to.longs(execution, "vision_index", index, tokens);
        to.reals(execution, "vision_mask", mask, 0, tokens, tokens, 1);
        return next;
    }

    @Override
    public Read decode(Past past, Words one) {
        return guarded(() -> {
            Said before = (Said) past;
            if (before.place == null) {
                // Nothing was said: the way for one token wants a past.
                return prefill(past, one, new boolean[1], List.of());
            }
            KeysAndValues place = place(before, 1);
            var after = new Said(place, before.length + 1);
            try {
                decode(place, before.length, one);
                place.append(fresh.address(), 1, stream);
                return new Read(after, answers(1).getFirst());
            } catch (RuntimeException e) {
                after.close();
                throw e;
            }
        });
    }

    private void decode(KeysAndValues place, int length, Words one) {
        int capacity = place.capacity();
        Execution execution = decode.computeIfAbsent(capacity, _ -> {
            Execution made = text.execution(Plan.DECODE, stream);
            made.scratch(scratch);
            return made;
        });
        word.clear();
        putSeen(execution, word, noPicture, new boolean[1], 0, 1, 0);
        putWords(execution, word, one, 0, 1);
        MemorySegment mask = word.put(execution, "decode_mask", Short.BYTES * (capacity + 1L), 1, 1, 1, capacity + 1L);
        show(mask, 0, length);
        hide(mask, length, capacity - length);
        show(mask, capacity, 1);
        show(word.put(execution, "read_mask", Short.BYTES, 1, 1, 1, 1), 0, 1);
        word.longs(execution, "logits_index", new long[] {0}, 1);
        word.send(stream);
        DeviceStream.Recorded graph = recorded.get(place.memory());
        if (graph != null) {
            stream.launch(graph);
            return;
        }
        putPast(execution, "decode", place);
        putPast(execution, "read", null);
        putFresh(execution, 1);
        execution.enqueue(stream); // what TensorRT does once for new shapes cannot be recorded
        stream.synchronize();
        recorded.put(place.memory(), stream.record(() -> execution.enqueue(stream)));
    }

    /** Waits for all. */
    private List<float[]> answers(int rows) {
        int vocabulary = config.text().vocabulary();
        MemorySegment all = answers.segment().asSlice(0, (long) rows * vocabulary * Float.BYTES);
        stream.copyOut(all, logits.address());
        stream.synchronize();
        return IntStream.range(0, rows)
                .mapToObj(row -> all.asSlice((long) row * vocabulary * Float.BYTES, (long) vocabulary * Float.BYTES)
                        .toArray(ValueLayout.JAVA_FLOAT))
                .toList();
    }

    /** Plans and their contexts stay: they live as long as the process. */
    @Override
    public void close() {
        guarded(() -> {
            room.close();
            pictures.close();
            List.of(scratch, fresh, logits, nothingSeen).forEach(DeviceMemory::close);
            answers.close();
            inputs.close();
            word.close();
            stream.close();
            table.close();
            return true;
        });
    }
}
