package goshawk.appliance.engine;

import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.MemoryNeed;
import goshawk.trtbuild.ModelConfig;
import goshawk.trtbuild.PlanLimits;
import goshawk.trtbuild.tensorrt.Device;
import goshawk.trtbuild.tensorrt.DeviceMemory;
import goshawk.trtbuild.tensorrt.DeviceStream;
import goshawk.trtbuild.tensorrt.Execution;
import goshawk.trtbuild.tensorrt.PinnedMemory;
import goshawk.trtbuild.tensorrt.Plan;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The language model on the device. Keys and values stay there, appended in place; all of its computations share one piece
 * of scratch memory and one stream: they follow each other. Belongs to the model's thread.
 */
final class DeviceText implements AutoCloseable {

    /** Tokens that a conversation can grow by before its keys and values must move. */
    private static final int HEADROOM = 128;

    private final ModelConfig.Text config;
    private final int levels;
    private final PlanLimits limits;
    private final KeysAndValues.Layout layout;
    private final DeviceStream stream = new DeviceStream();
    private final DeviceMemory scratch;
    /** The plan's profiles, by their places. */
    private final List<Computations<Sizes>> profiles;

    private final DeviceInputs inputs;
    private final DeviceMemory fresh;
    private final DeviceMemory logits;
    private final PinnedMemory answers;
    private final DevicePool room;
    private final EmbeddingTable table;

    /**
     * All that the shapes of a computation's tensors depend on.
     *
     * @param tokens new ones
     * @param past room for earlier ones
     * @param seen tokens of pictures
     * @param asked new tokens of which the logits are told
     */
    private record Sizes(int tokens, int past, int seen, int asked) {}

    DeviceText(EngineFolder folder, Plan plan, PlanLimits limits) {
        this.config = folder.config().text();
        this.levels = 1 + folder.config().vision().taps().size();
        this.limits = limits;
        this.layout = KeysAndValues.Layout.of(config);
        if ((long) config.kvHeads() * layout.rowBytes() % DeviceInputs.ALIGNMENT != 0) {
            throw new EngineException("%d key heads of %d numbers do not lie as TensorRT wants tensors to"
                    .formatted(config.kvHeads(), config.headSize()));
        }
        long keys = layout.bytes((long) limits.contextBlocks() * PlanLimits.BLOCK);
        if (Device.freeBytes() < keys) {
            throw new EngineException(
                    "keys and values of %,d tokens need %s on the GPU, %s are free beside the weights; free some of it or build the engine with --profile small"
                            .formatted(
                                    limits.contextTokens(),
                                    MemoryNeed.words(keys),
                                    MemoryNeed.words(Device.freeBytes())));
        }
        this.table = new EmbeddingTable(folder.table(), config);
        int count = Plan.READ + limits.readTokens().size();
        this.scratch = new DeviceMemory(
                IntStream.range(0, count).mapToLong(plan::scratchBytes).max().orElseThrow());
        this.profiles = IntStream.range(0, count)
                .mapToObj(profile -> new Computations<Sizes>(() -> execution(plan, profile)))
                .toList();
        this.inputs = new DeviceInputs(inputBytes(limits.prefillTokens()));
        this.fresh = new DeviceMemory(layout.bytes(limits.prefillTokens()));
        this.logits = new DeviceMemory((long) limits.asked() * config.vocabulary() * Float.BYTES);
        this.answers = new PinnedMemory(logits.bytes());
        // A conversation that outgrows its place is in two for a moment.
        this.room = new DevicePool("keys and values", keys, 2 * keys);
    }

    private Execution execution(Plan plan, int profile) {
        Execution execution = plan.execution(profile, stream);
        execution.scratch(scratch);
        return execution;
    }

    private long inputBytes(long tokens) {
        long token = (long) Short.BYTES * (config.hidden() + config.headSize() + 1)
                + Long.BYTES
                + (long) Short.BYTES * ((long) limits.contextBlocks() * PlanLimits.BLOCK + tokens);
        return tokens * token + limits.asked() * (long) Long.BYTES + 16 * DeviceInputs.ALIGNMENT;
    }

    DeviceStream stream() {
        return stream;
    }

    /** The first tokens of a conversation whose keys and values lie in one place; nowhere if there are none. */
    final class Said implements NativeModel.Past {

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

    Said nothing() {
        return new Said(null, 0);
    }

    NativeModel.Read prefill(Said before, NativeModel.Words words, boolean[] isSeen, DeviceVision.Seen seen) {
        int count = words.ids().length;
        KeysAndValues place = place(before, count);
        var after = new Said(place, before.length + count);
        try {
            int row = 0;
            for (int first = 0; first < count; first += limits.prefillTokens()) {
                int tokens = Math.min(limits.prefillTokens(), count - first);
                if (first > 0) {
                    stream.synchronize(); // the pass before has its inputs where these come
                }
                long[] rows = rows(isSeen, first, tokens, row);
                row += IntStream.range(first, first + tokens)
                        .map(i -> isSeen[i] ? 1 : 0)
                        .sum();
                List<Span> spans = IntStream.range(0, tokens)
                        .mapToObj(i -> new Span(i, 0, i + 1))
                        .toList();
                var asked = new long[] {tokens - 1};
                read(place, before.length + first, new Piece(words, first, tokens, rows), spans, asked, seen);
                place.append(fresh.address(), tokens, stream);
            }
            return new NativeModel.Read(after, answers(1).getFirst());
        } catch (RuntimeException e) {
            after.close();
            throw e;
        }
    }

    /** By token the row of the pictures that it takes; −1 for text. */
    private static long[] rows(boolean[] isSeen, int first, int tokens, int next) {
        long[] rows = new long[tokens];
        int row = next;
        for (int i = 0; i < tokens; i++) {
            rows[i] = isSeen[first + i] ? row++ : -1;
        }
        return rows;
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

    List<float[]> suffix(Said before, NativeModel.Words words, ContinuationTree tree, DeviceVision.Seen none) {
        int tokens = words.ids().length;
        var piece = new Piece(words, 0, tokens, rows(new boolean[tokens], 0, tokens, 0));
        read(before.place, before.length, piece, spans(tree), tree.ends(), none);
        return answers(tree.ends().length);
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

    /** Some of the words, and the row of the pictures that each takes. */
    private record Piece(NativeModel.Words words, int first, int tokens, long[] rows) {}

    /** Puts logits and new keys and values into their memory. */
    private void read(
            @Nullable KeysAndValues place,
            int length,
            Piece piece,
            List<Span> spans,
            long[] asked,
            DeviceVision.Seen seen) {
        int tokens = piece.tokens;
        KeysAndValues past = length == 0 ? null : place;
        int room = past == null ? 0 : past.capacity();
        Computation computation =
                profiles.get(profile(tokens)).of(new Sizes(tokens, room, seen.tokens(), asked.length));
        Execution execution = computation.execution();
        seen.before(stream);
        inputs.clear();
        putSeen(execution, seen, piece.rows);
        putWords(execution, piece);
        long width = room + (long) tokens;
        MemorySegment mask =
                inputs.put(execution, "read_mask", (long) Short.BYTES * tokens * width, 1, 1, tokens, width);
        for (int row = 0; row < tokens; row++) {
            Mask.show(mask, row * width, length);
            Mask.hide(mask, row * width + length, width - length);
        }
        for (Span span : spans) {
            Mask.show(mask, span.row * width + room + span.first, span.end - span.first);
        }
        inputs.put(execution, "decode_mask", 0, 1, 0, 1, 0, PlanLimits.BLOCK);
        inputs.longs(execution, "logits_index", asked, asked.length);
        inputs.send(stream);
        List<Long> places =
                List.of(seen.address(), past == null ? 0 : past.memory().address());
        if (!computation.isRecorded(places)) {
            putRead(execution, past, seen.address());
            putDecoded(execution, null, seen.address());
            putResults(execution, tokens);
        }
        computation.run(stream, places);
    }

    /** The one that is fast for so many tokens. */
    private int profile(int tokens) {
        int place = 0;
        while (tokens > limits.readTokens().get(place)) {
            place++;
        }
        return Plan.READ + place;
    }

    boolean canDecode(Said before) {
        return before.place != null;
    }

    NativeModel.Read decode(Said before, NativeModel.Words word, DeviceVision.Seen none) {
        KeysAndValues place = place(before, 1);
        var after = new Said(place, before.length + 1);
        try {
            decode(place, before.length, word, none);
            place.append(fresh.address(), 1, stream);
            return new NativeModel.Read(after, answers(1).getFirst());
        } catch (RuntimeException e) {
            after.close();
            throw e;
        }
    }

    private void decode(KeysAndValues place, int length, NativeModel.Words word, DeviceVision.Seen none) {
        int capacity = place.capacity();
        Computation computation = profiles.get(Plan.DECODE).of(new Sizes(1, capacity, none.tokens(), 1));
        Execution execution = computation.execution();
        none.before(stream);
        inputs.clear();
        putSeen(execution, none, new long[] {-1});
        putWords(execution, new Piece(word, 0, 1, new long[] {-1}));
        long blocks = capacity / PlanLimits.BLOCK;
        MemorySegment mask =
                inputs.put(execution, "decode_mask", (long) Short.BYTES * capacity, 1, blocks, 1, 1, PlanLimits.BLOCK);
        Mask.show(mask, 0, length);
        Mask.hide(mask, length, capacity - length);
        Mask.show(inputs.put(execution, "read_mask", Short.BYTES, 1, 1, 1, 1), 0, 1);
        inputs.longs(execution, "logits_index", new long[] {0}, 1);
        inputs.send(stream);
        List<Long> places = List.of(place.memory().address());
        if (!computation.isRecorded(places)) {
            putDecoded(execution, place, none.address());
            putRead(execution, null, none.address());
            putResults(execution, 1);
        }
        computation.run(stream, places);
    }

    /** @param somewhere an address for what has no size */
    private void putRead(Execution execution, @Nullable KeysAndValues place, long somewhere) {
        int tokens = place == null ? 0 : place.capacity();
        putPast(execution, "read", place, somewhere, 1, config.kvHeads(), tokens, config.headSize());
    }

    /** @param somewhere an address for what has no size */
    private void putDecoded(Execution execution, @Nullable KeysAndValues place, long somewhere) {
        int blocks = place == null ? 0 : place.capacity() / PlanLimits.BLOCK;
        putPast(
                execution,
                "decode",
                place,
                somewhere,
                1,
                config.kvHeads(),
                blocks,
                PlanLimits.BLOCK,
                config.headSize());
    }

    private void putPast(
            Execution execution, String way, @Nullable KeysAndValues place, long somewhere, long... shape) {
        long tensor = place == null ? 0 : (long) config.kvHeads() * place.capacity() * layout.rowBytes();
        long address = place == null ? somewhere : place.memory().address();
        for (int layer = 0; layer < config.layers(); layer++) {
            String key = "%s_key.%d".formatted(way, layer);
            String value = "%s_value.%d".formatted(way, layer);
            execution.shape(key, shape);
            execution.shape(value, shape);
            execution.address(key, address + 2L * layer * tensor);
            execution.address(value, address + (2L * layer + 1) * tensor);
        }
    }

    private void putResults(Execution execution, int tokens) {
        long tensor = (long) config.kvHeads() * tokens * layout.rowBytes();
        for (int layer = 0; layer < config.layers(); layer++) {
            execution.address("new_key." + layer, fresh.address() + 2L * layer * tensor);
            execution.address("new_value." + layer, fresh.address() + (2L * layer + 1) * tensor);
        }
        execution.address("logits", logits.address());
    }

    private void putWords(Execution execution, Piece piece) {
        int tokens = piece.tokens;
        int hidden = config.hidden();
        MemorySegment room = inputs.put(execution, "words", (long) Short.BYTES * tokens * hidden, tokens, hidden);
        for (int i = 0; i < tokens; i++) {
            if (piece.rows[i] < 0) { // where a picture is, nobody looks
                table.copy(piece.words.ids()[piece.first + i], room, i);
            }
        }
        int half = config.headSize() / 2;
        inputs.reals(execution, "cos", piece.words.cos(), piece.first * half, tokens * half, tokens, half);
        inputs.reals(execution, "sin", piece.words.sin(), piece.first * half, tokens * half, tokens, half);
    }

    private void putSeen(Execution execution, DeviceVision.Seen seen, long[] rows) {
        int tokens = rows.length;
        long[] index = new long[tokens];
        float[] isSeen = new float[tokens];
        for (int i = 0; i < tokens; i++) {
            index[i] = Math.max(0, rows[i]);
            isSeen[i] = rows[i] < 0 ? 0 : 1;
        }
        execution.shape("vision_features", levels, seen.tokens(), config.hidden());
        execution.address("vision_features", seen.address());
        inputs.longs(execution, "vision_index", index, tokens);
        inputs.reals(execution, "vision_mask", isSeen, 0, tokens, tokens, 1);
    }

    /** Waits for all. */
    private List<float[]> answers(int rows) {
        int vocabulary = config.vocabulary();
        MemorySegment all = answers.segment().asSlice(0, (long) rows * vocabulary * Float.BYTES);
        stream.copyOut(all, logits.address());
        stream.synchronize();
        return IntStream.range(0, rows)
                .mapToObj(row -> all.asSlice((long) row * vocabulary * Float.BYTES, (long) vocabulary * Float.BYTES)
                        .toArray(ValueLayout.JAVA_FLOAT))
                .toList();
    }

    /** The plan and its contexts stay: they live as long as the process. */
    @Override
    public void close() {
        profiles.forEach(Computations::close);
        room.close();
        List.of(scratch, fresh, logits).forEach(DeviceMemory::close);
        answers.close();
        inputs.close();
        stream.close();
        table.close();
    }
}
