package goshawk.appliance.web;

import goshawk.appliance.domain.Verification;
import io.micronaut.serde.annotation.Serdeable;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the running recipe was verified with on this engine.
 *
 * @param isWhole false for a rehearsal on some of the golden set's parts
 * @param flips parts of the repeatability study that passed once and did not another time
 * @param kappa agreement of the presentations with each other; null where it is not defined
 * @param kappaToTruth agreement with the truth; null likewise
 * @param shortfalls demands that were not met, in words
 */
@Serdeable
record VerificationRow(
        Instant at,
        boolean isPassed,
        boolean isWhole,
        Rate escapes,
        Rate falseCalls,
        Rate flips,
        @Nullable Double kappa,
        @Nullable Double kappaToTruth,
        List<String> shortfalls) {

    /**
     * @param low lower end of the exact two-sided 95 % interval
     * @param high upper end
     */
    @Serdeable
    record Rate(int hits, int trials, double low, double high) {

        static Rate of(Verification.Rate rate) {
            return new Rate(rate.hits(), rate.trials(), rate.low(), rate.high());
        }
    }

    static VerificationRow of(Verification verification) {
        return new VerificationRow(
                verification.at(),
                verification.isPassed(),
                verification.isWhole(),
                Rate.of(verification.escapes()),
                Rate.of(verification.falseCalls()),
                Rate.of(verification.flips()),
                defined(verification.kappa()),
                defined(verification.kappaToTruth()),
                verification.shortfalls());
    }

    private static @Nullable Double defined(double value) {
        return Double.isNaN(value) ? null : value;
    }
}
