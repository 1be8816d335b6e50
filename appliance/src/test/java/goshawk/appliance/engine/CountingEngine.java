package goshawk.appliance.engine;

import goshawk.trtbuild.Patches;
import java.nio.FloatBuffer;
import java.util.List;

/** An engine that computes nothing: it counts its steps and what is open, and is its thread's alone. */
public final class CountingEngine implements Engine {

    private final Thread owner = Thread.currentThread();
    private final Runnable atStep;
    private final float[] logits;
    private int steps;
    private int shown;
    private int open;

    /**
     * @param atStep run in the middle of each step
     * @param logits that are told whoever asks; the first token asked about, if there are none
     */
    public CountingEngine(Runnable atStep, float... logits) {
        this.atStep = atStep;
        this.logits = logits;
    }

    /** {@link #see}, {@link #read}, {@link #show} and {@link #ask} so far. */
    public int steps() {
        return steps;
    }

    /** {@link #show} so far. */
    int shown() {
        return shown;
    }

    int open() {
        return open;
    }

    private void step() {
        confined();
        atStep.run();
        steps++;
    }

    private void confined() {
        if (!owner.equals(Thread.currentThread())) {
            throw new IllegalStateException("used by " + Thread.currentThread());
        }
    }

    @Override
    public EngineIdentity identity() {
        return new EngineIdentity("counting", "0", "none", "none");
    }

    @Override
    public PictureFeatures see(Patches patches) {
        step();
        return new Memory(1);
    }

    @Override
    public Context start() {
        confined();
        return new Memory(0);
    }

    @Override
    public Step read(Context past, int[] tokens, List<PictureFeatures> pictures) {
        step();
        return new Step(new Memory(past.length() + tokens.length), new float[] {tokens[0]});
    }

    @Override
    public Context show(Context past, int[] tokens, List<PictureFeatures> pictures) {
        shown++;
        return Engine.super.show(past, tokens, pictures);
    }

    @Override
    public List<float[]> ask(Context past, List<int[]> continuations) {
        step();
        return continuations.stream()
                .map(it -> logits.length > 0 ? logits : new float[] {it[0]})
                .toList();
    }

    @Override
    public List<float[]> ask(Context past, List<int[]> continuations, int[] tokens) {
        return ask(past, continuations).stream()
                .map(it -> Logits.of(FloatBuffer.wrap(it), tokens))
                .toList();
    }

    @Override
    public void close() {
        confined();
        if (open != 0) {
            throw new IllegalStateException(open + " never closed");
        }
    }

    private final class Memory implements Context, PictureFeatures {

        private final int length;
        private boolean isClosed;

        Memory(int length) {
            this.length = length;
            open++;
        }

        @Override
        public boolean isGone() {
            return false;
        }

        @Override
        public int length() {
            return length;
        }

        @Override
        public int tokens() {
            return length;
        }

        @Override
        public long bytes() {
            return length;
        }

        @Override
        public void close() {
            confined();
            open -= isClosed ? 0 : 1;
            isClosed = true;
        }
    }
}
