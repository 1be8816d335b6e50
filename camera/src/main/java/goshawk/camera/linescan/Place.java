package goshawk.camera.linescan;

import goshawk.camera.linescan.LineScan.Placing;

/** Where on the belt lines were taken, in lines from the first one. Of one thread. */
final class Place {

    /** What {@link #of} says of a line. */
    enum Seen {
        /** A place that was not seen before: {@link #line()}. */
        NEW,
        /** A place that there is a line of already. */
        AGAIN,
        /** The encoder counts from somewhere else: nothing that was seen before lies in a known place any more. */
        LOST
    }

    private final Placing placing;
    private long steps;
    private int last;
    private boolean isStarted;
    private long line = -1;
    private boolean isBack;
    private long reversals;

    Place(Placing placing) {
        this.placing = placing;
    }

    /** The farthest place that was seen; -1 before the first line. */
    long line() {
        return line;
    }

    /** Times that the belt ran back by a line or more. */
    long reversals() {
        return reversals;
    }

    Seen of(int encoder) {
        return switch (placing) {
            case Placing.Time() -> {
                line++;
                yield Seen.NEW;
            }
            case Placing.Encoder(int stepsPerLine, int mostBackLines) -> {
                steps += isStarted ? encoder - last : 0; // the difference is right across the counter's wrap-around
                last = encoder;
                isStarted = true;
                yield at(Math.floorDiv(steps, stepsPerLine), mostBackLines);
            }
        };
    }

    private Seen at(long now, int mostBackLines) {
        if (now > line) {
            isBack = false;
            line = now;
            return Seen.NEW;
        }
        if (line - now > mostBackLines) {
            isBack = false;
            line = now;
            return Seen.LOST;
        }
        if (now < line && !isBack) {
            isBack = true;
            reversals++;
        }
        return Seen.AGAIN;
    }
}
