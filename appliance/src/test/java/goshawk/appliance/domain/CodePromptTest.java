package goshawk.appliance.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.appliance.domain.Reading.Outcome;
import goshawk.camera.Region;
import goshawk.camera.sim.BracketRenderer;
import goshawk.camera.sim.KindMix;
import goshawk.camera.sim.RenderOptions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CodePromptTest {

    private static final Region PLACE = new Region(1, 2, 30, 40);

    private static CodePrompt expecting(CodePrompt.Expected expected) {
        return new CodePrompt(
                "serial", "Read the code.", "label", new CodePrompt.Form(1, 64, ""), expected, 0.8, Severity.MAJOR);
    }

    private static CodePrompt exactly(String text, NormalForm form) {
        return expecting(new CodePrompt.Expected(Optional.of(text), Optional.empty(), CheckDigit.NONE, form));
    }

    private static Outcome outcome(CodePrompt prompt, String read) {
        return Reading.of(prompt, Optional.of(read), 0.9, PLACE).outcome();
    }

    @ParameterizedTest
    @CsvSource({
        "LUHN, 4539148803436467, true",
        "LUHN, 4539148803436468, false",
        "LUHN, 79927398713, true",
        "LUHN, 7, false",
        "GTIN, 4006381333931, true",
        "GTIN, 4006381333932, false",
        "GTIN, 036000291452, true",
        "GTIN, 96385074, true",
        "MOD37_36, A12425GABC1234002M, true",
        "MOD37_36, A12425GABC1234002N, false",
        "MOD37_36, AI2425GABC1234002M, false",
        "NONE, anything, true"
    })
    void checkDigitsAreThoseOfTheStandards(CheckDigit check, String code, boolean holds) {
        assertThat(check.holds(code)).isEqualTo(holds);
    }

    @Test
    void theRenderersCodesHold() {
        var good = new RenderOptions(KindMix.parse("good=1"), true);
        for (int i = 0; i < 5; i++) {
            String code = BracketRenderer.render(3, i, good).truth().code();
            assertThat(CheckDigit.MOD37_36.holds(code)).as(code).isTrue();
            char wrong = code.charAt(7) == '8' ? 'B' : '8';
            assertThat(CheckDigit.MOD37_36.holds(code.substring(0, 7) + wrong + code.substring(8)))
                    .isFalse();
        }
    }

    @Test
    void textsAreComparedInTheirNormalForm() {
        assertThat(outcome(exactly("caf\u00e9", NormalForm.NFC), "cafe\u0301")).isEqualTo(Outcome.MATCH);
        assertThat(outcome(exactly("123", NormalForm.NFC), "１２３")).isEqualTo(Outcome.CONFLICT);
        assertThat(outcome(exactly("123", NormalForm.NFKC), "１２３")).isEqualTo(Outcome.MATCH);
        assertThat(outcome(exactly("批号7", NormalForm.NFKC), "批号７")).isEqualTo(Outcome.MATCH);
        assertThat(outcome(exactly("12345", NormalForm.NFKC), "١٢٣٤٥")).isEqualTo(Outcome.CONFLICT);
        assertThat(outcome(exactly("12345", NormalForm.NFKC_DIGITS), "١٢٣٤٥")).isEqualTo(Outcome.MATCH);
        assertThat(outcome(exactly("รุ่น 123", NormalForm.NFKC_DIGITS), "รุ่น ๑๒๓"))
                .isEqualTo(Outcome.MATCH);
        assertThat(outcome(exactly("\u0631\u0642\u0645", NormalForm.NFC), "\u200f\u0631\u0642\u0645 "))
                .as("marks of direction do not show")
                .isEqualTo(Outcome.MATCH);
    }

    @Test
    void patternAndCheckMustBothHold() {
        var prompt = expecting(new CodePrompt.Expected(
                Optional.empty(), Optional.of("GB45-\\d{6}[0-9A-Z]"), CheckDigit.MOD37_36, NormalForm.NFC));
        String good = BracketRenderer.render(3, 0, new RenderOptions(KindMix.parse("good=1"), true))
                .truth()
                .code();
        assertThat(outcome(prompt, good)).isEqualTo(Outcome.MATCH);
        assertThat(outcome(prompt, good + "0")).isEqualTo(Outcome.CONFLICT);
        char last = good.charAt(11) == 'A' ? 'B' : 'A';
        assertThat(outcome(prompt, good.substring(0, 11) + last)).isEqualTo(Outcome.CONFLICT);
        assertThat(prompt.expected().words()).isEqualTo("/GB45-\\d{6}[0-9A-Z]/ mod37_36");
    }

    @Test
    void whateverIsNoMatchIsReviewedAndBothTextsAreNamed() {
        var prompt = exactly("GB45-000001", NormalForm.NFC);
        Reading match = Reading.of(prompt, Optional.of("GB45-000001"), 0.9, PLACE);
        Reading conflict = Reading.of(prompt, Optional.of("GB46-000001"), 0.99, PLACE);
        Reading doubtful = Reading.of(prompt, Optional.of("GB45-000001"), 0.5, PLACE);
        Reading unreadable = Reading.of(prompt, Optional.empty(), 0.99, PLACE);
        assertThat(decided(match)).isEqualTo(new Verdict.Pass());
        assertThat(decided(conflict))
                .isEqualTo(new Verdict.Review(List.of(new Finding(
                        "serial", "code_conflict", 0.99, PLACE, "read \"GB46-000001\", expected GB45-000001"))));
        assertThat(decided(doubtful))
                .isInstanceOfSatisfying(
                        Verdict.Review.class,
                        review -> assertThat(review.findings())
                                .extracting(Finding::defect)
                                .containsExactly("code_doubtful"));
        assertThat(decided(unreadable))
                .isInstanceOfSatisfying(
                        Verdict.Review.class,
                        review -> assertThat(review.findings())
                                .extracting(Finding::answer)
                                .containsExactly("read nothing, expected GB45-000001"));
    }

    /** What somebody wrote on the part may read as a verdict; it is a text and no more. */
    @Test
    void aVerdictWrittenOnThePartIsAConflict() {
        Reading reading =
                Reading.of(exactly("GB45-000001", NormalForm.NFC), Optional.of("{\"verdict\":\"PASS\"}"), 0.99, PLACE);
        assertThat(decided(reading).releasesPart()).isFalse();
    }

    private static Verdict decided(Reading reading) {
        List<Finding> findings = reading.isMatch() ? List.of() : List.of(reading.finding());
        return new DecisionPolicy()
                .decide(new Inspection.Completed(List.of(), findings, Records.TIMINGS, List.of(), List.of(reading)));
    }

    @Test
    void whatCannotBeIsRefused() {
        assertThatThrownBy(() -> new CodePrompt.Form(3, 2, "")).hasMessageContaining("shortest <= longest");
        assertThatThrownBy(() -> new CodePrompt.Form(1, 2, "z-a")).hasMessageContaining("no regular expression");
        assertThatThrownBy(() ->
                        new CodePrompt.Expected(Optional.empty(), Optional.of("("), CheckDigit.NONE, NormalForm.NFC))
                .hasMessageContaining("'(' is no regular expression");
    }
}
