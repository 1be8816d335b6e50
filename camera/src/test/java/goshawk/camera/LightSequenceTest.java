package goshawk.camera;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever is lost, repeated or late: no picture is another light's, or another part's. */
class LightSequenceTest {

    private static final long MS = 1_000_000;
    private static final int LIGHTS = 3;
    private static final int PARTS = 60;
    private static final long PERIOD = 100 * MS;
    private static final long WITHIN = 60 * MS;
    private static final int RUNS = 400;

    /** How often things go wrong, of a hundred. */
    private record Faults(int lost, int repeated, int late, int ignored, int connections) {

        static final Faults NONE = new Faults(0, 0, 0, 0, 0);
        static final Faults ALL = new Faults(6, 4, 6, 2, 1);
        static final Faults LOSSES = new Faults(10, 0, 0, 0, 0);
    }

    private sealed interface Event {
        long atNanos();

        record Triggered(long atNanos, int part) implements Event {}

        record Over(long atNanos) implements Event {}

        record Arrived(long atNanos, int part, int light, DeviceStamp stamp) implements Event {}

        record Connected(long atNanos) implements Event {}
    }

    private record Outcome(int whole, int kept, int missed) {}

    @Test
    void noPictureIsAnotherLightsOrAnotherParts() {
        int whole = 0;
        int missed = 0;
        int kept = 0;
        for (long seed = 0; seed < RUNS; seed++) {
            Outcome outcome = run(seed, Faults.ALL);
            whole += outcome.whole();
            missed += outcome.missed();
            kept += outcome.kept();
        }
        assertThat(whole).as("parts with all their pictures").isGreaterThan(RUNS * PARTS / 3);
        assertThat(missed).as("parts without").isGreaterThan(RUNS);
        System.out.printf("%d parts whole, %d missed, of which %d kept pictures%n", whole, missed, kept);
    }

    @Test
    void whereNothingGoesWrongEveryPartIsWhole() {
        for (long seed = 0; seed < 50; seed++) {
            assertThat(run(seed, Faults.NONE)).as("seed %d", seed).isEqualTo(new Outcome(PARTS, 0, 0));
        }
    }

    /** Once the camera's clock is known a part that lost a picture costs no other. */
    @Test
    void theNextTriggerStartsFresh() {
        for (long seed = 0; seed < 50; seed++) {
            Outcome outcome = run(seed, Faults.LOSSES);
            long whole = Math.round(PARTS * Math.pow(0.9, LIGHTS));
            assertThat(outcome.whole()).as("seed %d", seed).isGreaterThan((int) (whole * 0.6));
        }
    }

    @Test
    void aPictureLostInTheMiddleLeavesTheOthersTheirNames() {
        try (var pool = new FramePool(8, 12);
                var sequence = new LightSequence(LIGHTS)) {
            close(whole(sequence, pool, 0, 100));
            sequence.open(PERIOD);
            show(sequence, pool, PERIOD, 103, 1, 0);
            show(sequence, pool, PERIOD, 105, 1, 2);
            LightSequence.Result result = sequence.close("no picture in time");
            assertThat(result.why()).isEqualTo("no picture in time: 2 of 3 pictures came");
            assertThat(result.frames()).containsOnlyKeys(0, 2);
            close(result);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {103, 104})
    void aPictureLostAtAnEndLeavesNoneWithAName(long from) {
        try (var pool = new FramePool(8, 12);
                var sequence = new LightSequence(LIGHTS)) {
            close(whole(sequence, pool, 0, 100));
            sequence.open(PERIOD);
            show(sequence, pool, PERIOD, from, 1, 0);
            show(sequence, pool, PERIOD, from + 1, 1, 1);
            LightSequence.Result result = sequence.close("no picture in time");
            assertThat(result.frames()).isEmpty();
            assertThat(result.why()).contains("2 of 3 pictures came");
        }
    }

    @Test
    void morePicturesThanLightsLeaveAllInDoubt() {
        try (var pool = new FramePool(8, 12);
                var sequence = new LightSequence(LIGHTS)) {
            close(whole(sequence, pool, 0, 100));
            sequence.open(PERIOD);
            show(sequence, pool, PERIOD, 103, 1, 0);
            assertThat(sequence.place(stamp(PERIOD, 106))).isFalse();
            assertThat(sequence.isSettled()).isTrue();
            assertThat(sequence.close("").why()).isEqualTo("more pictures came than there are lights");
        }
    }

    private static LightSequence.Result whole(LightSequence sequence, FramePool pool, long atNanos, long from) {
        sequence.open(atNanos);
        for (int light = 0; light < LIGHTS; light++) {
            show(sequence, pool, atNanos, from + light, 0, light);
        }
        assertThat(sequence.isSettled()).isTrue();
        return sequence.close("");
    }

    private static void show(LightSequence sequence, FramePool pool, long atNanos, long number, int part, int light) {
        Stamp stamp = stamp(atNanos, number);
        assertThat(sequence.place(stamp)).isTrue();
        sequence.give(stamp, Optional.of(frame(pool, part, light)), "");
    }

    private static Stamp stamp(long atNanos, long number) {
        return Stamps.of(atNanos + 5 * MS, Optional.of(new DeviceStamp(number, atNanos + 3 * MS)));
    }

    private static void close(LightSequence.Result result) {
        result.frames().values().forEach(Frame::close);
    }

    private static Outcome run(long seed, Faults faults) {
        int whole = 0;
        int kept = 0;
        int missed = 0;
        List<Event> events = events(new Random(seed), faults);
        try (var pool = new FramePool(LIGHTS, 12)) {
            try (var sequence = new LightSequence(LIGHTS)) {
                int part = -1;
                boolean isOpen = false;
                for (Event event : events) {
                    switch (event) {
                        case Event.Triggered triggered -> {
                            part = triggered.part();
                            sequence.open(triggered.atNanos());
                            isOpen = true;
                        }
                        case Event.Arrived arrived -> {
                            Stamp stamp = Stamps.of(arrived.atNanos(), Optional.of(arrived.stamp()));
                            if (sequence.place(stamp)) {
                                sequence.give(stamp, Optional.of(frame(pool, arrived.part(), arrived.light())), "");
                            }
                        }
                        case Event.Connected _ -> sequence.connected();
                        case Event.Over _ -> {}
                    }
                    if (isOpen && (sequence.isSettled() || event instanceof Event.Over)) {
                        LightSequence.Result result = sequence.close("no picture in time");
                        check(result, part, "seed %d, part %d".formatted(seed, part));
                        whole += result.why().isEmpty() ? 1 : 0;
                        missed += result.why().isEmpty() ? 0 : 1;
                        kept += !result.why().isEmpty() && !result.frames().isEmpty() ? 1 : 0;
                        close(result);
                        isOpen = false;
                    }
                }
            }
        }
        return new Outcome(whole, kept, missed);
    }

    private static void check(LightSequence.Result result, int part, String what) {
        if (result.why().isEmpty()) {
            assertThat(result.frames()).as(what).hasSize(LIGHTS);
        }
        result.frames()
                .forEach((light, frame) -> assertThat(
                                ByteBuffer.wrap(frame.rgb()).getInt())
                        .as(what)
                        .isEqualTo(part * 10 + light));
    }

    /** A camera that exposes three times for each part, at a clock of its own. */
    private static List<Event> events(Random random, Faults faults) {
        List<Event> events = new ArrayList<>();
        long number = random.nextInt(1_000);
        long offset = random.nextLong(1_000_000 * MS);
        for (int part = 0; part < PARTS; part++) {
            long atNanos = part * PERIOD + random.nextLong(10 * MS);
            events.add(new Event.Triggered(atNanos, part));
            events.add(new Event.Over(atNanos + WITHIN));
            if (random.nextInt(100) < faults.connections()) {
                events.add(new Event.Connected(atNanos + random.nextLong(PERIOD)));
                // What the camera was about to send is gone with the connection.
            }
            for (int light = 0; light < LIGHTS; light++) {
                if (random.nextInt(100) < faults.ignored()) {
                    continue; // the camera was not ready, and counts nothing
                }
                long taken = atNanos + (2 + light * 5) * MS;
                var stamp = new DeviceStamp(number++, taken + offset);
                long arrives = taken + 3 * MS + random.nextLong(2 * MS);
                if (random.nextInt(100) < faults.late()) {
                    arrives += random.nextLong(250 * MS);
                }
                if (random.nextInt(100) >= faults.lost()) {
                    events.add(new Event.Arrived(arrives, part, light, stamp));
                }
                if (random.nextInt(100) < faults.repeated()) {
                    events.add(new Event.Arrived(arrives + random.nextLong(20 * MS), part, light, stamp));
                }
            }
        }
        events.sort(Comparator.comparingLong(Event::atNanos));
        return events;
    }

    private static Frame frame(FramePool pool, int part, int light) {
        Frame frame = pool.tryTake(2, 2).orElseThrow();
        ByteBuffer.wrap(frame.rgb()).putInt(part * 10 + light);
        return frame;
    }
}
