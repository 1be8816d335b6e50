package goshawk.appliance.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.camera.Cause;
import goshawk.camera.Region;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DecisionPolicyTest {

    private final DecisionPolicy policy = new DecisionPolicy();

    private static DefectPrompt prompt(String id, double rejectAt, double reviewAt) {
        return Prompts.of(id, "Is it?", List.of("scratch"), List.of("plate"), Severity.MAJOR, rejectAt, reviewAt);
    }

    private static Finding finding(String prompt, double score) {
        return new Finding(prompt, "scratch", score, new Region(0, 0, 1, 1), "");
    }

    @ParameterizedTest
    @CsvSource({
        "0.00, 0.00, PASS",
        "0.19, 0.00, PASS",
        "0.10, 0.09, PASS",
        "0.20, 0.00, REVIEW",
        "0.10, 0.10, REVIEW",
        "0.00, 0.90, REVIEW",
        "0.49, 0.51, REVIEW",
        "0.50, 0.00, REJECT",
        "1.00, 0.00, REJECT"
    })
    void eachPromptHasItsOwnThresholds(double score, double doubt, String verdict) {
        var strict = new PromptScore(prompt("strict", 0.5, 0.2), "plate", score, doubt);
        var lax = new PromptScore(prompt("lax", 1, 1), "plate", 0.9, 0.05);
        var seen = new Inspection.Completed(List.of(lax, strict), List.of(finding("strict", score)), Records.TIMINGS);
        assertThat(policy.decide(seen).code()).isEqualTo(verdict);
    }

    @Test
    void aRejectNamesWhatRejectedNotWhatWasMerelyDoubtful() {
        var sure = new PromptScore(prompt("sure", 0.5, 0.2), "plate", 0.9, 0);
        var doubtful = new PromptScore(prompt("doubtful", 0.5, 0.2), "plate", 0.3, 0);
        var seen = new Inspection.Completed(
                List.of(doubtful, sure), List.of(finding("doubtful", 0.3), finding("sure", 0.9)), Records.TIMINGS);
        assertThat(policy.decide(seen)).isEqualTo(new Verdict.Reject(List.of(finding("sure", 0.9))));
    }

    @Test
    void aRejectThatNothingExplainsGoesToAnOperator() {
        var sure = new PromptScore(prompt("sure", 0.5, 0.2), "plate", 0.9, 0);
        assertThat(policy.decide(new Inspection.Completed(List.of(sure), List.of(), Records.TIMINGS)))
                .isEqualTo(new Verdict.Review(List.of()));
    }

    @Test
    void anInspectionThatAskedNothingPassesNothing() {
        assertThat(policy.decide(new Inspection.Completed(List.of(), List.of(), Records.TIMINGS)))
                .isEqualTo(new Verdict.Review(List.of()));
    }

    @Test
    void whatFailedWasNotInspected() {
        assertThat(policy.decide(new Inspection.Failed(Cause.POSE, "one bore of two")))
                .isEqualTo(new Verdict.NotInspected(Cause.POSE, "one bore of two"));
    }

    @ParameterizedTest
    @CsvSource({
        "2026-11-22T04:59:59Z, night",
        "2026-11-22T05:00:00Z, early",
        "2026-11-22T12:59:59Z, early",
        "2026-11-22T13:00:00Z, late",
        "2026-11-22T21:00:00Z, night",
        "2026-11-22T23:30:00Z, night",
        "2026-07-22T04:00:00Z, early"
    })
    void aShiftGoesByTheClockOnTheWall(Instant moment, String shift) {
        assertThat(Shifts.usual(ZoneId.of("Europe/Berlin")).at(moment)).isEqualTo(shift);
    }

    @Test
    void shiftsInDisorderAreRefused() {
        var starts =
                List.of(new Shifts.Start("late", LocalTime.of(14, 0)), new Shifts.Start("early", LocalTime.of(6, 0)));
        assertThatThrownBy(() -> new Shifts(starts, ZoneId.of("UTC")))
                .hasMessage("shift early starts at 06:00, not after late at 14:00");
    }
}
