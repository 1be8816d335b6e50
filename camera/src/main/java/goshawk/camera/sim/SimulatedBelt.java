package goshawk.camera.sim;

import java.time.Duration;
import java.util.List;

/**
 * How a conveyor moves: stretches of time in which its speed changes evenly, then on and on at the last speed.
 *
 * @param stretches one after another, at least one
 */
public record SimulatedBelt(List<Stretch> stretches) {

    /**
     * @param lasts above 0
     * @param fromMmPerS at its beginning; below 0 the belt runs back
     * @param toMmPerS at its end
     */
    public record Stretch(Duration lasts, double fromMmPerS, double toMmPerS) {
        public Stretch {
            if (!lasts.isPositive()) {
                throw new IllegalArgumentException("a stretch of the belt lasts longer than " + lasts);
            }
        }

        /** At one speed. */
        public static Stretch steady(Duration lasts, double mmPerS) {
            return new Stretch(lasts, mmPerS, mmPerS);
        }

        private double millimetres(double seconds) {
            double whole = lasts.toNanos() / 1e9;
            return seconds * (fromMmPerS + (toMmPerS - fromMmPerS) * seconds / (2 * whole));
        }
    }

    public SimulatedBelt {
        stretches = List.copyOf(stretches);
        if (stretches.isEmpty()) {
            throw new IllegalArgumentException("a belt without a speed");
        }
    }

    /** At one speed for ever. */
    public static SimulatedBelt steady(double mmPerS) {
        return new SimulatedBelt(List.of(Stretch.steady(Duration.ofSeconds(1), mmPerS)));
    }

    /** How far it has come after {@code nanos}, in mm. */
    public double positionMm(long nanos) {
        double millimetres = 0;
        long left = nanos;
        for (Stretch stretch : stretches) {
            long within = Math.min(left, stretch.lasts().toNanos());
            millimetres += stretch.millimetres(within / 1e9);
            left -= within;
        }
        return millimetres + left / 1e9 * stretches.getLast().toMmPerS();
    }
}
