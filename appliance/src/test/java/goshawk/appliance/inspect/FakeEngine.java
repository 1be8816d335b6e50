package goshawk.appliance.inspect;

import goshawk.appliance.engine.Engine;
import goshawk.appliance.engine.EngineException;
import goshawk.appliance.engine.EngineIdentity;
import goshawk.trtbuild.Patches;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/** An engine whose thoughts the test gives: logits from all that was said. Counts what is open and what was asked of it. */
final class FakeEngine implements Engine {

    /** Tokens of each {@link #read}. */
    final List<int[]> reads = new ArrayList<>();

    /** Continuations of each {@link #ask}; each is among {@link #reads} as well. */
    final List<List<int[]>> asks = new ArrayList<>();

    /** Tokens of each {@link #ask} about some. */
    final List<int[]> named = new ArrayList<>();

    final List<Patches> seen = new ArrayList<>();
    int open;
    boolean isClosed;
    int failAtRead = -1;
    boolean failsToSee;
    /** What was seen so far was seen by a process that has ended. */
    boolean isLost;

    private final Function<int[], float[]> mind;

    FakeEngine(Function<int[], float[]> mind) {
        this.mind = mind;
    }

    @Override
    public EngineIdentity identity() {
        return new EngineIdentity("fake", "0", "none", "none");
    }

    @Override
    public PictureFeatures see(Patches patches) {
        if (failsToSee) {
            throw new EngineException("no room");
        }
        seen.add(patches);
        open++;
        return new Seen(patches.gridH() * patches.gridW() / 4);
    }

    @Override
    public Context start() {
        open++;
        return new Said(new int[0]);
    }

    @Override
    public Step read(Context past, int[] tokens, List<PictureFeatures> pictures) {
        if (reads.size() == failAtRead) {
            throw new EngineException("run failed");
        }
        Said before = (Said) past;
        if (before.isClosed || pictures.stream().anyMatch(it -> ((Seen) it).isClosed) || tokens.length == 0) {
            throw new IllegalStateException("read of something closed, or of nothing");
        }
        reads.add(tokens.clone());
        int[] all = Arrays.copyOf(before.tokens, before.tokens.length + tokens.length);
        System.arraycopy(tokens, 0, all, before.tokens.length, tokens.length);
        open++;
        return new Step(new Said(all), mind.apply(all));
    }

    @Override
    public List<float[]> ask(Context past, List<int[]> continuations) {
        asks.add(continuations);
        return continuations.stream().map(tokens -> heard(past, tokens)).toList();
    }

    @Override
    public List<float[]> ask(Context past, List<int[]> continuations, int[] tokens) {
        named.add(tokens);
        return ask(past, continuations).stream().map(all -> of(all, tokens)).toList();
    }

    private static float[] of(float[] all, int[] tokens) {
        float[] named = new float[tokens.length];
        for (int i = 0; i < named.length; i++) {
            named[i] = all[tokens[i]];
        }
        return named;
    }

    private float[] heard(Context past, int[] tokens) {
        Step step = read(past, tokens, List.of());
        step.context().close();
        return step.logits();
    }

    @Override
    public void close() {
        if (open != 0) {
            throw new IllegalStateException(open + " never closed");
        }
        isClosed = true;
    }

    private final class Seen implements PictureFeatures {

        private final int tokens;
        private boolean isClosed;

        Seen(int tokens) {
            this.tokens = tokens;
        }

        @Override
        public int tokens() {
            return tokens;
        }

        @Override
        public boolean isGone() {
            return isLost;
        }

        @Override
        public void close() {
            open -= isClosed ? 0 : 1;
            isClosed = true;
        }
    }

    private final class Said implements Context {

        private final int[] tokens;
        private boolean isClosed;

        Said(int[] tokens) {
            this.tokens = tokens;
        }

        @Override
        public int length() {
            return tokens.length;
        }

        @Override
        public long bytes() {
            return tokens.length;
        }

        @Override
        public void close() {
            open -= isClosed ? 0 : 1;
            isClosed = true;
        }
    }
}
