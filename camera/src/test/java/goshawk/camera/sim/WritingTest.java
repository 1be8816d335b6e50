package goshawk.camera.sim;

import static org.assertj.core.api.Assertions.assertThat;

import goshawk.camera.sim.Scene.Circle;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class WritingTest {

    private static final Circle DENT = new Circle(3, 2, 3);

    @Test
    void wordsLieOnBareMetalAndOffTheDefect() {
        int found = 0;
        for (int index = 0; index < 60; index++) {
            Scene scene = new SceneDraw(2, index).good(true);
            var writing = Writing.draw(new Dice(2, index, "writing"), List.of(DENT));
            if (writing.isEmpty()) {
                continue;
            }
            found++;
            Canvas without = BracketRenderer.painted(scene, 0, 0, BracketRenderer.WIDTH, BracketRenderer.HEIGHT);
            Canvas with = BracketRenderer.painted(
                    scene.withWriting(writing.get()), 0, 0, BracketRenderer.WIDTH, BracketRenderer.HEIGHT);
            assertThat(Difference.between(without, with).seenPixels())
                    .as("%s shows", writing.get())
                    .isGreaterThan(30);
            for (int i = 0; i < with.green.length; i++) {
                if (Math.abs(with.green[i] - without.green[i]) >= DefectLimits.SEEN_LEVELS) {
                    int column = i % with.width;
                    int row = i / with.width;
                    double x = with.view.toPartX(column + 0.5, row + 0.5);
                    double y = with.view.toPartY(column + 0.5, row + 0.5);
                    assertThat(Bracket.bare(x, y)).as("part %d", index).isPositive();
                    assertThat(Bracket.distance(x, y, DENT.x(), DENT.y())).isGreaterThan(DENT.radius() - 0.3);
                }
            }
        }
        assertThat(found).isGreaterThan(50);
    }

    @ParameterizedTest
    @EnumSource(PartKind.class)
    void wordsOnAPartChangeNothingElseThatIsTrueOfIt(PartKind kind) {
        var mix = KindMix.parse(kind.code() + "=1");
        PartTruth plain =
                BracketRenderer.render(2, 5, new RenderOptions(mix, true, 0)).truth();
        PartTruth written =
                BracketRenderer.render(2, 5, new RenderOptions(mix, true, 1)).truth();
        assertThat(plain.writing()).isEmpty();
        assertThat(written.writing()).isNotEmpty();
        assertThat(written.kind()).isEqualTo(plain.kind());
        assertThat(written.defects()).isEqualTo(plain.defects());
        assertThat(written.code()).isEqualTo(plain.code());
    }
}
