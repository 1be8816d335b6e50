package goshawk.appliance.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import goshawk.appliance.domain.DefectPrompt;
import goshawk.appliance.domain.PromptScore;
import goshawk.appliance.domain.Prompts;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.RecipeDraft;
import goshawk.appliance.domain.Severity;
import goshawk.appliance.evaluate.Judge.Looked;
import goshawk.appliance.evaluate.JudgedPart.Call;
import goshawk.camera.Region;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CalibrationStudyTest {

    private static final DefectPrompt DENT = prompt("dent");
    private static final DefectPrompt CRACK = prompt("crack");
    private static final Recipe RECIPE = RecipeDraft.of(64, 64, Map.of("all", new Region(0, 0, 64, 64)))
            .asking(DENT, CRACK)
            .recipe();

    private final Random random = new Random(7);

    private static DefectPrompt prompt(String defect) {
        return Prompts.of(
                defect, "Is there a " + defect + "?", List.of(defect), List.of("all"), Severity.MAJOR, 0.5, 0.5);
    }

    /** A model that is twice as sure as it may be: its logit is twice the true log-odds of a dent. */
    private List<Looked> overconfident(int parts) {
        List<Looked> looked = new ArrayList<>();
        for (int i = 0; i < parts; i++) {
            double logOdds = 2 * random.nextGaussian();
            boolean isDented = random.nextDouble() < share(logOdds);
            looked.add(looked("part-" + i, isDented ? "dent" : "good", share(2 * logOdds), 0.001));
        }
        return looked;
    }

    private static Looked looked(String file, String label, double dent, double crack) {
        var judged = new JudgedPart(file, Call.PASS, OptionalDouble.of(dent), List.of(), OptionalDouble.empty());
        return new Looked(
                new KnownPart(file, label, List.of(), ""),
                judged,
                List.of(new PromptScore(DENT, "all", dent, 0), new PromptScore(CRACK, "all", crack, 0)),
                List.of());
    }

    private static double share(double logOdds) {
        return 1 / (1 + Math.exp(-logOdds));
    }

    @Test
    void aModelThatIsTooSureIsBroughtDownToWhatIsTrue() {
        CalibrationStudy study = CalibrationStudy.of(RECIPE, overconfident(6_000), 0.02, 0.95);
        CalibrationStudy.OfPrompt dent = study.prompts().getFirst();
        assertThat(dent.curve().orElseThrow().slope()).isCloseTo(0.5, within(0.05));
        assertThat(dent.before().orElseThrow().expectedError()).isGreaterThan(0.06);
        assertThat(dent.after().orElseThrow().expectedError()).isLessThan(0.025);
        assertThat(study.after().examples()).as("the other half was fitted on").isBetween(2_999, 3_001);
    }

    @Test
    void aPromptWithoutBadPartsHasNoCurveAndNoProvenThreshold() {
        CalibrationStudy study = CalibrationStudy.of(RECIPE, overconfident(400), 0.02, 0.95);
        CalibrationStudy.OfPrompt crack = study.prompts().getLast();
        assertThat(crack.curve()).isEmpty();
        assertThat(crack.threshold().isProven()).isFalse();
        assertThat(study.isProven()).isFalse();
        assertThat(study.curves()).containsOnlyKeys("dent");
        assertThat(CalibrationReport.text(study)).contains("crack: 0 bad parts prove at best", "takes 149 without");
    }

    @Test
    void falseCallsAreThoseOfTheProvenThresholds() {
        List<Looked> looked = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            looked.add(looked("bad-" + i, "dent", 0.3 + 0.002 * i, 0));
            looked.add(looked("good-" + i, "good", i < 30 ? 0.31 : 0.1, 0));
        }
        CalibrationStudy study = CalibrationStudy.of(RECIPE, looked, 0.01, 0.95);
        EscapeThreshold threshold = study.prompts().getFirst().threshold();
        assertThat(threshold.value()).isCloseTo(0.3, within(1e-8));
        assertThat(study.falseCallsNow()).isEqualTo(new Proportion(0, 300));
        assertThat(study.falseCalls()).isEqualTo(new Proportion(30, 300));
    }

    /** What lies below a cover nobody knows: such a part is no example of a part without the defect. */
    @Test
    void aPartThatIsBadForAnUnaskedReasonIsNoExample() {
        List<Looked> looked = new ArrayList<>(overconfident(100));
        int examples = CalibrationStudy.of(RECIPE, looked, 0.1, 0.95)
                .prompts()
                .getFirst()
                .defective()
                .trials();
        looked.add(looked("covered", "obscured", 0.9, 0));
        assertThat(CalibrationStudy.of(RECIPE, looked, 0.1, 0.95)
                        .prompts()
                        .getFirst()
                        .defective()
                        .trials())
                .isEqualTo(examples);
    }

    @Test
    void theDiagramHasAPanelForEachPrompt() {
        String svg = CalibrationReport.svg(CalibrationStudy.of(RECIPE, overconfident(400), 0.02, 0.95), "a <title>");
        assertThat(svg).startsWith("<svg").contains("a &lt;title&gt;", ">dent<", ">crack<", "too few labelled parts");
    }
}
