package goshawk.camera.sim;

import java.util.List;

/**
 * Random draws that are the same on every machine (SplitMix64).
 *
 * <p>One dice per topic: a draw added to the label does not move the bolts of every picture already known by its seed. Confined to
 * one thread.
 */
final class Dice {

    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private long state;

    Dice(long seed, long index, String topic) {
        long mixed = mix(seed + GOLDEN);
        mixed = mix(mixed ^ (index * 0xD1342543DE82EF95L + GOLDEN));
        state = mix(mixed ^ topicCode(topic));
    }

    /** Written out: nothing promises that {@code String.hashCode} is a good mixer. */
    private static long topicCode(String topic) {
        long code = 0xCBF29CE484222325L;
        for (int i = 0; i < topic.length(); i++) {
            code = (code ^ topic.charAt(i)) * 0x100000001B3L;
        }
        return code;
    }

    static long mix(long value) {
        long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    long next() {
        state += GOLDEN;
        return mix(state);
    }

    /** Uniform in [0, 1). */
    double unit() {
        return (next() >>> 11) * 0x1.0p-53;
    }

    /** Uniform in [from, to). */
    double between(double from, double to) {
        return from + (to - from) * unit();
    }

    double around(double middle, double reach) {
        return between(middle - reach, middle + reach);
    }

    double between(DefectLimits.Span span) {
        return between(span.least(), span.most());
    }

    boolean chance(double probability) {
        return unit() < probability;
    }

    /** Uniform in {@code 0 … bound - 1}. */
    int below(int bound) {
        return (int) (unit() * bound);
    }

    /** Uniform in {@code from … to}, both included. */
    int from(int from, int to) {
        return from + below(to - from + 1);
    }

    double angle() {
        return between(0, 2 * Math.PI);
    }

    <T> T pick(List<T> choices) {
        return choices.get(below(choices.size()));
    }
}
