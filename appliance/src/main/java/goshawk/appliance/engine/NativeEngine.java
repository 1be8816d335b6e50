package goshawk.appliance.engine;

import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.MemoryNeed;
import goshawk.trtbuild.ModelConfig;
import goshawk.trtbuild.Patches;
import goshawk.trtbuild.TextPositions;
import goshawk.trtbuild.VisionTables;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A model whose native calls are a {@link NativeModel}'s: works out positions, angles, trees and limits, and refuses what
 * the native side must never be asked.
 *
 * <p>Belongs to the thread that opened it; any other thread is refused. Closing it while contexts or picture features are
 * out is refused, because a leak is a bug and must be loud.
 */
public final class NativeEngine implements Engine {

    private final Thread owner = Thread.currentThread();
    private final NativeModel model;
    private final ModelConfig config;
    private final EngineIdentity identity;
    private final MemoryNeed need;
    private final ContextLimit limit;
    private Tables last = new Tables(0, 0, 0, new VisionTables(new long[0], new float[0], new float[0], new float[0]));
    private int out;

    private record Tables(int frames, int rows, int columns, VisionTables tables) {}

    private NativeEngine(NativeModel model, EngineIdentity identity, MemoryNeed need, ContextLimit limit) {
        this.model = model;
        this.config = need.config();
        this.identity = identity;
        this.need = need;
        this.limit = limit;
    }

    /**
     * Loads the plans on the calling thread, which alone may use and close the engine.
     *
     * @param target says what a conversation takes of the device's memory
     * @param context tokens that a conversation may have; empty for as many as the model knows and the device holds
     * @throws EngineException if the plans cannot be loaded, or the conversations do not fit beside them
     */
    public static NativeEngine open(
            EngineFolder folder,
            EngineIdentity identity,
            MemoryNeed.Target target,
            NativeModel.Loader loader,
            OptionalInt context) {
        NativeModel model = loader.load(folder);
        try {
            // With the weights loaded, what is free now is what conversations can have.
            MemoryNeed need = MemoryNeed.besideWeights(folder.config(), target);
            ContextLimit limit = ContextLimit.of(need, context, model.memory().freeBytes());
            return new NativeEngine(model, identity, need, limit);
        } catch (RuntimeException e) {
            model.close();
            throw e;
        }
    }

    @Override
    public EngineIdentity identity() {
        return identity;
    }

    @Override
    public PictureFeatures see(Patches patches) {
        return see(MemorySegment.ofArray(patches.pixels()), patches.gridT(), patches.gridH(), patches.gridW());
    }

    @Override
    public PictureFeatures see(MemorySegment pixels, int frames, int rows, int columns) {
        confined();
        long numbers = pixels.byteSize() / Float.BYTES;
        long patches = (long) frames * rows * columns;
        if (numbers != patches * config.vision().patchSize()) {
            throw new EngineException("see: %d numbers for %d patches of %d"
                    .formatted(numbers, patches, config.vision().patchSize()));
        }
        requireRoom(patches);
        var seen = new Seen(
                model.see(pixels, frames, rows, columns, tables(frames, rows, columns)), frames, rows, columns);
        out++;
        return seen;
    }

    /** What does not fit on the device is told before a native call fails over it. */
    private void requireRoom(long patches) {
        long needed = need.vision(patches);
        long free = model.memory().freeBytes();
        if (needed > free) {
            throw new EngineException("see: %,d patches need about %s of memory, %s are free; show a smaller picture"
                    .formatted(patches, MemoryNeed.words(needed), MemoryNeed.words(free)));
        }
    }

    private VisionTables tables(int frames, int rows, int columns) {
        if (last.frames() != frames || last.rows() != rows || last.columns() != columns) {
            try {
                last = new Tables(frames, rows, columns, VisionTables.of(config.vision(), frames, rows, columns));
            } catch (IllegalArgumentException e) {
                throw new EngineException("see: " + e.getMessage(), e);
            }
        }
        return last.tables();
    }

    @Override
    public Context start() {
        confined();
        var said = new Said(model.nothing(), 0, 0);
        out++;
        return said;
    }

    @Override
    public Step read(Context past, int[] tokens, List<PictureFeatures> pictures) {
        confined();
        if (tokens.length == 0) {
            throw new EngineException("read: no token was given");
        }
        Said before = (Said) past;
        List<Seen> seen = pictures.stream().map(Seen.class::cast).toList();
        TextPositions positions = positions(before, tokens, seen);
        limit.check(before.length + tokens.length, positions.next());
        NativeModel.Words words = words("read", tokens, positions);
        NativeModel.Read read = tokens.length == 1 && seen.isEmpty()
                ? model.decode(before.own, words)
                : model.prefill(
                        before.own,
                        words,
                        isSeen(tokens),
                        seen.stream().map(it -> it.own).toList());
        out++;
        return new Step(new Said(read.past(), before.length + tokens.length, positions.next()), read.logits());
    }

    @Override
    public List<float[]> ask(Context past, List<int[]> continuations) {
        confined();
        Said before = (Said) past;
        var tree = ContinuationTree.of(continuations);
        int[] tokens = tree.tokens();
        for (int token : tokens) {
            if (isPicture(token)) {
                throw new EngineException("ask: token %d stands for a picture; read it first".formatted(token));
            }
        }
        TextPositions positions = TextPositions.ofText(tree.depths(), before.position);
        limit.check(before.length + tokens.length, positions.next());
        return model.suffix(before.own, words("ask", tokens, positions), tree);
    }

    private TextPositions positions(Said before, int[] tokens, List<Seen> seen) {
        try {
            return TextPositions.of(
                    tokens,
                    before.position,
                    config.tokens(),
                    seen.stream().flatMap(Seen::places).toList());
        } catch (IllegalArgumentException e) {
            throw new EngineException("read: " + e.getMessage(), e);
        }
    }

    private NativeModel.Words words(String call, int[] tokens, TextPositions positions) {
        int vocabulary = config.text().vocabulary();
        for (int token : tokens) {
            if (token < 0 || token >= vocabulary) {
                throw new EngineException("%s: token %d, the vocabulary has %d".formatted(call, token, vocabulary));
            }
        }
        return new NativeModel.Words(tokens, positions.cos(config.text()), positions.sin(config.text()));
    }

    private boolean[] isSeen(int[] tokens) {
        boolean[] seen = new boolean[tokens.length];
        for (int i = 0; i < tokens.length; i++) {
            seen[i] = isPicture(tokens[i]);
        }
        return seen;
    }

    private boolean isPicture(int token) {
        return token == config.tokens().image() || token == config.tokens().video();
    }

    private void confined() {
        if (!owner.equals(Thread.currentThread())) {
            throw new IllegalStateException("engine of " + owner + " used by " + Thread.currentThread());
        }
    }

    @Override
    public void close() {
        confined();
        if (out != 0) {
            throw new IllegalStateException(out + " contexts or picture features never closed");
        }
        model.close();
    }

    private final class Seen implements PictureFeatures {

        private final NativeModel.Features own;
        private final int frames;
        private final TextPositions.Frame place;
        private boolean isClosed;

        Seen(NativeModel.Features own, int frames, int rows, int columns) {
            int merge = config.vision().merge();
            this.own = own;
            this.frames = frames;
            this.place = new TextPositions.Frame(rows / merge, columns / merge);
        }

        Stream<TextPositions.Frame> places() {
            return IntStream.range(0, frames).mapToObj(_ -> place);
        }

        @Override
        public int tokens() {
            return frames * place.rows() * place.columns();
        }

        @Override
        public void close() {
            confined();
            if (!isClosed) {
                isClosed = true;
                out--;
                own.close();
            }
        }
    }

    private final class Said implements Context {

        private final NativeModel.Past own;
        private final int length;
        private final int position;
        private boolean isClosed;

        Said(NativeModel.Past own, int length, int position) {
            this.own = own;
            this.length = length;
            this.position = position;
        }

        @Override
        public int length() {
            return length;
        }

        @Override
        public long bytes() {
            return need.keysAndValues(length);
        }

        @Override
        public void close() {
            confined();
            if (!isClosed) {
                isClosed = true;
                out--;
                own.close();
            }
        }
    }
}
