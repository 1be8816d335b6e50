package goshawk.appliance.engine;

import goshawk.trtbuild.Patches;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.Consumer;

/**
 * One loaded model. Belongs to the thread that opened it: any other thread is refused. The native runtimes end here; no
 * type of theirs leaves this package.
 */
public interface Engine extends AutoCloseable {

    EngineIdentity identity();

    /** Runs the vision tower over one picture, or over all steps of one film. The caller closes the answer. */
    PictureFeatures see(Patches patches);

    /**
     * The same, from memory that is the caller's again when this returns.
     *
     * @param pixels as in {@link Patches}
     */
    default PictureFeatures see(MemorySegment pixels, int gridT, int gridH, int gridW) {
        return see(new Patches(pixels.toArray(ValueLayout.JAVA_FLOAT), gridT, gridH, gridW));
    }

    /** A conversation in which nothing was said. */
    Context start();

    /**
     * Continues {@code past} with {@code tokens}. {@code past} stays as it was, so any number of continuations can share
     * it.
     *
     * @param tokens at least one
     * @param pictures fill the picture and film tokens among {@code tokens}, in order
     */
    Step read(Context past, int[] tokens, List<PictureFeatures> pictures);

    /**
     * The same for who only passes the logits on.
     *
     * @param logits takes them in FP32, one a vocabulary entry; they are there only while it runs
     */
    default Context read(Context past, int[] tokens, List<PictureFeatures> pictures, Consumer<MemorySegment> logits) {
        Step step = read(past, tokens, pictures);
        logits.accept(MemorySegment.ofArray(step.logits));
        return step.context;
    }

    /**
     * The same where nobody looks at what follows, so that nobody need wait for it: an engine may return before its device
     * is done, and what fails there is told by a call that waits.
     *
     * @return owned by the caller, with the same bits as after {@link #read}
     */
    default Context show(Context past, int[] tokens, List<PictureFeatures> pictures) {
        return read(past, tokens, pictures).context();
    }

    /**
     * What follows each of {@code continuations} of {@code past}, computed together; none sees another. {@code past}
     * stays as it was, and nothing new stays open.
     *
     * @param continuations at least one, each of at least one token, none of them a picture's
     * @return logits of the token that follows each, one a vocabulary entry; those of {@link #read} up to rounding, and
     *     the same bits whenever the same is asked
     */
    List<float[]> ask(Context past, List<int[]> continuations);

    /**
     * The same for who only passes the logits on.
     *
     * @param logits takes those of one continuation after the other, as {@link #read(Context, int[], List, Consumer)} tells them
     */
    default void ask(Context past, List<int[]> continuations, Consumer<MemorySegment> logits) {
        ask(past, continuations).forEach(row -> logits.accept(MemorySegment.ofArray(row)));
    }

    /**
     * The same about some vocabulary entries: nobody carries the others' logits.
     *
     * @param tokens of the vocabulary
     * @return by continuation: the logits of {@code tokens} in their order, the same bits as of all
     */
    List<float[]> ask(Context past, List<int[]> continuations, int[] tokens);

    @Override
    void close();

    /** What the vision tower saw; memory of the engine's runtime, closed by whoever asked. */
    interface PictureFeatures extends AutoCloseable {

        /** Tokens that stand for the picture, or for all steps of the film. */
        int tokens();

        /** True when it cannot be read any more, because the process that saw it has ended. It is still to be closed. */
        default boolean isGone() {
            return false;
        }

        @Override
        void close();
    }

    /** Keys and values of everything said so far; memory of the engine's runtime, closed by whoever asked. */
    interface Context extends AutoCloseable {

        /** Tokens read so far. */
        int length();

        /** Memory that its keys and values take. */
        long bytes();

        /** True when it cannot be continued any more, because the process that knew it has ended. It is still to be closed. */
        default boolean isGone() {
            return false;
        }

        @Override
        void close();
    }

    /**
     * @param context owned by the caller
     * @param logits of the token that follows, one a vocabulary entry
     */
    record Step(Context context, float[] logits) {}
}
