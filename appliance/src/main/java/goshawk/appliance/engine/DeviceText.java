package goshawk.appliance.engine;

import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.MemoryNeed;
import goshawk.trtbuild.ModelConfig;
import goshawk.trtbuild.PlanLimits;
import goshawk.trtbuild.tensorrt.AttentionSizes;
import goshawk.trtbuild.tensorrt.DecodeKernels;
import goshawk.trtbuild.tensorrt.Device;
import goshawk.trtbuild.tensorrt.DeviceMemory;
import goshawk.trtbuild.tensorrt.DeviceStream;
import goshawk.trtbuild.tensorrt.Executable;
import goshawk.trtbuild.tensorrt.Execution;
import goshawk.trtbuild.tensorrt.PinnedMemory;
import goshawk.trtbuild.tensorrt.Plan;
import goshawk.trtbuild.tensorrt.TextWeights;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The language model on the device. Keys and values stay there: attention writes them behind those that it sees. Where that is,
 * and what new tokens see of each other, are inputs like others, so that sizes are few and the same for each conversation. All
 * of its computations share one piece of scratch memory and one stream: they follow each other. Belongs to the model's thread.
 */
final class DeviceText implements AutoCloseable {

    /** Tokens that a conversation can grow by before its keys and values must move. */
    private static final int HEADROOM = 128;

    /** That come from the host. */
    private static final int INPUTS = 5;

    private final ModelConfig.Text config;
    private final PlanLimits limits;
    private final KeysAndValues.Layout layout;
    private final DeviceStream stream;
    /** The plan's profiles, by their places: behind those that read, one for a single token where there are no kernels for a few. */
    private final List<Computations<Sizes>> profiles;

    /** Tokens of text, up to {@link DecodeKernels#MOST_TOKENS}; empty where the plan computes these too. */
    private final Optional<Computations<Sizes>> few;

    private final DeviceWords words;
    /** Of one layer: for keys and values that nobody keeps. */
    private final DeviceMemory scratch;

    private final KeysAndValues unkept;
    private final DeviceMemory logits;
    private final PinnedMemory answers;
    private final DevicePool room;

    /**
     * All that the shapes of a computation's tensors depend on.
     *
     * @param rows computed: the new tokens, and some that nobody looks at
     * @param asked new tokens of which the logits are told
     */
    private record Sizes(int rows, int asked) {}

    /**
     * The language model as it was loaded.
     *
     * @param weights what the plan is given
     * @param few kernels that compute few tokens
     */
    record Loaded(Plan plan, TextWeights weights, Optional<DecodeKernels> few) {

        Execution execution(Workplace workplace, int profile) {
            Execution execution = workplace.execution(plan, profile);
            plan.tensors()
                    .forEach(tensor -> weights.given(tensor).ifPresent(address -> execution.address(tensor, address)));
            return execution;
        }

        long scratchBytes(PlanLimits limits) {
            return LongStream.concat(
                            profiles(limits).mapToLong(plan::scratchBytes),
                            few.stream().mapToLong(DecodeKernels::scratchBytes))
                    .max()
                    .orElseThrow();
        }

        private IntStream profiles(PlanLimits limits) {
            return IntStream.range(0, limits.readTokens().size() + (few.isPresent() ? 0 : 1));
        }
    }

    DeviceText(EngineFolder folder, Loaded loaded, Workplace workplace, PlanLimits limits) {
        this.config = folder.config().text();
        this.limits = limits;
        this.layout = KeysAndValues.Layout.of(config);
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
        this.profiles = loaded.profiles(limits)
                .mapToObj(profile -> new Computations<>(() -> loaded.execution(workplace, profile), this::inputBytes))
                .toList();
        this.few = loaded.few.map(kernels -> new Computations<>(() -> workplace.execution(kernels), this::inputBytes));
        this.words = new DeviceWords(folder, limits.prefillTokens());
        KeysAndValues.Layout one = layout.ofOneLayer();
        this.scratch = new DeviceMemory(one.bytes(limits.prefillTokens()));
        this.unkept = new KeysAndValues(scratch.address(), limits.prefillTokens(), one, () -> {});
        this.logits = new DeviceMemory((long) limits.asked() * config.vocabulary() * Float.BYTES);
        this.answers = new PinnedMemory(logits.bytes());
        // A conversation that outgrows its place is in two for a moment.
        this.room = new DevicePool("keys and values", keys, 2 * keys);
    }

    private long inputBytes(Sizes sizes) {
        long angles = (long) Float.BYTES * sizes.rows * config.headSize();
        long asked = (long) Long.BYTES * sizes.asked;
        return angles + asked + AttentionPlaces.BYTES + Looking.bytes(sizes.rows) + INPUTS * DeviceMemory.ALIGNMENT;
    }

    DeviceStream stream() {
        return stream;
    }

    /** The first tokens of a conversation whose keys and values lie in one place; nowhere if there are none. */
    static final class Said implements NativeModel.Past {

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
            if (place != null) {
                place.release();
            }
        }
    }

    Said nothing() {
        return new Said(null, 0);
    }

    /** @param seen what the tokens that are {@code isSeen} take, one row each */
    Said prefill(Said before, NativeModel.Words words, boolean[] isSeen, Optional<DeviceVision.Seen> seen) {
        int count = words.ids().length;
        return behind(before, count, place -> {
            var piece = new DeviceWords.Piece(words, isSeen, 0, 0, 0);
            while (piece.end() < count) {
                piece = piece.next(limits.piece(count - piece.end()));
                append(place, piece, seen);
            }
        });
    }

    Said decode(Said before, NativeModel.Words word) {
        return behind(before, 1, place -> append(place, DeviceWords.Piece.ofText(word), Optional.empty()));
    }

    private Said behind(Said before, int tokens, Consumer<KeysAndValues> read) {
        KeysAndValues place = place(before, tokens);
        var after = new Said(place, before.length + tokens);
        try {
            read.accept(place);
            return after;
        } catch (RuntimeException e) {
            after.close();
            throw e;
        }
    }

    private void append(KeysAndValues place, DeviceWords.Piece piece, Optional<DeviceVision.Seen> seen) {
        int tokens = piece.tokens();
        read(piece, seen, Looking.atAll(tokens), place.append(tokens), new long[] {tokens - 1});
    }

    /** Where tokens behind {@code before} are appended: where it lies itself, if nobody else was appended there and there is room. */
    private KeysAndValues place(Said before, int tokens) {
        KeysAndValues place = before.place;
        if (place != null && place.canAppend(before.length, tokens)) {
            return place;
        }
        int capacity = KeysAndValues.capacity(before.length + tokens + HEADROOM, limits.contextTokens());
        DeviceMemory memory = room.take(layout.bytes(capacity));
        var moved = new KeysAndValues(memory.address(), capacity, layout, () -> room.give(memory));
        if (place != null) {
            moved.begin(place, before.length, stream::copy);
        }
        return moved;
    }

    FloatBuffer suffix(Said before, NativeModel.Words words, ContinuationTree tree) {
        int tokens = words.ids().length;
        KeysAndValues past = before.place == null ? unkept : before.place;
        read(
                DeviceWords.Piece.ofText(words),
                Optional.empty(),
                Looking.in(tree),
                past.aside(before.length, unkept, tokens),
                tree.ends());
        return logits(tree.ends().length);
    }

    /** Puts logits into their memory, and keys and values where {@code places} says. */
    private void read(
            DeviceWords.Piece piece,
            Optional<DeviceVision.Seen> seen,
            Looking looking,
            AttentionPlaces places,
            long[] asked) {
        boolean isFew = isFew(piece, asked.length);
        int rows = isFew || piece.tokens() == 1 ? piece.tokens() : limits.rows(piece.tokens());
        Computations<Sizes> computations = isFew ? few.orElseThrow() : profiles.get(profile(rows));
        Computation computation = computations.of(new Sizes(rows, asked.length));
        Executable execution = computation.execution();
        DeviceInputs inputs = computation.inputs();
        words.put(execution, piece, rows, seen, stream);
        int half = config.headSize() / 2;
        inputs.floats(execution, "cos", piece.cos(half), rows, half);
        inputs.floats(execution, "sin", piece.sin(half), rows, half);
        inputs.longs(execution, "logits_index", asked, asked.length);
        inputs.put(execution, "places", places, AttentionPlaces.BYTES, AttentionSizes.PLACES)
                .ifPresent(places::write);
        // The largest comes last: it changes least, and what changes is sent as one piece.
        inputs.put(execution, "sees", looking.parents(), Looking.bytes(rows), rows, PlanLimits.seesWords(rows))
                .ifPresent(bits -> looking.write(bits, rows));
        inputs.send(stream);
        execution.address("logits", logits.address());
        computation.run(stream, logits.address());
    }

    private boolean isFew(DeviceWords.Piece piece, int asked) {
        return few.isPresent() && Math.max(piece.tokens(), asked) <= DecodeKernels.MOST_TOKENS && piece.isText();
    }

    /** The one that is fast for so many rows. */
    private int profile(int rows) {
        if (rows == 1 && few.isEmpty()) {
            return limits.readTokens().size();
        }
        int place = 0;
        while (rows > limits.readTokens().get(place)) {
            place++;
        }
        return place;
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

    /** Plan, kernels, weights and contexts stay: they live as long as the process. */
    @Override
    public void close() {
        stream.synchronize();
        profiles.forEach(Computations::close);
        few.ifPresent(Computations::close);
        room.close();
        List.of(scratch, logits).forEach(DeviceMemory::close);
        answers.close();
        words.close();
    }
}
