package goshawk.appliance.domain;

import java.util.Optional;

/** Asked by any thread, often: answers at once, from memory. */
@FunctionalInterface
public interface Station {

    StationState state();

    /** How the cache of conversations' beginnings does; empty where no model runs on this machine. */
    default Optional<PrefixCounters.Snapshot> prefixes() {
        return Optional.empty();
    }
}
