package goshawk.appliance.engine;

import goshawk.trtbuild.VisionTables;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * A native layer without a device, for tests. What it says depends on every token, angle, picture and order that it is
 * given, so that a mistake anywhere above it changes the logits. When it is told to, it fails as native layers do.
 */
public final class FaultyModel implements NativeModel {

    public static final int LOGITS = 5;

    static final Pass PASS = new Pass(12, 5);

    /** What happens in a native call. */
    public enum Fault {
        NONE,
        /** The call reports a failure. */
        FAILS,
        /** The process is gone from one moment to the next. */
        HALTS,
        /** The call reads memory that is not there. */
        SEGFAULT,
        /** The call does not return. */
        HANGS,
        /** The call returns after a while. */
        SLOW,
        /** A bug of our own. */
        BUG
    }

    /** Asked in each native call. */
    @FunctionalInterface
    public interface Faults {

        /** @param call as {@link NativeModel} names it */
        Fault at(String call);
    }

    private final Faults faults;
    private final int slowMs;
    private int open;
    private float[] logits = new float[0];

    public FaultyModel(Faults faults, int slowMs) {
        this.faults = faults;
        this.slowMs = slowMs;
    }

    /** Memory of the "device" that nobody has closed. */
    int open() {
        return open;
    }

    @Override
    public long freeBytes() {
        return 1L << 30;
    }

    @Override
    public Pass pass() {
        return PASS;
    }

    private void call(String name) {
        switch (faults.at(name)) {
            case NONE -> {}
            case FAILS -> throw new EngineException.CallFailed("enqueueV3 " + name, "returned false");
            case HALTS -> Runtime.getRuntime().halt(9);
            case SEGFAULT -> readNothing();
            case HANGS -> sleep(Long.MAX_VALUE);
            case SLOW -> sleep(slowMs);
            case BUG -> throw new IllegalStateException("a bug in " + name);
        }
    }

    /** In native code, where no runtime catches it. */
    private static void readNothing() {
        Linker linker = Linker.nativeLinker();
        var strlen = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("strlen"),
                FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.ADDRESS));
        try {
            long length = (long) strlen.invokeExact(MemorySegment.ofAddress(8));
            throw new AssertionError("read a string of " + length);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static void sleep(long ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public Features see(MemorySegment pixels, int frames, int rows, int columns, VisionTables tables) {
        call("see");
        float[] numbers = pixels.toArray(ValueLayout.JAVA_FLOAT);
        return new Seen(
                Arrays.hashCode(numbers) * 31L + Arrays.hashCode(tables.cos()) + frames * 7L + rows * 3L + columns);
    }

    @Override
    public Past nothing() {
        return new Kept(17);
    }

    @Override
    public Past prefill(Past past, Words words, boolean[] isSeen, List<Features> pictures) {
        call("prefill");
        long hash = ((Kept) past).hash();
        for (Features picture : pictures) {
            hash = hash * 31 + ((Seen) picture).hash();
        }
        for (int i = 0; i < words.ids().length; i++) {
            hash = next(hash, words, i) + (isSeen[i] ? 1 : 0);
        }
        logits = logits(hash);
        return new Kept(hash);
    }

    @Override
    public Past decode(Past past, Words word) {
        call("decode");
        long hash = next(((Kept) past).hash(), word, 0);
        logits = logits(hash);
        return new Kept(hash);
    }

    @Override
    public FloatBuffer logits() {
        call("logits");
        return FloatBuffer.wrap(logits);
    }

    @Override
    public FloatBuffer suffix(Past past, Words words, ContinuationTree tree) {
        call("suffix");
        if (!PASS.holds(tree)) {
            throw new IllegalStateException("more than one pass holds");
        }
        long[] hashes = new long[words.ids().length];
        for (int i = 0; i < hashes.length; i++) {
            int parent = tree.parents()[i];
            hashes[i] = next(parent == ContinuationTree.PAST ? ((Kept) past).hash() : hashes[parent], words, i);
        }
        FloatBuffer all = FloatBuffer.allocate(LOGITS * tree.ends().length);
        for (long end : tree.ends()) {
            all.put(logits(hashes[Math.toIntExact(end)]));
        }
        return all.flip();
    }

    private static long next(long hash, Words words, int i) {
        int half = words.cos().length / words.ids().length;
        long angles = Arrays.hashCode(Arrays.copyOfRange(words.cos(), i * half, (i + 1) * half))
                + 3L * Arrays.hashCode(Arrays.copyOfRange(words.sin(), i * half, (i + 1) * half));
        return (hash * 31 + words.ids()[i]) * 31 + angles;
    }

    private static float[] logits(long hash) {
        float[] logits = new float[LOGITS];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (hash >>> (12 * i)) & 0xFFF;
        }
        return logits;
    }

    @Override
    public void close() {
        if (open != 0) {
            throw new IllegalStateException(open + " never closed");
        }
    }

    private final class Seen extends Held implements Features {
        Seen(long hash) {
            super(hash);
        }
    }

    private final class Kept extends Held implements Past {
        Kept(long hash) {
            super(hash);
        }
    }

    private abstract class Held implements AutoCloseable {

        private final long hash;
        private boolean isClosed;

        Held(long hash) {
            this.hash = hash;
            open++;
        }

        long hash() {
            if (isClosed) {
                throw new IllegalStateException("used after it was closed");
            }
            return hash;
        }

        @Override
        public void close() {
            if (isClosed) {
                throw new IllegalStateException("closed twice");
            }
            isClosed = true;
            open--;
        }
    }
}
