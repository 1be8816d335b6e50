package goshawk.camera.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.camera.Capture;
import goshawk.camera.FramePool;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;

class SimulatedLightTest {

    private static final RenderOptions DENTS = new RenderOptions(KindMix.parse("dent=1"), false);

    @Test
    void theUsualLightIsTheOneThatWasAlwaysThere() {
        for (int i = 0; i < 3; i++) {
            assertThat(BracketRenderer.under(SimulatedLight.BRIGHT, 4, i, RenderOptions.USUAL, 1)
                            .rgb())
                    .isEqualTo(
                            BracketRenderer.again(4, i, RenderOptions.USUAL, 1).rgb());
        }
    }

    @Test
    void theSamePartIsTrueUnderEachLight() {
        SimulatedPart bright = BracketRenderer.render(4, 1, RenderOptions.USUAL);
        SimulatedPart dark = BracketRenderer.under(SimulatedLight.DARK, 4, 1, RenderOptions.USUAL, 0);
        assertThat(dark.truth()).isEqualTo(bright.truth());
        assertThat(dark.rgb()).isNotEqualTo(bright.rgb());
    }

    /** Level metal is dark and a dent's wall shines on it; under the usual light it is the other way round as often. */
    @Test
    void inDarkFieldADentIsBrighterThanThePlateAroundIt() {
        int shining = 0;
        int parts = 12;
        double plate = 0;
        for (int i = 0; i < parts; i++) {
            SimulatedPart part = BracketRenderer.under(SimulatedLight.DARK, 9, i, DENTS, 0);
            DefectBox box = part.truth().defects().getFirst();
            double around = median(part, box.left() - 12, box.top() - 12, box.right() + 12, box.bottom() + 12);
            plate += around / parts;
            shining += brightest(part, box) > around + 25 ? 1 : 0;
        }
        assertThat(shining).isGreaterThanOrEqualTo(parts - 2);
        assertThat(plate).as("level of the plate").isLessThan(130);
    }

    @Test
    void aConveyorShowsEachPartUnderEachLight() throws Exception {
        SequencedMap<String, SimulatedLight> lights = new LinkedHashMap<>();
        lights.put("dark", SimulatedLight.DARK);
        lights.put("bright", SimulatedLight.BRIGHT);
        try (var pool = new FramePool(3, SimulatedFrameSource.BYTES_PER_FRAME);
                var source = new SimulatedFrameSource(
                        4, 3, RenderOptions.USUAL, lights, Duration.ZERO, pool, (_, _) -> {})) {
            var image = (Capture.Image) source.next().orElseThrow();
            assertThat(image.views().names()).containsExactly("dark", "bright");
            assertThat(image.views().frame("bright").rgb())
                    .isEqualTo(BracketRenderer.render(4, 0, RenderOptions.USUAL).rgb());
            var missed = (Capture.Missed) source.next().orElseThrow();
            assertThat(missed.detail()).isEqualTo("view bright: every frame was in use");
            assertThat(missed.views().names()).containsExactly("dark");
            missed.views().close();
            image.views().close();
        }
    }

    @Test
    void aLightThatIsNotThereIsNamedWithThoseThatAre() {
        assertThatThrownBy(() -> SimulatedLight.named("cross"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the simulated station has no light 'cross'; it has [bright, dark]");
    }

    private static int level(SimulatedPart part, int x, int y) {
        return part.rgb()[(y * part.width() + x) * 3 + 1] & 0xff;
    }

    private static double median(SimulatedPart part, int left, int top, int right, int bottom) {
        int[] levels = new int[(right - left) * (bottom - top)];
        for (int i = 0; i < levels.length; i++) {
            levels[i] = level(part, left + i % (right - left), top + i / (right - left));
        }
        Arrays.sort(levels);
        return levels[levels.length / 2];
    }

    private static int brightest(SimulatedPart part, DefectBox box) {
        int brightest = 0;
        for (int y = box.top(); y < box.bottom(); y++) {
            for (int x = box.left(); x < box.right(); x++) {
                brightest = Math.max(brightest, level(part, x, y));
            }
        }
        return brightest;
    }
}
