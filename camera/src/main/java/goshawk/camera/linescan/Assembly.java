package goshawk.camera.linescan;

/**
 * How one picture came about, for people and for monitoring.
 *
 * @param lines that were put in their place
 * @param lost places that no line was taken of
 * @param seenAgain lines that were dropped because the belt had run back, or stood
 * @param reversals times that the belt ran back by a line or more
 * @param rateKHz lines put in their place in thousands a second, from the first to the last; 0 when there is but one
 */
public record Assembly(int lines, int lost, int seenAgain, int reversals, double rateKHz) {

    /** True when something happened that a belt should not do, whether the picture suffered or not. */
    public boolean isFlagged() {
        return lost > 0 || reversals > 0;
    }
}
