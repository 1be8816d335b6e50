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
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
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
    private final PlanLimits limits;
    private final KeysAndValues.Layout layout;
    private final DeviceStream stream;
    /** The plan's profiles, by their places. */
    private final List<Computations<Sizes>> profiles;

    private final DeviceWords words;
    private final DeviceMemory fresh;
    private final DeviceMemory logits;
    private final PinnedMemory answers;
    private final DevicePool room;

    /**
     * All that the shapes of a computation's tensors depend on.
     *
     * @param rows computed: the new tokens, and some that nobody looks at
     * @param past room for earlier ones
     * @param asked new tokens of which the logits are told
     */
    private record Sizes(int rows, int past, int asked) {}

    DeviceText(EngineFolder folder, Plan plan, Workplace workplace, PlanLimits limits) {
        this.config = folder.config().text();
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
        this.stream = workplace.stream();
        this.profiles = profiles(limits)
                .mapToObj(profile -> new Computations<>(() -> workplace.execution(plan, profile), this::inputBytes))
                .toList();
        this.words = new DeviceWords(folder, limits.prefillTokens());
        this.fresh = new DeviceMemory(layout.bytes(limits.prefillTokens()));
        this.logits = new DeviceMemory((long) limits.asked() * config.vocabulary() * Float.BYTES);
        this.answers = new PinnedMemory(logits.bytes());
        // A conversation that outgrows its place is in two for a moment.
        this.room = new DevicePool("keys and values", keys, 2 * keys);
    }

    static long scratchBytes(Plan plan, PlanLimits limits) {
        return profiles(limits).mapToLong(plan::scratchBytes).max().orElseThrow();
    }

    private static IntStream profiles(PlanLimits limits) {
        return IntStream.range(0, Plan.READ + limits.readTokens().size());
    }

    private long inputBytes(Sizes sizes) {
        long angles = (long) Short.BYTES * sizes.rows * config.headSize();
        long mask = (long) Short.BYTES * sizes.rows * (sizes.past + sizes.rows);
        return angles + mask + (long) Long.BYTES * sizes.asked + 8 * DeviceInputs.ALIGNMENT;
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

    /** @param seen what the tokens that are {@code isSeen} take, one row each */
    Said prefill(Said before, NativeModel.Words words, boolean[] isSeen, Optional<DeviceVision.Seen> seen) {
        int count = words.ids().length;
        KeysAndValues place = place(before, count);
        var after = new Said(place, before.length + count);
        try {
            var piece = new DeviceWords.Piece(words, isSeen, 0, 0, 0);
            while (piece.end() < count) {
                piece = piece.next(limits.piece(count - piece.end()));
                var looking = new Looking(before.length + piece.first(), piece.tokens(), Optional.empty());
                int rows = read(place, piece, seen, looking, new long[] {piece.tokens() - 1});
                place.append(fresh.address(), rows, piece.tokens(), stream);
            }
            return after;
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

    FloatBuffer suffix(Said before, NativeModel.Words words, ContinuationTree tree) {
        var looking = new Looking(before.length, words.ids().length, Optional.of(tree));
        read(before.place, DeviceWords.Piece.ofText(words), Optional.empty(), looking, tree.ends());
        return logits(tree.ends().length);
    }

    /**
     * What new tokens may look at, beside the first {@code past} of the earlier ones and themselves.
     *
     * @param past earlier tokens
     * @param tokens new ones
     * @param tree which of the new ones; all that come before if there is none
     */
    private record Looking(int past, int tokens, Optional<ContinuationTree> tree) {

        /**
         * @param rows of the mask; those behind the tokens' see nothing
         * @param room for earlier tokens
         */
        void show(MemorySegment mask, int rows, int room) {
            long width = room + (long) rows;
            Mask.hide(mask, 0, rows * width);
            for (int row = 0; row < tokens; row++) {
                long first = row * width + room;
                Mask.show(mask, row * width, past);
                if (tree.isEmpty()) {
                    Mask.show(mask, first, row + 1);
                } else {
                    int[] parents = tree.get().parents();
                    for (int at = row; at != ContinuationTree.PAST; at = parents[at]) {
                        Mask.show(mask, first + at, 1);
                    }
                }
            }
        }

        /** Equal where the masks are. */
        int[] key() {
            int[] parents = tree.map(ContinuationTree::parents).orElse(new int[0]);
            return IntStream.concat(IntStream.of(past), Arrays.stream(parents)).toArray();
        }
    }

    /**
     * Puts logits and new keys and values into their memory.
     *
     * @return rows that were computed: the tokens', and some that are nobody's
     */
    private int read(
            @Nullable KeysAndValues place,
            DeviceWords.Piece piece,
            Optional<DeviceVision.Seen> seen,
            Looking looking,
            long[] asked) {
        int rows = limits.rows(piece.tokens());
        KeysAndValues past = looking.past == 0 ? null : place;
        int room = past == null ? 0 : past.capacity();
        Computation computation = profiles.get(profile(rows)).of(new Sizes(rows, room, asked.length));
        Execution execution = computation.execution();
        DeviceInputs inputs = computation.inputs();
        put(computation, piece, rows, seen);
        long width = room + (long) rows;
        inputs.put(execution, "read_mask", looking.key(), width * rows * Short.BYTES, 1, 1, rows, width)
                .ifPresent(mask -> looking.show(mask, rows, room));
        inputs.put(execution, "decode_mask", "nothing", 0, 1, 0, 1, 0, PlanLimits.BLOCK);
        inputs.longs(execution, "logits_index", asked, asked.length);
        inputs.send(stream);
        List<Long> places = List.of(past == null ? 0 : past.memory().address());
        if (!computation.isRecorded(places)) {
            putRead(execution, past);
            putDecoded(execution, null);
            putResults(execution, rows);
        }
        computation.run(stream, places);
        return rows;
    }

    private void put(Computation computation, DeviceWords.Piece piece, int rows, Optional<DeviceVision.Seen> seen) {
        Execution execution = computation.execution();
        DeviceInputs inputs = computation.inputs();
        words.put(execution, piece, rows, seen, stream);
        int half = config.headSize() / 2;
        inputs.reals(execution, "cos", piece.cos(half), rows, half);
        inputs.reals(execution, "sin", piece.sin(half), rows, half);
    }

    /** The one that is fast for so many rows. */
    private int profile(int rows) {
        int place = 0;
        while (rows > limits.readTokens().get(place)) {
            place++;
        }
        return Plan.READ + place;
    }

    boolean canDecode(Said before) {
        return before.place != null;
    }

    Said decode(Said before, NativeModel.Words word) {
        KeysAndValues place = place(before, 1);
        var after = new Said(place, before.length + 1);
        try {
            decode(place, before.length, word);
            place.append(fresh.address(), 1, 1, stream);
            return after;
        } catch (RuntimeException e) {
            after.close();
            throw e;
        }
    }

    private void decode(KeysAndValues place, int length, NativeModel.Words word) {
        int capacity = place.capacity();
        Computation computation = profiles.get(Plan.DECODE).of(new Sizes(1, capacity, 1));
        Execution execution = computation.execution();
        DeviceInputs inputs = computation.inputs();
        put(computation, DeviceWords.Piece.ofText(word), 1, Optional.empty());
        long blocks = capacity / PlanLimits.BLOCK;
        inputs.put(execution, "decode_mask", length, (long) Short.BYTES * capacity, 1, blocks, 1, 1, PlanLimits.BLOCK)
                .ifPresent(mask -> {
                    Mask.show(mask, 0, length);
                    Mask.hide(mask, length, capacity - length);
                });
        inputs.put(execution, "read_mask", "itself", Short.BYTES, 1, 1, 1, 1).ifPresent(mask -> Mask.show(mask, 0, 1));
        inputs.longs(execution, "logits_index", new long[] {0}, 1);
        inputs.send(stream);
        List<Long> places = List.of(place.memory().address());
        if (!computation.isRecorded(places)) {
            putDecoded(execution, place);
            putRead(execution, null);
            putResults(execution, 1);
        }
        computation.run(stream, places);
    }

    private void putRead(Execution execution, @Nullable KeysAndValues place) {
        int tokens = place == null ? 0 : place.capacity();
        putPast(execution, "read", place, 1, config.kvHeads(), tokens, config.headSize());
    }

    private void putDecoded(Execution execution, @Nullable KeysAndValues place) {
        int blocks = place == null ? 0 : place.capacity() / PlanLimits.BLOCK;
        putPast(execution, "decode", place, 1, config.kvHeads(), blocks, PlanLimits.BLOCK, config.headSize());
    }

    private void putPast(Execution execution, String way, @Nullable KeysAndValues place, long... shape) {
        long tensor = place == null ? 0 : (long) config.kvHeads() * place.capacity() * layout.rowBytes();
        // What has no size lies somewhere too.
        long address = place == null ? fresh.address() : place.memory().address();
        for (int layer = 0; layer < config.layers(); layer++) {
            String key = "%s_key.%d".formatted(way, layer);
            String value = "%s_value.%d".formatted(way, layer);
            execution.shape(key, shape);
            execution.shape(value, shape);
            execution.address(key, address + 2L * layer * tensor);
            execution.address(value, address + (2L * layer + 1) * tensor);
        }
    }

    private void putResults(Execution execution, int rows) {
        long tensor = (long) config.kvHeads() * rows * layout.rowBytes();
        for (int layer = 0; layer < config.layers(); layer++) {
            execution.address("new_key." + layer, fresh.address() + 2L * layer * tensor);
            execution.address("new_value." + layer, fresh.address() + (2L * layer + 1) * tensor);
        }
        execution.address("logits", logits.address());
    }

    /**
     * Waits for all.
     *
     * @return {@code [rows, vocabulary]} of what was computed last, until this is asked again
     */
    FloatBuffer logits(int rows) {
        MemorySegment all = answers.segment().asSlice(0, (long) rows * config.vocabulary() * Float.BYTES);
        stream.copyOut(all, logits.address());
        stream.synchronize();
        return all.asByteBuffer().order(ByteOrder.nativeOrder()).asFloatBuffer();
    }

    /** The plan and its contexts stay: they live as long as the process. */
    @Override
    public void close() {
        stream.synchronize();
        profiles.forEach(Computations::close);
        room.close();
        List.of(fresh, logits).forEach(DeviceMemory::close);
        answers.close();
        words.close();
    }
}
