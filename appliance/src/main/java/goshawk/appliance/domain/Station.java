package goshawk.appliance.domain;

/** Asked by any thread, often: answers at once, from memory. */
@FunctionalInterface
public interface Station {

    StationState state();
}
