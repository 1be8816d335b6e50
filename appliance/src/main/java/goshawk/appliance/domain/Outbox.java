package goshawk.appliance.domain;

import java.util.List;

/** Records waiting to be published. A record leaves only when the broker has acknowledged it. Safe for any thread. */
public interface Outbox {

    /**
     * The oldest records after {@code id} that wait, in the order of their ids.
     *
     * @throws LogException when the store cannot be read
     */
    List<Waiting> after(long id, int limit);

    /**
     * Removes what the broker has acknowledged.
     *
     * @return how many of these records waited; the others had been acknowledged before
     * @throws LogException when it could not: the records wait on, and are published again
     */
    int acknowledged(List<Long> ids);

    /** How many records wait. */
    long depth();

    /** Calls {@code wake} whenever a record arrives, on the line's thread: it must return at once. */
    void whenFilled(Runnable wake);

    /**
     * @param id of the inspection; the receiver drops repeats by it
     * @param attempt how often this part has been looked at, from 1
     */
    record Waiting(long id, int attempt, InspectionRecord record) {}
}
