package goshawk.appliance.engine;

import goshawk.trtbuild.Patches;
import java.util.List;

/**
 * One loaded model. Belongs to the thread that opened it: any other thread is refused. The native runtimes end here; no
 * type of theirs leaves this package.
 */
public interface Engine extends AutoCloseable {

    EngineIdentity identity();

    /** Runs the vision tower over one picture, or over all steps of one film. The caller closes the answer. */
    PictureFeatures see(Patches patches);

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

    @Override
    void close();

    /** What the vision tower saw; memory of the engine's runtime, closed by whoever asked. */
    interface PictureFeatures extends AutoCloseable {

        /** Tokens that stand for the picture, or for all steps of the film. */
        int tokens();

        @Override
        void close();
    }

    /** Keys and values of everything said so far; memory of the engine's runtime, closed by whoever asked. */
    interface Context extends AutoCloseable {

        /** Tokens read so far. */
        int length();

        @Override
        void close();
    }

    /**
     * @param context owned by the caller
     * @param logits of the token that follows, one a vocabulary entry
     */
    record Step(Context context, float[] logits) {}
}
