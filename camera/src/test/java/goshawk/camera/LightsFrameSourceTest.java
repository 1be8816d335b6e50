package goshawk.camera;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.camera.LiveFrameSource.Limits;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;

/** One camera, several lights, with a camera that the test has in its hand. */
class LightsFrameSourceTest {

    private static final int SIDE = 8;
    private static final Limits LIMITS =
            new Limits(Duration.ZERO, Duration.ofSeconds(5), Duration.ofMillis(1), Duration.ofMillis(4));

    private final FlashedCamera camera = new FlashedCamera();

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
        camera.loses.add(4L); // dark of the second part
        try (var pool = new FramePool(8, SIDE * SIDE * 3);
                var source = source(true, pool, new TriggerSource.Paced(Duration.ZERO), Duration.ofMillis(200))) {
            source.next().orElseThrow().views().close();
            var missed = (Capture.Missed) source.next().orElseThrow();
            assertThat(missed.cause()).isEqualTo(Cause.NO_FRAME);
            assertThat(missed.detail())
                    .isEqualTo("view dark: no picture within PT0.2S of camera: 0 of 1 pictures came");
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
    void lightsThatFollowByThemselvesAreToldByTheirOrder() throws Exception {
        var signals = new Signals(Duration.ZERO);
        try (var pool = new FramePool(8, SIDE * SIDE * 3);
                var source = source(false, pool, signals, Duration.ofMillis(300))) {
            for (int part = 1; part <= 6; part++) {
                if (part == 4) {
                    camera.loses.add(camera.taken + 1); // bright
                }
                Capture capture = next(source, signals);
                if (part == 4) {
                    assertThat(((Capture.Missed) capture).detail())
                            .isEqualTo("views bright, dark: no picture within PT0.3S of camera: 1 of 2 pictures came");
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
            camera.flash(0);
            camera.flash(1);
        });
        Capture capture = source.next().orElseThrow();
        controller.join();
        return capture;
    }

    @Test
    void anInterruptStopsIt() {
        try (var pool = new FramePool(8, SIDE * SIDE * 3);
                var source = source(false, pool, new Signals(Duration.ZERO), Duration.ofSeconds(5))) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(source::next).isInstanceOf(InterruptedException.class);
        }
    }

    private LightsFrameSource source(boolean isSwitched, FramePool pool, TriggerSource triggers, Duration within) {
        var source = new LightsFrameSource(
                "camera",
                camera,
                List.of(light("bright", "0", isSwitched), light("dark", "1", isSwitched)),
                camera,
                pool,
                LIMITS.withoutStall(),
                triggers,
                within);
        source.start();
        camera.awaitOpened();
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
        return ByteBuffer.wrap(image.views().frame(view).rgb()).getInt();
    }

    /** Takes a picture when it is fired, under the light that is on; some never arrive. */
    private static final class FlashedCamera implements PictureStream.Opener, LightsFrameSource.Switch {

        private final BlockingQueue<long[]> shots = new LinkedBlockingQueue<>();
        private final Set<Long> loses = ConcurrentHashMap.newKeySet();
        private volatile boolean isOpen;
        private volatile int on;
        private volatile boolean isSwitched;
        private volatile long taken;

        void awaitOpened() {
            while (!isOpen) {
                Thread.onSpinWait();
            }
        }

        synchronized void flash(int light) {
            taken++;
            if (!loses.contains(taken)) {
                shots.add(new long[] {taken, light, System.nanoTime()});
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

        @Override
        public PictureStream open() {
            isOpen = true;
            return new PictureStream() {
                private long[] shot = {0, 0, 0};

                @Override
                public boolean advance() {
                    try {
                        shot = shots.take();
                        return true;
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                        return false;
                    }
                }

                @Override
                public Optional<DeviceStamp> stamp() {
                    return Optional.of(new DeviceStamp(shot[0], shot[2]));
                }

                @Override
                public Optional<Frame> copy(FramePool pool) {
                    Optional<Frame> frame = pool.tryTake(SIDE, SIDE);
                    frame.ifPresent(it -> ByteBuffer.wrap(it.rgb()).putInt((int) shot[1]));
                    return frame;
                }

                @Override
                public void close() {}
            };
        }
    }
}
