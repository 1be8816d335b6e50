package goshawk.appliance.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.appliance.domain.InspectionException;
import goshawk.appliance.domain.Point;
import goshawk.appliance.domain.Pose;
import goshawk.camera.Cause;
import goshawk.camera.Frame;
import goshawk.camera.Region;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RegionCutTest {

    private static final int WIDTH = 120;
    private static final int HEIGHT = 90;
    private static final Region REGION = new Region(30, 20, 90, 70);

    @Test
    void aPartInItsPlaceIsCopied() {
        byte[] rgb = new byte[WIDTH * HEIGHT * 3];
        new Random(1).nextBytes(rgb);
        try (Frame frame = Frame.of(WIDTH, HEIGHT, rgb)) {
            byte[] cut = RegionCut.of(frame, "r", REGION, Pose.nominal(WIDTH, HEIGHT));
            byte[] shifted = RegionCut.of(frame, "r", REGION, pose(3, -2, 0));
            for (int y = 0; y < REGION.height(); y++) {
                for (int i = 0; i < REGION.width() * 3; i++) {
                    int at = y * REGION.width() * 3 + i;
                    assertThat(cut[at]).isEqualTo(rgb[((y + 20) * WIDTH + 30) * 3 + i]);
                    assertThat(shifted[at]).isEqualTo(rgb[((y + 18) * WIDTH + 33) * 3 + i]);
                }
            }
        }
    }

    /** What is drawn at the part's true place is found upright in its nominal place, to a fraction of a grey level. */
    @Test
    void aTurnedPartIsCutOutUpright() {
        Pose pose = pose(4.3, -2.6, 4.5);
        byte[] rgb = new byte[WIDTH * HEIGHT * 3];
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                Point nominal = pose.toNominal(new Point(x + 0.5, y + 0.5));
                for (int c = 0; c < 3; c++) {
                    rgb[(y * WIDTH + x) * 3 + c] = (byte) Math.round(brightness(nominal.x(), nominal.y(), c));
                }
            }
        }
        try (Frame frame = Frame.of(WIDTH, HEIGHT, rgb)) {
            byte[] cut = RegionCut.of(frame, "r", REGION, pose);
            double worst = 0;
            for (int y = 0; y < REGION.height(); y++) {
                for (int x = 0; x < REGION.width(); x++) {
                    for (int c = 0; c < 3; c++) {
                        double wanted = brightness(REGION.left() + x + 0.5, REGION.top() + y + 0.5, c);
                        worst = Math.max(worst, Math.abs(wanted - (cut[(y * REGION.width() + x) * 3 + c] & 0xff)));
                    }
                }
            }
            assertThat(worst).isLessThan(1.6);
        }
    }

    @Test
    void aRegionThatIsNotWhollyInThePictureWasNotSeen() {
        try (Frame frame = Frame.of(WIDTH, HEIGHT, new byte[WIDTH * HEIGHT * 3])) {
            assertThatThrownBy(() -> RegionCut.of(frame, "plate", REGION, pose(40, 0, 0)))
                    .isInstanceOfSatisfying(
                            InspectionException.class,
                            it -> assertThat(it.reason()).isEqualTo(Cause.POSE))
                    .hasMessage("region plate reaches 10 px beyond the picture's edge");
            assertThat(RegionCut.of(frame, "plate", REGION, pose(30.9, 0, 0))).hasSize(60 * 50 * 3);
            assertThat(RegionCut.of(frame, "plate", REGION, pose(31, 0, 0))).hasSize(60 * 50 * 3);
        }
    }

    private static double brightness(double x, double y, int channel) {
        return 128 + 60 * Math.sin(x / 9 + channel) + 50 * Math.cos(y / 11);
    }

    private static Pose pose(double dx, double dy, double degrees) {
        return new Pose(new Point(WIDTH / 2.0, HEIGHT / 2.0), dx, dy, degrees);
    }
}
