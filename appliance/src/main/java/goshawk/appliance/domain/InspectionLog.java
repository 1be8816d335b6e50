package goshawk.appliance.domain;

/** The station's history: the only writer of it. Safe for any thread; callers queue. */
public interface InspectionLog extends AutoCloseable {

    /**
     * Writes the record and its place in the outbox, together or not at all. Returns once both would survive a power
     * cut. A Pass is written as {@link Disposition#UNCONFIRMED} and stays out of the outbox's sight until
     * {@link #settle} or the next {@code append}.
     *
     * @return the inspection's id, strictly rising
     * @throws LogException when nothing was written
     */
    long append(InspectionRecord record);

    /**
     * Adds to a record what became of its part.
     *
     * @throws LogException when nothing was written: the record stays {@link Disposition#UNCONFIRMED}
     */
    void settle(long id, Outcome outcome);

    @Override
    void close();
}
