package goshawk.appliance.engine;

import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.VisionTables;
import java.lang.foreign.MemorySegment;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * A model's vision and text plans, loaded on a device: the seam behind which native calls are made. It knows nothing of
 * conversations, positions or limits: {@link NativeEngine} works those out above it and checks what it is given.
 *
 * <p>Belongs to the thread that loaded it. Of the runtime's own ways to fail, a null, a false or a code, none gets out:
 * each is an {@link EngineException.CallFailed} with the call's name, after which the model is not used again. A call may
 * return before the device is done; {@link #logits} and {@link #suffix} wait for all before them, and tell what failed.
 */
public interface NativeModel extends AutoCloseable {

    /** Loads an engine folder's plans, on the thread that alone uses and closes the model. */
    @FunctionalInterface
    interface Loader {

        NativeModel load(EngineFolder folder);
    }

    /** What the vision tower saw; memory of the device. */
    interface Features extends AutoCloseable {

        @Override
        void close();
    }

    /** Keys and values of everything read so far; memory of the device. Never changes for whoever holds it. */
    interface Past extends AutoCloseable {

        @Override
        void close();
    }

    /**
     * Tokens with their rotary angles.
     *
     * @param ids at least one, each of the vocabulary
     * @param cos {@code [ids, head size / 2]}
     * @param sin {@code [ids, head size / 2]}
     */
    record Words(int[] ids, float[] cos, float[] sin) {}

    /**
     * The most that {@link #suffix} computes in one pass.
     *
     * @param tokens of the tree
     * @param asked continuations
     */
    record Pass(int tokens, int asked) {

        boolean holds(ContinuationTree tree) {
            return tree.tokens().length <= tokens && tree.ends().length <= asked;
        }
    }

    /** Memory of the device that this process could still take. */
    long freeBytes();

    /** Whether so much of the device's memory can be had now. */
    default boolean hasRoom(long bytes) {
        return bytes <= freeBytes();
    }

    Pass pass();

    /**
     * The vision tower.
     *
     * @param pixels {@code [frames · rows · columns, patch size]}, FP32, the caller's again when this returns
     */
    Features see(MemorySegment pixels, int frames, int rows, int columns, VisionTables tables);

    /** Of nothing. */
    Past nothing();

    /**
     * Many tokens behind {@code past}, each of which sees those before it.
     *
     * @param isSeen by token: whether it takes the next row of {@code pictures}
     * @param pictures their rows one behind the other are as many as {@code isSeen} says
     * @return closed by whoever asked
     */
    Past prefill(Past past, Words words, boolean[] isSeen, List<Features> pictures);

    /**
     * Several continuations of {@code past} in one pass; none sees another, and nothing stays open.
     *
     * @param words those of {@code tree}, in its order
     * @param tree that {@link #pass} holds
     * @return {@code [continuations, vocabulary]}: the logits behind the last token of each; the model's, until it is
     *     called again
     */
    FloatBuffer suffix(Past past, Words words, ContinuationTree tree);

    /** One token behind {@code past}; closed by whoever asked. */
    Past decode(Past past, Words word);

    /** What follows the last {@link #prefill} or {@link #decode}, {@code [vocabulary]}; asked before any other call, and the model's until the next. */
    FloatBuffer logits();

    @Override
    void close();
}
