package goshawk.camera;

import java.time.Duration;

/**
 * How it is known which trigger a picture belongs to. Where a rule leaves a doubt, the part is missed: an answer is never
 * about a neighbour.
 */
public sealed interface Matching {

    /** How long after its trigger a picture is waited for. */
    Duration within();

    /**
     * For a camera that always runs and knows nothing of triggers: the first picture that arrives after the trigger. Two
     * triggers between two pictures cannot be told apart, and both are missed.
     *
     * @param within for as long as the part is in view
     */
    record FirstAfter(Duration within) implements Matching {
        public FirstAfter {
            positive("within", within);
        }
    }

    /**
     * For a camera that exposes at the trigger: by when the picture was taken. That is known from the camera's clock, however
     * late the picture arrives; of a camera that tells no time, from when it arrived.
     *
     * <p>Right as long as parts follow each other in more than twice {@code before + after}, and the trigger's and the
     * picture's time are known to within this window.
     *
     * @param before the trigger is told as much later than it was: how slow its message may be
     * @param after the picture is taken as much later
     * @param delay from exposure to arrival, at least; exposure, readout and way
     */
    record ByTime(Duration before, Duration after, Duration delay, Duration within) implements Matching {
        public ByTime {
            positive("within", within);
            if (before.isNegative() || after.isNegative() || delay.isNegative()) {
                throw new IllegalArgumentException(
                        "no time may be negative: before %s, after %s, delay %s".formatted(before, after, delay));
            }
        }
    }

    /**
     * For a camera whose pictures bear the number of their trigger, as the trigger itself does: both count the pulses of one
     * wire, from one reset. Right whatever is lost, repeated or late, for a number is never used twice.
     *
     * <p>A camera's plain count of pictures is no such number where the camera may ignore a pulse: use {@link Agreed}.
     */
    record ByNumber(Duration within) implements Matching {
        public ByNumber {
            positive("within", within);
        }
    }

    /**
     * Both: a picture on which they do not agree is nobody's, and whom either names is missed. How the two counts stand to each
     * other is learned by time, on each connection and after each contradiction, so neither has to be reset.
     */
    record Agreed(ByTime time) implements Matching {
        @Override
        public Duration within() {
            return time.within();
        }
    }

    private static void positive(String what, Duration duration) {
        if (!duration.isPositive()) {
            throw new IllegalArgumentException(what + " must be above 0: " + duration);
        }
    }
}
