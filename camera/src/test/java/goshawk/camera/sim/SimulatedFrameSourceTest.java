package goshawk.camera.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.camera.Capture;
import goshawk.camera.Cause;
import goshawk.camera.Frame;
import goshawk.camera.FramePool;
import goshawk.camera.Trigger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SimulatedFrameSourceTest {

    private static final RenderOptions OPTIONS = new RenderOptions(KindMix.USUAL, true);

    private final FramePool frames = new FramePool(1, SimulatedFrameSource.BYTES_PER_FRAME);
    private final List<PartTruth> truths = new ArrayList<>();

    @Test
    void thePictureIsThePartThatTheRendererDrawsForTheSeed() throws InterruptedException {
        var source = source(2, Duration.ZERO);
        for (int index = 0; index < 2; index++) {
            SimulatedPart expected = BracketRenderer.render(7, index, OPTIONS);
            var image = (Capture.Image) source.next().orElseThrow();
            try (Frame frame = image.frame()) {
                assertThat(Arrays.equals(frame.rgb(), expected.rgb())).isTrue();
            }
            assertThat(image.isSimulated()).isTrue();
            assertThat(truths.get(index)).isEqualTo(expected.truth());
        }
        assertThat(source.next()).as("two parts were asked for").isEmpty();
    }

    @Test
    void aTriggerThatFindsNoFrameIsAnOverrunAndStillATrigger() throws InterruptedException {
        var source = source(2, Duration.ZERO);
        var first = (Capture.Image) source.next().orElseThrow();
        assertThat(source.next().orElseThrow()).isInstanceOfSatisfying(Capture.Missed.class, missed -> {
            assertThat(missed.cause()).isEqualTo(Cause.OVERRUN);
            assertThat(missed.trigger().id()).isEqualTo(2);
        });
        first.frame().close();
        assertThat(truths).hasSize(2);
    }

    @Test
    void triggersAreAPeriodApart() throws InterruptedException {
        var source = source(2, Duration.ofMillis(400));
        List<Trigger> triggers = new ArrayList<>();
        for (int index = 0; index < 2; index++) {
            var image = (Capture.Image) source.next().orElseThrow();
            triggers.add(image.trigger());
            image.frame().close();
        }
        assertThat(triggers.get(1).atNanos() - triggers.get(0).atNanos())
                .isGreaterThanOrEqualTo(Duration.ofMillis(399).toNanos());
        assertThat(triggers).extracting(Trigger::part).containsExactly("SIM-7-000001", "SIM-7-000002");
    }

    @Test
    void anInterruptStopsTheConveyorBetweenTwoTriggers() {
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> source(2, Duration.ZERO).next()).isInstanceOf(InterruptedException.class);
        assertThat(truths).isEmpty();
    }

    @AfterEach
    void everyFrameWasGivenBack() {
        frames.close();
    }

    private SimulatedFrameSource source(long parts, Duration period) {
        return new SimulatedFrameSource(7, parts, OPTIONS, period, frames, (_, truth) -> truths.add(truth));
    }
}
