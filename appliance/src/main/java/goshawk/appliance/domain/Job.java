package goshawk.appliance.domain;

import java.time.Duration;

/**
 * What the line is working on: everything a record says that is not about the one part.
 *
 * @param order the work order, empty when the station does not know it
 * @param takt from trigger to gate; a later answer is about a part that has gone
 */
public record Job(String order, Shifts shifts, Provenance provenance, Duration takt) {}
