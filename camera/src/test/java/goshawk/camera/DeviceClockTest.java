package goshawk.camera;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceClockTest {

    private static final long MS = 1_000_000;

    /** A camera that was switched off and on, and one whose PTP begins to follow a master that counts from 1970. */
    @ParameterizedTest
    @ValueSource(longs = {-60_000 * MS, 1_790_000_000_000_000_000L})
    void aClockThatIsSetIsLearntAnew(long set) {
        var clock = new DeviceClock();
        for (int i = 0; i < 100; i++) {
            clock.heard(stamp(i, 100_000 * MS, 3 * MS));
        }
        assertThat(clock.at(stamp(100, 100_000 * MS, 900 * MS))).isBetween(10_003 * MS, 10_004 * MS);
        for (int i = 100; i < 100 + DeviceClock.WARM_UP; i++) {
            assertThat(clock.isKnown()).as("picture %d", i).isEqualTo(i == 100);
            clock.heard(stamp(i, 100_000 * MS + set, i == 100 ? 900 * MS : 4 * MS));
        }
        assertThat(clock.at(stamp(110, 100_000 * MS + set, 900 * MS))).isBetween(11_004 * MS, 11_005 * MS);
    }

    /** Every 100 ms of ours from 0 on a picture, by the camera from {@code epoch}, that is under way for {@code late}. */
    private static Stamp stamp(int number, long epoch, long late) {
        long taken = number * 100L * MS;
        var stamp = new Stamp();
        stamp.arrived(taken + late);
        stamp.told(number, epoch + taken);
        return stamp;
    }
}
