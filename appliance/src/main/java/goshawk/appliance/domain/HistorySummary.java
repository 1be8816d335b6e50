package goshawk.appliance.domain;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What a stretch of the history comes to.
 *
 * @param defects parts on which each defect was found, most first; a part with two defects counts for both
 * @param causes parts that were not inspected, by cause, most first
 * @param answers trigger to verdict of the last parts that were looked at, oldest first; late ones among them
 * @param hours without gaps, oldest first; the last one is still running
 */
public record HistorySummary(
        Instant since,
        Counts counts,
        List<Tally> defects,
        List<Tally> causes,
        List<Duration> answers,
        List<Hour> hours) {

    public HistorySummary {
        defects = List.copyOf(defects);
        causes = List.copyOf(causes);
        answers = List.copyOf(answers);
        hours = List.copyOf(hours);
    }

    /**
     * The answer time that {@code share} of the {@link #answers} did not exceed, by nearest rank: always one that
     * happened, never one between two. Empty without answers.
     *
     * @param share in (0, 1]
     */
    public Optional<Duration> percentile(double share) {
        if (!(share > 0 && share <= 1)) { // also refuses NaN
            throw new IllegalArgumentException("a percentile's share lies in (0, 1]: " + share);
        }
        int rank = (int) Math.ceil(share * answers.size());
        return answers.stream().sorted().skip(Math.max(0, rank - 1)).findFirst();
    }

    /** Parts by verdict. */
    public record Counts(long pass, long reject, long review, long notInspected) {

        public long total() {
            return pass + reject + review + notInspected;
        }

        /** Passes among all parts, in [0, 1]; empty without parts. */
        public Optional<Double> passShare() {
            return total() == 0 ? Optional.empty() : Optional.of((double) pass / total());
        }
    }

    public record Tally(String name, long parts) {}

    /** @param startsAt a whole hour in UTC */
    public record Hour(Instant startsAt, Counts counts) {}
}
