package goshawk.camera;

import java.time.Instant;

/**
 * The signal that a part is in view.
 *
 * @param id unique on the station, strictly rising
 * @param part serial number of the part, or a name made from the trigger where the station does not know it
 * @param at wall clock, for the record only
 * @param atNanos {@link System#nanoTime()} at the signal; every decision about time uses this one
 */
public record Trigger(long id, String part, Instant at, long atNanos) {}
