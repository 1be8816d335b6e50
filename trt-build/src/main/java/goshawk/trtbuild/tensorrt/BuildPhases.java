package goshawk.trtbuild.tensorrt;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How far a build is, from the phases that TensorRT tells of: each has a number of steps, and a step may be phases itself.
 * Any thread may tell.
 */
final class BuildPhases {

    private final Map<String, Phase> phases = new LinkedHashMap<>();
    private double most;

    private static final class Phase {

        private final @Nullable String parent;
        private final int steps;
        private int done;

        Phase(@Nullable String parent, int steps) {
            this.parent = parent;
            this.steps = Math.max(1, steps);
        }
    }

    /** @param parent the phase that this one is a step of, or a part of one; null for the outermost */
    synchronized void start(String phase, @Nullable String parent, int steps) {
        phases.put(phase, new Phase(parent, steps));
    }

    /** @param step from 0 on */
    synchronized void stepDone(String phase, int step) {
        Phase known = phases.get(phase);
        if (known != null) {
            known.done = Math.clamp(step + 1L, known.done, known.steps);
            phases.values().removeIf(it -> phase.equals(it.parent));
        }
    }

    /** It counts as a whole until the step that it belongs to is done. */
    synchronized void finish(String phase) {
        Phase known = phases.get(phase);
        if (known != null) {
            known.done = known.steps;
        }
    }

    /** In [0, 1], and never less than before. */
    synchronized double share() {
        double now = 0;
        for (Map.Entry<String, Phase> phase : phases.entrySet()) {
            if (phase.getValue().parent == null) {
                now = Math.max(now, share(phase.getKey(), phase.getValue(), phases.size()));
            }
        }
        most = Math.max(most, now);
        return most;
    }

    /** @param depth left: what a library says of parents might go round in a circle */
    private double share(String name, Phase phase, int depth) {
        double within = 0;
        if (phase.done < phase.steps && depth > 0) {
            for (Map.Entry<String, Phase> other : phases.entrySet()) {
                if (name.equals(other.getValue().parent)) {
                    within = Math.max(within, share(other.getKey(), other.getValue(), depth - 1));
                }
            }
        }
        return (phase.done + within) / phase.steps;
    }
}
