package goshawk.appliance.domain;

import java.time.Duration;

/**
 * Where the time of one part went; {@code total} is from trigger to answer and includes what the others do not name.
 */
public record Timings(
        Duration pose, Duration vision, Duration prefill, Duration score, Duration explain, Duration total) {}
