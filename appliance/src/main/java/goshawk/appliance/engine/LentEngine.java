package goshawk.appliance.engine;

import goshawk.trtbuild.Patches;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** An engine for somebody who closes what he is given: it stays its owner's, who closes it later. */
public record LentEngine(Engine own) implements Engine {

    @Override
    public EngineIdentity identity() {
        return own.identity();
    }

    @Override
    public PictureFeatures see(Patches patches) {
        return own.see(patches);
    }

    @Override
    public PictureFeatures see(MemorySegment pixels, int gridT, int gridH, int gridW) {
        return own.see(pixels, gridT, gridH, gridW);
    }

    @Override
    public Context start() {
        return own.start();
    }

    @Override
    public Step read(Context past, int[] tokens, List<PictureFeatures> pictures) {
        return own.read(past, tokens, pictures);
    }

    @Override
    public Context show(Context past, int[] tokens, List<PictureFeatures> pictures) {
        return own.show(past, tokens, pictures);
    }

    @Override
    public List<float[]> ask(Context past, List<int[]> continuations) {
        return own.ask(past, continuations);
    }

    @Override
    public List<float[]> ask(Context past, List<int[]> continuations, int[] tokens) {
        return own.ask(past, continuations, tokens);
    }

    @Override
    public void close() {
        // The engine is its owner's.
    }
}
