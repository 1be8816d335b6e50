package goshawk.appliance.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import goshawk.camera.Region;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PoseTest {

    @Test
    void theNominalPoseMovesNothing() {
        var region = new Region(64, 64, 576, 416);
        Pose pose = Pose.nominal(640, 480);
        assertThat(pose.toActual(region, 640, 480)).isEqualTo(region);
        assertThat(pose.toNominal(region, 640, 480)).isEqualTo(region);
        assertThat(pose.centre()).isEqualTo(new Point(320, 240));
    }

    @Test
    void aPositiveTurnTakesTheXAxisTowardsTheYAxisWhichPointsDown() {
        var pose = new Pose(new Point(320, 240), 10, -4, 90);
        Point actual = pose.toActual(new Point(420, 240));
        assertThat(actual.x()).isCloseTo(330, within(1e-9));
        assertThat(actual.y()).isCloseTo(336, within(1e-9));
    }

    @Test
    void thereAndBackIsTheSamePlace() {
        var random = new Random(1);
        for (int i = 0; i < 1_000; i++) {
            var pose = new Pose(
                    new Point(320, 240),
                    random.nextDouble(-22, 22),
                    random.nextDouble(-22, 22),
                    random.nextDouble(-5, 5));
            var place = new Point(random.nextDouble(640), random.nextDouble(480));
            assertThat(pose.toNominal(pose.toActual(place)).distanceTo(place)).isLessThan(1e-9);
        }
    }

    @Test
    void aTurnedRegionIsEnclosedAndCutToThePicture() {
        var pose = new Pose(new Point(50, 50), 0, 0, 45);
        assertThat(pose.toActual(new Region(40, 40, 60, 60), 100, 100)).isEqualTo(new Region(35, 35, 65, 65));
        assertThat(pose.toActual(new Region(0, 0, 100, 100), 100, 100)).isEqualTo(new Region(0, 0, 100, 100));
    }

    @Test
    void aRegionBesideThePictureIsOnePixelAtItsEdge() {
        var pose = new Pose(new Point(50, 50), 200, 0, 0);
        assertThat(pose.toActual(new Region(40, 40, 60, 60), 100, 100)).isEqualTo(new Region(99, 40, 100, 60));
    }
}
