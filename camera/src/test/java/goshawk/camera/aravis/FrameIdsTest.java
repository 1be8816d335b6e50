package goshawk.camera.aravis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class FrameIdsTest {

    private final FrameIds ids = new FrameIds();

    @Test
    void sixteenBitsWrapToOneAndGoOnInSixtyFour() {
        assertThat(ids.see(65_533)).isTrue();
        for (long id : new long[] {65_534, 65_535, 1, 2}) {
            assertThat(ids.see(id)).isTrue();
        }
        assertThat(ids.current()).isEqualTo(65_537);
        assertThat(ids.lost()).isZero();
        assertThat(ids.repeated()).isZero();
    }

    @Test
    void aGapOverTheWrapIsCountedOnce() {
        ids.see(65_534);
        ids.see(3);
        assertThat(ids.lost()).as("65535, 1 and 2").isEqualTo(3);
        assertThat(ids.current()).isEqualTo(65_538);
    }

    @Test
    void whatComesTwiceOrLateAnswersNothing() {
        ids.see(1);
        ids.see(2);
        assertThat(ids.see(2)).isFalse();
        assertThat(ids.see(1)).isFalse();
        assertThat(ids.see(65_535)).as("one before the first, around the wrap").isFalse();
        assertThat(ids.see(3)).isTrue();
        assertThat(ids.repeated()).isEqualTo(3);
        assertThat(ids.lost()).isZero();
    }

    @Test
    void aCameraThatBeginsAnewIsNotTakenForALateOne() {
        ids.see(5_000);
        assertThat(ids.see(1)).isTrue();
        assertThat(ids.see(2)).isTrue();
        assertThat(ids.current()).isEqualTo(5_002);
        assertThat(ids.lost()).isZero();
    }

    @Test
    void wideIdsDoNotWrap() {
        ids.see(65_535);
        ids.see(65_536);
        ids.see(70_000);
        ids.see(70_001);
        assertThat(ids.current()).isEqualTo(70_001);
        assertThat(ids.lost()).isEqualTo(70_000 - 65_537);
    }

    /** A part whose picture came torn is one part: the id that did not come with it leaves no gap behind. */
    @Test
    void tornPicturesCountOnceWithAndWithoutTheirId() {
        assertThat(ids.seeTorn(0)).as("before the first").isFalse();
        assertThat(ids.hasBegun()).isFalse();
        ids.see(65_533);
        assertThat(ids.seeTorn(65_534)).isTrue();
        assertThat(ids.seeTorn(65_500)).as("what stood in the buffer before").isFalse();
        assertThat(ids.current()).isEqualTo(65_535);
        assertThat(ids.see(1)).isTrue();
        assertThat(ids.lost()).isZero();
        assertThat(ids.seeTorn(3)).isTrue();
        assertThat(ids.lost()).as("number 2 never came").isEqualTo(1);
    }

    /** Against a plain count, over some wraps, with drops and repeats. */
    @Test
    void theCountIsThatOfTheCameraWhateverIsLost() {
        for (int seed = 0; seed < 200; seed++) {
            var random = new Random(seed);
            var extended = new FrameIds();
            long taken = 0;
            long lost = 0;
            long repeated = 0;
            for (int i = 0; i < 3_000; i++) {
                long drop = random.nextInt(10) == 0 ? random.nextInt(300) : 0;
                taken += 1 + drop;
                lost += i == 0 ? 0 : drop;
                long id = (taken - 1) % 65_535 + 1;
                assertThat(extended.see(id))
                        .as("seed %d, picture %d", seed, taken)
                        .isTrue();
                if (random.nextInt(20) == 0) {
                    assertThat(extended.see(id))
                            .as("seed %d, picture %d again", seed, taken)
                            .isFalse();
                    repeated++;
                }
                assertThat(extended.current()).as("seed %d", seed).isEqualTo(taken);
            }
            assertThat(extended.lost()).as("seed %d", seed).isEqualTo(lost);
            assertThat(extended.repeated()).as("seed %d", seed).isEqualTo(repeated);
        }
    }
}
