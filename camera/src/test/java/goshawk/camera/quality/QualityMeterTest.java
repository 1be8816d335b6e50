package goshawk.camera.quality;

import static org.assertj.core.api.Assertions.assertThat;

import goshawk.camera.Frame;
import goshawk.camera.PictureQuality;
import goshawk.camera.PictureQuality.Measure;
import goshawk.camera.sim.BracketRenderer;
import goshawk.camera.sim.RenderOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Brackets, disturbed by a known amount: each measure follows its own disturbance. */
class QualityMeterTest {

    private static final int WIDTH = BracketRenderer.WIDTH;
    private static final int HEIGHT = BracketRenderer.HEIGHT;

    private final QualityMeter meter = new QualityMeter();

    @Test
    void goodPicturesLieFarFromPoorOnes() {
        for (int i = 0; i < 200; i++) {
            PictureQuality quality = measured(part(i));
            assertThat(quality.blurPx()).as("blur of part %d", i).isBetween(0.5, 2.2);
            assertThat(quality.smearPx()).as("smear of part %d", i).isLessThan(6);
            assertThat(quality.brightness()).as("brightness of part %d", i).isBetween(70.0, 185.0);
            assertThat(quality.contrast()).as("contrast of part %d", i).isGreaterThan(60);
            assertThat(quality.clipped()).as("clipped share of part %d", i).isLessThan(0.08);
            assertThat(quality.crushed()).as("crushed share of part %d", i).isLessThan(0.01);
            assertThat(quality.dirt()).isZero();
        }
        for (int i = 0; i < 3; i++) {
            assertThat(measured(Disturbed.blurred(part(i), WIDTH, HEIGHT, 3)).blurPx())
                    .isGreaterThan(2.6);
            assertThat(measured(Disturbed.smeared(part(i), WIDTH, HEIGHT, 12, 0))
                            .smearPx())
                    .isGreaterThan(8);
            assertThat(measured(Disturbed.exposed(part(i), 0.1)).brightness()).isLessThan(65);
            assertThat(measured(Disturbed.glare(part(i), WIDTH, 320, 240, 150)).clipped())
                    .isGreaterThan(0.15);
        }
    }

    @Test
    void blurFollowsFocus() {
        rises(Measure.BLUR, (rgb, sigma) -> Disturbed.blurred(rgb, WIDTH, HEIGHT, sigma), 0, 1, 2, 3, 4);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 45, 90, 135})
    void smearFollowsTheWayDuringTheExposure(int degrees) {
        rises(Measure.SMEAR, (rgb, length) -> Disturbed.smeared(rgb, WIDTH, HEIGHT, length, degrees), 4, 8, 12);
    }

    @Test
    void whatMovesBlursOneDirectionOnly() {
        for (int i = 0; i < 3; i++) {
            double still = measured(part(i)).blurPx();
            double moved =
                    measured(Disturbed.smeared(part(i), WIDTH, HEIGHT, 10, 0)).blurPx();
            assertThat(moved).as("part %d", i).isLessThan(still + 0.7);
        }
    }

    @Test
    void levelsFollowTheExposure() {
        rises(Measure.BRIGHTNESS, Disturbed::exposed, 0.1, 0.25, 0.5, 1, 2, 4);
        rises(Measure.CLIPPED, Disturbed::exposed, 1.5, 2, 3, 4, 8);
        rises(Measure.CRUSHED, (rgb, dark) -> Disturbed.exposed(rgb, 1 / dark), 2_000, 10_000, 50_000);
        rises(Measure.CONTRAST, Disturbed::exposed, 0.05, 0.2, 0.6);
    }

    @Test
    void glareClips() {
        rises(Measure.CLIPPED, (rgb, radius) -> Disturbed.glare(rgb, WIDTH, 320, 240, radius), 30, 60, 90, 120);
    }

    @Test
    void whatHasNoEdgeIsAsBlurredAsCanBe() {
        PictureQuality blank = measured(new byte[WIDTH * HEIGHT * 3]);
        assertThat(blank.blurPx()).isEqualTo(EdgeWidth.WIDEST);
        assertThat(blank.crushed()).isEqualTo(1);
        assertThat(blank.brightness()).isZero();
    }

    /** A step that a Gaussian has blurred is as wide as the Gaussian, upright, lying or slanted. */
    @ParameterizedTest
    @ValueSource(ints = {0, 45, 90, 135})
    void aKnownEdgeHasItsWidth(int degrees) {
        double cos = Math.cos(Math.toRadians(degrees));
        double sin = Math.sin(Math.toRadians(degrees));
        byte[] rgb = new byte[200 * 200 * 3];
        for (int i = 0; i < rgb.length; i++) {
            int x = i / 3 % 200 - 100;
            int y = i / 600 - 100;
            rgb[i] = (byte) (x * cos + y * sin < 0.3 ? 40 : 200);
        }
        for (double sigma : new double[] {1, 1.5, 2, 3}) {
            try (Frame frame = Frame.of(200, 200, Disturbed.blurred(rgb, 200, 200, sigma))) {
                assertThat(meter.measure(frame).blurPx())
                        .as("blurred by %s", sigma)
                        .isBetween(sigma * 0.9, sigma * 1.2 + 0.15);
            }
        }
    }

    @Test
    void ofALargePictureAShareOfTheRowsTellsTheSame() {
        byte[] rgb = part(3);
        int times = 5;
        byte[] large = new byte[rgb.length * times * times];
        for (int y = 0; y < HEIGHT * times; y++) {
            for (int x = 0; x < WIDTH * times; x++) {
                System.arraycopy(rgb, (y / times * WIDTH + x / times) * 3, large, (y * WIDTH * times + x) * 3, 3);
            }
        }
        PictureQuality small = measured(rgb);
        try (Frame frame = Frame.of(WIDTH * times, HEIGHT * times, large)) {
            PictureQuality quality = meter.measure(frame);
            assertThat(quality.brightness()).isBetween(small.brightness() - 2, small.brightness() + 2);
            assertThat(quality.contrast()).isBetween(small.contrast() - 4, small.contrast() + 4);
        }
    }

    private void rises(Measure measure, BiFunction<byte[], Double, byte[]> disturbed, double... strengths) {
        for (int i = 0; i < 3; i++) {
            List<Double> values = new ArrayList<>();
            for (double strength : strengths) {
                values.add(measured(disturbed.apply(part(i), strength)).of(measure));
            }
            assertThat(values).as("%s of part %d", measure, i).isSorted().doesNotHaveDuplicates();
        }
    }

    private PictureQuality measured(byte[] rgb) {
        try (Frame frame = Frame.of(WIDTH, HEIGHT, rgb)) {
            return meter.measure(frame);
        }
    }

    private static byte[] part(long index) {
        return BracketRenderer.render(11, index, RenderOptions.USUAL).rgb();
    }
}
