package goshawk.appliance.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import goshawk.appliance.domain.Confirmation;
import goshawk.appliance.domain.Confirmation.Defect;
import goshawk.appliance.domain.Confirmation.Label;
import goshawk.appliance.domain.DefectPrompt;
import goshawk.appliance.domain.Point;
import goshawk.appliance.domain.Pose;
import goshawk.appliance.domain.Poses;
import goshawk.appliance.domain.Prompts;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.RecipeDraft;
import goshawk.appliance.domain.Severity;
import goshawk.appliance.inspect.Lessons.Lesson;
import goshawk.camera.Region;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LessonsTest {

    private static final Region LEFT = new Region(100, 100, 300, 200);
    private static final Recipe RECIPE = RecipeDraft.of(
                    640, 480, Map.of("left", LEFT, "right", new Region(400, 100, 600, 200)))
            .asking(
                    prompt("bolt", "Is a bolt missing?", "missing_bolt", "left", "right"),
                    prompt("scratch", "Is the surface scratched?", "scratch", "left"))
            .recipe();
    private static final Pose NOMINAL = Pose.nominal(640, 480);

    private static DefectPrompt prompt(String id, String question, String defect, String... regions) {
        return Prompts.of(id, question, List.of(defect), List.of(regions), Severity.MAJOR, 0.5, 0.2);
    }

    private static Confirmation said(Label label, Defect... defects) {
        return new Confirmation(1, label, List.of(defects), "Ann", Instant.EPOCH);
    }

    private static List<String> answers(Confirmation confirmation, Pose pose) {
        return Lessons.of(RECIPE, confirmation, Poses.of(pose)).orElseThrow().stream()
                .map(lesson -> lesson.prompt() + " " + lesson.region() + " " + lesson.answer())
                .toList();
    }

    @Test
    void aGoodPartIsFreeOfEverything() {
        assertThat(answers(said(Label.PASS), NOMINAL))
                .containsExactly(
                        "bolt left {\"verdict\":\"PASS\"}",
                        "bolt right {\"verdict\":\"PASS\"}",
                        "scratch left {\"verdict\":\"PASS\"}");
    }

    @Test
    void findingsComeInRasterOrderInThousandthsOfTheirRegion() {
        Confirmation confirmation = said(
                Label.REJECT,
                new Defect("missing_bolt", new Region(150, 150, 250, 180)),
                new Defect("missing_bolt", new Region(250, 110, 320, 120)),
                new Defect("missing_bolt", new Region(90, 110, 101, 120)));
        assertThat(answers(confirmation, NOMINAL))
                .containsExactly(
                        "bolt left {\"verdict\":\"REJECT\",\"findings\":["
                                + "{\"defect\":\"missing_bolt\",\"box\":[0,100,5,200]},"
                                + "{\"defect\":\"missing_bolt\",\"box\":[750,100,1000,200]},"
                                + "{\"defect\":\"missing_bolt\",\"box\":[250,500,750,800]}]}",
                        "bolt right {\"verdict\":\"PASS\"}",
                        "scratch left {\"verdict\":\"PASS\"}");
    }

    @Test
    void aBoxFollowsThePart() {
        var shifted = new Pose(new Point(320, 240), 20, -10, 0);
        Confirmation confirmation = said(Label.REJECT, new Defect("scratch", new Region(140, 110, 180, 140)));
        assertThat(answers(confirmation, shifted))
                .contains(
                        "scratch left {\"verdict\":\"REJECT\",\"findings\":[{\"defect\":\"scratch\",\"box\":[100,200,300,500]}]}");
    }

    @Test
    void whatNobodyCanJudgeTeachesOnlyWhereItWasNamed() {
        assertThat(answers(said(Label.REVIEW, new Defect("scratch", LEFT)), NOMINAL))
                .containsExactly("scratch left {\"verdict\":\"REVIEW\"}");
        assertThat(Lessons.of(RECIPE, said(Label.REVIEW), Poses.of(NOMINAL))).isEmpty();
    }

    @Test
    void whatTheRecipeDoesNotAskAboutTeachesNothing() {
        assertThat(Lessons.of(RECIPE, said(Label.REJECT, new Defect("dent", LEFT)), Poses.of(NOMINAL)))
                .isEmpty();
        Region elsewhere = new Region(0, 300, 50, 350);
        Optional<List<Lesson>> outside =
                Lessons.of(RECIPE, said(Label.REJECT, new Defect("scratch", elsewhere)), Poses.of(NOMINAL));
        assertThat(outside).as("a scratch where nobody asks about scratches").isEmpty();
    }
}
