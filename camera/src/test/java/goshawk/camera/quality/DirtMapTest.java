package goshawk.camera.quality;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.camera.Frame;
import goshawk.camera.sim.BracketRenderer;
import goshawk.camera.sim.RenderOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Brackets that come and go, dirt that stays. */
class DirtMapTest {

    private static final int WIDTH = BracketRenderer.WIDTH;
    private static final int HEIGHT = BracketRenderer.HEIGHT;
    private static final int AFTER = 100;

    private static final List<byte[]> parts = new ArrayList<>();

    @Test
    void dirtIsFoundByItsStrengthAndTheLampsAreNotTakenForIt() {
        var commissioned = new DirtMap(WIDTH, HEIGHT);
        parts.subList(0, DirtMap.COMMISSIONING).forEach(rgb -> add(commissioned, rgb));
        assertThat(commissioned.isCommissioned()).isTrue();
        assertThat(commissioned.dirt()).as("before anything came after it").isZero();

        assertThat(dirt(commissioned, rgb -> rgb)).as("clean").isLessThan(0.03);
        assertThat(dirt(commissioned, rgb -> Disturbed.exposed(rgb, 0.8)))
                .as("a weaker lamp")
                .isLessThan(0.05);
        List<Double> depths = new ArrayList<>();
        for (double depth : new double[] {0.1, 0.2, 0.35, 0.5}) {
            depths.add(dirt(commissioned, rgb -> Disturbed.spotted(rgb, WIDTH, 320, 240, 25, depth)));
        }
        double edge = dirt(commissioned, rgb -> Disturbed.spotted(rgb, WIDTH, 120, 90, 25, 0.5));
        assertThat(depths).isSorted().doesNotHaveDuplicates();
        assertThat(depths.getLast()).isBetween(0.25, 0.55);
        assertThat(edge)
                .as("at the plate's edge, whose variety hides some of it")
                .isGreaterThan(0.1);
    }

    @Test
    void oneDirtyPictureIsAPartAndNoDirt() {
        var map = new DirtMap(WIDTH, HEIGHT);
        parts.forEach(rgb -> add(map, rgb));
        double before = map.dirt();
        add(map, Disturbed.spotted(parts.getFirst(), WIDTH, 120, 90, 25, 0.9));
        assertThat(map.dirt()).isLessThan(before + 0.05);
    }

    @Test
    void aCommissioningWithOtherCellsIsRefused() {
        assertThatThrownBy(() -> DirtMap.of(new DirtMap.Commissioning(64, 48, new float[3], new float[3])))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("a commissioning of 3 and 3 cells, 64×48 pixels have");
    }

    @BeforeAll
    static void render() {
        for (int i = 0; i < DirtMap.COMMISSIONING + AFTER; i++) {
            parts.add(BracketRenderer.render(3, i, RenderOptions.USUAL).rgb());
        }
    }

    @AfterAll
    static void giveBack() {
        parts.clear(); // 150 MB
    }

    /** Of a station that was commissioned, then started again. */
    private double dirt(DirtMap commissioned, UnaryOperator<byte[]> disturbance) {
        DirtMap map = DirtMap.of(commissioned.commissioning());
        parts.subList(DirtMap.COMMISSIONING, parts.size()).forEach(rgb -> add(map, disturbance.apply(rgb)));
        return map.dirt();
    }

    private static void add(DirtMap map, byte[] rgb) {
        try (Frame frame = Frame.of(WIDTH, HEIGHT, rgb)) {
            map.add(frame);
        }
    }
}
