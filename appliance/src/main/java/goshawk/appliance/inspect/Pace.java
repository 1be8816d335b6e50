package goshawk.appliance.inspect;

import java.util.EnumMap;
import java.util.Map;

/**
 * How long this engine takes over the pieces of a recipe, as measured on the parts so far: what a thought must leave time
 * for. An estimate is the longest time seen; each shorter one afterwards takes a tenth off it, so that it follows the
 * machine down again.
 *
 * <p>Of one thread.
 */
final class Pace {

    /** Pieces of work. */
    enum Piece {
        /** A region's cut, vision and prefill, as far as the engine makes one wait for them: else they are part of what waits next. */
        SHOWING,
        /** One decoded token. */
        STEP,
        /** From the end of a thought, or from the question, to the score. */
        SCORING,
        /** The findings. */
        EXPLAINING,
        /** One code. */
        READING
    }

    /** Tokens that an explanation has as long as none was timed: that of one finding, with some to spare. */
    private static final int USUAL_EXPLANATION = 64;

    private static final double KEPT = 0.9;

    private final Map<Piece, Double> nanos = new EnumMap<>(Piece.class);

    void took(Piece piece, long nanosNow) {
        nanos.merge(piece, (double) nanosNow, (known, now) -> Math.max(now, known * KEPT));
    }

    /** Nanoseconds; 0 for what was never timed, an explanation apart. */
    long of(Piece piece) {
        if (piece == Piece.EXPLAINING && !nanos.containsKey(piece)) {
            return USUAL_EXPLANATION * of(Piece.STEP);
        }
        return Math.round(nanos.getOrDefault(piece, 0.0));
    }
}
