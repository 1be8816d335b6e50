package goshawk.camera.aravis;

import java.util.List;

/** The values that a camera takes for a feature, in words by {@code toString}. */
public sealed interface FeatureRange {

    /** Whole numbers {@code least}, {@code least + step} … up to {@code most}. */
    record Whole(long least, long most, long step) implements FeatureRange {
        boolean holds(long value) {
            return value >= least && value <= most && (step == 1 || (value - least) % step == 0);
        }

        @Override
        public String toString() {
            return least == Long.MIN_VALUE && most == Long.MAX_VALUE
                    ? "any whole number"
                    : "%d to %d%s".formatted(least, most, step == 1 ? "" : " in steps of " + step);
        }
    }

    record Real(double least, double most) implements FeatureRange {
        boolean holds(double value) {
            return value >= least && value <= most;
        }

        @Override
        public String toString() {
            return least <= -Double.MAX_VALUE && most >= Double.MAX_VALUE
                    ? "any number"
                    : "%s to %s".formatted(least, most);
        }
    }

    record Choice(List<String> entries) implements FeatureRange {
        public Choice {
            entries = List.copyOf(entries);
        }

        @Override
        public String toString() {
            return "one of " + String.join(", ", entries);
        }
    }

    record Flag() implements FeatureRange {
        @Override
        public String toString() {
            return "true or false";
        }
    }

    record Text() implements FeatureRange {
        @Override
        public String toString() {
            return "a text";
        }
    }

    /** Something that the camera does. */
    record Command() implements FeatureRange {
        @Override
        public String toString() {
            return "execute";
        }
    }
}
