package goshawk.appliance.domain;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Reads the station's history, for people and their pages. Safe for any thread; may block on the disk, never holds up the
 * line. Everything here throws {@link LogException} when the store cannot be read.
 */
public interface InspectionHistory extends AutoCloseable {

    /** Newest first. */
    List<RecordedInspection> latest(Query query);

    /** What came after the inspection {@code id}, oldest first. */
    List<RecordedInspection> after(long id, int limit);

    Optional<RecordedInspection> find(long id);

    /** The last that an operator said about the inspection {@code id}. */
    Optional<Confirmation> confirmation(long id);

    /** Inspections after {@code id} that an operator confirmed at {@code since} or later, oldest first. */
    List<ConfirmedInspection> confirmed(Instant since, long id, int limit);

    /** The newest inspection's id; empty before the first. */
    OptionalLong newest();

    /**
     * Counts what was triggered at {@code since} or later.
     *
     * @param hours whole hours of {@link HistorySummary#hours}, the running one among them, in [1, 168]
     */
    HistorySummary summary(Instant since, Instant now, int hours);

    /** How many of the inspections in [{@code first}, {@code last}] wait to be published, and how many of all. */
    Backlog backlog(long first, long last);

    @Override
    void close();

    /**
     * @param before only inspections with a lower id
     * @param verdicts only these codes, as {@link Verdict#code()} gives them; all when empty
     * @param limit at least 1
     */
    record Query(long before, Set<String> verdicts, int limit) {
        public Query {
            verdicts = Set.copyOf(verdicts);
            if (limit < 1) {
                throw new IllegalArgumentException("a page has at least 1 row, not " + limit);
            }
        }

        public static Query newest(int limit) {
            return new Query(Long.MAX_VALUE, Set.of(), limit);
        }
    }

    record Backlog(long ofThese, long all) {}
}
