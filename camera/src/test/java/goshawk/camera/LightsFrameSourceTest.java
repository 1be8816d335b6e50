package goshawk.camera;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.camera.LiveFrameSource.Limits;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

/** One camera, several lights, with a camera that the test has in its hand. */
class LightsFrameSourceTest {

    private static final int SIDE = ScriptedCamera.SIDE;
    private static final Limits LIMITS =
            new Limits(Duration.ZERO, Duration.ofSeconds(5), Duration.ofMillis(1), Duration.ofMillis(4));

    private final ScriptedCamera camera = new ScriptedCamera();
    private final Flashes flashes = new Flashes();

    @Test
    void lightsThatAreSwitchedHaveTheirPicturesInTheirOrder() throws Exception {
        try (var pool = new FramePool(8, SIDE * SIDE * 3);
                var source = source(true, pool, new TriggerSource.Paced(Duration.ZERO), Duration.ofSeconds(5))) {
            for (int part = 1; part <= 20; part++) {
                var image = (Capture.Image) source.next().orElseThrow();
                assertThat(image.trigger().id()).isEqualTo(part);
                assertThat(image.views().names()).containsExactly("bright", "dark");
                assertThat(light(image, "bright")).isZero();
                assertThat(light(image, "dark")).isEqualTo(1);
                image.views().close();
            }
        }
    }

    @Test
    void aLostPictureOfALightIsAMissingViewAndTheNextPartHasAll() throws Exception {
        flashes.loses.add(4L); // dark of the second part
        try (var pool = new FramePool(8, SIDE * SIDE * 3);
                var source = source(true, pool, new TriggerSource.Paced(Duration.ZERO), Duration.ofMillis(200))) {
            source.next().orElseThrow().views().close();
            var missed = (Capture.Missed) source.next().orElseThrow();
            assertThat(missed.cause()).isEqualTo(Cause.NO_FRAME);
            assertThat(missed.detail())
                    .isEqualTo("view dark: no picture within 200 ms of camera: 0 of 1 pictures came");
            assertThat(missed.views().names()).containsExactly("bright");
            missed.views().close();
            int parts = 0;
            while (!(source.next().orElseThrow() instanceof Capture.Image image)) {
                assertThat(++parts)
                        .as("parts until the camera's clock is known")
                        .isLessThan(8);
            }
            assertThat(light(image, "bright")).isZero();
            assertThat(light(image, "dark")).isEqualTo(1);
            image.views().close();
        }
    }

    @Test
    void aTornPictureOfALightIsEvidenceUnderItsNameAndTheNextPartHasAll() throws Exception {
        flashes.tears.add(3L); // bright of the second part
        try (var pool = new FramePool(8, SIDE * SIDE * 3);
                var source = source(true, pool, new TriggerSource.Paced(Duration.ZERO), Duration.ofSeconds(5))) {
            source.next().orElseThrow().views().close();
            var missed = (Capture.Missed) source.next().orElseThrow();
            assertThat(missed.cause()).isEqualTo(Cause.PARTIAL);
            assertThat(missed.detail())
                    .isEqualTo(
                            "view bright: packets are missing; view dark: not lit, for the picture before it was not whole");
            assertThat(missed.faults()).extracting(ViewFault::view).containsExactly("bright", "dark");
            assertThat(missed.views().names()).containsExactly("bright");
            assertThat(missed.views().only().damage()).contains("packets are missing");
            missed.discard();
            assertThat(source.next().orElseThrow())
                    .isInstanceOfSatisfying(
                            Capture.Image.class, it -> it.views().close());
        }
    }

    /** The part is told as missed long before its time is over. */
    @Test
    void anErrorWhileAPictureOfALightIsCopiedLeavesNoPartWaiting() throws Exception {
        flashes.tooLarge.add(4L); // dark of the second part
        try (var pool = new FramePool(8, SIDE * SIDE * 3);
                var source = source(true, pool, new TriggerSource.Paced(Duration.ZERO), Duration.ofMinutes(10))) {
            source.next().orElseThrow().views().close();
            var missed = (Capture.Missed) source.next().orElseThrow();
            assertThat(missed.detail()).isEqualTo("view dark: java.lang.OutOfMemoryError: for a picture");
            assertThat(missed.views().names()).containsExactly("bright");
            missed.views().close();
        }
    }

    @Test
    void lightsThatFollowByThemselvesAreToldByTheirOrder() throws Exception {
        var signals = new Signals(Duration.ZERO);
        try (var pool = new FramePool(8, SIDE * SIDE * 3);
                var source = source(false, pool, signals, Duration.ofMillis(300))) {
            for (int part = 1; part <= 6; part++) {
                if (part == 4) {
                    flashes.loses.add(flashes.taken + 1); // bright
                }
                Capture capture = next(source, signals);
                if (part == 4) {
                    assertThat(((Capture.Missed) capture).detail())
                            .isEqualTo("views bright, dark: no picture within 300 ms of camera: 1 of 2 pictures came");
                    assertThat(capture.views().isEmpty()).isTrue();
                } else {
                    assertThat(capture).as("part %d: %s", part, capture).isInstanceOf(Capture.Image.class);
                    assertThat(light((Capture.Image) capture, "dark")).isEqualTo(1);
                }
                capture.views().close();
            }
        }
    }

    /** The line waits before the controller signals, as it does when it keeps up. */
    private Capture next(LightsFrameSource source, Signals signals) throws InterruptedException {
        Thread controller = Thread.ofPlatform().start(() -> {
            try {
                Thread.sleep(30);
            } catch (InterruptedException e) {
                return;
            }
            signals.signal();
            flashes.flash(0);
            flashes.flash(1);
        });
        Capture capture = source.next().orElseThrow();
        controller.join();
        return capture;
    }

    @Test
    void anInterruptStopsIt() throws InterruptedException {
        try (var pool = new FramePool(8, SIDE * SIDE * 3);
                var source = source(false, pool, new Signals(Duration.ZERO), Duration.ofSeconds(5))) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(source::next).isInstanceOf(InterruptedException.class);
        }
    }

    private LightsFrameSource source(boolean isSwitched, FramePool pool, TriggerSource triggers, Duration within)
            throws InterruptedException {
        var source = new LightsFrameSource(
                "camera",
                camera,
                List.of(light("bright", "0", isSwitched), light("dark", "1", isSwitched)),
                flashes,
                pool,
                LIMITS.withoutStall(),
                triggers,
                within);
        source.start();
        camera.awaitTaken();
        return source;
    }

    private static StationLight light(String name, String line, boolean isSwitched) {
        SequencedMap<String, String> features = new LinkedHashMap<>();
        if (isSwitched) {
            features.put("LineSelector", line);
        }
        return new StationLight(name, features);
    }

    private static int light(Capture.Image image, String view) {
        return ScriptedCamera.grey(image.views().frame(view));
    }

    /** Lights that fire the camera, which then takes a picture under the light that is on; some never arrive, some are torn. */
    private final class Flashes implements LightsFrameSource.Switch {

        private final Set<Long> loses = ConcurrentHashMap.newKeySet();
        private final Set<Long> tears = ConcurrentHashMap.newKeySet();
        private final Set<Long> tooLarge = ConcurrentHashMap.newKeySet();
        private volatile int on;
        private volatile boolean isSwitched;
        private volatile long taken;

        synchronized void flash(int light) {
            taken++;
            if (tears.contains(taken)) {
                camera.showsTorn(taken, System.nanoTime(), light, "packets are missing");
            } else if (tooLarge.contains(taken)) {
                camera.showsTooLarge(taken, System.nanoTime());
            } else if (!loses.contains(taken)) {
                camera.shows(taken, System.nanoTime(), light);
            }
        }

        @Override
        public void to(StationLight light) {
            isSwitched = true;
            on = Integer.parseInt(light.features().get("LineSelector"));
        }

        @Override
        public void fire() {
            if (isSwitched) {
                flash(on);
            }
        }
    }
}
