package goshawk.appliance.engine.process;

import goshawk.appliance.engine.Engine;
import goshawk.appliance.engine.EngineException;
import goshawk.appliance.engine.EngineIdentity;
import goshawk.trtbuild.Patches;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * The engine in one process. Used by one thread at a time. When the process has ended every call fails, what it had made
 * is gone, and closing that is still right.
 */
final class ChildEngine implements Engine {

    /** Bytes that one thread copies: of more, several. */
    private static final long PIECE = 4 << 20;

    private final ChildProcess process;
    private final EngineIdentity identity;
    private final AtomicLong ids;
    private volatile Duration limit;
    private int out;

    /**
     * @param ids rises from process to process
     * @param limit of each call
     */
    ChildEngine(ChildProcess process, EngineIdentity identity, AtomicLong ids, Duration limit) {
        this.process = process;
        this.identity = identity;
        this.ids = ids;
        this.limit = limit;
    }

    void limit(Duration limit) {
        this.limit = limit;
    }

    /** Contexts and picture features that nobody has closed. */
    int out() {
        return out;
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
        long id = ids.incrementAndGet();
        long numbers = pixels.byteSize() / Float.BYTES;
        try {
            copy(pixels, process.callNumbers().write(id, numbers));
        } catch (IOException e) {
            throw new EngineException(
                    "see: no shared memory for a picture of %,d numbers (%s); make room in /dev/shm, or show a smaller picture"
                            .formatted(numbers, e.getMessage()),
                    e);
        }
        Answer answer = process.call(new Call.See(id, frames, rows, columns, numbers), limit);
        if (answer instanceof Answer.Seen(var _, var tokens)) {
            return made(new Seen(id, tokens));
        }
        throw process.misunderstood("see", answer);
    }

    /** Large pictures by several threads: one cannot keep the machine's memory busy, and the part waits. */
    private static void copy(MemorySegment from, MemorySegment to) {
        long pieces = Math.ceilDiv(from.byteSize(), PIECE);
        LongStream.range(0, pieces).parallel().forEach(piece -> {
            long at = piece * PIECE;
            long bytes = Math.min(PIECE, from.byteSize() - at);
            MemorySegment.copy(from, at, to, at, bytes);
        });
    }

    @Override
    public Context start() {
        long id = ids.incrementAndGet();
        process.send(new Call.Start(id));
        return made(new Said(id, 0, 0));
    }

    @Override
    public Step read(Context past, int[] tokens, List<PictureFeatures> pictures) {
        long before = own("read", past).id;
        List<Long> seen = own("read", pictures);
        long id = ids.incrementAndGet();
        Answer answer = process.call(new Call.Read(id, before, tokens, seen), limit);
        if (!(answer instanceof Answer.Said(var _, var length, var bytes, var logits)) || logits < 1) {
            throw process.misunderstood("read", answer);
        }
        float[] values = numbers("read", id, 1, logits).getFirst();
        return new Step(made(new Said(id, length, bytes)), values);
    }

    @Override
    public Context show(Context past, int[] tokens, List<PictureFeatures> pictures) {
        long before = own("show", past).id;
        List<Long> seen = own("show", pictures);
        long id = ids.incrementAndGet();
        Answer answer = process.call(new Call.Show(id, before, tokens, seen), limit);
        if (answer instanceof Answer.Said(var _, var length, var bytes, var _)) {
            return made(new Said(id, length, bytes));
        }
        throw process.misunderstood("show", answer);
    }

    @Override
    public List<float[]> ask(Context past, List<int[]> continuations) {
        return ask(past, continuations, Optional.empty());
    }

    @Override
    public List<float[]> ask(Context past, List<int[]> continuations, int[] tokens) {
        return ask(past, continuations, Optional.of(tokens));
    }

    private List<float[]> ask(Context past, List<int[]> continuations, Optional<int[]> tokens) {
        long before = own("ask", past).id;
        long id = ids.incrementAndGet();
        Answer answer = process.call(new Call.Ask(id, before, continuations, tokens), limit);
        if (answer instanceof Answer.Asked(var _, var rows, var logits)
                && rows == continuations.size()
                && tokens.map(it -> logits == it.length).orElse(logits > 0)) {
            return numbers("ask", id, rows, logits);
        }
        throw process.misunderstood("ask", answer);
    }

    private List<float[]> numbers(String call, long id, int rows, int each) {
        try {
            MemorySegment all = process.answerNumbers().read(id, (long) rows * each);
            long bytes = (long) each * Float.BYTES;
            IntStream places = IntStream.range(0, rows);
            return (all.byteSize() > PIECE ? places.parallel() : places)
                    .mapToObj(row -> all.asSlice(row * bytes, bytes).toArray(ValueLayout.JAVA_FLOAT))
                    .toList();
        } catch (IOException e) {
            throw process.misunderstood(call, e);
        }
    }

    private Made own(String call, AutoCloseable thing) {
        if (thing instanceof Made made && made.engine() == this) {
            return made;
        }
        throw new EngineException.Gone(call);
    }

    private List<Long> own(String call, List<PictureFeatures> pictures) {
        return pictures.stream().map(it -> own(call, it).id).toList();
    }

    private <T> T made(T thing) {
        out++;
        return thing;
    }

    /** Whatever was made in it is closed or lost with it. */
    @Override
    public void close() {
        process.close();
    }

    /** What a call made in the process. */
    private abstract sealed class Made implements AutoCloseable {

        final long id;
        private boolean isClosed;

        Made(long id) {
            this.id = id;
        }

        ChildEngine engine() {
            return ChildEngine.this;
        }

        @Override
        public void close() {
            if (!isClosed) {
                isClosed = true;
                out--;
                process.send(new Call.Release(ids.incrementAndGet(), id));
            }
        }
    }

    private final class Seen extends Made implements PictureFeatures {

        private final int tokens;

        Seen(long id, int tokens) {
            super(id);
            this.tokens = tokens;
        }

        @Override
        public int tokens() {
            return tokens;
        }

        @Override
        public boolean isGone() {
            return process.end().isDone();
        }
    }

    private final class Said extends Made implements Context {

        private final int length;
        private final long bytes;

        Said(long id, int length, long bytes) {
            super(id);
            this.length = length;
            this.bytes = bytes;
        }

        @Override
        public int length() {
            return length;
        }

        @Override
        public long bytes() {
            return bytes;
        }

        @Override
        public boolean isGone() {
            return process.end().isDone();
        }
    }
}
