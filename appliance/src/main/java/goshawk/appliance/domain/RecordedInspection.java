package goshawk.appliance.domain;

/**
 * A record as it stands in the history.
 *
 * @param id strictly rising, never used twice
 * @param attempt how often this part has been looked at, from 1
 * @param isPublished true once a broker has acknowledged it
 */
public record RecordedInspection(long id, int attempt, boolean isPublished, InspectionRecord record) {}
