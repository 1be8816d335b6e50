package goshawk.appliance.engine;

import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.MemoryNeed;
import goshawk.trtbuild.ModelConfig;
import goshawk.trtbuild.Patches;
import goshawk.trtbuild.TextPositions;
import java.lang.foreign.MemorySegment;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A model whose native calls are a {@link NativeModel}'s: works out positions, angles, trees and limits, and refuses what
 * the native side must never be asked.
 *
 * <p>Belongs to the thread that opened it; any other thread is refused. Closing it while contexts or picture features are
 * out is refused, because a leak is a bug and must be loud.
 */
public final class NativeEngine implements Engine {

    private final OwnerThread owner = new OwnerThread();
    private final NativeModel model;
    private final ModelConfig config;
    private final Preflight preflight;
    private final EngineIdentity identity;
    private final MemoryNeed need;
    private final ContextLimit limit;
    private int out;

    private NativeEngine(NativeModel model, EngineIdentity identity, MemoryNeed need, ContextLimit limit) {
        this.model = model;
        this.config = need.config();
        this.preflight = new Preflight(config);
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
            ContextLimit limit = ContextLimit.of(need, context, model.freeBytes());
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
        owner.require();
        long patches = (long) frames * rows * columns;
        preflight.requireWhole(pixels.byteSize() / Float.BYTES, patches);
        requireRoom(patches);
        var seen = new Seen(
                model.see(pixels, frames, rows, columns, preflight.tables(frames, rows, columns)),
                preflight.places(frames, rows, columns));
        out++;
        return seen;
    }

    private void requireRoom(long patches) {
        long needed = need.vision(patches);
        if (!model.hasRoom(needed)) {
            throw Preflight.noRoom(patches, needed, model.freeBytes());
        }
    }

    @Override
    public Context start() {
        owner.require();
        var said = new Said(model.nothing(), 0, 0);
        out++;
        return said;
    }

    @Override
    public Step read(Context past, int[] tokens, List<PictureFeatures> pictures) {
        return read(past, tokens, pictures, Logits::all, Step::new);
    }

    @Override
    public Context read(Context past, int[] tokens, List<PictureFeatures> pictures, Consumer<MemorySegment> logits) {
        return read(past, tokens, pictures, row -> passed(row, logits), (said, _) -> said);
    }

    private static boolean passed(FloatBuffer row, Consumer<MemorySegment> logits) {
        logits.accept(MemorySegment.ofBuffer(row));
        return true;
    }

    /**
     * @param told what is told of the logits
     * @param answer what becomes of that and the longer conversation
     */
    private <T, A> A read(
            Context past,
            int[] tokens,
            List<PictureFeatures> pictures,
            Function<FloatBuffer, T> told,
            BiFunction<Context, T, A> answer) {
        Context said = show(past, tokens, pictures);
        try {
            return answer.apply(said, told.apply(model.logits()));
        } catch (RuntimeException e) {
            said.close();
            throw e;
        }
    }

    @Override
    public Context show(Context past, int[] tokens, List<PictureFeatures> pictures) {
        owner.require();
        Said before = (Said) past;
        List<Seen> seen = pictures.stream().map(Seen.class::cast).toList();
        TextPositions positions = preflight.positions(
                tokens,
                before.position,
                seen.stream().flatMap(it -> it.places.stream()).toList());
        limit.check(before.length + tokens.length, positions.next());
        NativeModel.Words words = words("read", tokens, positions);
        NativeModel.Past own = tokens.length == 1 && seen.isEmpty()
                ? model.decode(before.own, words)
                : model.prefill(
                        before.own,
                        words,
                        isSeen(tokens),
                        seen.stream().map(it -> it.own).toList());
        out++;
        return new Said(own, before.length + tokens.length, positions.next());
    }

    @Override
    public List<float[]> ask(Context past, List<int[]> continuations) {
        return each(past, continuations, Logits::all);
    }

    @Override
    public List<float[]> ask(Context past, List<int[]> continuations, int[] tokens) {
        return each(past, continuations, row -> Logits.of(row, tokens));
    }

    @Override
    public void ask(Context past, List<int[]> continuations, Consumer<MemorySegment> logits) {
        each(past, continuations, row -> passed(row, logits));
    }

    /** @param told what is told of each continuation's logits */
    private <T> List<T> each(Context past, List<int[]> continuations, Function<FloatBuffer, T> told) {
        owner.require();
        Said before = (Said) past;
        // All are worked out before one is computed: what is refused costs nothing.
        List<Asked> passes = passes(before, continuations).toList();
        var answers = new ArrayList<T>();
        for (Asked pass : passes) {
            FloatBuffer all = model.suffix(before.own, pass.words, pass.tree);
            int row = all.limit() / pass.tree.ends().length;
            for (int at = 0; at < all.limit(); at += row) {
                answers.add(told.apply(all.slice(at, row)));
            }
        }
        return answers;
    }

    /** One pass over some of the continuations. */
    private record Asked(NativeModel.Words words, ContinuationTree tree) {}

    /** In halves, as long as they are more than the model computes at once. */
    private Stream<Asked> passes(Said before, List<int[]> continuations) {
        var tree = ContinuationTree.of(continuations);
        int[] tokens = tree.tokens();
        if (model.pass().holds(tree)) {
            TextPositions positions = preflight.positions(tree, before.position);
            limit.check(before.length + tokens.length, positions.next());
            return Stream.of(new Asked(words("ask", tokens, positions), tree));
        }
        if (continuations.size() == 1) {
            throw new EngineException("ask: a continuation of %,d tokens, the engine was built for %,d; read it instead"
                    .formatted(tokens.length, model.pass().tokens()));
        }
        int half = continuations.size() / 2;
        return Stream.concat(
                passes(before, continuations.subList(0, half)),
                passes(before, continuations.subList(half, continuations.size())));
    }

    private NativeModel.Words words(String call, int[] tokens, TextPositions positions) {
        preflight.requireKnown(call, tokens);
        Preflight.Angles angles = preflight.angles(positions);
        return new NativeModel.Words(tokens, angles.cos(), angles.sin());
    }

    private boolean[] isSeen(int[] tokens) {
        boolean[] seen = new boolean[tokens.length];
        for (int i = 0; i < tokens.length; i++) {
            seen[i] = config.tokens().isPicture(tokens[i]);
        }
        return seen;
    }

    @Override
    public void close() {
        owner.require();
        if (out != 0) {
            throw new IllegalStateException(out + " contexts or picture features never closed");
        }
        model.close();
    }

    /** What a call made; closing it twice frees it once. */
    private abstract class Made implements AutoCloseable {

        private boolean isClosed;

        abstract void free();

        @Override
        public void close() {
            owner.require();
            if (!isClosed) {
                isClosed = true;
                out--;
                free();
            }
        }
    }

    private final class Seen extends Made implements PictureFeatures {

        private final NativeModel.Features own;
        private final List<TextPositions.Frame> places;

        Seen(NativeModel.Features own, List<TextPositions.Frame> places) {
            this.own = own;
            this.places = places;
        }

        @Override
        public int tokens() {
            return places.stream()
                    .mapToInt(place -> place.rows() * place.columns())
                    .sum();
        }

        @Override
        void free() {
            own.close();
        }
    }

    private final class Said extends Made implements Context {

        private final NativeModel.Past own;
        private final int length;
        private final int position;

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
        void free() {
            own.close();
        }
    }
}
