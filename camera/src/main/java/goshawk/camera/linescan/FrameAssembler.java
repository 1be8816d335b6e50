package goshawk.camera.linescan;

import goshawk.camera.Capture;
import goshawk.camera.Cause;
import goshawk.camera.Frame;
import goshawk.camera.FramePool;
import goshawk.camera.Trigger;
import goshawk.camera.linescan.LineScan.Begin;
import goshawk.camera.linescan.LineScan.End;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Optional;
import java.util.Queue;
import java.util.function.BiConsumer;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Puts lines where they belong, into a frame of the pool and nowhere before. Every picture that begins has a trigger, and every
 * trigger ends in one capture: the whole picture or a miss that says what of it was not seen.
 *
 * <p>Of one thread. Takes no memory for a line.
 */
final class FrameAssembler implements LineCamera.Lines {

    private final LineScan scan;
    private final int widthPx;
    private final FramePool pool;
    private final LongFunction<Trigger> triggers;
    private final BiConsumer<Capture, Assembly> done;
    private final boolean isSimulated;
    private final Place place;
    private final DelayedSignal signal;
    private boolean wasPresent = true; // a part that stands there at the start has been missed by half

    private @Nullable Trigger trigger;
    private final Queue<Trigger> tooSoon = new ArrayDeque<>();
    private @Nullable Frame frame;
    private long seen = -1;
    private long first;
    private long next;
    private int lines;
    private int lost; // between the first line and the last one
    private int seenAgain;
    private long reversalsBefore;
    private int untimed;
    private long firstNanos;
    private long lastNanos;

    /**
     * @param triggers makes one of the time of a picture's first line
     * @param done hears of each capture; frames are handed over
     */
    FrameAssembler(
            LineScan scan,
            int widthPx,
            FramePool pool,
            LongFunction<Trigger> triggers,
            BiConsumer<Capture, Assembly> done,
            boolean isSimulated) {
        this.scan = scan;
        this.widthPx = widthPx;
        this.pool = pool;
        this.triggers = triggers;
        this.done = done;
        this.isSimulated = isSimulated;
        this.place = new Place(scan.placing());
        this.signal = new DelayedSignal(scan.begin() instanceof Begin.PartPresent(int lines) ? lines : 0);
    }

    /** True while a picture is being taken. */
    boolean isTaking() {
        return trigger != null;
    }

    @Override
    public void line(byte[] rgb, int offset, int encoder, long atNanos, boolean isPartPresent) {
        idle(atNanos);
        switch (place.of(encoder)) {
            case NEW -> take(rgb, offset, atNanos, signal.after(isPartPresent, place.line()));
            case AGAIN -> seenAgain += isTaking() ? 1 : 0;
            case LOST -> {
                miss(Cause.PARTIAL, "the encoder jumped back after %d of %d lines".formatted(lines, scan.lines()));
                signal.forget(place.line());
                seen = place.line();
                wasPresent = true;
            }
        }
    }

    /** Ends the picture when no line was added to it for too long. */
    void idle(long nowNanos) {
        if (isTaking() && nowNanos - lastNanos > scan.lineTimeout().toNanos()) {
            miss(
                    Cause.PARTIAL,
                    "no new line came for more than %d ms after %d of %d lines; does the belt stand?"
                            .formatted(scan.lineTimeout().toMillis(), lines, scan.lines()));
        }
    }

    private void take(byte[] rgb, int offset, long atNanos, boolean isPresent) {
        boolean comes = isPresent && !wasPresent;
        wasPresent = isPresent;
        if (isTaking() && place.line() >= first + scan.lines()) {
            finish(scan.lines(), scan.end() instanceof End.PartGone && isPresent);
        }
        switch (scan.begin()) {
            case Begin.Continuous() -> {
                if (!isTaking()) {
                    begin(seen + 1, atNanos);
                }
            }
            case Begin.PartPresent(var _) -> {
                if (isTaking() && !isPresent && scan.end() instanceof End.PartGone(int least)) {
                    partGone(least);
                } else if (comes && isTaking()) {
                    tooSoon.add(triggers.apply(atNanos));
                } else if (comes) {
                    begin(seen + 1, atNanos);
                }
            }
        }
        seen = place.line();
        if (isTaking()) {
            put(rgb, offset, atNanos);
        }
    }

    /** @param line that the picture begins with, whether it was seen or lost */
    private void begin(long line, long atNanos) {
        trigger = triggers.apply(atNanos);
        frame = pool.tryTake(widthPx, scan.lines()).orElse(null);
        if (frame != null) {
            Arrays.fill(frame.rgb(), 0, scan.lines() * widthPx * 3, (byte) 0); // it held another part
        }
        first = line;
        next = line;
        lines = 0;
        lost = 0;
        seenAgain = 0;
        reversalsBefore = place.reversals();
        untimed = 1;
        firstNanos = atNanos;
        lastNanos = atNanos;
    }

    private void put(byte[] rgb, int offset, long atNanos) {
        long line = place.line();
        if (frame != null) {
            System.arraycopy(rgb, offset, frame.rgb(), (int) (line - first) * widthPx * 3, widthPx * 3);
        }
        lost += (int) (line - next);
        next = line + 1;
        lines++;
        lastNanos = atNanos;
        if (next == first + scan.lines() && scan.end() instanceof End.Length) {
            finish(scan.lines(), false);
        }
    }

    private void partGone(int least) {
        int height = (int) (place.line() - first);
        if (height < least) {
            miss(
                    Cause.PARTIAL,
                    "the part-present signal lasted %d lines, the shortest part has %d".formatted(height, least));
        } else {
            finish(height, false);
        }
    }

    /** @param height lines that the picture should have by now */
    private void finish(int height, boolean isTooLong) {
        lost += (int) Math.max(0, first + height - next);
        if (frame == null) {
            miss(Cause.OVERRUN, "every frame was in use");
        } else if (isTooLong) {
            miss(Cause.PARTIAL, "the part is longer than the picture's %d lines".formatted(scan.lines()));
        } else if (lost > 0) {
            miss(
                    Cause.PARTIAL,
                    "%d of %d lines were lost; %.1f kHz came, the camera takes %s kHz: is the belt too fast for it?"
                            .formatted(lost, height, assembly().rateKHz(), scan.rateKHz()));
        } else {
            handOver(height);
        }
    }

    private void handOver(int height) {
        Frame whole = frame;
        Trigger of = trigger;
        if (whole == null || of == null) {
            return;
        }
        Arrays.fill(whole.rgb(), height * widthPx * 3, scan.lines() * widthPx * 3, (byte) 0);
        Assembly how = assembly();
        forget();
        if (scan.overlap() > 0) {
            beginBehind(whole);
        }
        done.accept(new Capture.Image(of, whole, isSimulated), how);
        missTooSoon();
    }

    /** The next picture repeats the end of {@code before}. */
    private void beginBehind(Frame before) {
        int row = widthPx * 3;
        int overlap = scan.overlap();
        begin(first + scan.lines() - overlap, lastNanos);
        next = first + overlap;
        lines = overlap;
        untimed = overlap;
        if (frame != null) {
            System.arraycopy(before.rgb(), (scan.lines() - overlap) * row, frame.rgb(), 0, overlap * row);
        }
    }

    /** Ends the picture that is being taken, if there is one: what was seen of it is evidence and no more. */
    void miss(Cause cause, String detail) {
        Trigger of = trigger;
        if (of != null) {
            Assembly how = assembly();
            Capture missed = Optional.ofNullable(frame)
                    .map(it -> Capture.Missed.partial(of, cause, it.damaged(detail), isSimulated))
                    .orElseGet(() -> new Capture.Missed(of, cause, detail, isSimulated));
            forget();
            done.accept(missed, how);
            missTooSoon();
        }
    }

    /** Parts that came before the picture of the one before them had ended; told after it, in the order of the triggers. */
    private void missTooSoon() {
        for (Trigger of = tooSoon.poll(); of != null; of = tooSoon.poll()) {
            done.accept(
                    new Capture.Missed(
                            of,
                            Cause.OVERRUN,
                            "the part came while the picture of the one before was being taken",
                            isSimulated),
                    new Assembly(0, 0, 0, 0, 0));
        }
    }

    private void forget() {
        trigger = null;
        frame = null;
    }

    private Assembly assembly() {
        double rate = lastNanos > firstNanos ? (lines - untimed) * 1e6 / (lastNanos - firstNanos) : 0;
        return new Assembly(lines, lost, seenAgain, (int) (place.reversals() - reversalsBefore), rate);
    }
}
