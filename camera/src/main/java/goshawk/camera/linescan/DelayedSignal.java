package goshawk.camera.linescan;

import java.util.Arrays;

/** A signal that is given some lines before the camera, as it is when what it is about has come under the camera. */
final class DelayedSignal {

    private final boolean[] past;
    private long last = -1;

    DelayedSignal(int delayLines) {
        this.past = new boolean[delayLines + 1];
        Arrays.fill(past, true); // what was there before is not known: it might be half a part
    }

    /**
     * @param now the signal at {@code line}, and at the lines since the last one that were lost
     * @param line higher than the last one
     * @return the signal so many lines ago as the delay is
     */
    boolean after(boolean now, long line) {
        long from = Math.max(last + 1, line - past.length + 1);
        for (long i = from; i <= line; i++) {
            past[Math.floorMod(i, past.length)] = now;
        }
        last = line;
        return past[Math.floorMod(line + 1, past.length)];
    }

    /** Begins anew behind {@code line}. */
    void forget(long line) {
        Arrays.fill(past, true);
        last = line;
    }
}
