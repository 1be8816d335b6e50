package goshawk.appliance.domain;

import goshawk.camera.SourceReport;
import java.util.Optional;

/** Asked by any thread, often: answers at once, from memory. */
@FunctionalInterface
public interface Station {

    StationState state();

    /** What has become of the camera's triggers and pictures; of no camera before it is opened. */
    default SourceReport source() {
        return SourceReport.NONE;
    }

    /** How the cache of conversations' beginnings does; empty where no model runs on this machine. */
    default Optional<PrefixCounters.Snapshot> prefixes() {
        return Optional.empty();
    }
}
