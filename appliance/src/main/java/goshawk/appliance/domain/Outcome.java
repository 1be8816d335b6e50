package goshawk.appliance.domain;

import java.time.Duration;
import java.time.Instant;

/**
 * What became of a part, beside the verdict: a Pass that came too late did not go on.
 *
 * @param at wall clock, for the record only
 * @param after from the trigger, on the monotonic clock
 * @param detail why, where it does not follow from the verdict; otherwise empty
 */
public record Outcome(Disposition disposition, Instant at, Duration after, String detail) {}
