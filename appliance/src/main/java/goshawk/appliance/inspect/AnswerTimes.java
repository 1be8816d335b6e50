package goshawk.appliance.inspect;

/**
 * Where the time of answers goes: the model's steps, the masks between them, and all that is not the model. Belongs to the
 * engine's thread.
 */
final class AnswerTimes {

    private int answers;
    private int steps;
    private long stepNanos;
    private int masks;
    private long maskNanos;
    private long longestMask;
    private long allNanos;

    /** One call of the engine. */
    void step(long nanos) {
        steps++;
        stepNanos += nanos;
    }

    /** Which tokens may follow at one place. */
    void mask(long nanos) {
        masks++;
        maskNanos += nanos;
        longestMask = Math.max(longestMask, nanos);
    }

    /** A whole answer, its steps included. */
    void answer(long nanos) {
        answers++;
        allNanos += nanos;
    }

    void clear() {
        answers = 0;
        steps = 0;
        stepNanos = 0;
        masks = 0;
        maskNanos = 0;
        longestMask = 0;
        allNanos = 0;
    }

    /** Of what was told since it was cleared. */
    MaskSpeedTest.Answers sum() {
        return new MaskSpeedTest.Answers(
                answers, steps, stepNanos, masks, maskNanos, longestMask, allNanos - stepNanos);
    }
}
