package goshawk.camera.sim;

import static org.assertj.core.api.Assertions.assertThat;

import goshawk.camera.sim.Scene.Blemish;
import goshawk.camera.sim.Scene.Bolt;
import goshawk.camera.sim.Scene.Damage;
import goshawk.camera.sim.Scene.Head;
import goshawk.camera.sim.Scene.Label;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every draw stays within the stated limits, and reaches near both their ends. */
final class DefectDrawTest {

    private static final int DRAWS = 400;
    private static final DefectLimits LIMITS = DefectLimits.STATED;

    private final Scene good = new SceneDraw(5, 0).good(true);

    private List<Scene> drawn(PartKind kind) {
        var dice = new Dice(5, 0, "test");
        return IntStream.range(0, DRAWS)
                .mapToObj(_ -> new DefectDraw(dice, good).draw(kind).onto().apply(good))
                .toList();
    }

    private static void within(DefectLimits.Span limits, List<Double> values) {
        assertThat(values).allMatch(limits::holds);
        double range = limits.most() - limits.least();
        assertThat(values).anyMatch(value -> value < limits.least() + 0.1 * range);
        assertThat(values).anyMatch(value -> value > limits.most() - 0.1 * range);
    }

    @Test
    void scratchesLieOnTheFunctionalSurface() {
        List<Blemish.Scratch> all = drawn(PartKind.SCRATCH).stream()
                .map(scene -> (Blemish.Scratch) scene.blemishes().getFirst())
                .toList();
        within(LIMITS.scratchLength(), all.stream().map(Blemish.Scratch::length).toList());
        within(LIMITS.scratchWidth(), all.stream().map(Blemish.Scratch::width).toList());
        assertThat(all).allSatisfy(scratch -> {
            double length = 0;
            for (int i = 0; i < scratch.x().length; i++) {
                assertThat(Bracket.functional(scratch.x()[i], scratch.y()[i])).isPositive();
                if (i > 0) {
                    length += Bracket.distance(scratch.x()[i], scratch.y()[i], scratch.x()[i - 1], scratch.y()[i - 1]);
                }
            }
            assertThat(length).isCloseTo(scratch.length(), org.assertj.core.data.Offset.offset(1e-6));
        });
    }

    @Test
    void dentsLieOnTheFunctionalSurface() {
        List<Blemish.Dent> all = drawn(PartKind.DENT).stream()
                .map(scene -> (Blemish.Dent) scene.blemishes().getFirst())
                .toList();
        within(
                LIMITS.dentDiameter(),
                all.stream().map(dent -> 2 * dent.radius()).toList());
        within(LIMITS.dentSlope(), all.stream().map(Blemish.Dent::slope).toList());
        assertThat(all).allMatch(dent -> Bracket.functional(dent.x(), dent.y()) > 0);
    }

    @Test
    void cracksRunThroughBareMetal() {
        List<Blemish.Crack> all = drawn(PartKind.CRACK).stream()
                .map(scene -> (Blemish.Crack) scene.blemishes().getFirst())
                .toList();
        within(LIMITS.crackLength(), all.stream().map(Blemish.Crack::length).toList());
        within(LIMITS.crackWidth(), all.stream().map(Blemish.Crack::width).toList());
        assertThat(all).allSatisfy(crack -> {
            for (int branch = 0; branch < crack.xs().size(); branch++) {
                for (int i = 0; i < crack.xs().get(branch).length; i++) {
                    assertThat(Bracket.bare(
                                    crack.xs().get(branch)[i], crack.ys().get(branch)[i]))
                            .isPositive();
                }
            }
        });
    }

    @Test
    void crossThreadedBoltsAreTheRightBoltsAskew() {
        List<Bolt> all = changed(drawn(PartKind.CROSS_THREADED));
        within(
                LIMITS.tiltDegrees(),
                all.stream().map(bolt -> StrictMath.toDegrees(bolt.tilt())).toList());
        within(LIMITS.proudMm(), all.stream().map(Bolt::proud).toList());
        assertThat(all).allMatch(bolt -> bolt.head() == Head.HEX_SOCKET);
    }

    @Test
    void wrongBoltsDifferInHeadSizeOrFinish() {
        Tint right = good.bolts().getFirst().finish();
        assertThat(changed(drawn(PartKind.WRONG_BOLT)))
                .allMatch(bolt -> bolt.head() != Head.HEX_SOCKET
                        || LIMITS.smallerHeadRadius().holds(bolt.radius())
                        || LIMITS.biggerHeadRadius().holds(bolt.radius())
                        || bolt.finish().green() < 0.5 * right.green()
                        || bolt.finish().blue() < 0.5 * bolt.finish().red());
    }

    @Test
    void boltsOfAGoodPartAreAllRight() {
        for (int index = 0; index < 200; index++) {
            assertThat(new SceneDraw(6, index).good(true).bolts()).allSatisfy(bolt -> {
                assertThat(bolt.head()).isEqualTo(Head.HEX_SOCKET);
                assertThat(bolt.radius()).isBetween(3.4, 3.6);
                assertThat(StrictMath.toDegrees(bolt.tilt())).isLessThan(1);
                assertThat(bolt.finish().blue() / bolt.finish().red()).isBetween(0.85, 1.15);
                assertThat(bolt.finish().green()).isGreaterThan(0.6);
            });
        }
    }

    @Test
    void aBadLabelIsNotAGoodOne() {
        assertThat(drawn(PartKind.BAD_LABEL))
                .extracting(Scene::label)
                .allMatch(label -> label.damage() != Damage.NONE
                        || !label.text().matches("GB45-\\d{6}[0-9A-Z]")
                        || Math.abs(StrictMath.toDegrees(label.turn()))
                                >= LIMITS.labelTurn().least());
    }

    @Test
    void everyWayOfSpoilingALabelOccurs() {
        List<Label> labels =
                drawn(PartKind.BAD_LABEL).stream().map(Scene::label).toList();
        assertThat(labels).extracting(Label::damage).contains(Damage.values());
        assertThat(labels)
                .extracting(Label::text)
                .anyMatch(text -> text.startsWith("GB46-"))
                .anyMatch(text -> text.startsWith("GB54-"))
                .anyMatch(text -> text.length() < 12);
    }

    @Test
    void whatObscuresAPartIsLargeEnough() {
        assertThat(drawn(PartKind.OBSCURED))
                .extracting(scene -> scene.covers().getFirst())
                .allMatch(cover -> switch (cover.code()) {
                    case "obscured_bolt" -> LIMITS.coverBolt().holds(cover.halfWidth());
                    case "obscured_surface" -> LIMITS.coverSurface().holds(cover.halfWidth());
                    case "obscured_label" -> LIMITS.coverLabel().holds(cover.halfWidth());
                    default -> false;
                });
    }

    /** The part under the oil is the same part, so that both can be compared. */
    @ParameterizedTest
    @EnumSource(PartKind.class)
    void nuisanceDoesNotChangeThePart(PartKind kind) {
        PartTruth with = BracketRenderer.render(9, 3, kind, true).truth();
        PartTruth without = BracketRenderer.render(9, 3, kind, false).truth();
        assertThat(without.pose()).isEqualTo(with.pose());
        assertThat(without.kind()).isEqualTo(with.kind());
    }

    @Test
    void nuisanceStaysWithinItsLimits() {
        for (int index = 0; index < 300; index++) {
            Scene.Nuisance nuisance = new SceneDraw(8, index).good(true).nuisance();
            assertThat(nuisance.films())
                    .allMatch(film ->
                            Math.min(film.through().green(), film.through().blue()) >= DefectLimits.OIL_TRANSMISSION);
            assertThat(nuisance.glares()).allMatch(glare -> glare.light() <= DefectLimits.GLARE_LIGHT);
            assertThat(nuisance.specks()).allMatch(speck -> 2 * speck.radius() <= DefectLimits.DUST_MM);
        }
    }

    @Test
    void swarfStaysOffTheFunctionalSurface() {
        int chips = 0;
        for (int index = 0; index < 40; index++) {
            Scene scene = new SceneDraw(8, index).good(true);
            List<Scene.Chip> swarf = scene.nuisance().chips();
            chips += swarf.size();
            var clean = new Scene.Nuisance(List.of(), List.of(), List.of(), List.of(), List.of());
            var dirty = new Scene.Nuisance(List.of(), List.of(), swarf, List.of(), List.of());
            Canvas without = painted(scene, clean);
            Canvas with = painted(scene, dirty);
            for (int i = 0; i < with.green.length; i++) {
                if (Math.abs(with.green[i] - without.green[i]) >= DefectLimits.SEEN_LEVELS) {
                    int column = i % with.width;
                    int row = i / with.width;
                    double x = with.view.toPartX(column + 0.5, row + 0.5);
                    double y = with.view.toPartY(column + 0.5, row + 0.5);
                    // Half a millimetre for its shadow and the lens' blur.
                    assertThat(Bracket.functional(x, y)).as("part %d", index).isLessThan(0.5);
                }
            }
        }
        assertThat(chips).isGreaterThan(20);
    }

    private static Canvas painted(Scene scene, Scene.Nuisance nuisance) {
        var changed = new Scene(
                scene.pose(),
                scene.optics(),
                scene.backdrop(),
                scene.plate(),
                scene.bolts(),
                scene.label(),
                scene.blemishes(),
                scene.covers(),
                nuisance,
                scene.writings());
        return BracketRenderer.painted(changed, 0, 0, BracketRenderer.WIDTH, BracketRenderer.HEIGHT);
    }

    private List<Bolt> changed(List<Scene> scenes) {
        return scenes.stream()
                .map(scene -> scene.bolts().stream()
                        .filter(bolt -> !good.bolts().contains(bolt))
                        .findFirst()
                        .orElseThrow())
                .toList();
    }
}
